"""Where a request comes from, as far as it says."""

from ipaddress import ip_address
from typing import Any

from ijaa.users.sessions.schemas import Device

_USER_AGENT = 300


def provide_device(request: Any) -> Device:
    """Give the device a sign-in comes from."""
    agent = request.headers.get("user-agent")
    return Device(agent[:_USER_AGENT] if agent else None, _address(request))


def _address(request: Any) -> str | None:
    try:
        return str(ip_address(request.client.host))
    except (AttributeError, ValueError):
        return None  # a socket file, or no peer at all
