"""Who the client is behind proxies: believed is what trusted ones say, and nothing else."""

import pytest

from ijaa.shared.http.limits import _network_of
from ijaa.shared.http.proxies import Proxies

TRUSTED = ("10.0.0.0/8", "192.0.2.1", "2001:db8:aaaa::/48")
PROXY = "10.0.0.5"


def client(peer: str | None, *headers: tuple[str, str], trusted: tuple[str, ...] = TRUSTED) -> str | None:
    """Return whom a request is counted as."""
    scope = {
        "client": (peer, 4711) if peer else None,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    found = Proxies(trusted).client_of(scope)
    return found[0] if found else None


XFF, FWD = "X-Forwarded-For", "Forwarded"


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        pytest.param("198.51.100.7", [(XFF, "203.0.113.9")], "198.51.100.7", id="an untrusted peer is not believed"),
        pytest.param("198.51.100.7", [(FWD, "for=203.0.113.9")], "198.51.100.7", id="nor in the other words"),
        pytest.param("198.51.100.7", [(XFF, "10.0.0.5")], "198.51.100.7", id="nor when it claims to be a proxy"),
        pytest.param(PROXY, [], PROXY, id="a proxy that says nothing is the client"),
        pytest.param(PROXY, [(XFF, "203.0.113.9")], "203.0.113.9", id="a trusted peer is believed"),
        pytest.param(PROXY, [(XFF, "6.6.6.6, 203.0.113.9")], "203.0.113.9", id="what the client made up stays left"),
        pytest.param(PROXY, [(XFF, "127.0.0.1, 203.0.113.9")], "203.0.113.9", id="he is not this machine"),
        pytest.param(PROXY, [(XFF, "6.6.6.6, 203.0.113.9, 10.9.9.9")], "203.0.113.9", id="through two proxies"),
        pytest.param(PROXY, [(XFF, "6.6.6.6"), (XFF, "203.0.113.9")], "203.0.113.9", id="in two header lines"),
        pytest.param(PROXY, [(XFF, "10.1.1.1, 10.2.2.2")], "10.1.1.1", id="all trusted: the farthest"),
        pytest.param(PROXY, [(XFF, "203.0.113.9:4242")], "203.0.113.9", id="with a port"),
        pytest.param(PROXY, [(XFF, "2001:db8::7")], "2001:db8::7", id="IPv6"),
        pytest.param(PROXY, [(XFF, "[2001:db8::7]:443")], "2001:db8::7", id="IPv6 with a port"),
        pytest.param("::ffff:10.0.0.5", [(XFF, "203.0.113.9")], "203.0.113.9", id="a proxy on a mapped address"),
        pytest.param(PROXY, [(XFF, "::ffff:203.0.113.9")], "203.0.113.9", id="a client on a mapped address"),
        pytest.param("2001:db8:aaaa::1", [(XFF, "203.0.113.9")], "203.0.113.9", id="a proxy on IPv6"),
        pytest.param(PROXY, [(FWD, "for=203.0.113.9;proto=https;by=10.0.0.5")], "203.0.113.9", id="RFC 7239"),
        pytest.param(PROXY, [(FWD, 'for="[2001:db8::7]:443"')], "2001:db8::7", id="RFC 7239 with IPv6"),
        pytest.param(PROXY, [(FWD, "for=6.6.6.6, For = 203.0.113.9")], "203.0.113.9", id="RFC 7239 through two"),
        pytest.param(PROXY, [(FWD, "for=6.6.6.6;for=7.7.7.7")], PROXY, id="RFC 7239 with two in one element"),
        pytest.param(PROXY, [(FWD, "by=10.0.0.5;proto=https")], PROXY, id="RFC 7239 without a client"),
        pytest.param(PROXY, [(FWD, 'for="_hidden"')], PROXY, id="RFC 7239 with a hidden client"),
        pytest.param(PROXY, [(XFF, "203.0.113.9"), (FWD, "for=6.6.6.6")], PROXY, id="two that differ: neither"),
        pytest.param(PROXY, [(XFF, "203.0.113.9"), (FWD, "for=203.0.113.9")], "203.0.113.9", id="two that agree"),
        pytest.param(PROXY, [(XFF, "unknown")], PROXY, id="unknown"),
        pytest.param(PROXY, [(XFF, "6.6.6.6, unknown")], PROXY, id="what stands beyond an unknown is made up"),
        pytest.param(PROXY, [(XFF, "")], PROXY, id="empty"),
        pytest.param(PROXY, [(XFF, ",,,")], PROXY, id="commas"),
        pytest.param(PROXY, [(XFF, "999.1.1.1")], PROXY, id="no address"),
        pytest.param(PROXY, [(XFF, "203.0.113.9 OR 1=1")], PROXY, id="more than an address"),
        pytest.param(PROXY, [(XFF, "\xff\xfe\x00")], PROXY, id="bytes"),
        pytest.param(PROXY, [(XFF, "fe80::1%eth0")], PROXY, id="a zone"),
        pytest.param(PROXY, [(XFF, "1" * 60_000)], PROXY, id="endless"),
        pytest.param(PROXY, [(FWD, 'for="' + '"' * 9_999)], PROXY, id="quotes without end"),
        pytest.param(PROXY, [(FWD, "for=" * 9_999)], PROXY, id="names without end"),
        pytest.param(None, [(XFF, "203.0.113.9")], None, id="a socket file"),
        pytest.param("/run/socket", [(XFF, "203.0.113.9")], "/run/socket", id="a peer that is no address"),
    ],
)
def test_the_client_is_the_nearest_that_is_no_trusted_proxy(
    peer: str | None, headers: list[tuple[str, str]], expected: str | None
) -> None:
    # mutants: take the left-most; believe any peer; believe one header over the other; raise on rubbish
    assert client(peer, *headers) == expected


def test_nobody_is_trusted_unless_told() -> None:
    assert client("127.0.0.1", (XFF, "203.0.113.9"), trusted=()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("/run/socket", "/run/socket"),
    ],
)
def test_an_ipv6_customer_is_counted_as_one(host: str, counted: str) -> None:
    # mutant: count each of the 2**64 addresses of a customer for itself
    assert _network_of(host) == counted
