"""The pages the links of mails open."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar, Router

from ijaa.events.invitations.mails import invitation_mail
from ijaa.events.invitations.repository import Asking
from ijaa.policies import POLICIES
from ijaa.shared.http.floor import HttpFloor, observed
from ijaa.site.links import link_routes
from ijaa.users.accounts import mails
from ijaa.users.leaving.mails import farewell_mail
from tests.asgi import client_of
from tests.fakes import FakeFeatureFlags, FakeTokenVerifier

TOKEN = "t" * 43
ROUTES = {
    "reset-password": ("/auth/password-reset/confirm", mails.reset_mail("a@b.c", "asha", TOKEN, "http://site")),
    "return": ("/auth/return", farewell_mail("a@b.c", "asha", datetime.now(UTC), TOKEN, "http://site")),
    "confirm-email": ("/me/email/confirm", mails.own_address_mail("a@b.c", "asha", TOKEN, "http://site")),
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the pages."""
    app = Litestar(
        route_handlers=[Router("/", route_handlers=[*link_routes()], include_in_schema=False)],
        plugins=[HttpFloor(FakeTokenVerifier(), POLICIES, FakeFeatureFlags(), title="t", version="0")],
    )
    async with client_of(observed(app, secure=False)) as started:
        yield started


@pytest.mark.parametrize("page", ROUTES)
async def test_the_link_of_a_mail_opens_a_page_whose_script_sends_the_token(
    client: httpx.AsyncClient, page: str
) -> None:
    """Kills: a link nobody answers; a page that sends its token to another route, or spends it by being opened."""
    path, mail = ROUTES[page]
    link = re.search(r"http://site(/\S+)", mail.text)
    assert link
    answer = await client.get(link[1])
    assert answer.status_code == 200
    assert TOKEN not in answer.text  # it travels from the address to the script alone
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    source = re.search(r'<script src="([^"]+)"', answer.text)
    assert source
    script = await client.get(source[1])
    assert script.headers["content-type"].startswith("text/javascript")
    sends = script.text.index(f'send("{path}"')
    assert script.text.index("addEventListener") < sends


@pytest.mark.parametrize("page", ROUTES)
async def test_a_link_without_its_token_is_told_what_is_missing(client: httpx.AsyncClient, page: str) -> None:
    # kills: a pointer to nothing, as Litestar tells the name in its text alone
    answer = await client.get(f"/{page}")
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/token", "detail": "is required"}])


async def test_the_links_of_an_invitation_open_pages_that_spend_nothing(client: httpx.AsyncClient) -> None:
    """Kills: a link nobody answers; a page that takes an invitation, or refuses all, by being opened."""
    event = Asking(
        event_id=7, title="Tea", start_date=datetime.now(UTC), end_date=datetime.now(UTC), timezone="UTC",
        location=None, privacy="PUBLIC", organises=True,
    )  # fmt: skip
    mail = invitation_mail(
        "a@b.c", event, inviter="Olu", message=None, expires_at=datetime.now(UTC), token=TOKEN, opt_out="o" * 43,
        base_url="http://site",
    )  # fmt: skip
    links = re.findall(r"http://site(/\S+)", mail.text)
    assert links == [f"/invitation?token={TOKEN}", f"/no-invitations?token={'o' * 43}"]
    pages = [await client.get(link) for link in links]
    assert [one.status_code for one in pages] == [200, 200]
    assert TOKEN not in pages[0].text
    assert "<script" not in pages[0].text
    script = (await client.get("/no-invitations.js")).text
    assert script.index("addEventListener") < script.index('send("/invitations/opt-out"')
