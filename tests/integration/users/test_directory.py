"""The directory: found is what is shown, in an order that tells nothing else."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from ijaa.shared.storage_links import SignedLinks
from ijaa.shared.text import fold
from ijaa.users.directory.repository import DirectoryRepository
from ijaa.users.directory.schemas import Wanted
from ijaa.users.directory.service import DirectoryService
from ijaa.users.links import FileLinks
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import AMember, App, Member, an_account, counted

URL = "/api/v1/users"
ALICE = Principal("USER_alice", "alice", "session", "member")


@pytest.fixture
def directory(users_database: Database, clock: FrozenClock) -> DirectoryService:
    """Return the service over a fresh database."""
    return DirectoryService(
        DirectoryRepository(users_database, clock), FileLinks(SignedLinks(b"k", clock)), Cursors(b"k"), clock
    )


async def renew(database: Database, clock: FrozenClock) -> None:
    """Make every entry."""
    async with database.transaction() as session:
        await DirectoryRepository(database, clock).renew_after(session, 0, 1_000)


async def people(database: Database, clock: FrozenClock, **named: dict[str, Any]) -> None:
    """Make members with these profiles, whose names are found."""
    for username, given in named.items():
        await an_account(database, username, None, clock.now(), **given)
    await renew(database, clock)


async def link(database: Database, one: str, other: str, table: str = "connections") -> None:
    """Connect two members, or let one block the other."""
    columns = {
        "connections": "(requester_username, receiver_username, status, created_at, updated_at)"
        " VALUES (:one, :other, 'ACCEPTED', now(), now())",
        "blocks": "(blocker_username, blocked_username, created_at) VALUES (:one, :other, now())",
    }
    async with database.transaction() as session:
        await session.execute(text(f"INSERT INTO {table} {columns[table]}"), {"one": one, "other": other})


async def found(directory: DirectoryService, q: str | None = None, sort: Any = "relevance", **wanted: Any) -> list[str]:
    """Return the usernames alice finds, page after page of two."""
    names: list[str] = []
    cursor = None
    while True:
        page = await directory.page(ALICE, Wanted(q=q, **wanted), sort, cursor, 2, include_total=False)
        names += [one.username for one in page.items]
        if (cursor := page.next_cursor) is None:
            return names


async def test_words_are_found_wherever_they_are_shown(
    directory: DirectoryService, users_database: Database, clock: FrozenClock
) -> None:
    # mutants: match inside of words; compare with accents; let `%` or `:*` mean something
    await people(
        users_database, clock, alice={},
        jose={"name": "José Álvarez", "profession": "Structural engineer", "location": "São Paulo", "batch": "2009"},
        rahim={"name": "Rahim Uddin", "nickname": "Engine", "former_name": "Rahim Sarkar", "batch": "2011"},
        mina={"name": "Mina Roy", "profession": "Teacher", "location": "Paulo Alto", "batch": "2010"},
    )  # fmt: skip
    assert await found(directory, "JOSE alvar") == ["jose"]
    assert await found(directory, "engin") == ["rahim", "jose"]  # a name before anything else
    assert await found(directory, "sarkar rahim") == ["rahim"]
    assert await found(directory, "paulo") == ["jose", "mina"]
    assert await found(directory, "paulo teach") == ["mina"]
    for nothing in ("%", "_", "':*", "gineer", "alice"):
        assert await found(directory, nothing) == []


async def test_a_name_may_be_a_little_misspelt(
    directory: DirectoryService, users_database: Database, clock: FrozenClock
) -> None:
    # mutants: misspellings beside exact matches; none at all; anything similar to nothing
    await people(
        users_database, clock, alice={}, rahman={"name": "Shafiqur Rahman"}, rahmin={"name": "Rahmin Ali"},
        zoe={"name": "Zoe Quill"},
    )  # fmt: skip
    assert await found(directory, "shafiqor") == ["rahman"]
    assert await found(directory, "rahman") == ["rahman"]
    assert await found(directory, "xylophone") == []


async def test_filters_narrow_and_orders_hold_over_pages(
    directory: DirectoryService, users_database: Database, clock: FrozenClock
) -> None:
    # mutants: an order without a tie-breaker; a cursor of another order; a range that lets those without a batch in
    made = {
        f"m{number}": {"name": f"Name {number % 3}", "batch": str(2000 + number % 4), "profession": "Doctor"}
        for number in range(9)
    }
    await people(users_database, clock, alice={}, none={"name": "Nobody", "profession": "doctor"}, **made)
    by_name = await found(directory, sort="name")
    assert by_name == [*sorted(made, key=lambda one: (made[one]["name"], one)), "none"]
    by_batch = await found(directory, sort="batch")
    assert by_batch == [*sorted(made, key=lambda one: (-int(made[one]["batch"]), made[one]["name"], one)), "none"]
    assert set(await found(directory, batch_to="2001")) == {one for one in made if made[one]["batch"] <= "2001"}
    assert set(await found(directory, batch_from="2002", profession="DOCTOR")) == {
        one for one in made if made[one]["batch"] >= "2002"
    }
    await link(users_database, "m3", "m4")
    await link(users_database, "m3", "m5")
    await renew(users_database, clock)
    assert (await found(directory, sort="connections"))[0] == "m3"
    assert sorted(await found(directory, "doc", sort="connections")) == sorted([*made, "none"])


async def test_who_is_not_there_for_the_viewer_is_not_found(
    directory: DirectoryService, users_database: Database, clock: FrozenClock
) -> None:
    # mutants: forget one of the two directions of a block, a standing, or oneself
    now = clock.now()
    await people(
        users_database, clock, alice={"name": "Same Name"}, seen={"name": "Same Name"},
        blocker={"name": "Same Name"}, blocked={"name": "Same Name"},
        leaving={"name": "Same Name", "erase_after": now}, off={"name": "Same Name", "active": False},
        unconfirmed={"name": "Same Name", "email_verified_at": None},
        suspended={"name": "Same Name", "suspended_at": now, "suspension_reason": "x"},
        back={"name": "Same Name", "suspended_at": now, "suspension_reason": "x",
              "suspended_until": now + timedelta(hours=1)},
    )  # fmt: skip
    await link(users_database, "blocker", "alice", "blocks")
    await link(users_database, "alice", "blocked", "blocks")
    for q in (None, "same", "same name", "nam"):
        assert await found(directory, q) == ["seen"]
    clock.at += timedelta(hours=1)
    assert sorted(await found(directory, "same")) == ["back", "seen"]


async def test_an_order_by_connections_counts_whom_the_viewer_could_see(
    directory: DirectoryService, users_database: Database, clock: FrozenClock
) -> None:
    """Kills: those counted who are suspended, are leaving or never confirmed, or whom a block hides, either way round.

    Names go against the counts, so that every miscounted connection moves somebody, also over the edge of a page.
    """
    hidden = {
        "suspended": {"active": False}, "leaving": {"erase_after": clock.now() + timedelta(days=9)},
        "unconfirmed": {"email_verified_at": None}, "blocked": {}, "blocking": {}, "seen": {}, "also": {},
    }  # fmt: skip
    counted = {"m1": ["suspended"], "m2": ["leaving", "unconfirmed"], "m3": ["blocked", "blocking"], "m4": ["seen"]}
    counted |= {"m5": ["seen", "blocked"], "m6": ["seen", "also", "blocking"]}
    everybody = {"alice": {}, **hidden, **{name: {} for name in counted}}
    await people(users_database, clock, **everybody)
    for one, others in counted.items():
        for other in others:
            await link(users_database, one, other)
    await link(users_database, "alice", "m5")  # who is connected has a row of another level to be counted in
    await link(users_database, "alice", "blocked", "blocks")
    await link(users_database, "blocking", "alice", "blocks")
    async with users_database.transaction() as session:
        choice = """UPDATE profiles SET visibility = '{"bio": "public", "name": "connections"}' WHERE username = 'm5'"""
        await session.execute(text(choice))
    await renew(users_database, clock)
    seen = [name for name in await found(directory, sort="connections") if name not in hidden]
    assert seen == ["m5", "m6", "m4", "m1", "m2", "m3"]  # 2 (alice and seen), 2, 1, and nobody; by name where alike
    for name, number in {"m1": 0, "m2": 0, "m3": 2, "m4": 1, "m5": 3, "m6": 3}.items():
        stored = "SELECT max(d.connections) FROM directory d JOIN users u ON u.id = d.user_id WHERE u.username = $1"
        assert await users_database.fetch_value(stored, name) == number, name


AUDIENCES = ("nobody", "connections", "members", "public")
FIELDS = ("name", "nickname", "profession", "location", "batch", "experiences", "interests")
VALUES = {
    "name": ("Asha Roy", "Bilal Roy", "Chitra Das"), "nickname": ("Roy", "Tuni"), "batch": ("2001", "2002"),
    "profession": ("Doctor", "Nurse"), "location": ("Dhaka", "Roy Nagar"),
}  # fmt: skip


_JOB = text("""
INSERT INTO experiences (user_id, title, title_key, company, company_key, created_at, updated_at, version)
SELECT user_id, 'Clerk', 'clerk', CAST(:company AS text), lower(CAST(:company AS text)), now(), now(), 1
FROM profiles WHERE username = :username
""")
_INTEREST = text("""
INSERT INTO interests (user_id, interest, interest_key, created_at, updated_at, version)
SELECT user_id, CAST(:interest AS text), CAST(:interest AS text), now(), now(), 1
FROM profiles WHERE username = :username
""")


class Someone:
    """A member as the model has him."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.username = f"p{number:02}"
        self.fields: dict[str, str | None] = {
            name: rng.choice(values if name == "name" else (*values, None)) for name, values in VALUES.items()
        }
        self.company, self.interest = rng.choice(("Acme", "Roy Mills")), rng.choice(("chess", "cricket"))
        self.visibility = {field: rng.choice(AUDIENCES) for field in FIELDS if rng.random() < 0.7}
        self.connected, self.hidden = rng.random() < 0.3, rng.random() < 0.2

    def shows(self, field: str) -> bool:
        """Whether alice sees a field."""
        audience = self.visibility.get(field, "members")
        return audience in {"members", "public"} or (audience == "connections" and self.connected)

    def seen(self, field: str) -> str | None:
        """Return what alice sees in a field."""
        return self.fields[field] if self.shows(field) else None

    def words(self) -> set[str]:
        """Return every word alice may find him by."""
        texts = [self.username, *(self.seen(field) or "" for field in VALUES if field != "batch")]
        texts += [self.company, "Clerk"] if self.shows("experiences") else []
        texts += [self.interest] if self.shows("interests") else []
        return {word for one in texts for word in fold(one).split()}

    @property
    def sort_key(self) -> tuple[str, str]:
        """Return what alice's lists are sorted by."""
        return fold(self.seen("name") or self.username), self.username


