"""The floor every route stands on, as one plugin."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.config.app import AppConfig
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins import InitPlugin

from ijaa.shared.clock import Clock, SystemClock
from ijaa.shared.http.auth import authenticate, provide_caller, provide_viewer
from ijaa.shared.http.limits import admit
from ijaa.shared.http.policies import Policy, attach, policy_of
from ijaa.shared.http.problems import EXCEPTION_HANDLERS
from ijaa.shared.http.proxies import Proxies
from ijaa.shared.http.requests import StrictRequest, refuse_undeclared
from ijaa.shared.http.schema_page import SchemaPage, schema_router
from ijaa.shared.http.telemetry import Telemetry
from ijaa.shared.principals import TokenVerifier
from ijaa.shared.throttle import RateLimiter

_ALLOWED = ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Last-Event-ID", "X-Request-Id"]
_EXPOSED = ["ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]


class HttpFloor(InitPlugin):
    """Gives an application strict bodies, problems, principals, CORS by exact origin and its OpenAPI document."""

    def __init__(
        self,
        verifier: TokenVerifier,
        policies: Mapping[str, Policy],
        *,
        title: str,
        version: str,
        cors_origins: Sequence[str] = (),
        clock: Clock | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        self._limiter = limiter
        self._verifier, self._policies, self._clock = verifier, policies, clock or SystemClock()
        self._title, self._version, self._cors_origins = title, version, list(cors_origins)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Lay the floor."""
        app_config.dependencies |= {
            "viewer": Provide(provide_viewer),
            "caller": Provide(provide_caller),
        }
        app_config.before_request = self._gate
        app_config.on_startup.append(lambda app: attach(app, self._policies))
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

    async def _gate(self, request: Request[Any, Any, Any]) -> None:
        policy = policy_of(request.route_handler)
        if self._limiter is None:
            await authenticate(request, policy, self._verifier, self._clock)
        else:
            try:
                await authenticate(request, policy, self._verifier, self._clock)
            finally:  # who is refused has asked, too: guessing tokens is no way around a limit
                await admit(request, policy, self._limiter)
        refuse_undeclared(request)

    def _openapi(self) -> OpenAPIConfig:
        return OpenAPIConfig(
            title=self._title,
            version=self._version,
            openapi_router=schema_router(),
            render_plugins=[SchemaPage(), JsonRenderPlugin(path="/openapi.json")],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
            security=[{"bearer": []}, {}],
            use_handler_docstrings=True,
        )


def observed(app: Litestar, *, secure: bool, trusted_proxies: Sequence[str] = ()) -> Litestar:
    """Wrap a whole application, its 404s included, in `Telemetry`, and tell it its true clients."""
    proxies = Proxies(trusted_proxies) if trusted_proxies else None
    app.asgi_handler = Telemetry(app.asgi_handler, secure=secure, proxies=proxies)
    return app
