"""The route of the dashboard."""

from litestar import Router, get
from litestar.di import NamedDependency, Provide

from ijaa.users.dashboard.schemas import Dashboard
from ijaa.users.dashboard.service import DashboardService


@get("/admin/dashboard", operation_id="getDashboard", summary="Read the figures", tags=["Administration"])
async def dashboard(figures: NamedDependency[DashboardService]) -> Dashboard:
    """Give the figures of this moment; while the events module is out of reach its part is null."""
    return await figures.read()


def dashboard_router(service: DashboardService) -> Router:
    """Return the route of the dashboard."""

    def provide_figures() -> DashboardService:
        return service

    return Router(
        "/",
        route_handlers=[dashboard],
        dependencies={"figures": Provide(provide_figures, sync_to_thread=False)},
    )
