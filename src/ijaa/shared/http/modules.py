"""What the application needs to know of a module."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from litestar import Router

from ijaa.shared.database import Database
from ijaa.shared.http.idempotency import OPT
from ijaa.shared.idempotency import IdempotencyKeys
from ijaa.shared.inbox import Inbox
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.outbox import Outbox


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module, wired: its routes, what it starts and stops, and the database it stands on."""

    name: str
    database: Database
    routes: Sequence[Router]
    """Under `/api/v1`."""
    idempotency: IdempotencyKeys
    outbox: Outbox
    """What it has to tell other modules."""
    inbox: Inbox
    """What it does about what they tell."""
    worker: JobRunner
    """What it does later, and by night."""
    internal: Sequence[Router] = ()
    """Under `/internal/v1`, for services alone; never routed by a public gateway."""
    root: Sequence[Router] = ()
    """At the root, such as `/.well-known`."""
    lifespan: Callable[[], AbstractAsyncContextManager[None]]


def api_router(modules: Iterable[Module]) -> Router:
    """Return `/api/v1`; each route knows where its module keeps the answers to an Idempotency-Key."""
    parts = [Router("/", route_handlers=module.routes, opt={OPT: module.name}) for module in modules]
    return Router("/api/v1", route_handlers=parts)
