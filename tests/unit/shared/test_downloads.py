"""A body that leaves portion by portion says whether all of it has left."""

from collections.abc import AsyncIterator
from typing import Any

from ijaa.shared.errors import Unavailable
from ijaa.shared.http.downloads import send_portions


async def _portions(*, whole: bool) -> AsyncIterator[bytes]:
    yield b"one"
    if not whole:
        raise Unavailable
    yield b"two"


async def test_what_breaks_off_has_no_end_and_is_not_whole() -> None:
    # mutants: a file that broke off told as whole, or ended as if it were
    for whole, bodies in ((True, [b"one", b"two", b""]), (False, [b"one"])):
        sent: list[Any] = []

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        assert await send_portions(send, _portions(whole=whole)) == whole
        assert [one["body"] for one in sent] == bodies
        assert [one["more_body"] for one in sent] == [bool(body) for body in bodies]
