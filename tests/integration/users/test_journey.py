"""The first journey: register, confirm, sign in, refresh, leave."""

import httpx

from tests.integration.users.conftest import Mailbox, body_for, sign_in, sign_up, token_in


async def test_an_alumna_registers_confirms_signs_in_and_leaves(client: httpx.AsyncClient, mailbox: Mailbox) -> None:
    """Kills: any step of the chain left out, and the cookie kept after leaving."""
    assert (await sign_up(client, "asha")).json() == {"status": "verification-sent"}
    assert (await sign_in(client, "asha")).status_code == 401

    _, text = await mailbox.last("asha@mail.example")
    confirmed = await client.post("/api/v1/auth/verify-email", json={"token": token_in(text)})
    assert confirmed.status_code == 200
    assert confirmed.json().keys() == {"access_token", "token_type", "expires_in", "username"}
    cookie = confirmed.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/api/v1/auth;", "secure"))
    assert "max-age=604800" in cookie

    signed_in = await sign_in(client, "ASHA@mail.example")
    assert (signed_in.json()["expires_in"], signed_in.json()["token_type"]) == (900, "Bearer")
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    me = (await client.get("/api/v1/me", headers=bearer)).json()
    assert (me["username"], me["email"], me["name"], me["roles"]) == (
        "asha",
        "asha@mail.example",
        "Asha",
        ["member"],
    )

    refreshed = await client.post("/api/v1/auth/refresh")
    assert refreshed.status_code == 200
    assert "refresh_token" not in refreshed.json()
    assert (await client.post("/api/v1/auth/logout")).status_code == 204
    assert "ijaa_refresh" not in client.cookies
    assert (await client.post("/api/v1/auth/refresh")).json()["code"] == "session-ended"
    stale = {"Authorization": f"Bearer {refreshed.json()['access_token']}"}
    assert (await client.get("/api/v1/me", headers=stale)).status_code == 401
    assert (await client.get("/api/v1/me", headers=bearer)).status_code == 200  # another device


async def test_what_keeps_a_registration_from_being_taken_is_all_said(client: httpx.AsyncClient) -> None:
    """Kills: the first violation alone; a leaked default in other capitals; a username folded in silence."""
    answer = await sign_up(client, "Asha R", email="no", password="short", name="", extra=1)
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/email", "/password", "/name", "/extra"}

    folded = await sign_up(client, "Asha", name="  ")
    assert folded.status_code == 422
    assert {e["pointer"] for e in folded.json()["errors"]} == {"/username", "/name"}

    newline = await sign_up(client, "asha\n")
    assert newline.status_code == 422
    assert (await sign_up(client, "asha", email="a@mail.example\n")).status_code == 422


async def test_registering_takes_no_more_than_the_contract_says(client: httpx.AsyncClient) -> None:
    """Kills: batch made mandatory."""
    body = body_for("asha")
    assert "batch" not in body
    assert (await client.post("/api/v1/auth/register", json={**body, "batch": "2009"})).status_code == 202
