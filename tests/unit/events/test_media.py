"""What a file is taken for, by its bytes alone."""

import pytest

from ijaa.events.media.domain import LARGEST, disposition_of, file_type_of, largest, media_type_of
from ijaa.shared.errors import Invalid
from ijaa.shared.storage_images import size_of
from tests.movies import a_movie, a_pdf, a_webm, box
from tests.pictures import a_picture

TAKEN = {
    "image/webp": [a_picture("JPEG"), a_picture("PNG"), a_picture("WEBP")],
    "video/mp4": [a_movie(), a_movie(b"mp42"), a_movie(b"iso6"), a_movie(b"M4V ")],
    "video/quicktime": [a_movie(b"qt  ")],
    "video/webm": [a_webm()],
    "application/pdf": [a_pdf()],
}
REFUSED = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "gif": a_picture("GIF"),
    "heic": box(b"ftyp", b"heic", b"\0\0\0\0", b"mif1heic"),
    "avif": box(b"ftyp", b"avif", b"\0\0\0\0", b"avifmif1"),
    "sound": box(b"ftyp", b"M4A ", b"\0\0\2\0"),
    "an archive": b"PK\3\4" + b"\0" * 60,
    "a program": b"\x7fELF" + b"\0" * 60,
    "a pdf behind something": b"<html>" + a_pdf(),
    "postscript": b"%!PS-Adobe-3.0",
    "a wave": b"RIFF\0\0\0\0WAVEfmt ",
    "nothing": b"",
    "a letter": b"x",
}


def test_a_file_is_what_it_begins_with() -> None:
    # mutants: the name or the declared type believed; one kind's limit on another
    for file_type, files in TAKEN.items():
        for raw in files:
            assert file_type_of(raw[:64]) == file_type
            assert largest(raw[:64]) == LARGEST[media_type_of(file_type)]


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_is_none_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        file_type_of(raw[:64])


def test_a_document_is_saved_and_never_shown() -> None:
    # mutant: a PDF inline, whose scripts a viewer may run
    assert disposition_of(7, "application/pdf") == 'attachment; filename="medium-7.pdf"'
    assert disposition_of(7, "video/quicktime") == 'inline; filename="medium-7.mov"'


@pytest.mark.parametrize("given", [{}, {"lossless": True}, {"mode": "RGBA"}, {"exif": b"Exif\0\0"}])
def test_the_edges_of_an_image_are_read_from_its_header(given: dict[str, object]) -> None:
    # mutant: one of the three kinds of header read as another
    for size in ((1, 1), (400, 300), (2048, 77)):
        assert size_of(a_picture("WEBP", size, **given)) == size  # type: ignore[arg-type]
