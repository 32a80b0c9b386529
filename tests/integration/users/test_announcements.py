"""Announcements: who sees which, in what order, who read them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.users.announcements.repository import AnnouncementRepository
from tests.integration.users.admins import AnAdmin, audited
from tests.integration.users.conftest import AMember, App, an_account, counted
from tests.integration.users.test_second_factor import codes

MINE, ALL = "/api/v1/announcements", "/api/v1/admin/announcements"


async def write(client: httpx.AsyncClient, bearer: dict[str, str], **given: Any) -> dict[str, Any]:
    """Write an announcement."""
    answer = await client.post(ALL, json={"title": "Reunion", "content": "Come!"} | given, headers=bearer)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def titles(client: httpx.AsyncClient, bearer: dict[str, str], **query: Any) -> list[str]:
    """Return what a member is shown."""
    answer = await client.get(MINE, headers=bearer, params=query)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


async def everybody_is_told(app: App) -> None:
    """Wait until the worker is done with telling."""
    async with asyncio.timeout(20):
        while await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'announce' AND due_at <= $1",
                                                datetime.now(UTC) + timedelta(minutes=30)):  # fmt: skip
            await asyncio.sleep(0.01)


async def test_a_member_reads_what_an_admin_wrote(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: the source without its HTML; white space kept; the author's id shown to members."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    written = await write(client, mo.bearer, title=" Tea ", content="**Tea** <script>x</script>\n")
    assert (written["author_id"], written["author_name"], written["views"]) == ("ADMIN_mo", "Mo", 0)
    assert written["audience"] == {
        "kind": "all", "batches": None, "batch_from": None, "batch_to": None, "location": None
    }  # fmt: skip
    now = clock.now().isoformat().replace("+00:00", "Z")
    read = (await client.get(f"{MINE}/{written['id']}", headers=asha.bearer)).json()
    assert read == {
        "id": written["id"], "title": "Tea", "content": "**Tea** <script>x</script>",
        "content_html": "<p><strong>Tea</strong> &lt;script&gt;x&lt;/script&gt;</p>\n",
        "category": "GENERAL", "urgent": False, "pinned": False, "author_name": "Mo", "image": None,
        "visible_from": now, "visible_until": None, "updated_at": now, "read": False,
    }  # fmt: skip
    assert (await client.get(MINE, headers=asha.bearer)).json() == {"items": [read], "next_cursor": None}


async def test_pinned_and_urgent_come_first_then_the_newest_and_pages_do_not_shift(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: an order by age alone; a cursor that forgets a key of it; a statement for each row."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    for title, given_ in (
        ("old", {}), ("old urgent", {"urgent": True}), ("pinned", {"pinned": True}), ("urgent", {"urgent": True}),
        ("new", {"category": "NEWS"}), ("pinned urgent", {"pinned": True, "urgent": True}),
    ):  # fmt: skip
        clock.at += timedelta(minutes=1)
        await write(client, mo.bearer, title=title, **given_)
    order = ["pinned urgent", "pinned", "urgent", "old urgent", "new", "old"]
    assert await titles(client, asha.bearer) == order
    assert await titles(client, asha.bearer, category="NEWS") == ["new"]
    seen, cursor = [], None
    while True:
        await everybody_is_told(app)
        with counted(app[1].database) as ran:
            page = (
                await client.get(
                    MINE, headers=asha.bearer, params={"limit": 2} | ({"cursor": cursor} if cursor else {})
                )
            ).json()
        assert len(ran) == 1
        seen += [one["title"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
        clock.at += timedelta(minutes=1)
        await write(client, mo.bearer, title="meanwhile", pinned=True, urgent=True)
    assert seen == order
    for wrong in ({"limit": 0}, {"category": "OTHER"}, {"cursor": "AAAA"}, {"sort": "title"}):
        assert (await client.get(MINE, headers=asha.bearer, params=wrong)).status_code in {400, 422}


async def test_the_schedule_and_the_switch_decide_by_the_clock(
    client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: `<` for `<=` at either end; one that is switched off still shown; the list and the single one apart."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    start, end = clock.now() + timedelta(minutes=1), clock.now() + timedelta(minutes=2)
    made = await write(client, mo.bearer, visible_from=start.isoformat(), visible_until=end.isoformat())
    await write(client, mo.bearer, title="off", active=False)
    one = f"{MINE}/{made['id']}"
    for at, shown in (
        (start - timedelta(microseconds=1), False), (start, True),
        (end - timedelta(microseconds=1), True), (end, False),
    ):  # fmt: skip
        clock.at = at
        assert await titles(client, asha.bearer) == (["Reunion"] if shown else [])
        answer = await client.get(one, headers=asha.bearer)
        read = await client.post(f"{one}/read", headers=asha.bearer)
        assert (answer.status_code, read.status_code) == ((200, 204) if shown else (404, 404))


async def test_who_it_is_not_for_is_answered_as_if_it_were_not_there(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: 403; a read that is noted though the reader cannot see it; a view counted twice."""
    asha, mo = await a_member("asha", batch="2009"), await an_admin("mo", "moderator")
    bina = await a_member("bina", batch="2010")
    made = await write(client, mo.bearer, audience={"kind": "batches", "batches": ["2009", "2011"]})
    bodies = []
    for id_ in (made["id"], 999_999):
        for method, path in (("GET", ""), ("POST", "/read")):
            answer = await client.request(method, f"{MINE}/{id_}{path}", headers=bina.bearer)
            bodies.append({k: v for k, v in answer.json().items() if k not in {"instance", "request_id"}})
    assert [body["status"] for body in bodies] == [404] * 4
    assert bodies.count(bodies[0]) == 4
    for _ in range(2):
        assert (await client.post(f"{MINE}/{made['id']}/read", headers=asha.bearer)).status_code == 204
    await asyncio.gather(*(client.post(f"{MINE}/{made['id']}/read", headers=asha.bearer) for _ in range(8)))
    assert (await client.get(f"{MINE}/{made['id']}", headers=asha.bearer)).json()["read"] is True
    assert await titles(client, asha.bearer, unread="true") == []
    assert (await client.get(f"{ALL}/{made['id']}", headers=mo.bearer)).json()["views"] == 1
    assert await app[1].database.fetch_value("SELECT count(*) FROM announcement_reads") == 1


