"""Decodes one image in a process of its own, which may fail, or be killed, without anybody else noticing.

`storage_images` runs this file: the image comes on stdin, what to make of it in the first argument. The answer is one
line of JSON, either why it was refused or the variants with their lengths, and then their bytes one after the other.
It imports nothing of ours and sets its own limits before it reads the first byte.
"""

import io
import json
import resource
import sys
from typing import Any

from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
_COLOURS = {"L": "L", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB"}
"""What a colour profile can be applied to, and what comes of it."""
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets an image upright, by its EXIF orientation."""


class RefusedError(Exception):
    """The image is none of ours; the text says why."""


def confine(memory: int, seconds: int) -> None:
    """Give this process so much memory and CPU time, and no file to write to."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def variants(raw: bytes, asked: dict[str, Any]) -> dict[str, bytes]:
    """Return the image anew in every size asked for, as WebP; raise `RefusedError`.

    Only pixels pass: they are drawn onto an empty canvas, which has no EXIF, no comment and no profile.
    """
    canvas = _canvas(raw, asked["pixels"], asked["full"])
    found = {"full": canvas}
    for name, edge in asked["square"].items():
        found[name] = ImageOps.fit(canvas, (edge, edge))
    for name, edge in asked["within"].items():
        found[name] = canvas.copy()
        found[name].thumbnail((edge, edge))
    return {name: _encoded(image) for name, image in found.items()}


def _canvas(raw: bytes, pixels: int, edge: int) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # the limit below is stricter, and has its own words
    image: Image.Image = Image.open(io.BytesIO(raw), formats=FORMATS)
    if image.width * image.height > pixels:
        raise RefusedError(f"has more than {pixels // 1_000_000} megapixels")
    image.draft(None, (edge, edge))  # a JPEG need not be decoded larger than it is used
    orientation = image.getexif().get(_ORIENTATION, 1)
    profile = image.info.get("icc_profile")
    image = image.convert("RGBA") if image.has_transparency_data else _opaque(image)
    image.thumbnail((edge, edge))
    image = _upright(_in_srgb(image, profile), orientation)
    canvas = Image.new("RGBA" if image.mode == "RGBA" else "RGB", image.size)
    canvas.paste(image)
    return canvas


def _opaque(image: Image.Image) -> Image.Image:
    return image.convert("RGB") if image.mode not in _COLOURS else image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the image in the colours of the web: it is shown without its profile."""
    if not profile:
        return image
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _COLOURS[image.mode]
        target = ImageCms.createProfile("sRGB")
        if (drawn := ImageCms.profileToProfile(image, given, target, outputMode=mode)) is None:
            return image
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile costs the colours, not the photo
        return image
    return drawn


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def main() -> None:
    """Answer the one who started this process."""
    asked = json.loads(sys.argv[1])
    confine(asked["memory"], asked["seconds"])
    made: dict[str, bytes] = {}
    try:
        made = variants(sys.stdin.buffer.read(), asked)
        said: dict[str, Any] = {"variants": {name: len(data) for name, data in made.items()}}
    except RefusedError as error:
        said = {"refused": str(error)}
    except Exception:  # noqa: BLE001 - decoders raise anything for a hostile file, and all of it means the same
        said = {"refused": "cannot be decoded: it is damaged, or no JPEG, PNG or WebP"}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + b"".join(made.values()))


if __name__ == "__main__":
    main()
