"""Forms with a file, as broken clients and attackers send them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ijaa.shared.http.uploads import ENVELOPE
from ijaa.shared.storage_images import LARGEST
from tests.integration.users.conftest import AMember
from tests.integration.users.test_photos import PHOTO, put
from tests.pictures import a_picture


def _body(*parts: tuple[str, bytes], boundary: str = "b", end: bool = True) -> bytes:
    lines = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts]
    return b"".join(lines) + (f"--{boundary}--\r\n".encode() if end else b"")


_FORM = "multipart/form-data; boundary=b"
_FILE = 'Content-Disposition: form-data; name="file"; filename="a.jpg"'
_BROKEN: dict[str, tuple[str | None, Callable[[], bytes], int]] = {
    "json": ("application/json", lambda: b'{"file":"x"}', 415),
    "an image as the body": ("image/jpeg", a_picture, 415),
    "a form of the other kind": ("application/x-www-form-urlencoded", lambda: b"file=x", 415),
    "mixed parts": ("multipart/mixed; boundary=b", lambda: _body((_FILE, a_picture())), 415),
    "no type": (None, a_picture, 415),
    "no boundary": ("multipart/form-data", lambda: _body((_FILE, b"x")), 400),
    "an empty boundary": ('multipart/form-data; boundary=""', lambda: _body((_FILE, b"x")), 400),
    "another boundary": ("multipart/form-data; boundary=c", lambda: _body((_FILE, b"x")), 400),
    "a boundary of 10,000 letters": ("multipart/form-data; boundary=" + "b" * 10_000, lambda: b"x" * 20_000, 400),
    "cut off": (_FORM, lambda: _body((_FILE, b"x"), end=False), 400),
    "no part": (_FORM, lambda: b"--b--\r\n", 422),
    "no body": (_FORM, lambda: b"", 400),
    "an empty file": (_FORM, lambda: _body((_FILE, b"")), 422),
    "another field": (
        _FORM, lambda: _body((_FILE.replace('"file"', '"photo"'), b"x")), 422,
    ),
    "a field beside it": (
        _FORM,
        lambda: _body((_FILE, b"x"), ('Content-Disposition: form-data; name="admin"', b"1")),
        422,
    ),
    "two files": (_FORM, lambda: _body((_FILE, b"x"), (_FILE, b"y")), 422),
    "a hundred parts": (_FORM, lambda: _body(*[(_FILE, b"x")] * 100), 422),
    "a part without a name": (_FORM, lambda: _body(("Content-Disposition: form-data", b"x")), 400),
    "a part without a header": (_FORM, lambda: b"--b\r\n\r\nx\r\n--b--\r\n", 400),
    "a header without an end": (_FORM, lambda: b"--b\r\nX: " + b"x" * 100_000, 400),
    "a name that is not UTF-8": (
        _FORM,
        lambda: b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
        400,
    ),
    "a charset nobody knows": (
        _FORM, lambda: _body((_FILE + "\r\nContent-Type: text/plain; charset=none", b"x")), 422,
    ),
    "a little too long": (_FORM, lambda: _body((_FILE, b"\xff\xd8\xff" + b"x" * LARGEST)), 413),
    "much too long": (_FORM, lambda: _body((_FILE, b"x" * (LARGEST + ENVELOPE))), 413),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "status"), _BROKEN.values(), ids=_BROKEN)
async def test_a_broken_form_is_refused(
    kind: str | None, body: Callable[[], bytes], status: int, client: httpx.AsyncClient, a_member: AMember
) -> None:
    """Kills: a form read by guesswork; a field nobody declared; a 500 for a charset or bytes no text holds."""
    asha = await a_member("asha")
    headers = asha.bearer | ({"Content-Type": kind} if kind else {})
    answer = await client.put(PHOTO, headers=headers, content=body())
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_file_that_is_too_long_is_not_read_to_its_end(client: httpx.AsyncClient, a_member: AMember) -> None:
    """Kills: the limit looked at once everything is in memory; the one of JSON on uploads, or none on JSON."""
    asha = await a_member("asha")
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        yield f"--b\r\n{_FILE}\r\n\r\n".encode()
        for _ in range(200):
            sent += 1 << 18
            yield b"x" * (1 << 18)

    headers = asha.bearer | {"Content-Type": _FORM}
    answer = await client.put(PHOTO, headers=headers, content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert sent <= 200 << 18
    announced = headers | {"Content-Length": str(1 << 30)}
    assert (await client.put(PHOTO, headers=announced, content=b"--b")).status_code == 413
    assert (await put(client, asha, a_picture("PNG", (900, 900), "RGB", compress_level=0))).status_code == 200
