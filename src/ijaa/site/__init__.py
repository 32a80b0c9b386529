"""The few pages people see: the landing page, the links of mails, and the demo's mailbox."""

from litestar import Router

from ijaa.settings import Settings
from ijaa.site.landing import landing_routes
from ijaa.site.links import link_routes
from ijaa.site.mailbox import mailbox_routes


def site_router(settings: Settings) -> Router:
    """Return the pages; the mailbox is among them in the demo alone."""
    routes = [*landing_routes(settings), *link_routes(), *(mailbox_routes(settings) if settings.demo else ())]
    return Router("/", route_handlers=routes, include_in_schema=False)
