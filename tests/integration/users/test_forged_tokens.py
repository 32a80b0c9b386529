"""Access tokens nobody issued: forty ways to make one, and none that is taken (RFC 8725, RFC 9068)."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from ijaa.shared import jwt
from ijaa.users.sessions.keys import SigningKeys
from tests.integration.users.conftest import AMember, App

ISSUER = "https://alumni.example"
Forge = Callable[["Bench"], str]


class Bench:
    """What a forger has: a good token of his own, the public keys, and keys of his own making."""

    def __init__(self, good: str, signing: OKPKey) -> None:
        self.good, self.signing = good, signing
        head, body, self.signature = good.split(".")
        self.header, self.claims = _json(head), _json(body)
        self.own = OKPKey.import_key(Ed25519PrivateKey.generate(), {"kid": signing.kid, "use": "sig"})

    def signed(self, key: OKPKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token signed with the real key unless another is given: what differs is the header or a claim."""
        said = {name: value for name, value in {**self.claims, **claims}.items() if value is not None}
        protected = {"alg": "Ed25519", "typ": "at+jwt", "kid": self.signing.kid, **(header or {})}
        protected = {name: value for name, value in protected.items() if value is not None}
        return _sign(protected, said, key or self.signing)

    def raw(self, header: object, claims: object, signature: bytes = b"") -> str:
        """Return three parts, whatever is in them."""
        return ".".join((_b64(json.dumps(header).encode()), _b64(json.dumps(claims).encode()), _b64(signature)))


def _sign(header: dict[str, Any], claims: dict[str, Any], key: OKPKey) -> str:
    signed = _b64(json.dumps(header).encode()) + "." + _b64(json.dumps(claims).encode())
    private = key.private_key
    assert isinstance(private, Ed25519PrivateKey)
    return f"{signed}.{_b64(private.sign(signed.encode()))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _json(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found


def _public(bench: Bench) -> str:
    x = bench.signing.as_dict(private=False)["x"]
    assert isinstance(x, str)
    return x


def _hmac_with_the_public_key(bench: Bench, alg: str, secret: bytes) -> str:
    return jose.encode({**bench.header, "alg": alg}, bench.claims, OctKey.import_key(secret), algorithms=[alg])


