"""Connections over HTTP: asking, answering, ending, counting."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from tests.integration.users.community import CONNECTIONS, Community, refusal
from tests.integration.users.conftest import AMember, App, Mailbox, an_account, counted

# a token does not live as long as a rejection
_A_MONTH_AGO = text("UPDATE connections SET updated_at = updated_at - interval '30 days'")
_SUSPEND = text("UPDATE users SET active = false WHERE username = :username")


@pytest.fixture
def community(client: httpx.AsyncClient) -> Community:
    """Return what members do with each other."""
    return Community(client)


async def test_a_request_is_told_answered_and_told_back(
    community: Community, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: the wrong one told; a direction turned round; a requester who accepts himself."""
    asha, bina = await a_member("asha"), await a_member("bina")
    asked = await community.ask(asha, "BINA")
    made = asked.json()
    assert (asked.status_code, asked.headers["location"]) == (201, f"{CONNECTIONS}/{made['id']}")
    assert (made["status"], made["direction"], made["member"]["name"]) == ("PENDING", "outgoing", "Bina")
    assert (await community.told(asha), await community.told(bina)) == ([], ["asha asks to connect"])
    assert (await mailbox.last("bina@mail.example"))[0] == "asha asks to connect"

    seen = (await community(bina, "GET", f"{CONNECTIONS}/{made['id']}")).json()
    assert (seen["direction"], seen["member"]["username"]) == ("incoming", "asha")
    assert refusal(await community.answer(asha, made["id"], "accept"))[:2] == (403, "forbidden")
    for _ in range(2):
        answer = await community.answer(bina, made["id"], "accept")
        assert (answer.status_code, answer.json()["status"]) == (200, "ACCEPTED")
    assert await community.told(asha) == ["Connected: bina"]
    assert refusal(await community.answer(bina, made["id"], "reject"))[:2] == (409, "connection-settled")
    for one, other in ((asha, "bina"), (bina, "asha")):
        assert refusal(await community.ask(one, other))[:2] == (409, "connection-exists")


async def test_asking_who_asked_already_accepts(community: Community, a_member: AMember) -> None:
    """Kills: a second row for the pair; a request that waits for itself."""
    asha, bina = await a_member("asha"), await a_member("bina")
    first = (await community.ask(asha, "bina")).json()
    second = await community.ask(bina, "asha")
    assert (second.status_code, second.json()["id"], second.json()["status"]) == (201, first["id"], "ACCEPTED")
    assert await community.told(asha) == ["Connected: bina"]