async def test_an_edit_names_its_version_and_is_recorded(
    app: App, client: httpx.AsyncClient, an_admin: AnAdmin
) -> None:
    """Kills: `If-Match` ignored; an audience merged instead of replaced; texts in the log; no record."""
    mo = await an_admin("mo", "moderator")
    made = await write(client, mo.bearer, audience={"kind": "batches", "batches": ["2009"]})
    one = f"{ALL}/{made['id']}"
    first = mo.bearer | {"If-Match": '"1"'}
    new = {"title": "Tea", "audience": {"kind": "location", "location": " Dhaka "}, "pinned": True}
    changed = await client.patch(one, json=new, headers=first)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["audience"] == {
        "kind": "location", "batches": None, "batch_from": None, "batch_to": None, "location": "Dhaka"
    }  # fmt: skip
    assert codes(await client.patch(one, json={"title": "x"}, headers=first)) == [(412, "precondition-failed")]
    assert codes(await client.delete(one, headers=first)) == [(412, "precondition-failed")]
    same = await client.patch(one, json={"title": "Tea"}, headers=mo.bearer)
    assert same.headers["etag"] == '"2"'
    assert (await client.delete(one, headers=mo.bearer | {"If-Match": '"2"'})).status_code == 204
    assert codes(await client.get(one, headers=mo.bearer)) == [(404, "not-found")]
    assert codes(await client.delete(one, headers=mo.bearer)) == [(404, "not-found")]
    subject = f"announcement/{made['id']}"
    entries = [(action, actor, about) for action, actor, about, _ in await audited(app[1].database)]
    assert entries == [
        (f"announcement-{what}", "ADMIN_mo", subject) for what in ("created", "changed", "deleted")
    ]  # fmt: skip
    assert (await audited(app[1].database))[1][3] == {
        "fields": ["audience", "batches", "location", "pinned", "title"]
    }  # fmt: skip
    assert await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'announce'") == 0


