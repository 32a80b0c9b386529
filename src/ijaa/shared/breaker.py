"""A breaker in front of Redis: after one failure nobody waits for it until it has answered a probe."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis import RedisError

log = structlog.get_logger("ijaa.redis")

FAILURES = (RedisError, OSError)
"""What a client of Redis raises when it does not get its answer."""
PROBE_EVERY = 1.0


class Breaker:
    """Tells whether asking makes sense just now; `probe` is asked in the background while it does not."""

    def __init__(self, probe: Callable[[], Awaitable[object]] | None) -> None:
        self._probe = probe
        self._tripped = asyncio.Event()
        if probe is None:
            self._tripped.set()

    @property
    def closed(self) -> bool:
        """Whether Redis may be asked."""
        return not self._tripped.is_set()

    def trip(self, error: BaseException) -> None:
        """Ask no more until a probe is answered."""
        if self.closed:
            log.warning("redis does not answer; each process goes on without it", error=type(error).__name__)
            self._tripped.set()

    async def watch(self) -> None:
        """Find out at once whether it answers, then probe whenever it did not; runs until it is cancelled."""
        while self._probe is not None:
            try:
                await self._probe()
            except FAILURES as error:
                self.trip(error)
            else:
                if not self.closed:
                    log.info("redis answers again")
                self._tripped.clear()
                await self._tripped.wait()
            await asyncio.sleep(PROBE_EVERY)
