"""What a route asks of its caller; the table of all routes is `ijaa.policies`, and no route answers without a row."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute

from ijaa.shared.principals import ADMIN_ROLES, Role

Limit = Literal["login", "refresh", "mail", "report", "search", "upload", "write", "read", "none"]
"""The class whose rate limit a route counts against."""
OPT = "policy"


EVERYBODY: Literal["everybody"] = "everybody"
"""Signed in or not; a token that is sent must be good."""
NOT_ASKED: Literal["not asked"] = "not asked"
"""Everybody, and a token is never looked at: sign-in, health, pages, and what services ask each other."""
MEMBERS: frozenset[Role] = frozenset({"member"})
ADMINS: frozenset[Role] = frozenset(ADMIN_ROLES)
SIGNED_IN: frozenset[Role] = MEMBERS | ADMINS
ENROLLING: frozenset[Role] = frozenset({"enrolling"})
"""Superadmins without the second factor they have to have; every row that does not name them refuses them."""


class Policy(msgspec.Struct, frozen=True):
    """One row: who may call an operation, and under which conditions."""

    callers: frozenset[Role] | Literal["everybody", "not asked"]
    """Whom it is for, as far as that depends on the caller alone."""
    fresh: bool = False
    """Whether the caller must have proved his password within the last five minutes (RFC 9470)."""
    flag: str | None = None
    """The feature flag that switches it off."""
    admin_flag: str | None = None
    """The one that does so for admins instead, where both kinds of caller share a route."""
    also: str | None = None
    """A second flag that switches it off, whoever calls."""
    limit: Limit | None = None
    """None is `read` for GET and `write` for everything else."""
    seconds: float | None = None
    """How long an answer may take; None is 10 s for what hashes a password, 2 s for everything else."""
    answers_secret: bool = False
    """Whether the answer shows a secret once, so that it is never stored for an Idempotency-Key."""

    @property
    def flag_waits(self) -> bool:
        """Whether only the operation itself finds out which kind it serves, by a token of a session."""
        return self.callers == NOT_ASKED and self.admin_flag is not None

    @property
    def deadline(self) -> float | None:
        """How long an answer may take, where that is not what everything has."""
        return self.seconds or (_HASHING if self.limit in {"login", "mail"} else None)


_HASHING = 10.0
"""Seconds for what waits in the line of passwords to be hashed."""
PAGES = {OPT: Policy(NOT_ASKED, limit="none")}
"""`opt` of handlers that have no operation id, because Litestar makes them."""


def policy_of(handler: BaseRouteHandler) -> Policy:
    """Return the row `attach` gave this handler."""
    policy: Policy = handler.opt[OPT]
    return policy


class Operation(msgspec.Struct, frozen=True):
    """One operation of the live route table."""

    name: str
    method: str
    path: str
    """A template, such as `/api/v1/events/{event_id}`."""
    handler: HTTPRouteHandler


def operations(app: Litestar) -> list[Operation]:
    """Return every operation an application routes, in the order of paths; Litestar's own OPTIONS aside."""
    found = {
        Operation(str(handler.operation_id), method, route.path_format or "/", handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS" and handler.operation_id is not None
    }
    return sorted(found, key=lambda one: (one.path, one.method))


class GovernedRoute(msgspec.Struct, frozen=True):
    """A route and a flag that switches it off; another service's route has neither method nor path here."""

    flag: str
    operation_id: str
    method: str | None
    path: str | None


def governed_routes(app: Litestar) -> list[GovernedRoute]:
    """Return every route a flag governs, of the whole table, by flag."""
    places = {one.name: (one.method, one.path) for one in operations(app)}
    table: Mapping[str, Policy] = app.state[OPT]
    return sorted(
        (
            GovernedRoute(flag, name, *places.get(name, (None, None)))
            for name, policy in table.items()
            for flag in (policy.flag, policy.admin_flag, policy.also)
            if flag is not None
        ),
        key=lambda one: (one.flag, one.operation_id),
    )


def attach(app: Litestar, table: Mapping[str, Policy]) -> None:
    """Give every route its row; raise `LookupError` for one without, so that nothing is open by oversight."""
    app.state[OPT] = table
    handlers = [
        (route.path, handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
    ]
    for path, handler in handlers:
        if handler.http_methods == {"OPTIONS"}:
            handler.opt.update(PAGES)  # Litestar answers those itself
        elif OPT not in handler.opt:
            name = str(handler.operation_id)
            if name not in table:
                raise LookupError(f"{path}: the operation {name} has no row in ijaa.policies")
            handler.opt[OPT] = table[name]
