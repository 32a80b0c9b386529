"""`/metrics` for Prometheus, on the main port for this machine alone."""

import os
from ipaddress import ip_address
from typing import Any

from litestar import Request, Response, get

from ijaa.shared.errors import NotFound
from ijaa.shared.metrics import exposition

_FORWARDED = {"x-forwarded-for", "forwarded"}


@get("/metrics", operation_id="getMetrics", include_in_schema=False, sync_to_thread=True)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return all figures of all workers."""
    client = request.scope["client"]
    # a proxy on this machine speaks for clients that are elsewhere
    if client is None or not ip_address(client[0]).is_loopback or _FORWARDED & set(request.headers):
        raise NotFound
    content = exposition(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))
    return Response(content, media_type="text/plain; version=0.0.4")