FORGERIES: dict[str, Forge] = {
    "alg none": lambda b: b.raw({**b.header, "alg": "none"}, b.claims),
    "alg None": lambda b: b.raw({**b.header, "alg": "None"}, b.claims),
    "alg NONE with the signature": lambda b: b.raw({**b.header, "alg": "NONE"}, b.claims, b"x" * 64),
    "alg missing": lambda b: b.signed(header={"alg": None}),
    "alg empty": lambda b: b.signed(header={"alg": ""}),
    "alg EdDSA": lambda b: b.signed(header={"alg": "EdDSA"}),
    "alg a list": lambda b: b.raw({**b.header, "alg": ["Ed25519"]}, b.claims, b"x" * 64),
    "HS256 with the public key": lambda b: _hmac_with_the_public_key(b, "HS256", _public(b).encode()),
    "HS512 with the public key": lambda b: _hmac_with_the_public_key(b, "HS512", _public(b).encode() * 2),
    "HS256 with raw public bytes": lambda b: _hmac_with_the_public_key(
        b, "HS256", base64.urlsafe_b64decode(_public(b) + "=")
    ),
    "HS256 with nothing": lambda b: _hmac_with_the_public_key(b, "HS256", b"secret-secret-secret-secret-secret"),
    "RS256": lambda b: jose.encode(
        {**b.header, "alg": "RS256"}, b.claims, RSAKey.generate_key(2048), algorithms=["RS256"]
    ),
    "ES256": lambda b: jose.encode(
        {**b.header, "alg": "ES256"}, b.claims, ECKey.generate_key("P-256"), algorithms=["ES256"]
    ),
    "another key under our kid": lambda b: b.signed(b.own),
    "another key brought as jwk": lambda b: b.signed(b.own, {"jwk": b.own.as_dict(private=False)}),
    "jku": lambda b: b.signed(b.own, {"jku": "http://127.0.0.1:1/keys", "kid": "theirs"}),
    "x5u": lambda b: b.signed(b.own, {"x5u": "http://127.0.0.1:1/cert", "kid": "theirs"}),
    "x5c": lambda b: b.signed(b.own, {"x5c": ["MIIB"], "kid": "theirs"}),
    "kid missing": lambda b: b.signed(header={"kid": None}),
    "kid unknown": lambda b: b.signed(header={"kid": "0123456789abcdef"}),
    "kid a path": lambda b: b.signed(header={"kid": "../../dev/null"}),
    "kid an injection": lambda b: b.signed(header={"kid": "' OR 1=1 --"}),
    "kid a number": lambda b: b.signed(header={"kid": 1}),
    "typ JWT": lambda b: b.signed(header={"typ": "JWT"}),
    "typ missing": lambda b: b.signed(header={"typ": None}),
    "typ of a service": lambda b: b.signed(header={"typ": "service+jwt"}),
    "crit": lambda b: b.signed(header={"crit": ["exp"]}),
    "b64 false": lambda b: b.signed(header={"b64": False, "crit": ["b64"]}),
    "expired": lambda b: b.signed(exp=int(time.time()) - 3600),
    "exp missing": lambda b: b.signed(exp=None),
    "exp a word": lambda b: b.signed(exp="tomorrow"),
    "issued in the future": lambda b: b.signed(iat=int(time.time()) + 86_400),
    "not valid yet": lambda b: b.signed(nbf=int(time.time()) + 86_400),
    "another issuer": lambda b: b.signed(iss="https://evil.example"),
    "issuer missing": lambda b: b.signed(iss=None),
    "another audience": lambda b: b.signed(aud="users"),
    "audience missing": lambda b: b.signed(aud=None),
    "subject missing": lambda b: b.signed(sub=None),
    "session missing": lambda b: b.signed(sid=None),
    "a role nobody has": lambda b: b.signed(role="root"),
    "role missing": lambda b: b.signed(role=None),
    "proof of the password missing": lambda b: b.signed(auth_time=None),
    "claims changed, signature kept": lambda b: ".".join(
        (b.good.split(".")[0], _b64(json.dumps({**b.claims, "role": "superadmin"}).encode()), b.signature)
    ),
    "signature cut": lambda b: b.good[:-4],
    "signature empty": lambda b: b.good.rpartition(".")[0] + ".",
    "a part too many": lambda b: b.good + ".x",
    "encrypted form": lambda b: ".".join([b.good.split(".")[0], "", "AA", "AA", "AA"]),
    "claims a list": lambda b: b.raw(b.header, [b.claims], b"x" * 64),
    "header not JSON": lambda b: _b64(b"{") + "." + ".".join(b.good.split(".")[1:]),
    "header nested deeply": lambda b: _b64(b"[" * 2000) + "." + ".".join(b.good.split(".")[1:]),
    "very long": lambda b: b.signed(padding="x" * 8000),
}


@pytest.fixture
async def bench(app: App, a_member: AMember) -> Bench:
    member = await a_member("asha")
    keys = app[1].public.keys
    assert isinstance(keys, SigningKeys)
    return Bench(member.access, await keys.current())


async def test_the_bench_makes_good_tokens_too(client: httpx.AsyncClient, bench: Bench) -> None:
    # without this the test below would pass with a bench that makes rubbish
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {bench.signed()}"})
    assert answer.status_code == 200


async def test_no_forged_token_is_taken(client: httpx.AsyncClient, bench: Bench) -> None:
    # mutants: read `alg`, `jku`, `jwk` from the token; leave out any claim; compare no `typ`; take any role
    assert len(FORGERIES) >= 40
    taken = {}
    for name, forge in FORGERIES.items():
        for method, path in (("GET", "/api/v1/me"), ("GET", "/api/v1/users/asha")):
            answer = await client.request(method, path, headers={"Authorization": f"Bearer {forge(bench)}"})
            if (answer.status_code, answer.json()["code"]) != (401, "unauthenticated"):
                taken[name] = answer.status_code
            assert answer.headers["www-authenticate"].startswith('Bearer realm="ijaa", error="invalid_token"')
    assert taken == {}


async def test_a_service_token_is_no_members(client: httpx.AsyncClient, bench: Bench) -> None:
    # mutant: one key for services and members
    forged = jwt.sign(bench.claims, jwt.key_from_seed(b"s" * 32, "service-events"), typ="at+jwt")
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401
