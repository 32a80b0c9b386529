"""The browsable API page, with assets of our own (Swagger UI, Apache-2.0): nothing is loaded from elsewhere."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

from litestar import Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath

from ijaa.shared.errors import NotFound
from ijaa.shared.http.policies import PAGES

_PAGE = b"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>IJAA API</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/schema/assets/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/schema/assets/swagger-ui-bundle.js"></script><script src="/schema/assets/start.js"></script></body>
</html>
"""
_START = b"""SwaggerUIBundle({url: "/schema/openapi.json", dom_id: "#swagger-ui", deepLinking: true,
  persistAuthorization: false, validatorUrl: null});
"""
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
}


class SchemaPage(OpenAPIRenderPlugin):
    """Shows the document at `openapi.json` beside it."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page; it fetches the document itself."""
        return _PAGE


def schema_router() -> Router:
    """Return the router Litestar adds the page and the document to."""
    return Router(
        "/schema",
        route_handlers=[_asset],
        include_in_schema=False,
        opt=PAGES,
        response_headers=[ResponseHeader(name="Content-Security-Policy", value=_CSP)],
        after_request=_as_problem,
    )


@get("/assets/{name:str}", operation_id="getApiPageAsset")
async def _asset(
    name: FromPath[Literal["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]],
) -> Response[bytes]:
    return Response(_content(name), media_type=_TYPES[name], headers={"Cache-Control": "public, max-age=86400"})


@cache
def _content(name: str) -> bytes:
    if name == "start.js":
        return _START
    return files("ijaa.shared.http").joinpath("assets", name).read_bytes()


async def _as_problem(response: Response[Any]) -> Response[Any]:
    """Answer Litestar's own HTML page for unknown paths as everywhere else."""
    if response.status_code == NotFound.status:
        raise NotFound
    return response
