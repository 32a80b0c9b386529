"""How much a process takes on at once: what is more is refused before anything is done for it."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import structlog
from litestar import Litestar
from litestar.routes import HTTPRoute

from ijaa.shared.http.idempotency import OPT
from ijaa.shared.http.policies import policy_of
from ijaa.shared.metrics import SHED

log = structlog.get_logger("ijaa.admission")

READS = 64
"""Reads of one module under way in a process; a few keep its processor busy, the rest would only wait."""
WRITES = 2000
"""Everything else: many may wait in the line of one event."""
Slot = tuple[str, bool]
"""A module, and whether it is a read."""
ENTERED = "ijaa.entered"
"""Where in a scope it says what was counted in already."""
_KEPT_IN = frozenset({"login", "refresh", "none"})
"""Classes that are let in whatever else is under way: health, and signing in, which has a line of its own."""


class Admission:
    """Counts what is under way per module, so that a module that is slow leaves the other one its share."""

    def __init__(self) -> None:
        self._places: Mapping[str, str] = {}
        self._under_way: dict[Slot, int] = {}
        self._refused: Counter[str] = Counter()
        """Refusals of this second, by module."""

    def learn(self, app: Litestar) -> None:
        """Learn which module answers where, once every route has its policy."""
        self._places = places(app)

    def slot_of(self, path: str, method: str) -> Slot | None:
        """Return what a request counts as; None for what is always let in."""
        module = self._places.get(_place(path))
        return None if module is None else (module, method in {"GET", "HEAD"})

    def admits(self, slot: Slot) -> bool:
        """Count a request in, or as refused where enough is under way."""
        number = self._under_way.get(slot, 0)
        if number >= (READS if slot[1] else WRITES):
            self._note_refusal(slot[0])
            return False
        self._under_way[slot] = number + 1
        return True

    def leave(self, slot: Slot) -> None:
        """Count a request out."""
        self._under_way[slot] -= 1

    def _note_refusal(self, module: str) -> None:
        """Count a refusal, and see to one log line a second: many come at once, and they must be cheap."""
        SHED.labels(module).inc()
        if not self._refused:
            asyncio.get_running_loop().call_later(1.0, self._tell)
        self._refused[module] += 1

    def _tell(self) -> None:
        log.warning("requests refused: enough are under way", **self._refused)
        self._refused.clear()


def places(app: Litestar) -> dict[str, str]:
    """Return which module answers below which place of the API, what is always let in left out."""
    found: dict[str, str] = {}
    kept: set[str] = set()
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if (module := handler.opt.get(OPT)) is not None and handler.http_methods != {"OPTIONS"}:
                place = _place(route.path)
                found[place] = module
                if policy_of(handler).limit in _KEPT_IN:
                    kept.add(place)
    return {place: module for place, module in found.items() if place not in kept}


def _place(path: str) -> str:
    """Return the first part of a path below `/api/v1`, and the second one of what is the caller's own."""
    if not path.startswith("/api/v1/"):
        return ""
    parts = path.split("/", 5)
    return "/".join(parts[3:5] if parts[3:4] in (["me"], ["admin"]) else parts[3:4])