async def test_what_may_not_be_written_is_refused(client: httpx.AsyncClient, an_admin: AnAdmin) -> None:
    """Kills: any one of the limits left to the database."""
    mo, au = await an_admin("mo", "moderator"), await an_admin("au", "auditor")
    good = {"title": "Tea", "content": "x"}
    for wrong, pointer in (
        ({"title": " "}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"content": ""}, "/content"),
        ({"content": "x" * 10_001}, "/content"),
        ({"category": "OTHER"}, "/category"),
        ({"image": "https://a.example/x.png"}, "/image"),
        ({"audience": {"kind": "some"}}, "/audience/kind"),
        ({"audience": {"kind": "batches", "batches": []}}, "/audience/batches"),
        ({"audience": {"kind": "batches", "batches": ["x" * 11]}}, "/audience/batches/0"),
        ({"audience": {"kind": "batches", "batch_from": "20"}}, "/audience/batch_from"),
        ({"audience": {"kind": "location", "location": " "}}, "/audience/location"),
        ({"audience": {"kind": "all", "location": "Dhaka"}}, "/audience/location"),
        ({"visible_from": "2030-01-01T00:00:00"}, "/visible_from"),
        ({"visible_from": "9999-12-31T23:59:59Z"}, "/visible_from"),
        ({"visible_from": "2030-01-02T00:00:00Z", "visible_until": "2030-01-02T00:00:00Z"}, "/visible_until"),
    ):
        answer = await client.post(ALL, json=good | wrong, headers=mo.bearer)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), wrong
    assert codes(await client.post(ALL, json=good, headers=au.bearer)) == [(403, "forbidden")]
    made = await write(client, mo.bearer)
    edit = {"visible_until": "2001-01-01T00:00:00Z"}
    assert (await client.patch(f"{ALL}/{made['id']}", json=edit, headers=mo.bearer)).status_code == 422
    for field in ("title", "audience", "visible_from"):
        refused = await client.patch(f"{ALL}/{made['id']}", json={field: None}, headers=mo.bearer)
        assert refused.status_code == 422, field


