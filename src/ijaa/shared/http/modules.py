"""What the application needs to know of a module."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from litestar import Router

from ijaa.shared.database import Database


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module, wired: its routes, what it starts and stops, and the database it stands on."""

    name: str
    database: Database
    routes: Sequence[Router]
    """Under `/api/v1`."""
    internal: Sequence[Router] = ()
    """Under `/internal/v1`, for services alone; never routed by a public gateway."""
    root: Sequence[Router] = ()
    """At the root, such as `/.well-known`."""
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
