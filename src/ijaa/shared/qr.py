"""QR codes (ISO/IEC 18004) of short texts, as pictures to be looked at by a camera."""

from io import BytesIO

import segno

SVG, PNG = "image/svg+xml", "image/png"
_SCALE = 8
"""Points a module is wide."""


def svg(text: str) -> bytes:
    """Return a text as a QR code in SVG, dark on white whatever the page around it is."""
    return _drawn(text, "svg", xmldecl=False, light="#fff")


def png(text: str) -> bytes:
    """Return a text as a QR code in PNG, for mails, whose readers draw no SVG."""
    return _drawn(text, "png")


def _drawn(text: str, kind: str, **how: object) -> bytes:
    picture = BytesIO()
    segno.make_qr(text, error="m").save(picture, kind=kind, scale=_SCALE, **how)
    return picture.getvalue()
