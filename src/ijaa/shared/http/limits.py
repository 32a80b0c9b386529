"""The rate limit of a route: who is counted, and the headers that tell where he stands."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Any

from litestar import Request

from ijaa.shared.http.policies import Policy
from ijaa.shared.rate_limit import Quota, refuse
from ijaa.shared.throttle import RateLimiter

LIMIT_HEADERS = "ijaa.limit_headers"
"""Where in the scope the headers wait for the answer."""
_SILENT = {"login"}
"""Classes whose answers tell nothing of the limit: whoever guesses passwords needs no gauge."""
_NETWORK = 64
"""Bits of an IPv6 address that name a customer; the others he picks himself."""


async def admit(request: Request[Any, Any, Any], policy: Policy, limiter: RateLimiter) -> None:
    """Count a request against the class of its route; raise `RateLimited` when it is one too many."""
    limit = policy.limit or ("read" if request.scope["method"] == "GET" else "write")
    if limit == "none":
        return
    scope: Any = request.scope
    standing = await limiter.take(limit, asker(scope))
    if limit not in _SILENT:
        scope[LIMIT_HEADERS] = (
            (b"ratelimit-policy", _policy(limit, limiter.quotas[limit])),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (limit.encode(), standing.remaining, ceil(standing.reset))),
        )
    refuse(standing)


def asker(scope: Any) -> str:
    """Return who is counted: the principal where somebody is signed in, else the address."""
    principal, client = scope.get("user"), scope["client"]
    return principal.user_id if principal else _network_of(client[0] if client else "")


@lru_cache(maxsize=64)
def _policy(limit: str, quota: Quota) -> bytes:
    """Return RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10 §3): a quota per window of seconds."""
    return b'"%b";q=%d;w=%d' % (limit.encode(), quota.amount, quota.seconds)


@lru_cache(maxsize=8192)
def _network_of(host: str) -> str:
    """Return what an address is counted as: an IPv6 address as its /64, one without an address as itself."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host  # a socket file
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, _NETWORK), strict=False))
    return str(address)
