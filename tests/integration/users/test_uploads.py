"""Forms with a file, as broken clients and attackers send them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from ijaa.shared.http import uploads
from ijaa.shared.http.uploads import ENVELOPE
from ijaa.shared.storage_images import LARGEST
from tests.integration.users.conftest import AMember, Member
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
    assert sent <= LARGEST + ENVELOPE + (2 << 18)
    announced = headers | {"Content-Length": str(1 << 30)}
    assert (await client.put(PHOTO, headers=announced, content=b"--b")).status_code == 413
    assert (await put(client, asha, a_picture("PNG", (900, 900), "RGB", compress_level=0))).status_code == 200


async def test_nobody_takes_all_the_places_of_uploads(
    client: httpx.AsyncClient, a_member: AMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: files of 5 MB held in memory for whoever opens enough connections; a place that is never given back."""
    asha, dina = [await a_member(name) for name in ("asha", "dina")]
    monkeypatch.setattr(uploads, "AT_ONCE", uploads.OF_ONE + 1)
    begun, release = asyncio.Semaphore(0), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield f"--b\r\n{_FILE}\r\n\r\n".encode()
        begun.release()
        await release.wait()
        yield a_picture("PNG", (8, 8)) + b"\r\n--b--\r\n"

    async def upload(member: Member) -> int:
        answer = await client.put(PHOTO, headers=member.bearer | {"Content-Type": _FORM}, content=slow())
        return answer.status_code

    under_way = [asyncio.create_task(upload(asha)) for _ in range(uploads.OF_ONE)]
    for _ in under_way:
        await begun.acquire()
    assert await upload(asha) == 429
    under_way.append(asyncio.create_task(upload(dina)))
    await begun.acquire()
    assert await upload(dina) == 503
    release.set()
    assert set(await asyncio.gather(*under_way)) == {200}
    assert [await upload(asha), await upload(dina)] == [200, 200]


async def test_a_file_that_never_comes_is_not_waited_for(
    client: httpx.AsyncClient, a_member: AMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a connection that sends a byte now and then and keeps its place."""
    asha = await a_member("asha")
    monkeypatch.setattr(uploads, "PATIENCE", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield f"--b\r\n{_FILE}\r\n\r\n".encode()
        while True:
            await asyncio.sleep(0.001)
            yield b"x"

    answer = await client.put(PHOTO, headers=asha.bearer | {"Content-Type": _FORM}, content=dripping())
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