async def write(database: Database, clock: FrozenClock, everybody: list[Someone]) -> None:
    """Write the model's members down."""
    await an_account(database, "alice", None, clock.now())
    for one in everybody:
        await an_account(database, one.username, None, clock.now(), **one.fields, visibility=one.visibility)
        if one.connected and not one.hidden:
            await link(database, one.username, "alice")
        if one.hidden:
            await link(database, "alice", one.username, "blocks")
    async with database.transaction() as session:
        for one in everybody:
            await session.execute(_JOB, {"username": one.username, "company": one.company})
            await session.execute(_INTEREST, {"username": one.username, "interest": one.interest})
    await renew(database, clock)


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_hidden_matches_filters_sorts_or_is_counted(
    directory: DirectoryService, users_database: Database, clock: FrozenClock, seed: int
) -> None:
    # mutants: any field taken into an entry without a look at its audience; any condition of `_found` left out;
    # facets counted before the audience is looked at, or of fewer than three
    rng = random.Random(seed)  # noqa: S311 - people who do not exist
    everybody = [Someone(rng, number) for number in range(24)]
    await write(users_database, clock, everybody)
    there = [one for one in everybody if not (one.hidden)]
    assert await found(directory, sort="name") == [one.username for one in sorted(there, key=lambda one: one.sort_key)]
    for q in ("roy", "asha", "tuni", "doctor", "acme", "chess", "clerk", "dhaka roy", "p0"):
        expected = {
            one.username for one in there
            if all(any(word.startswith(asked) for word in one.words()) for asked in q.split())
        }  # fmt: skip
        for sort in ("relevance", "name", "batch", "connections"):
            names = await found(directory, q, sort)
            assert len(names) == len(set(names))
            assert set(names) == expected, (q, sort)
    for field in ("batch", "profession", "location"):
        for value in VALUES[field]:
            expected = {one.username for one in there if one.seen(field) == value}
            assert set(await found(directory, **{field: value})) == expected
        counts = {one.value: one.count for one in getattr(await directory.facets(ALICE, Wanted()), field)}
        true = {value: sum(one.seen(field) == value for one in there) for value in VALUES[field]}
        assert counts == {value: number for value, number in true.items() if number >= 3}
    assert set(await found(directory, company="acme")) == {
        one.username for one in there if one.shows("experiences") and one.company == "Acme"
    }
    assert set(await found(directory, interest="Chess")) == {
        one.username for one in there if one.shows("interests") and one.interest == "chess"
    }
    suggested = {one.username for one in (await directory.suggested(ALICE, "roy")).items}
    named = {one.username for one in there if "roy" in fold(f"{one.seen('name')} {one.seen('nickname')}").split()}
    assert suggested <= named
    assert len(suggested) == min(8, len(named))
    for one in (await directory.page(ALICE, Wanted(), "name", None, 100, include_total=True)).items:
        shown = next(other for other in there if other.username == one.username)
        assert [one.name, one.profession, one.location, one.batch] == [
            shown.seen(field) for field in ("name", "profession", "location", "batch")
        ]


