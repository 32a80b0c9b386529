"""What no schema describes: broken bodies, headers and queries against every operation that takes a body."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ijaa.policies import POLICIES
from ijaa.shared.clock import SystemClock
from ijaa.shared.errors import problem_types
from ijaa.shared.http.policies import Operation
from ijaa.shared.http.requests import BODY_LIMIT
from ijaa.shared.http.services import ServiceTokens
from tests.pictures import a_picture
from tests.surface.in_process import Headers, ask
from tests.surface.requests import body_of, kind_of_body, nothing_there, path_parameters
from tests.surface.world import ROLES, World

JSON = (b"content-type", b"application/json")
CODES = {kind.code for kind in problem_types()}

REFUSED: dict[str, bytes] = {
    "deep arrays": b"[" * 40 + b"]" * 40,
    "deep objects": b'{"a":' * 40 + b"1" + b"}" * 40,
    "a recursion bomb": b"[" * 100_000,
    "bytes that are not UTF-8": b'{"name":"\xff\xfe"}',
    "an overlong encoding": b'{"name":"\xc0\xaf"}',
    "a surrogate as UTF-8": b'{"name":"\xed\xa0\x80"}',
    "UTF-16": '{"name":"a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name":"a"}',
    "NUL, escaped": b'{"name":"\\u0000"}',
    "NUL, raw": b'{"name":"\0"}',
    "NUL in a key": b'{"na\\u0000me":"a"}',
    "half a surrogate pair": b'{"name":"\\ud800"}',
    "half a surrogate pair in a key": b'{"\\udfff":1}',
    "NaN": b'{"name":NaN}',
    "Infinity": b'{"name":-Infinity}',
    "a number out of range": b'{"name":1e999}',
    "an int of 5,000 digits": b'{"name":' + b"9" * 5000 + b"}",
    "an int beyond 64 bits": b'{"name":18446744073709551616}',
    "a duplicate key": b'{"name":"a","name":"b"}',
    "a duplicate key, escaped": b'{"name":"a","n\\u0061me":"b"}',
    "a duplicate key, deep": b'{"x":{"y":[{"z":1,"z":2}]}}',
    "an unknown field": b'{"__proto__":{"admin":true}}',
    "an array": b"[]",
    "a string": b'"a"',
    "a number": b"1",
    "true": b"true",
    "cut off": b'{"name":"a',
    "cut off within an escape": b'{"name":"\\u00',
    "two bodies": b"{} {}",
    "a comma too many": b'{"name":"a",}',
    "single quotes": b"{'name':'a'}",
    "a comment": b'{/* */"name":"a"}',
    "white space": b" \n\t ",
    "too long": b'{"name":"' + b"a" * 300_000 + b'"}',
    "many fields": b"{" + b",".join(b'"f%d":1' % n for n in range(5000)) + b"}",
}
NASTY: tuple[object, ...] = (
    None, True, -1, 0, 2**31, 2**63, -(2**63) - 1, 1.5, 1e308, [], {}, [[]], {"$ne": None}, "", " ", "\u202e\u200b",
    "' OR 1=1 --", "%00", "../../etc/passwd", "\U0001f469\u200d\U0001f469",
    "ﷺ" * 300, "a" * 100_000, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00.000000000000001+00:00",
)  # fmt: skip


async def send(world: World, operation: Operation, headers: Headers, body: list[bytes], **how: Any) -> tuple[int, str]:
    """Send a request as somebody who may; give status and code, with the promises of every error kept."""
    path = operation.path
    for name, kind in path_parameters(operation).items():
        path = path.replace(f"{{{name}}}", world.ids.get(name, {}).get("existing") or nothing_there(kind))
    path += how.pop("query", "")
    status, told, content = await ask(
        world.app, operation.method, path, [*await _authorization(world, operation), *headers], body, **how
    )
    if status < 400:
        return status, ""
    assert dict(told)[b"content-type"].startswith(b"application/problem+json"), content
    problem = msgspec.json.decode(content)
    assert problem["code"] in CODES
    assert problem["status"] == status
    assert not any(word in problem["detail"] for word in ("Traceback", "SELECT ", "asyncpg", "sqlalchemy", "site-pack"))
    return status, problem["code"]


async def _authorization(world: World, operation: Operation) -> Headers:
    callers = POLICIES[operation.name].callers
    if operation.path.startswith("/internal/"):
        key = world.settings.service_key
        serving = "events" if operation.handler.fn.__module__.startswith("ijaa.events.") else "users"
        caller = "users" if serving == "events" else "events"
        token: str | None = ServiceTokens(key, caller=caller, clock=SystemClock()).token_for(serving)
    elif isinstance(callers, str):
        return []
    else:
        token = await world.token(next(who for who in ("member", "superadmin", *ROLES) if ROLES[who] in callers))
    return [(b"authorization", f"Bearer {token}".encode())]


@pytest.fixture
def takers(world: World) -> list[Operation]:
    """Return every operation that takes a body."""
    return [operation for operation in world.operations if kind_of_body(operation) is not None]


async def test_what_cannot_be_a_body_is_refused_everywhere(world: World, takers: list[Operation]) -> None:
    # mutant: a route that reads its body by itself
    taken, failed = [], []
    for operation in takers:
        for name, body in REFUSED.items():
            status, code = await send(world, operation, [JSON], [body])
            taken += [f"{operation.name}: {name}: {status}"] if status < 400 else []
            failed += [f"{operation.name}: {name}: {code}"] if status >= 500 or status == 404 else []
    assert takers
    assert (taken, failed) == ([], [])


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
     "application/json; charset=utf-16", "application/json, text/plain", "application/jsonx", "*/*", ""],
)  # fmt: skip
async def test_other_media_types_are_refused_everywhere(world: World, takers: list[Operation], media_type: str) -> None:
    # mutant: read any body as JSON, so that a form of a foreign site posts
    for operation in takers:
        body = msgspec.json.encode(body_of(operation))
        length = (b"content-length", str(len(body)).encode())
        answer = await send(world, operation, [(b"content-type", media_type.encode()), length], [body])
        assert answer == (415, "unsupported-media-type"), operation.name


async def test_nothing_in_a_field_is_a_failure_of_ours(world: World, takers: list[Operation]) -> None:
    failed = []
    for operation in takers:
        for field, value, body in _variations(operation):
            if value is NASTY[0]:
                await world.sign_in("member", "superadmin")  # one of these may have signed itself out
            status, code = await send(world, operation, [JSON], [body])
            failed += [f"{operation.name}: {field} = {str(value)[:40]}: {code}"] if status >= 500 else []
        await world.go_back()
    assert failed == []


def _variations(operation: Operation) -> Iterator[tuple[str, object, bytes]]:
    body = body_of(operation)
    fields = {field.encode_name for field in msgspec.structs.fields(_struct(kind_of_body(operation)))}
    for field in sorted(fields):
        for value in NASTY:
            given = body if isinstance(body, dict) else {}
            yield field, value, json.dumps({**given, field: value}).encode()


def _struct(kind: Any) -> Any:
    if isinstance(kind, type):
        return kind
    return next(_struct(one) for one in kind.__args__ if one is not type(None))


async def test_headers_and_queries_of_any_kind_are_answered(world: World, takers: list[Operation]) -> None:
    headers: list[Headers] = [
        [(b"x-junk", b"a" * 60_000)],
        [(b"x-request-id", b"\xff<script>")],
        [(b"if-match", b"a" * 60_000)],
        [(b"if-match", b'W/"\xff", not a tag')],
        [(b"idempotency-key", b"\xff" * 300)],
        [(b"authorization", b"Bearer \xff\xfe")],
        [(b"authorization", b"Bearer " + b"a" * 60_000)],
        [(b"authorization", b"Basic YTpi")],
        [(b"cookie", b"ijaa_refresh=" + b"%00" * 5000)],
        [(b"cookie", b"\xff=\xfe; ;;=")],
        [(b"content-length", b"minus one")],
        [(b"content-length", b"-5")],
        [(b"content-length", b"9" * 400)],
        [(b"content-encoding", b"gzip")],
        [(b"transfer-encoding", b"chunked, chunked")],
        [(b"x-forwarded-for", b"\xff, 999.1.1.1")],
        [(b"user-agent", b"\x00\xff" * 2000)],
        [(b"origin", b"\xff")],
    ]
    queries = ("?a=" + "b" * 60_000, "?%00=%00", "?%ff", "?&&==", "?a[]=1&a[]=2", "?" + "a=1&" * 5000, "?limit=\u00a0")
    failed = []
    for operation in takers:
        body = msgspec.json.encode(body_of(operation))
        for extra in headers:
            status, code = await send(world, operation, [JSON, *extra], [body])
            failed += [f"{operation.name}: {extra[0][0]!r} {extra[0][1][:20]!r}: {code}"] if status >= 500 else []
        for query in queries:
            status, code = await send(world, operation, [JSON], [body], query=query)
            failed += [f"{operation.name}: {query[:20]}: {status} {code}"] if status >= 500 or status < 400 else []
        await world.go_back()
    assert failed == []


async def test_whoever_hangs_up_within_his_body_changes_nothing(world: World, takers: list[Operation]) -> None:
    # mutant: act on the part of a body that came
    before = await world.digests()
    for operation in takers:
        body = msgspec.json.encode(body_of(operation))
        headers = [*await _authorization(world, operation), JSON]
        status, _, _ = await ask(world.app, operation.method, operation.path, headers, [body], gone=True)
        assert 400 <= status < 500, operation.name
    assert await world.digests() == before


async def test_a_file_may_be_longer_than_json(world: World) -> None:
    # mutant: the limit of JSON bodies on uploads, or the limit of uploads on everything
    token = {"Authorization": f"Bearer {await world.token('member')}"}
    photo = a_picture("PNG", (600, 600), compress_level=0)
    answer = await world.client.put("/api/v1/me/photo", headers=token, files={"file": ("me.png", photo, "image/png")})
    assert (answer.status_code, len(photo) > BODY_LIMIT) == (200, True)
    long = msgspec.json.encode({"bio": "x" * BODY_LIMIT})
    json_type = {"Content-Type": "application/json"}
    answer = await world.client.patch("/api/v1/me/profile", headers=token | json_type, content=long)
    assert answer.status_code == 413
    await world.go_back()
