"""Links that let whoever has them read one file for a while: an `<img>` sends no token."""

from datetime import timedelta

from ijaa.shared.clock import Clock
from ijaa.shared.errors import Malformed
from ijaa.shared.pages import Cursors

STEP = timedelta(hours=1)
"""Links of one hour are the same, so that what they show can be cached."""
STEPS = 3
"""A link is good for two to three hours: a card may have been remembered for one."""


class SignedLinks:
    """Writes and reads links; a link says for which audience it was written."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._signed, self._clock = Cursors(key), clock

    def write(self, path: str, audience: str) -> str:
        """Return a path with a token that opens it; the path has no query."""
        ends = (int(self._clock.now().timestamp() / STEP.total_seconds()) + STEPS) * int(STEP.total_seconds())
        return f"{path}?token={self._signed.write(path, ends, audience)}"

    def read(self, path: str, token: str) -> tuple[str, int] | None:
        """Return for whom a link was written and how many seconds it is still good, or None when it is not."""
        try:
            ends, audience = self._signed.read(path, token, tuple[int, str])
        except Malformed:
            return None
        left = ends - int(self._clock.now().timestamp())
        return (audience, left) if left > 0 else None
