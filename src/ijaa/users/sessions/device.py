"""Where a request comes from, as far as it says."""

from ipaddress import ip_address
from typing import Any

from litestar import Request

from ijaa.users.sessions.schemas import Device

_USER_AGENT = 300


def provide_device(request: Request[Any, Any, Any]) -> Device:
    """Give the device a sign-in comes from."""
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    return Device(agent[:_USER_AGENT] or None, _address(request))


def _address(request: Any) -> str | None:
    try:
        return str(ip_address(request.client.host.partition("%")[0]))
    except (AttributeError, ValueError):
        return None  # a socket file, or no peer at all
