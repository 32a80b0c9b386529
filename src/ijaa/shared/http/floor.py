"""The floor every route stands on, as one plugin."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins import InitPlugin
from litestar.types import Scope

from ijaa.shared.clock import Clock, SystemClock
from ijaa.shared.errors import Forbidden
from ijaa.shared.flags import FeatureDisabled, FeatureFlags, Offer
from ijaa.shared.http.admission import Admission
from ijaa.shared.http.auth import VERIFIER, authenticate, provide_caller, provide_viewer
from ijaa.shared.http.deadlines import Deadlines, allow
from ijaa.shared.http.description import BEARER, StrictDocument, describe
from ijaa.shared.http.idempotency import STORES, Replays, replay
from ijaa.shared.http.limits import admit
from ijaa.shared.http.policies import MEMBERS, Policy, attach, policy_of
from ijaa.shared.http.preflights import Preflights
from ijaa.shared.http.problems import EXCEPTION_HANDLERS
from ijaa.shared.http.proxies import Proxies
from ijaa.shared.http.ranges import PLAYED, Played
from ijaa.shared.http.requests import StrictRequest, refuse_undeclared
from ijaa.shared.http.schema_page import SchemaPage, schema_router
from ijaa.shared.http.streams import STREAMS, Streams
from ijaa.shared.http.telemetry import Telemetry
from ijaa.shared.http.uploads import UPLOADS, Uploads
from ijaa.shared.idempotency import IdempotencyKeys
from ijaa.shared.principals import Principal, TokenVerifier
from ijaa.shared.throttle import RateLimiter

_ALLOWED = ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Last-Event-ID", "X-Request-Id"]
_EXPOSED = ["ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]


OnDenied = Callable[[Principal, str], Awaitable[None]]
"""Is told who was kept from which operation of administration."""


class HttpFloor(InitPlugin):
    """Gives an application strict bodies, problems, principals, CORS by exact origin and its OpenAPI document."""

    def __init__(
        self,
        verifier: TokenVerifier,
        policies: Mapping[str, Policy],
        flags: FeatureFlags,
        *,
        title: str,
        version: str,
        cors_origins: Sequence[str] = (),
        clock: Clock | None = None,
        idempotency: Mapping[str, IdempotencyKeys] | None = None,
        on_denied: OnDenied | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        self._limiter = limiter
        self._on_denied = on_denied
        self._idempotency = idempotency or {}
        self._verifier, self._policies, self._flags = verifier, policies, flags
        self._clock = clock or SystemClock()
        self._title, self._version, self._cors_origins = title, version, list(cors_origins)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Lay the floor."""
        app_config.dependencies |= {
            "viewer": Provide(provide_viewer),
            "caller": Provide(provide_caller),
            "offer": Provide(self._provide_offer),
        }
        streams = Streams()
        app_config.state.update(
            {
                VERIFIER: self._verifier,
                STREAMS: streams,
                UPLOADS: Uploads(),
                PLAYED: Played(),
                STORES: self._idempotency,
            }
        )
        app_config.lifespan = [*app_config.lifespan, lambda _: streams.ending_with_the_server()]
        app_config.before_request = self._gate
        app_config.after_exception.append(self._note_denied)
        app_config.on_startup += [lambda app: attach(app, self._policies), describe]
        app_config.request_class = StrictRequest
        app_config.exception_handlers.update(EXCEPTION_HANDLERS)
        app_config.openapi_config = self._openapi()
        app_config.logging_config = None
        app_config.debug = False
        if self._cors_origins:
            app_config.cors_config = CORSConfig(
                allow_origins=self._cors_origins,
                allow_credentials=True,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=_ALLOWED,
                expose_headers=_EXPOSED,
                max_age=600,
            )
        return app_config

    async def _gate(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        policy = policy_of(request.route_handler)
        if (seconds := policy.deadline) is not None:
            allow(request.scope, seconds)
        try:
            caller = await authenticate(request, policy, self._verifier, self._clock)
        finally:  # who is refused has asked, too: guessing tokens is no way around a limit
            if self._limiter is not None:
                await admit(request, policy, self._limiter)
        if not policy.flag_waits:
            self._offer(policy).to(caller.kind if caller else "member")
        refuse_undeclared(request)
        return await replay(request, policy, caller, self._idempotency) if request.method == "POST" else None

    async def _note_denied(self, refusal: Exception, scope: Scope) -> None:
        """Tell of a refusal of administration, whether the gate or a use case refused."""
        denied: Principal | None = scope.get("user")
        if self._on_denied is None or denied is None or not isinstance(refusal, Forbidden):
            return
        handler: Any = scope["route_handler"]
        if not isinstance(refusal, FeatureDisabled) and policy_of(handler).callers != MEMBERS:
            await self._on_denied(denied, str(handler.operation_id))

    async def _provide_offer(self, request: Request[Any, Any, Any]) -> Offer:
        """Give what the operation asks of the flags, for one that finds out itself whom it serves."""
        return self._offer(policy_of(request.route_handler))

    def _offer(self, policy: Policy) -> Offer:
        return Offer(self._flags, member=policy.flag, admin=policy.admin_flag or policy.flag, also=policy.also)

    def _openapi(self) -> OpenAPIConfig:
        return OpenAPIConfig(
            title=self._title,
            version=self._version,
            openapi_router=schema_router(),
            render_plugins=[SchemaPage(), StrictDocument()],
            components=Components(security_schemes={BEARER: SecurityScheme(type="http", scheme="bearer")}),
            use_handler_docstrings=True,
        )


def observed(app: Litestar, *, secure: bool, trusted_proxies: Sequence[str] = ()) -> Litestar:
    """Wrap a whole application, its 404s included: counted, in time, its answers kept, its true clients told."""
    proxies = Proxies(trusted_proxies) if trusted_proxies else None
    admission = Admission()
    app.on_startup.append(admission.learn)
    answering = Preflights(app.asgi_handler) if app.cors_config else app.asgi_handler
    served = Deadlines(Replays(answering))
    app.asgi_handler = Telemetry(served, secure=secure, proxies=proxies, admission=admission, cors=app.cors_config)
    return app
