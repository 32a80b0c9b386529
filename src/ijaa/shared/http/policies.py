"""What a route asks of its caller; the table of all routes is `ijaa.policies`, and no route answers without a row."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from ijaa.shared.principals import ADMIN_ROLES, Role

Limit = Literal["login", "refresh", "mail", "search", "write", "read", "none"]
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
    limit: Limit | None = None
    """None is `read` for GET and `write` for everything else."""
    answers_secret: bool = False
    """Whether the answer shows a secret once, so that it is never stored for an Idempotency-Key."""


PAGES = {OPT: Policy(NOT_ASKED, limit="none")}
"""`opt` of handlers that have no operation id, because Litestar makes them."""


def policy_of(handler: BaseRouteHandler) -> Policy:
    """Return the row `attach` gave this handler."""
    policy: Policy = handler.opt[OPT]
    return policy


def attach(app: Litestar, table: Mapping[str, Policy]) -> None:
    """Give every route its row; raise `LookupError` for one without, so that nothing is open by oversight."""
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
