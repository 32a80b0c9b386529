"""The other service, when it is there and when it is not."""

import httpx

PEER = "http://users.local"


def refused(request: httpx.Request) -> httpx.Response:
    """Answer for a service nobody listens for."""
    raise httpx.ConnectError("refused", request=request)
