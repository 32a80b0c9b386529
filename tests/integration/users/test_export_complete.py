"""An archive has everything the register of columns gives its member, and nothing else of anybody."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zipfile import ZipFile

import pytest

from ijaa.events.personal import PERSONAL as OF_EVENTS
from ijaa.events.public import EventsPublic
from ijaa.settings import Settings
from ijaa.shared import records
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.personal import Holding, NotExported, Subject
from ijaa.shared.storage import Storage
from ijaa.shared.storage_files import key_of
from ijaa.users.personal import PERSONAL as OF_USERS
from ijaa.wiring import LocalMemberRecords
from tests.integration.users.admins import AnAdmin
from tests.integration.users.canaries import Canaries, Planted, exported, same, traces
from tests.integration.users.community import Community
from tests.integration.users.conftest import AMember, App, Member, Start
from tests.integration.users.test_exports import opened, ready, table
from tests.integration.users.test_members import BECAUSE, USERS

REGISTERS: dict[str, Sequence[Holding]] = {"users": OF_USERS, "events": OF_EVENTS}
WORDS = ("reporter_username", "title", "description", "attachment", "evidence", "admin_notes", "outcome", "assigned_to")
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TIMES = ("created_at", "updated_at", "resolved_at")


@pytest.fixture
async def app(
    start: Start, events_database: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> AsyncIterator[App]:
    """Give both halves, whose records are read a row a page, so that every kind of key has to find the next one."""
    monkeypatch.setattr(records, "PAGE", 1)
    place = Storage(settings.files_of("events"), "events")
    async with start(records=LocalMemberRecords(EventsPublic(events_database, clock, place))) as started:
        yield started


@pytest.fixture
async def canaries(
    servers: dict[str, str], users_dsn: str, events_dsn: str
) -> AsyncIterator[dict[str, Canaries]]:  # fmt: skip
    """Give what plants rows in both databases."""
    opened_ = {
        "users": await Canaries.of(servers["TEST_USERS_SUPERUSER_URL"], users_dsn),
        "events": await Canaries.of(servers["TEST_EVENTS_SUPERUSER_URL"], events_dsn),
    }
    yield opened_
    for one in opened_.values():
        await one.close()


@pytest.fixture
async def members(app: App, a_member: AMember) -> tuple[Member, Member]:
    """Sign two members in, before their rows are no sensible rows any more."""
    assert app[1].worker is not None
    return await a_member("asha"), await a_member("bina")


async def planted(app: App, canaries: dict[str, Canaries], username: str) -> dict[str, list[Planted]]:
    """Put rows about a member into every table of both databases, by module."""
    sql = "SELECT id, user_id, username, email FROM users WHERE username = $1"
    subject = await app[1].database.fetch_one(Subject, sql, username)
    assert subject is not None
    for name, column in (("users", "id"), ("profiles", "user_id")):
        await canaries["users"].remove(name, column, subject.id)
    given: dict[str, dict[str, Any]] = {
        # whose suspension is over: the archive of who is suspended waits
        "users": {"user_id": subject.user_id, "username": username, "active": True, "suspended_until": _LONG_AGO},
        "profiles": {"username": username},
        "exports": {"state": "FAILED"},  # another one may be asked for
        "files": {"purpose": "photo", "media_type": "image/webp"},
        # what a comment said before is told by whose the comment is
        "event_comments": {"id": 10**9 + subject.id},
        "event_comment_edits": {"comment_id": 10**9 + subject.id},
        "event_media": {"file_type": "application/pdf"},
        "event_invitations": {"is_void": False},  # one that is void was never sent to him
    }
    return {module: await canaries[module].plant(REGISTERS[module], subject, given) for module in REGISTERS}


async def archive_of(app: App, member: Member) -> ZipFile:
    """Return a member's archive."""
    return opened(await app[0].get((await ready(app[0], member))["link"]))


def text_of(archive: ZipFile) -> str:
    """Return everything that is written in an archive."""
    return "".join(archive.read(name).decode() for name in archive.namelist() if not name.startswith("files/"))


def said_in(text: str, values: dict[str, object]) -> list[str]:
    """Return the columns whose values leave a trace."""
    return [name for name, value in values.items() if any(trace in text for trace in traces(value))]


async def test_an_archive_is_complete_and_has_nothing_that_is_withheld(
    app: App, members: tuple[Member, Member], canaries: dict[str, Canaries], settings: Settings
) -> None:
    """Kills: a table or a column left out of either half; a secret shown; a row passed over between two pages."""
    asha, _ = members
    rows = await planted(app, canaries, "asha")
    photo = next(one for one in rows["users"] if one.table == "files")
    await Storage(settings.files_of("users"), "users").put({photo.values["key"]: b"the photo"}, "image/webp")
    uploads = [one.values for one in rows["events"] if one.table == "event_media"]
    for one in uploads:
        content = {key_of(one["file_id"]): str(one["id"]).encode()}
        await Storage(settings.files_of("events"), "events").put(content, "application/pdf")
    archive = await archive_of(app, asha)
    text = text_of(archive)
    wrong, seen = [], 0
    for module, holdings in REGISTERS.items():
        register = {one.table: one for one in holdings}
        for one in rows[module]:
            holding = register[one.table]
            shown = exported(holding)
            if not isinstance(holding.export, NotExported):
                found = table(archive, f"{module}/{one.table}")
                assert all(row.keys() == {*holding.exported} for row in found)
                if not any(all(same(row[name], one.values[name]) for name in shown) for row in found):
                    wrong.append(f"{module}.{one.table}: a row is not in the archive as it is")
                seen += len(shown)
            hidden = {name: value for name, value in one.values.items() if name not in {*shown, *holding.partly}}
            wrong += [f"{module}.{one.table}.{name} is in the archive" for name in said_in(text, hidden)]
    assert wrong == []
    assert seen > 150
    assert archive.read("files/photo.webp") == b"the photo"
    assert len(uploads) == 2
    assert all(archive.read(f"files/medium-{one['id']}.pdf") == str(one["id"]).encode() for one in uploads)
    expected = {
        f"{module}/{one.table}.json"
        for module, holdings in REGISTERS.items()
        for one in holdings
        if not isinstance(one.export, NotExported)
    }
    assert {name for name in archive.namelist() if name.endswith(".json")} == expected


