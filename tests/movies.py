"""Videos and documents as people and attackers send them: containers with nothing to decode in them."""

CANARY = b"+23.8103+090.4125/canary-of-the-places"
HANDLER = b"\0" * 8 + b"vide" + b"\0" * 13


def box(kind: bytes, *inside: bytes, long: bool = False) -> bytes:
    """Return a box (ISO/IEC 14496-12 §4.2), with a length of 64 bits if it is to be `long`."""
    payload = b"".join(inside)
    if long:
        return b"\0\0\0\1" + kind + (len(payload) + 16).to_bytes(8) + payload
    return (len(payload) + 8).to_bytes(4) + kind + payload


def a_movie(
    brand: bytes = b"isom", *, told: bytes = CANARY, frames: bytes = b"frames" * 100, long: bool = False
) -> bytes:
    """Return an MP4, or what its brand says, that tells of its place wherever one can."""
    place = box(b"udta", box(b"\xa9xyz", told))
    tags = box(b"meta", b"\0" * 4, box(b"ilst", told))
    track = box(b"trak", box(b"tkhd", b"\0" * 84), box(b"mdia", box(b"hdlr", HANDLER)), place, tags)
    movie = box(b"moov", box(b"mvhd", b"\0" * 100), track, place, tags, b"\0\0\0\0" if brand == b"qt  " else b"")
    own = box(b"uuid", b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", told)
    return (
        box(b"ftyp", brand, b"\0\0\2\0", b"isom", brand)
        + movie
        + box(b"mdat", frames, long=long)
        + own
        + box(b"free", told)
    )


def element(kind: int, *inside: bytes, length: int | None = None) -> bytes:
    """Return an element (RFC 8794 §6) with a size of eight bytes."""
    payload = b"".join(inside)
    size = len(payload) if length is None else length
    return kind.to_bytes((kind.bit_length() + 7) // 8) + b"\x01" + size.to_bytes(7) + payload


UNKNOWN = (1 << 56) - 1


def a_webm(doc_type: bytes = b"webm", *, told: bytes = CANARY, recorded: bool = False) -> bytes:
    """Return a WebM that tells of its place; `recorded` has lengths that were not known when it was begun."""
    head = element(0x1A45DFA3, b"\x42\x82" + bytes([0x80 | len(doc_type)]) + doc_type)
    tags, files = element(0x1254C367, told), element(0x1941A469, told)
    tracks = element(0x1654AE6B, b"\xae\x83\xd7\x81\x01")
    cluster = element(0x1F43B675, b"\xe7\x81\x00" + b"frames" * 100, length=UNKNOWN if recorded else None)
    small = b"\x12\x54\xc3\x67\x80"  # Tags without any
    return head + element(0x18538067, tracks, small, tags, files, cluster, length=UNKNOWN if recorded else None)


def a_pdf(size: int = 600) -> bytes:
    """Return a PDF."""
    return b"%PDF-1.7\n" + b"1 0 obj\n" * (size // 8) + b"trailer\nstartxref\n9\n%%EOF\n"