async def test_admins_see_every_one_with_its_views_a_page_for_one_statement(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: the list narrowed to what is visible; a count for each row from here."""
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    for number in range(5):
        made = await write(client, mo.bearer, title=f"n{number}", active=number != 3)
    await client.post(f"{MINE}/{made['id']}/read", headers=asha.bearer)
    await everybody_is_told(app)
    with counted(app[1].database) as ran:
        page = (await client.get(ALL, headers=mo.bearer, params={"limit": 3})).json()
    assert len(ran) == 1
    assert [(one["title"], one["views"]) for one in page["items"]] == [("n4", 1), ("n3", 0), ("n2", 0)]
    rest = (await client.get(ALL, headers=mo.bearer, params={"cursor": page["next_cursor"]})).json()
    assert ([one["title"] for one in rest["items"]], rest["next_cursor"]) == (["n1", "n0"], None)


async def test_an_erased_member_is_no_reader_any_more(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin
) -> None:
    """Kills: a row of who read what that outlives its member."""
    asha, ada = await a_member("asha"), await an_admin("ada")
    made = await write(client, ada.bearer)
    await client.post(f"{MINE}/{made['id']}/read", headers=asha.bearer)
    gone = await client.delete("/api/v1/admin/users/asha", params={"immediately": "true"}, headers=ada.bearer)
    assert gone.status_code == 204
    assert await app[1].database.fetch_value("SELECT count(*) FROM announcement_reads") == 0


BATCHES = ["1999", "2000", "2009", "2010", "B-12", None]
PLACES = ["Dhaka", "dhaka, Bangladesh", "DHAKA", "New Dhaka", "Chattogram , Bangladesh", "Łódź", None]
MEMBERS = st.lists(st.tuples(st.sampled_from(BATCHES), st.sampled_from(PLACES)), min_size=1, max_size=6)
YEARS = st.sampled_from(["1999", "2000", "2005", "2010", None])
AUDIENCES = st.one_of(
    st.just({"audience": "all"}),
    st.lists(st.sampled_from([one for one in BATCHES if one]), min_size=1, max_size=3).map(
        lambda batches: {"audience": "batches", "batches": batches}
    ),
    st.tuples(YEARS, YEARS)
    .filter(any)
    .map(lambda ends: {"audience": "batches", "batch_from": ends[0], "batch_to": ends[1]}),
    st.sampled_from(["dhaka", "Bangladesh", "New Dhaka", "łódź", "Chattogram", "Dha"]).map(
        lambda place: {"audience": "location", "location": place}
    ),
)


def _included(audience: dict[str, Any], batch: str | None, place: str | None) -> bool:
    match audience:
        case {"audience": "all"}:
            return True
        case {"location": wanted}:
            parts = [part.strip() for part in (place or "").lower().split(",")]
            return wanted.lower() in {*parts, (place or "").lower()}
        case {"batches": listed}:
            return batch in listed
    first, last = audience["batch_from"] or "0000", audience["batch_to"] or "9999"
    return batch is not None and batch.isdecimal() and first <= batch <= last


_PUT = text("""
INSERT INTO announcements (title, content, author_name, audience, batches, batch_from, batch_to, location, visible_from,
                           created_at, updated_at, version)
VALUES ('t', 'c', 'Mo', :audience, CAST(:batches AS text[]), :batch_from, :batch_to, :location, :now, :now, :now, 1)
RETURNING id
""")


async def test_exactly_those_it_is_for_see_it_and_are_told_of_it(users_database: Database, clock: FrozenClock) -> None:
    """Kills: any arm of the predicate; one predicate for reading and another for telling; a NULL that includes."""
    repository, now = AnnouncementRepository(users_database), clock.now()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(members=MEMBERS, audiences=st.lists(AUDIENCES, min_size=1, max_size=4))
    def holds(members: Sequence[tuple[str | None, str | None]], audiences: Sequence[dict[str, Any]]) -> None:
        runner.run(check(members, audiences))

    async def check(members: Sequence[tuple[str | None, str | None]], audiences: Sequence[dict[str, Any]]) -> None:
        async with users_database.transaction() as session:
            await session.execute(text("DELETE FROM announcements"))
            await session.execute(text("DELETE FROM users"))
        for number, (batch, place) in enumerate(members):
            await an_account(users_database, f"m{number}", None, now, batch=batch, location=place)
        await an_account(users_database, "sus", None, now, batch="2009", location="Dhaka", active=False)
        empty = {"batches": None, "batch_from": None, "batch_to": None, "location": None, "now": now}
        async with users_database.transaction() as session:
            ids = [(await session.execute(_PUT, empty | one)).scalar_one() for one in audiences]
        expected = {
            (f"m{number}", id_)
            for number, (batch, place) in enumerate(members)
            for id_, audience in zip(ids, audiences, strict=True)
            if _included(audience, batch, place)
        }
        listed, single, told = set(), set(), set()
        for name in [f"m{number}" for number in range(len(members))]:
            rows = await repository.seen_page(name, now, None, None, 100, unread=False)
            listed |= {(name, row.id) for row in rows}
            single |= {(name, id_) for id_ in ids if await repository.seen(id_, name, now)}
        async with users_database.transaction() as session:
            for id_ in ids:
                told |= {(one.username, id_) for one in await repository.next(session, id_, now, 100) if one.included}
        assert (listed, single, told) == (expected, expected, expected)

    runner = _InThisLoop()
    await asyncio.to_thread(holds)


class _InThisLoop:
    """Runs what hypothesis, which knows no coroutines, wants run, in the loop of the test."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def run(self, awaited: Any) -> None:
        asyncio.run_coroutine_threadsafe(awaited, self._loop).result()
