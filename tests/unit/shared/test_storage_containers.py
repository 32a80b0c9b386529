"""Videos and documents: whole, and silent about everything but what they show."""

import io

import pytest

from ijaa.shared import storage_containers
from ijaa.shared.storage_containers import RefusedError, refuse_broken_pdf, settle_movie, settle_webm
from tests.movies import CANARY, a_movie, a_pdf, a_webm, box, element

MOVIES = {"mp4": a_movie(), "quicktime": a_movie(b"qt  "), "a long box": a_movie(long=True)}


def settled(raw: bytes) -> bytes:
    """Return a movie as it is kept."""
    file = io.BytesIO(raw)
    settle_movie(file)
    return file.getvalue()


@pytest.mark.parametrize("raw", MOVIES.values(), ids=MOVIES)
def test_a_movie_tells_of_no_place_and_nothing_moves(raw: bytes) -> None:
    """Kills: a box that describes left as it is, wherever it lies; one that is cut out, so that offsets are wrong."""
    assert CANARY in raw
    kept = settled(raw)
    assert CANARY not in kept
    assert len(kept) == len(raw)
    for part in (b"mvhd", b"tkhd", b"mdat", b"frames" * 100):
        assert kept.index(part) == raw.index(part)
    assert settled(kept) == kept


def test_what_is_in_the_frames_stays() -> None:
    # mutant: blank whatever looks like a box, and the pictures with it
    frames = box(b"udta", b"a frame that looks like a box")
    assert frames in settled(a_movie(frames=frames))


@pytest.mark.parametrize("brand", [b"isom", b"qt  "])
def test_a_movie_that_is_cut_off_is_refused(brand: bytes) -> None:
    """Kills: a file taken by its first bytes."""
    raw = a_movie(brand)
    refused = 0
    for length in range(len(raw)):
        try:
            settled(raw[:length])
        except RefusedError:
            refused += 1
    ends = [len(raw), raw.index(b"uuid") - 4, raw.rindex(b"free") - 4]  # of whole boxes, after the frames
    assert refused == len(raw) - len(ends) + 1


ODD = {
    "nothing": b"",
    "a head alone": box(b"ftyp", b"isom", b"\0\0\2\0"),
    "no frames": box(b"ftyp", b"isom", b"\0\0\2\0") + box(b"moov", box(b"mvhd"), box(b"trak")) + box(b"mdat"),
    "no track": box(b"ftyp", b"isom", b"\0\0\2\0") + box(b"moov", box(b"mvhd")) + box(b"mdat", b"x"),
    "two movies": a_movie() + a_movie(),
    "a box that ends before it begins": box(b"ftyp", b"isom", b"\0\0\2\0") + b"\0\0\0\4moov",
    "a box of 64 bits that ends before it begins": b"\0\0\0\1moov" + b"\0" * 8,
    "a length beyond everything": b"\0\0\0\1moov" + b"\xff" * 8,
    "a page behind it": a_movie() + b"<html><script>alert(1)</script>",
    "an archive behind it": a_movie() + b"PK\3\4" + b"x" * 100,
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_what_is_no_movie_is_refused(raw: bytes) -> None:
    """Kills: an endless walk, an error of another kind, a file that is two things at once."""
    with pytest.raises(RefusedError):
        settled(raw)


def test_a_walk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    # mutant: as many boxes as somebody likes
    monkeypatch.setattr(storage_containers, "_MOST", 100)
    with pytest.raises(RefusedError, match="more parts"):
        settled(a_movie() + box(b"free") * 100)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_webm_tells_of_no_place_and_nothing_moves(recorded: bool) -> None:  # noqa: FBT001 - a case
    """Kills: tags or attachments left; a void of another length; a recording refused for the lengths it has not."""
    raw = a_webm(recorded=recorded)
    assert CANARY in raw
    file = io.BytesIO(raw)
    settle_webm(file)
    kept = file.getvalue()
    assert CANARY not in kept
    assert len(kept) == len(raw)
    assert kept.index(b"frames" * 100) == raw.index(b"frames" * 100)
    settle_webm(file)
    assert file.getvalue() == kept


def test_a_webm_that_is_cut_off_or_something_else_is_refused() -> None:
    """Kills: Matroska taken for WebM; a segment that is longer than its file; an id of no length."""
    raw = a_webm()
    head = raw[: raw.index(b"\x18\x53\x80\x67")]
    odd = [raw[:length] for length in range(len(raw))]
    odd += [a_webm(b"matroska"), raw + b"<html>", head + element(0x18538067, b"\0" * 20), head + b"\0" * 20, b"\x1a"]
    for one in odd:
        with pytest.raises(RefusedError):
            settle_webm(io.BytesIO(one))


def test_a_pdf_has_its_end() -> None:
    # mutant: a document taken by its first bytes
    raw = a_pdf(5000)
    file = io.BytesIO(raw)
    refuse_broken_pdf(file)
    assert file.getvalue() == raw
    with pytest.raises(RefusedError):
        refuse_broken_pdf(io.BytesIO(raw[:3000]))
