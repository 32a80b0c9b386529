"""Our application with one more route, which does nothing: what is left is the price of everything around a handler."""

import gc
import os

from litestar import Litestar, get

from ijaa.app import create_app
from ijaa.settings import read_settings
from ijaa.shared.http.policies import EVERYBODY, OPT, Policy
from ijaa.shared.logging import configure_logging

PATH = "/nothing"


def create() -> Litestar:
    """Return the application of this environment, as `ijaa.app.create` does, and the route."""
    settings = read_settings(os.environ)
    configure_logging(settings.log_format, settings.log_level)
    app = create_app(settings)
    app.register(_nothing)
    gc.collect()
    gc.freeze()
    return app


@get(PATH, operation_id="getNothing", opt={OPT: Policy(EVERYBODY)})
async def _nothing() -> dict[str, bool]:
    return {"nothing": True}
