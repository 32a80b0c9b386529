"""The floor every route stands on, as one plugin."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.config.app import AppConfig
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins import InitPlugin
from litestar.types import BeforeRequestHookHandler

from ijaa.shared.http.auth import authenticate, provide_member, provide_viewer
from ijaa.shared.http.problems import EXCEPTION_HANDLERS
from ijaa.shared.http.requests import StrictRequest, refuse_undeclared
from ijaa.shared.http.schema_page import SchemaPage, schema_router
from ijaa.shared.http.telemetry import Telemetry
from ijaa.shared.principals import TokenVerifier

_ALLOWED = ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Last-Event-ID", "X-Request-Id"]
_EXPOSED = ["ETag", "Location", "Retry-After", "X-Request-Id"]


class HttpFloor(InitPlugin):
    """Gives an application strict bodies, problems, principals, CORS by exact origin and its OpenAPI document."""

    def __init__(self, verifier: TokenVerifier, *, title: str, version: str, cors_origins: Sequence[str] = ()) -> None:
        self._verifier = verifier
        self._title, self._version, self._cors_origins = title, version, list(cors_origins)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Lay the floor."""
        app_config.dependencies |= {"viewer": Provide(provide_viewer), "member": Provide(provide_member)}
        app_config.before_request = _gate(self._verifier)
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


def _gate(verifier: TokenVerifier) -> BeforeRequestHookHandler:
    async def gate(request: Request[Any, Any, Any]) -> None:
        await authenticate(request, verifier)
        refuse_undeclared(request)

    return gate


def observed(app: Litestar, *, secure: bool) -> Litestar:
    """Wrap a whole application, its 404s included, in `Telemetry`."""
    app.asgi_handler = Telemetry(app.asgi_handler, secure=secure)
    return app
