"""Who the client is when a proxy stands in front: what is said of him is believed from trusted proxies alone.

Nothing else a proxy says is believed; whether clients reach us over https is what IJAA_BASE_URL says.
"""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address

_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;"\s]+)\s*(?=;|$)', re.IGNORECASE)
_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d{1,5})?|(?P<four>[\d.]+)(?::\d{1,5})?|(?P<bare>[0-9A-Fa-f:.]+)")


class Proxies:
    """Finds the client behind the proxies of trusted networks."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(network, strict=False) for network in networks]

    def client_of(self, scope: Any) -> tuple[str, int] | None:
        """Return the client of an ASGI scope as `scope["client"]` would name it had he come by himself.

        He is the right-most address of X-Forwarded-For or Forwarded (RFC 7239) that is no trusted proxy. When both
        headers are there and differ, one of them was sent by the client and passed on unread: then neither is believed.
        """
        peer: tuple[str, int] | None = scope["client"]
        address = _address(peer[0]) if peer else None
        if address is None or not self._trusts(address):
            return peer
        said = {name: self._walk(address, entries) for name, entries in _entries(scope["headers"]).items()}
        found = set(said.values())
        if len(found) != 1 or (client := found.pop()) == address:
            return peer
        return str(client), 0

    def _walk(self, peer: Address, entries: list[str]) -> Address:
        """Go from the nearest to the farthest, as far as those that tell are trusted and make sense."""
        client = peer
        for entry in reversed(entries):
            address = _address(entry)
            if address is None:
                return client
            client = address
            if not self._trusts(address):
                break
        return client

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _entries(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for name, value in headers:
        if name == b"x-forwarded-for":
            found.setdefault(name, []).extend(value.decode("latin-1").split(","))
        elif name == b"forwarded":
            found.setdefault(name, []).extend(_forwarded_for(value.decode("latin-1")))
    return found


def _forwarded_for(value: str) -> Iterator[str]:
    """Yield the `for` of each element, or an entry that is no address where there is none (RFC 7239 §4)."""
    for element in value.split(","):
        said = _FOR.findall(element)
        yield said[0].strip('"') if len(said) == 1 else ""


def _address(text: str) -> Address | None:
    """Return an address as proxies write it, with or without a port; None for all else (`unknown`, `_hidden`)."""
    parts = _PORT.fullmatch(text.strip())
    if parts is None:
        return None
    try:
        address = ip_address(parts["six"] or parts["four"] or parts["bare"] or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
