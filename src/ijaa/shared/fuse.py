"""A fuse in front of what everybody waits for: after failures in a row nobody does, until one look finds it back."""

import time

import structlog

log = structlog.get_logger("ijaa.fuse")

_ENOUGH = 5
"""Failures one after the other after which nobody waits any more."""
_LOOK_EVERY = 0.25


class Fuse:
    """Counts failures in a row of one dependency."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._failures, self._look_at = 0, 0.0

    @property
    def blown(self) -> bool:
        """Whether it is away."""
        return self._failures >= _ENOUGH

    def may_look(self) -> bool:
        """Whether to find out now if it is back; who is told so does, for nobody else is for a moment."""
        if (now := time.monotonic()) < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY
        return True

    def failed(self) -> None:
        """Take in that it did not answer."""
        self._failures += 1
        if self._failures == _ENOUGH:
            self._look_at = time.monotonic() + _LOOK_EVERY
            log.warning("it does not answer; nobody waits for it", what=self._what)

    def worked(self) -> None:
        """Take in that it answered."""
        if self.blown:
            log.info("it answers again", what=self._what)
        self._failures = 0