async def test_whom_one_cannot_ask_looks_like_nobody(
    app: App, community: Community, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: any difference between unknown, unconfirmed, suspended, blocked and blocking, on any route of a name."""
    asha, bina, chitra = [await a_member(name) for name in ("asha", "bina", "chitra")]
    await an_account(app[1].database, "unconfirmed", None, clock.now(), email_verified_at=None)
    await an_account(app[1].database, "suspended", None, clock.now(), active=False)
    await community.block(asha, "bina")
    await community.block(chitra, "asha")
    assert bina.username == "bina"
    refusals, costs = set(), set()
    for name in ("unknown", "unconfirmed", "suspended", "bina", "chitra"):
        for method, path in (
            ("POST", CONNECTIONS),
            ("GET", f"/api/v1/users/{name}"),
            ("GET", f"/api/v1/users/{name}/mutual-connections"),
        ):
            with counted(app[1].database) as ran:
                answer = await community(asha, method, path, {"username": name} if method == "POST" else None)
            refusals.add(refusal(answer))
            costs.add((method, path.replace(name, ""), len(ran)))
    for name in ("unknown", "unconfirmed", "suspended", "chitra"):
        refusals |= {refusal(await community.block(asha, name))}
    assert len(refusals) == 1
    assert len(costs) == 3
    own = await community.ask(asha, "Asha")
    assert (own.status_code, own.json()["errors"][0]["pointer"]) == (422, "/username")


async def test_a_rejection_is_silent_and_rests(
    community: Community, app: App, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: a rejection told; one that is withdrawn, or washed off by a block, and asked again at once."""
    asha, bina = await a_member("asha"), await a_member("bina")
    made = (await community.ask(asha, "bina")).json()["id"]
    assert (await community.answer(bina, made, "reject")).json()["status"] == "REJECTED"
    assert await community.told(asha) == []
    assert refusal(await community.remove(asha, made))[:2] == (409, "connection-settled")
    await community.block(asha, "bina")
    await community.unblock(asha, "bina")
    async with app[1].database.transaction() as session:
        await session.execute(_A_MONTH_AGO)
    clock.at -= timedelta(seconds=1)
    assert refusal(await community.ask(asha, "bina"))[:2] == (409, "connection-exists")


@pytest.mark.parametrize("who", ["asha", "bina"])
async def test_what_was_rejected_can_be_asked_again(
    community: Community, app: App, a_member: AMember, who: str
) -> None:
    """Kills: a rejection for ever; a request that keeps its old direction when the other one asks."""
    asha, bina = await a_member("asha"), await a_member("bina")
    made = (await community.ask(asha, "bina")).json()["id"]
    await community.answer(bina, made, "reject")
    if who == "asha":
        async with app[1].database.transaction() as session:
            await session.execute(_A_MONTH_AGO)
    asker, other = (asha, bina) if who == "asha" else (bina, asha)
    again = await community.ask(asker, other.username)
    assert (again.status_code, again.json()["id"], again.json()["direction"]) == (201, made, "outgoing")
    assert (await community.answer(other, made, "accept")).json()["status"] == "ACCEPTED"


async def test_withdrawing_and_ending_take_back_what_was_told(community: Community, a_member: AMember) -> None:
    """Kills: a word to the other one; a notification of a request that is gone; a connection of others ended."""
    asha, bina, chitra = [await a_member(name) for name in ("asha", "bina", "chitra")]
    made = (await community.ask(asha, "bina")).json()["id"]
    assert (await community.remove(chitra, made)).status_code == 404
    assert (await community.remove(asha, made)).status_code == 204
    assert await community.told(bina) == []
    made = await community.connect(asha, bina)
    assert (await community.remove(bina, made)).status_code == 204
    assert (await community.remove(bina, made)).status_code == 404
    assert (await community.told(asha), await community.told(bina)) == ([], [])
    assert (await community.listed(asha, include_total="true"))["total"] == 0


async def test_a_card_shows_what_its_audience_may_see(community: Community, app: App, a_member: AMember) -> None:
    """Kills: a request taken for a connection; a name for connections shown to who asks for it."""
    asha = await a_member("asha")
    bina = await a_member("bina", visibility={"name": "connections"})
    made = (await community.ask(asha, "bina")).json()
    assert made["member"] == {"username": "bina", "name": None, "photo": None}
    await community.answer(bina, made["id"], "accept")
    assert (await community.listed(asha))["items"][0]["member"]["name"] == "Bina"
    async with app[1].database.transaction() as session:
        await session.execute(_SUSPEND, {"username": "bina"})
    assert (await community.listed(asha, include_total="true")) == {"items": [], "next_cursor": None, "total": 0}
    assert (await community(asha, "GET", f"{CONNECTIONS}/{made['id']}")).status_code == 404
    assert (await community(asha, "GET", f"{CONNECTIONS}/counts")).json()["connections"] == 0


async def test_lists_are_chosen_counted_and_complete(
    community: Community, a_member: AMember, clock: FrozenClock
) -> None:
    """Kills: a filter that widens; a page that skips or repeats; a total of something else; counts that are stored."""
    asha = await a_member("asha")
    others = [await a_member(f"other{number}") for number in range(7)]
    for number, other in enumerate(others):
        clock.at += timedelta(seconds=1)
        if number < 3:
            await community.connect(other, asha)
        elif number < 5:
            await community.ask(other, "asha")
        else:
            await community.ask(asha, other.username)

    async def names(**chosen: str) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await community.listed(asha, limit=2, include_total="true", **chosen, **cursor)
            found += [one["member"]["username"] for one in page["items"]]
            if page["next_cursor"] is None:
                assert page["total"] == len(found)
                return found
            cursor = {"cursor": page["next_cursor"]}

    assert await names() == [f"other{number}" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert await names(status="ACCEPTED") == ["other2", "other1", "other0"]
    assert await names(status="PENDING", direction="incoming") == ["other4", "other3"]
    assert await names(direction="outgoing") == ["other6", "other5"]
    counts = await community(asha, "GET", f"{CONNECTIONS}/counts")
    assert counts.json() == {"connections": 3, "incoming": 2, "outgoing": 2}
    assert (await community(others[6], "GET", "/api/v1/users/asha")).json()["connections"] == 3
    assert (await community.client.get("/api/v1/users/asha")).json()["connections"] is None
    await community.block(others[0], "other6")
    assert (await community(others[6], "GET", "/api/v1/users/asha")).json()["connections"] == 2


async def test_mutual_connections_are_those_the_viewer_sees(community: Community, app: App, a_member: AMember) -> None:
    """Kills: a request taken for a connection; somebody suspended shown; those of one alone."""
    names = ("asha", "bina", "both", "chitra", "only", "asked", "gone")
    people = {name: await a_member(name) for name in names}
    for one, other in (
        ("asha", "both"), ("both", "bina"), ("bina", "chitra"), ("chitra", "asha"), ("only", "asha"), ("gone", "asha"),
        ("gone", "bina"), ("bina", "asked"),
    ):  # fmt: skip
        await community.connect(people[one], people[other])
    await community.ask(people["asha"], "asked")
    async with app[1].database.transaction() as session:
        await session.execute(_SUSPEND, {"username": "gone"})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        path = "/api/v1/users/Bina/mutual-connections"
        page = (await community(people["asha"], "GET", path, limit=1, **cursor)).json()
        seen += [one["username"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["both", "chitra"]


async def test_many_who_ask_each_other_at_once_make_one_row(community: Community, app: App, a_member: AMember) -> None:
    """Kills: a look before the lock: of twenty requests both ways one is new and one accepts."""
    asha, bina = await a_member("asha"), await a_member("bina")
    asks = [community.ask(*pair) for _ in range(10) for pair in ((asha, "bina"), (bina, "asha"))]
    answers = await asyncio.gather(*asks)
    assert sorted(answer.status_code for answer in answers) == [201, 201] + [409] * 18
    rows = await app[1].database.fetch(str, "SELECT status FROM connections")
    assert rows == ["ACCEPTED"]


async def test_statements_of_each_route(community: Community, app: App, a_member: AMember) -> None:
    """Kills: a statement per row; a count that nobody asked for; a second look for what one can tell."""
    asha = await a_member("asha", batch="2009", location="Dhaka", profession="Teacher")
    for number in range(5):
        await community.connect(await a_member(f"other{number}", batch="2009"), asha)
    bina = await a_member("bina", batch="2009")
    costs = {
        ("GET", CONNECTIONS): 1,
        ("GET", f"{CONNECTIONS}?include_total=true"): 2,
        ("GET", f"{CONNECTIONS}/counts"): 1,
        ("GET", f"{CONNECTIONS}/suggestions"): 2,
        ("GET", "/api/v1/users/bina/mutual-connections"): 2,
        ("GET", "/api/v1/users/bina"): 1,
        ("POST", CONNECTIONS): 7,  # lock, look, write; tell in the inbox and by mail; read
        ("PUT", "/api/v1/me/blocks/bina"): 11,  # invitations of the one to the other go from the inbox, too
        ("GET", "/api/v1/me/blocks"): 1,
        ("GET", "/api/v1/me/blocks/bina"): 1,
        ("DELETE", "/api/v1/me/blocks/bina"): 3,
    }
    for (method, path), statements in costs.items():
        with counted(app[1].database) as ran:
            answer = await community(asha, method, path, {"username": "bina"} if method == "POST" else None)
        assert answer.status_code < 300, answer.text
        assert len(ran) == statements, (path, ran)
    made = (await community.ask(bina, "asha")).json()["id"]
    with counted(app[1].database) as ran:
        await community.answer(asha, made, "accept")
    assert len(ran) == 9, ran  # two of them count for the directory
    with counted(app[1].database) as ran:
        await community.remove(asha, made)
    assert len(ran) == 7, ran