async def get(client: httpx.AsyncClient, member: Member, path: str = "", **query: object) -> Any:
    """Read something of the directory."""
    answer = await client.get(f"{URL}{path}", headers=member.bearer, params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_a_member_changes_he_is_found_by_at_once(client: httpx.AsyncClient, a_member: AMember) -> None:
    # mutants: forget to make an entry anew after any of these changes
    asha, ben = await a_member("asha"), await a_member("ben", name="Ben Old")

    async def names(q: str) -> list[str]:
        return [one["username"] for one in (await get(client, asha, q=q))["items"]]

    async def change(method: str, path: str, body: object = None) -> Any:
        answer = await client.request(method, f"/api/v1/me{path}", headers=ben.bearer, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    await change("PATCH", "/profile", {"name": "Benjamin New", "profession": "Weaver"})
    assert await names("weaver") == ["ben"]
    await change("PATCH", "/profile", {"visibility": {"profession": "nobody"}})
    assert await names("weaver") == []
    job = await change("POST", "/experiences", {"title": "Dyer", "company": "Loom"})
    assert await names("loom dyer") == ["ben"]
    await change("PATCH", f"/experiences/{job['id']}", {"company": "Spindle"})
    assert (await names("loom"), await names("spindle")) == ([], ["ben"])
    await change("DELETE", f"/experiences/{job['id']}")
    assert await names("spindle") == []
    one = await change("POST", "/interests", {"interest": "Kites"})
    assert await names("kite") == ["ben"]
    await change("PATCH", f"/interests/{one['id']}", {"interest": "Drums"})
    assert (await names("kite"), await names("drum")) == ([], ["ben"])
    await change("DELETE", f"/interests/{one['id']}")
    assert await names("drum") == []
    assert (await get(client, asha, "/suggestions", q="benj"))["items"][0]["name"] == "Benjamin New"
    assert (await get(client, asha, "/facets"))["profession"] == []


async def test_a_search_takes_few_statements_whatever_it_finds(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    # mutant: a look-up per member
    asha = await a_member("asha")
    for number in range(15):
        await an_account(app[1].database, f"m{number}", None, clock.now(), name="Common Name")
    await renew(app[1].database, clock)
    with counted(app[1].database) as ran:
        page = await get(client, asha, q="common", include_total="true")
    assert (len(page["items"]), page["total"]) == (12, 15)
    searched = [one for one in ran if "FROM directory d" in one]
    assert len(searched) == 3  # by the whole name, by a part of it, and the total
    assert len([one for one in ran if "FROM blocks" in one]) == 1


async def test_bad_questions_are_refused(client: httpx.AsyncClient, a_member: AMember) -> None:
    asha = await a_member("asha")
    for query in ({"q": ""}, {"q": "x" * 101}, {"limit": 101}, {"sort": "age"}, {"colour": "red"}, {"batch": "y" * 11}):
        answer = await client.get(URL, headers=asha.bearer, params=query)  # type: ignore[arg-type]
        assert answer.status_code == 422, query
    assert (await client.get(URL)).status_code == 401
    assert (await client.get(URL, headers=asha.bearer, params={"cursor": "x"})).status_code == 400


async def test_a_standing_that_changes_changes_the_counts_of_connections(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: counts that wait for the night; the connections of an erased one counted for ever."""
    database, ada = app[1].database, await an_admin("ada")
    for username in ("ben", "dev", "esha"):
        await a_member(username)
    for other in ("dev", "esha"):
        await link(database, "ben", other)
    await renew(database, clock)
    stored = "SELECT d.connections FROM directory d JOIN users u ON u.id = d.user_id WHERE u.username = 'ben'"
    assert await database.fetch_value(stored) == 2
    suspension = {"reason": "Spam.", "until": (clock.now() + timedelta(days=1)).isoformat()}

    async def counted_after(expected: int, method: str, path: str, **given: Any) -> None:
        done = await client.request(method, f"/api/v1/admin/users/{path}", headers=ada.bearer, **given)
        assert done.is_success, done.text
        async with asyncio.timeout(30):
            while await database.fetch_value(stored) != expected:
                await asyncio.sleep(0.02)

    await counted_after(1, "POST", "dev/suspend", json=suspension)
    await counted_after(2, "POST", "dev/reinstate")
    await counted_after(1, "DELETE", "dev")
    await counted_after(2, "POST", "dev/reinstate")
    await counted_after(1, "POST", "dev/suspend", json=suspension)
    await counted_after(0, "DELETE", "esha", params={"immediately": "true"})
