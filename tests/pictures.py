"""Images as people and attackers send them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

RED, BLUE = (220, 20, 20), (20, 20, 220)
CANARY = b"canary-of-the-uploads"


def a_picture(form: str = "JPEG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **given: Any) -> bytes:
    """Return an image whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, form, **given)
    return out.getvalue()


def opened(raw: bytes) -> Image.Image:
    """Return a decoded image."""
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


def full_of_secrets() -> dict[str, bytes]:
    """Return images that say more than they show: places, comments, texts."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()  # ImageDescription
    exif[0x8825] = {1: "N", 2: (23.0, 48.0, 37.0), 3: "E", 4: (90.0, 24.0, 30.0)}  # where it was taken
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + CANARY + b"</x:xmpmeta>"
    png = a_picture("PNG")
    text = _chunk(b"tEXt", b"Comment\0" + CANARY) + _chunk(b"zTXt", b"Author\0\0" + zlib.compress(CANARY))
    return {
        "jpeg": a_picture("JPEG", exif=exif, comment=CANARY, xmp=xmp),
        "png": png[:-12] + text + png[-12:],
        "webp": a_picture("WEBP", exif=exif, xmp=xmp),
    }


def a_huge_png(width: int, height: int) -> bytes:
    """Return a PNG of a few hundred bytes that claims to be this large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")


def a_huge_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG whose header claims to be this large."""
    raw = bytearray(a_picture("JPEG", (16, 16)))
    at = raw.index(b"\xff\xc0")
    raw[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(raw)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