async def test_an_archive_has_nothing_of_another_member(
    app: App, members: tuple[Member, Member], canaries: dict[str, Canaries]
) -> None:
    """Kills: a condition that is true of other rows; one that is left out."""
    asha, _ = members
    rows = await planted(app, canaries, "bina")
    text = text_of(await archive_of(app, asha))
    leaked = [
        f"{module}.{one.table}.{name}"
        for module, found in rows.items()
        for one in found
        for name in said_in(text, dict(one.values))
    ]
    assert leaked == []
    assert "bina" not in text


async def test_an_archive_shows_connections_as_their_list_does(app: App, a_member: AMember, an_admin: AnAdmin) -> None:
    """Kills: who blocked him; who is suspended or leaving; another set than the list's."""
    community = Community(app[0])
    names = ("connected", "asking", "asked", "refused", "blocking", "suspended", "leaving", "refusing")
    others = {name: await a_member(name) for name in names}
    asha, mo = await a_member("asha"), await an_admin("mo", "moderator")
    for name in ("connected", "suspended", "leaving"):
        await community.connect(asha, others[name])
    await community.ask(others["asking"], "asha")
    await community.ask(asha, "asked")
    refusals = (others["refused"], asha), (others["blocking"], asha), (asha, others["refusing"])
    for asker, asked in refusals:
        made = (await community.ask(asker, asked.username)).json()["id"]
        assert (await community.answer(asked, made, "reject")).status_code == 200
    await community.block(others["blocking"], "asha")  # of what was between them a rejection alone stays
    suspended = await app[0].post(f"{USERS}/suspended/suspend", json=BECAUSE, headers=mo.bearer)
    left = await app[0].delete("/api/v1/me", headers=others["leaving"].bearer)
    assert (suspended.status_code, left.status_code) == (200, 202), (suspended.text, left.text)
    found = table(await archive_of(app, asha), "users/connections")
    seen = {*names} & {name for row in found for name in (row["requester_username"], row["receiver_username"])}
    listed = {one["member"]["username"] for one in (await community.listed(asha))["items"]}
    assert seen == {"connected", "asking", "asked", "refused", "refusing"} == listed
    assert len(found) == 5


async def test_who_invited_learns_not_who_has_read_it(
    app: App, members: tuple[Member, Member], canaries: dict[str, Canaries]
) -> None:
    """Kills: what the invited did, for who invited him; one's own reading left out."""
    asha, _ = members
    read = {"is_read": True, "is_responded": True, "is_void": False}
    for by, whom in (("asha", "bina"), ("bina", "asha")):
        invited = {"invited_by_username": by, "invited_username": whom}
        await canaries["events"].put("event_invitations", f"{by} invites", {**invited, **read})
    found = table(await archive_of(app, asha), "events/event_invitations")
    told = {row["invited_username"]: (row["is_read"], row["is_responded"]) for row in found}
    assert told == {"asha": (True, True), "bina": (None, None)}


async def test_of_reports_about_him_a_member_learns_neither_who_nor_what(
    app: App, members: tuple[Member, Member], canaries: dict[str, Canaries]
) -> None:
    """Kills: who reported, when, in which words; that it is looked into; an early outcome; his own without a moment."""
    asha, _ = members
    users = canaries["users"]
    about = {"target_kind": "member", "target_id": "asha"}
    ended = await users.put("reports", "ended", {"reporter_username": "bina", **about})
    pending = await users.put("reports", "pending", {"reporter_username": "bina", **about, "resolved_at": None})
    own = await users.put("reports", "own", {"reporter_username": "asha", "resolved_at": None})
    archive = await archive_of(app, asha)
    text = text_of(archive)
    told = {row["id"]: row for row in table(archive, "users/reports")}
    assert told.keys() == {None, own.values["id"]}
    assert told[None]["category"] == ended.values["category"]
    assert all(same(told[own.values["id"]][name], own.values[name]) for name in ("description", "version", *TIMES))
    for name, month in ((name, ended.values[name]) for name in TIMES):
        assert same(told[None][name], month.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    assert said_in(text, {name: ended.values[name] for name in ("id", "version", *TIMES)}) == []
    assert said_in(text, {name: ended.values[name] for name in WORDS}) == []
    assert said_in(text, dict(pending.values)) == []
    assert said_in(text, {"outcome": own.values["outcome"], "admin_notes": own.values["admin_notes"]}) == []
    assert "bina" not in text
