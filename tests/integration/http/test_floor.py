"""What every route promises, whatever it does (api: conventions; guarantees: input)."""

import httpx
import pytest

from ijaa.shared.errors import problem_types

JSON = {"Content-Type": "application/json"}
GOOD = {"name": "Asha", "at": "2026-01-01T18:00:00+06:00"}
DEEP = b'{"name":' + b"[" * 40 + b"]" * 40 + b"}"


async def test_every_violation_of_a_body_is_named(floor: httpx.AsyncClient) -> None:
    # mutant: answer with msgspec's first error alone
    answer = await floor.post(
        "/api/v1/bookings", json={"name": "", "at": "2026-01-01T18:00:00", "seats": [{"row": "3"}, 7], "extra": 1}
    )
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {
        "/name",
        "/at",
        "/extra",
        "/seats/0/row",
        "/seats/0/letter",
        "/seats/1",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="not json"),
        pytest.param(b'{"name":"a","name":"b"}', 400, id="duplicate key"),
        pytest.param(DEEP, 400, id="too deep"),
        pytest.param(b"[" * 20_000, 400, id="a recursion bomb"),
        pytest.param(b'{"name":"\xff"}', 400, id="not utf-8"),
        pytest.param(b'{"name":NaN}', 400, id="NaN"),
        pytest.param(b'{"name":1e999}', 400, id="infinite"),
        pytest.param(b'{"name":' + b"9" * 5000 + b"}", 400, id="an endless int"),
        pytest.param(b'{"name":"\\u0000","at":"2026-01-01T00:00:00Z"}', 422, id="NUL"),
        pytest.param(b'{"name":"\\ud800","at":"2026-01-01T00:00:00Z"}', 422, id="lone surrogate"),
        pytest.param(b"", 422, id="empty"),
        pytest.param(b"null", 422, id="null"),
        pytest.param(b"[]", 422, id="array"),
        pytest.param(b'{"name":"a","at":"2026-01-01T00:00:00Z","seats":[{"row":"3","letter":"A"}]}', 422, id="strict"),
        pytest.param(b'"' + b"a" * 300_000 + b'"', 413, id="too large"),
    ],
)
async def test_what_cannot_be_a_body_is_refused(floor: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await floor.post("/api/v1/bookings", content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""]
)
async def test_other_media_types_are_refused(floor: httpx.AsyncClient, media_type: str) -> None:
    # mutant: parse any body as JSON, as Litestar does; a form on a foreign site could then post
    answer = await floor.post("/api/v1/bookings", content=b"{}", headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/merge-patch+json", "application/json; charset=UTF-8"]
)
async def test_merge_patch_tells_null_from_absent(floor: httpx.AsyncClient, media_type: str) -> None:
    answer = await floor.patch("/api/v1/bookings/7", content=b'{"note":null}', headers={"Content-Type": media_type})
    assert answer.json() == {"id": 7, "changes": {"note": None}}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "limit=" + "9" * 30, "unknown=1", "limit=1&limit=2",
        "q=%00", "q=%ff", "q=" + "a" * 11, "from=2026-01-01T00:00:00", "from=yesterday",
    ],
)  # fmt: skip
async def test_bad_query_parameters_are_named(floor: httpx.AsyncClient, query: str) -> None:
    answer = await floor.get(f"/api/v1/bookings?{query}")
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/" + query.partition("=")[0]]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/api/v1/word/a%00b", 404, "not-found"),
        ("GET", "/api/v1/word/%ff", 404, "not-found"),
        ("PATCH", "/api/v1/bookings/" + "9" * 5000, 404, "not-found"),
        ("PATCH", "/api/v1/bookings/0", 422, "invalid"),
        ("PATCH", "/api/v1/bookings/" + "9" * 30, 422, "invalid"),
        ("DELETE", "/api/v1/bookings", 405, "method-not-allowed"),
        ("GET", "/schema/nowhere", 404, "not-found"),
        ("GET", "/schema/assets/passwd", 422, "invalid"),
    ],
)
async def test_errors_are_problems_of_the_closed_list(
    floor: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await floor.request(method, path, json={} if method == "PATCH" else None)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:ijaa:problem:{code}"
    assert code in {kind.code for kind in problem_types()}


async def test_a_failure_of_ours_tells_nothing(floor: httpx.AsyncClient) -> None:
    answer = await floor.get("/api/v1/broken")
    assert answer.status_code == 500
    assert "SELECT" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_head_is_answered_like_get(floor: httpx.AsyncClient) -> None:
    # the body is left out by the server; a test over a socket shows it
    asked, told = await floor.get("/api/v1/bookings"), await floor.head("/api/v1/bookings")
    assert told.status_code == asked.status_code == 200
    assert told.headers["content-length"] == asked.headers["content-length"]


async def test_request_ids_are_kept_or_made(floor: httpx.AsyncClient) -> None:
    kept = await floor.get("/nowhere", headers={"X-Request-Id": "trace-1.a_b"})
    made = await floor.get("/nowhere", headers={"X-Request-Id": "<script>"})
    assert kept.headers["x-request-id"] == kept.json()["request_id"] == "trace-1.a_b"
    assert made.headers["x-request-id"] not in {"<script>", ""}


async def test_who_may_not_call_is_told_before_his_body_is_read(floor: httpx.AsyncClient) -> None:
    # mutant: check the principal in a dependency, which Litestar resolves after the body
    answer = await floor.post("/api/v1/mine", content=b"{", headers=JSON)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_bad_token_is_refused_on_public_routes_too(floor: httpx.AsyncClient) -> None:
    answer = await floor.get("/api/v1/bookings", headers={"Authorization": "Bearer forged"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_every_answer_has_the_security_headers(floor: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/api/v1/bookings", "/api/v1/broken"):
        headers = (await floor.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["strict-transport-security"].startswith("max-age=")


async def test_cors_knows_exact_origins_alone(floor: httpx.AsyncClient) -> None:
    ours = await floor.get("/api/v1/bookings", headers={"Origin": "https://alumni.example"})
    theirs = await floor.get("/api/v1/bookings", headers={"Origin": "https://alumni.example.evil.example"})
    assert ours.headers["access-control-allow-origin"] == "https://alumni.example"
    assert "access-control-allow-origin" not in theirs.headers


async def test_a_preflight_is_answered_to_its_origin_and_refused_in_our_words(floor: httpx.AsyncClient) -> None:
    # mutants: Litestar's plain text; a refusal of what is allowed
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match"}
    ours = await floor.options("/api/v1/bookings", headers={"Origin": "https://alumni.example", **asked})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (204, "https://alumni.example")
    for origin, method in (("https://evil.example", "PATCH"), ("https://alumni.example", "TRACE")):
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        refused = await floor.options("/api/v1/bookings", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert refused.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in refused.headers


async def test_the_api_page_needs_nobody_else(floor: httpx.AsyncClient) -> None:
    page = await floor.get("/schema")
    assert page.status_code == 200
    assert "://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert f"/schema/assets/{asset}" in page.text
        assert (await floor.get(f"/schema/assets/{asset}")).status_code == 200
    document = (await floor.get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")


async def test_a_method_a_resource_does_not_know_is_told_which_it_does(floor: httpx.AsyncClient) -> None:
    # mutant: drop Litestar's header, which it writes in lower case
    for path, allowed in (("/bookings", "GET, HEAD, OPTIONS, POST"), ("/mine", "OPTIONS, POST")):
        answer = await floor.request("PUT", f"/api/v1{path}")
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
