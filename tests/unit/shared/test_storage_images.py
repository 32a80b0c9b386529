"""Images are taken as what they are, drawn anew, and refused when they are anything else."""

import asyncio
import io
import zipfile

import pytest
from PIL import Image, ImageCms, UnidentifiedImageError

from ijaa.shared import storage_decoder, storage_images
from ijaa.shared.errors import Invalid, Unavailable
from ijaa.shared.storage_images import VARIANTS, Images
from tests.pictures import CANARY, RED, a_huge_jpeg, a_huge_png, a_picture, full_of_secrets, opened

_SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
_HTML = b"<!doctype html><script>alert(1)</script>"


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", _HTML + CANARY)
    return out.getvalue()


def _many_pixels(form: str) -> bytes:
    return a_picture(form, (5000, 4801))


REFUSED = {
    "nothing": b"",
    "an svg": _SVG,
    "html": _HTML,
    "html that begins like a photo": b"\xff\xd8\xff" + _HTML,
    "a gif, whatever its name": a_picture("GIF"),
    "a bmp": a_picture("BMP"),
    "a tiff": a_picture("TIFF"),
    "an avif": a_picture("AVIF"),
    "a riff that is no image": b"RIFF\x24\0\0\0WAVEfmt ",
    "a webp without an image": b"RIFF\x04\0\0\0WEBP",
    "a pdf": b"%PDF-1.7\n",
    "a jpeg cut off": a_picture("JPEG")[:-200],
    "a png cut off": a_picture("PNG", (400, 300))[:300],
    "a webp cut off": a_picture("WEBP")[:-50],
    "a jpeg of its first bytes": b"\xff\xd8\xff\xe0",
    "a png of its magic": b"\x89PNG\r\n\x1a\n",
    "more than 24 megapixels, jpeg": _many_pixels("JPEG"),
    "more than 24 megapixels, png": _many_pixels("PNG"),
    "more than 24 megapixels, webp": _many_pixels("WEBP"),
    "a png that claims a gigapixel": a_huge_png(60_000, 60_000),
    "a png that claims a line of 24 megapixels and has nothing": a_huge_png(24_000_000, 1),
    "a jpeg that claims four gigapixels": a_huge_jpeg(65_000, 65_000),
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
async def test_what_is_no_photo_is_refused(raw: bytes) -> None:
    """Kills: the name or the declared type believed; more formats than three; a bomb decoded before it is measured."""
    with pytest.raises(Invalid) as refused:
        await Images().draw(raw)
    assert [one.pointer for one in refused.value.violations] == ["/file"]


@pytest.mark.parametrize(
    "raw", [a_picture("GIF"), a_picture("BMP"), a_picture("TIFF"), _SVG], ids=["gif", "bmp", "tiff", "svg"]
)
async def test_what_is_plainly_something_else_meets_no_decoder(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a process started for whatever comes; a decoder that knows more formats than three, if it were."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)
    with pytest.raises(Invalid, match="is no JPEG, PNG or WebP"):
        await Images().draw(raw)
    with pytest.raises(UnidentifiedImageError):
        storage_decoder.variants(raw, {"pixels": 1_000_000, "full": 100, "square": {}, "within": {}})


@pytest.mark.parametrize("claimed", [a_huge_png(60_000, 60_000), a_huge_jpeg(65_000, 65_000), _many_pixels("PNG")])
async def test_pixels_are_counted_before_anything_is_decoded(claimed: bytes) -> None:
    """Kills: the check after the decoder ran, where memory runs out first and the reason is another."""
    with pytest.raises(Invalid, match="more than 24 megapixels"):
        await Images().draw(claimed)


@pytest.mark.parametrize(
    ("form", "mode"),
    [("MPO", "RGB"), ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"),
     ("PNG", "1"), ("PNG", "LA"), ("WEBP", "RGB"), ("WEBP", "RGBA")],
)  # fmt: skip
async def test_every_kind_of_photo_becomes_three_sizes(form: str, mode: str) -> None:
    """Kills: a mode that is not converted; an image made larger than it came."""
    drawn = await Images().draw(a_picture(form, (4000, 1000), mode))
    assert drawn.keys() == set(VARIANTS)
    sizes = {name: opened(raw).size for name, raw in drawn.items()}
    assert sizes == {"full": (2048, 512), "card": (320, 80), "thumbnail": (96, 96)}
    small = await Images().draw(a_picture(form, (64, 32), mode))
    assert {name: opened(raw).size for name, raw in small.items()}["full"] == (64, 32)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
async def test_nothing_but_pixels_survives(form: str) -> None:
    """Kills: the file stored as it came; a canvas that keeps the `info` of its source; metadata saved along."""
    raw = full_of_secrets()[form]
    assert b"GPS" in raw or CANARY in raw
    for drawn in (await Images().draw(raw)).values():
        image = opened(drawn)
        assert CANARY not in drawn
        assert not image.getexif()
        assert image.info.keys() <= {"loop", "background", "timestamp", "duration"}
        assert {drawn[8:12], drawn[12:15]} == {b"WEBP", b"VP8"}
        assert not any(chunk in drawn for chunk in (b"EXIF", b"XMP ", b"ICCP"))


async def test_what_is_hidden_behind_a_photo_is_gone() -> None:
    """Kills: bytes after the image passed on: a photo that is an archive, or a page, as well."""
    for behind in (_zipped(), _HTML + CANARY, b"%PDF-1.7\n" + CANARY):
        for form in ("JPEG", "PNG"):
            for drawn in (await Images().draw(a_picture(form) + behind)).values():
                assert CANARY not in drawn
                assert b"script" not in drawn
                assert not zipfile.is_zipfile(io.BytesIO(drawn))


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_stands_upright(orientation: int) -> None:
    """Kills: the orientation dropped with the rest of EXIF, or two of its eight values swapped."""
    upright = opened(a_picture("PNG", (80, 40)))
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    (upright if back is None else upright.transpose(back)).save(out, "PNG", exif=exif)
    drawn = opened((await Images().draw(out.getvalue()))["full"])
    assert drawn.size == (80, 40)
    left = drawn.convert("RGB").getpixel((10, 20))
    assert isinstance(left, tuple)
    assert all(abs(one - other) < 40 for one, other in zip(left, RED, strict=True))


async def test_colours_are_those_of_the_web() -> None:
    """Kills: a profile dropped without its colours being converted; a broken one that costs the photo."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab, b"no profile at all"):
        drawn = opened((await Images().draw(a_picture("JPEG", icc_profile=profile)))["full"])
        assert "icc_profile" not in drawn.info


async def test_a_decoder_that_wants_too_much_is_killed_and_the_image_refused() -> None:
    """Kills: a dead child answered 500; no limit of memory, or of time, at all."""
    for limits in ({"memory": 120 << 20}, {"memory": 1 << 20}, {"seconds": 0}):
        with pytest.raises(Invalid) as refused:
            await Images(**limits).draw(a_picture("PNG", (5000, 4000), "RGBA"))
        assert [one.pointer for one in refused.value.violations] == ["/file"]


async def test_a_decoder_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: waiting for a child without an end; a child left behind."""
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def sleeping(*_: str, **pipes: object) -> asyncio.subprocess.Process:
        started.append(await start("sleep", "60", **pipes))  # type: ignore[arg-type]
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", sleeping)
    monkeypatch.setattr(storage_images, "PATIENCE", 0.05)
    with pytest.raises(Unavailable):
        await Images().draw(a_picture())
    assert [one.returncode for one in started] == [-9]


async def test_a_crowd_is_refused_instead_of_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a line without an end in front of the decoders."""
    monkeypatch.setattr(storage_images, "WAITING", 2)
    images = Images()
    raw = a_picture()
    ended = await asyncio.gather(*(images.draw(raw) for _ in range(6)), return_exceptions=True)
    assert [type(one) for one in ended if isinstance(one, BaseException)] == [Unavailable, Unavailable]
    assert (await images.draw(raw)).keys() == set(VARIANTS)
