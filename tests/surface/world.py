"""The whole application on two fresh databases, with somebody in every role and something of every kind in it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from sqlalchemy import make_url

from ijaa import wiring
from ijaa.app import create_app
from ijaa.events.invitations.email_service import AddressBook
from ijaa.settings import MODULES, ModuleName, Settings, read_settings
from ijaa.shared import access_tokens
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.http.policies import Operation, operations
from ijaa.shared.principals import ADMIN_ROLES, Principal, Role
from ijaa.shared.storage import Storage
from ijaa.shared.storage_files import key_of
from ijaa.users.accounts import guess_repository
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys
from tests.asgi import client_of
from tests.conftest import _clone
from tests.pictures import a_picture
from tests.surface.digests import Watched
from tests.surface.requests import PASSWORD

BASE = "http://localhost"
ROLES: Mapping[str, Role | None] = {
    "anonymous": None,
    "expired": "member",
    "unverified": "member",
    "member": "member",
    "other member": "member",
    "organiser": "member",
    "co-organiser": "member",
    "check-in helper": "member",
    "organiser of another event": "member",
    "invitee": "member",
    "suspended": "member",
    "erased": "member",
    **{role: role for role in ADMIN_ROLES},
    "enrolling": "enrolling",
}
"""Everybody, by what they are; the organiser is the one whom the event of the requests belongs to, and it is at this
event that the two after him have their roles."""
USERNAMES = {
    "expired": "asha", "unverified": "una", "member": "asha", "other member": "ben", "organiser": "olu",
    "co-organiser": "cora", "check-in helper": "hal", "organiser of another event": "omar", "invitee": "ivo",
    "suspended": "sus", "erased": "era",
}  # fmt: skip
REVOKED = {"suspended", "erased"}
"""Whose sessions were revoked, as suspending and erasing do."""


class World:
    """A client, everybody's token, and the databases behind."""

    def __init__(
        self, client: httpx.AsyncClient, databases: Mapping[ModuleName, Watched], table: list[Operation]
    ) -> None:
        self.client, self.databases, self.operations = client, databases, table
        self.app: Litestar
        self.settings: Settings
        self.loop = asyncio.get_running_loop()
        self.principals: dict[str, Principal] = {}
        self.ids: dict[str, dict[str, str]] = {}
        """Of path parameters: of what is there for everybody (`existing`) and of what is not (`hidden`)."""
        self._keys: SigningKeys | None = None

    async def token(self, who: str, *, proved: datetime | None = None) -> str | None:
        """Return a token, or None for the public; `proved` is when the password was last proved."""
        if (principal := self.principals.get(who)) is None:
            return None
        assert self._keys is not None
        now = datetime.now(UTC)
        at = int((proved or now).timestamp())
        said = Principal(principal.user_id, principal.username, principal.session_id, principal.role, at)
        issued = now - timedelta(hours=1) if who == "expired" else now
        return access_tokens.issue(said, await self._keys.current(), BASE, issued)

    async def digests(self) -> dict[str, dict[str, str]]:
        """Return the digest of every table."""
        found = await asyncio.gather(*(database.digest() for database in self.databases.values()))
        return dict(zip(map(str, self.databases), found, strict=True))

    async def go_back(self) -> None:
        """Put both databases back as they were, and sign everybody in anew: a revoked session stays revoked."""
        await asyncio.gather(*(database.go_back() for database in self.databases.values()))
        await self.sign_in()

    async def sign_in(self, *whom: str) -> None:
        """Give everybody, or these, a new session; those who are revoked keep theirs."""
        for who in whom or ROLES:
            role = ROLES[who]
            if role is None or (who in REVOKED and who in self.principals):
                continue
            name = USERNAMES.get(who, f"ADMIN_{role}")
            user_id = f"USER_{name}" if role == "member" else name
            session = uuid4()
            self.principals[who] = Principal(user_id, name, str(session), role)
            now = datetime.now(UTC)
            await self.databases["users"].put(
                "sessions", id=session, principal_kind=self.principals[who].kind, principal_id=user_id, username=name,
                expires_at=now + timedelta(days=30), current_seq=0,
            )  # fmt: skip
            if who in REVOKED:
                await self.databases["users"].put(
                    "revocations", session_id=session, expires_at=now + timedelta(hours=1)
                )


@asynccontextmanager
async def a_world(servers: Mapping[str, str], folder: Path) -> AsyncIterator[World]:
    """Yield the application of every module, served in this process, with people in it."""
    async with AsyncExitStack() as stack:
        environ = {name: servers[name] for name in ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY")} | {
            "IJAA_MAIL_URL": f"file://{folder}/mail", "IJAA_BASE_URL": BASE, "IJAA_DEMO": "1",
            "IJAA_DATA": str(folder), "IJAA_RATE_LIMITS": "off",
        }  # fmt: skip
        databases: dict[ModuleName, Watched] = {}
        for module in MODULES:
            dsn = environ[f"IJAA_{module.upper()}_DATABASE_URL"] = await stack.enter_async_context(
                _clone(dict(servers), module)
            )
            superuser = make_url(servers[f"TEST_{module.upper()}_SUPERUSER_URL"]).set(database=make_url(dsn).database)
            connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
            stack.push_async_callback(connection.close)
            databases[module] = Watched(connection)
        settings = read_settings(environ)
        # wrong guesses are many here, and none of them is what a test is about
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(guess_repository, "GUESSES", 1_000_000)
        # nothing may change behind the back of a call whose traces are looked for
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(wiring, "_background", lambda *_: [])
        app = create_app(settings)
        users = Database("users", environ["IJAA_USERS_DATABASE_URL"])
        stack.push_async_callback(users.dispose)
        # it can only be asked for once: whoever is revoked is so before the application begins to follow
        world = World(None, databases, operations(app))  # type: ignore[arg-type]
        await _people(databases["users"])
        world.ids["connection_id"] = await _connections(databases["users"])
        await world.sign_in()
        await _events(world, environ["IJAA_SECRET_KEY"])
        await _files(world, settings)
        await _media(world, settings)
        world._keys = SigningKeys(
            users, KeyRepository(users), SecretBox(environ["IJAA_SECRET_KEY"], "signing-keys"), _Clock()
        )
        world.app, world.settings = app, settings
        world.client = await stack.enter_async_context(client_of(app))
        await world._keys.current()
        for database in databases.values():
            await database.remember()
        yield world


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def _people(users: Watched) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    now = datetime.now(UTC)
    for username in ("asha", "ben", "olu", "omar", "ivo", "una", "sus", "cora", "hal"):
        key = await users.put(
            "users", user_id=f"USER_{username}", username=username, email=f"{username}@mail.example",
            password_hash=hashed, active=username != "sus", email_verified_at=None if username == "una" else now,
        )  # fmt: skip
        await users.put("profiles", user_id=key, username=username, name=username.title(), name_key=username)
    for role, admin_id in [
        *((role, f"ADMIN_{role}") for role in ADMIN_ROLES),
        ("auditor", "ADMIN_other"),
        ("superadmin", "ADMIN_enrolling"),
    ]:
        await users.put(
            "admins", admin_id=admin_id, name=role.title(), email=f"{admin_id.lower()}@mail.example",
            password_hash=hashed, role=role, active=True,
        )  # fmt: skip


async def _rows(users: Watched, username: str) -> dict[str, str]:
    """Give a member a row in each list of his own; return their ids."""
    key = await users.id_of(username)
    rows = {
        "experiences": await users.put("experiences", user_id=key, title="Nurse", title_key="nurse"),
        "interests": await users.put("interests", user_id=key, interest="Music", interest_key="music"),
    }
    return {table: str(row) for table, row in rows.items()}


async def _connections(users: Watched) -> dict[str, str]:
    async def asked(one: str, other: str) -> str:
        found = await users.put("connections", requester_username=one, receiver_username=other, status="PENDING")
        return str(found)

    await users.put("blocks", blocker_username="ivo", blocked_username="asha")
    return {"existing": await asked("ben", "asha"), "hidden": await asked("asha", "sus")}


def _an_address(secret: str, event_id: int | None) -> dict[str, bytes]:
    book = AddressBook(SecretBox(secret, "events/invited-addresses"), b"k" * 32)
    made = book.addressed(event_id or 0, "somebody@else.example")
    return {"address_hash": made.hashed, "sealed_address": made.sealed, "token_hash": made.token_hash}


async def _events(world: World, secret: str) -> None:
    events = world.databases["events"]
    start = datetime.now(UTC) + timedelta(hours=6)  # its door is open

    async def event(by: str, **given: object) -> int | None:
        times = {"start_date": start, "end_date": start + timedelta(hours=2)}
        told = {"title": "Reunion", "timezone": "Asia/Dhaka", "privacy": "PUBLIC", "status": "PUBLISHED"}
        return await events.put(
            "events", created_by_username=by, waitlist_mode="auto", max_guests=0, is_online=False,
            **{"requires_approval": False, **times, **told, **given},
        )  # fmt: skip

    open_event = await event("olu", requires_approval=True)
    draft = await event("olu", status="DRAFT")
    await event("omar")
    for username, role in (("cora", "CO_ORGANISER"), ("hal", "CHECK_IN")):
        await events.put("event_organisers", event_id=open_event, username=username, role=role, added_by="olu")
    invited = [
        await events.put("event_invitations", event_id=one, invited_username=name, invited_by_username="olu")
        for name, one in (("ivo", open_event), ("asha", open_event), ("sus", open_event))
    ]
    addressed = await events.put(
        "event_email_invitations", event_id=open_event, invited_by_username="olu", **_an_address(secret, open_event)
    )
    await events.put(
        "event_participations", event_id=open_event, participant_username="asha", status="PENDING", guests=0
    )
    said = [
        await events.put("event_comments", event_id=event_id, depth=1, username=by, content="Hello")
        for event_id, by in ((open_event, "asha"), (draft, "olu"))
    ]
    await events.put("event_participations", event_id=open_event, participant_username="ivo", status="GOING", guests=0)
    await events.execute("UPDATE events SET going = 1 WHERE id = $1", open_event)
    await world.databases["users"].put(
        "feature_flags", name="governs-nothing", display_name="Governs nothing", enabled=True
    )
    own = {name: await _rows(world.databases["users"], name) for name in ("asha", "sus")}
    users = world.databases["users"]

    async def announcement(**given: object) -> int | None:
        told = {"title": "Reunion", "content": "Come!", "author_name": "Mo", "visible_from": datetime.now(UTC)}
        return await users.put("announcements", **{**told, **given})

    announced, scheduled = await announcement(), await announcement(visible_from=start)
    filed = [
        await users.put("reports", reporter_username=by, title="Spam", description="x", category="BUG_REPORT")
        for by in ("asha", None)  # whose reporter was erased: nobody's
    ]
    claimant = await users.id_of("asha")
    claimed = await users.put("claims", user_id=claimant, state="WAITING", student_number="A-1")
    imported = await users.put(
        "member_imports", file_name="m.csv", mode="skip-bad-rows", state="DONE", delimiter="comma",
        ended_at=datetime.now(UTC), errors="[]",
    )  # fmt: skip
    exported = {"existing": "asha", "hidden": "sus"}
    for form, username in exported.items():
        exported[form] = str(uuid4())
        await users.put(
            "exports", id=exported[form], user_id=await users.id_of(username), state="READY", size=1, ready_at=start,
            expires_at=start,
        )  # fmt: skip
    world.ids |= {
        "export_id": exported,
        "claim_id": {"existing": str(claimed)},
        "import_id": {"existing": str(imported)},
        "admin_id": {"existing": "ADMIN_other"},
        "flag_name": {"existing": "governs-nothing"},
        "event_id": {"existing": str(open_event), "hidden": str(draft)},
        "comment_id": {"existing": str(said[0]), "hidden": str(said[1])},
        "username": {"existing": "asha", "hidden": "sus"},
        "invitation_id": {"existing": str(invited[1]), "hidden": str(invited[2])},
        "email_invitation_id": {"existing": str(addressed)},
        "experience_id": {"existing": own["asha"]["experiences"], "hidden": own["sus"]["experiences"]},
        "interest_id": {"existing": own["asha"]["interests"], "hidden": own["sus"]["interests"]},
        "module": {"existing": "users"},
        "announcement_id": {"existing": str(announced), "hidden": str(scheduled)},
        "report_id": {"existing": str(filed[0]), "hidden": str(filed[1])},
        "name": {"existing": "swagger-ui.css"},
        "token": {"existing": "of-a-mail"},
        "place": {"existing": "1"},
    }


async def _media(world: World, settings: Settings) -> None:
    events, storage = world.databases["events"], Storage(settings.files_of("events"), "events")
    media, banners = {}, {}
    for form, by in (("existing", "asha"), ("hidden", "olu")):
        event_id, files = int(world.ids["event_id"][form]), [uuid4(), uuid4()]
        await storage.put({key_of(one): a_picture("WEBP") for one in files}, "image/webp")
        medium = await events.put(
            "event_media", event_id=event_id, uploaded_by_username=by, media_type="IMAGE", file_id=files[0],
            file_type="image/webp", width=8, height=8, is_approved=False,
        )  # fmt: skip
        await events.execute("UPDATE events SET banner = $1 WHERE id = $2", files[1], event_id)
        media[form], banners[form] = str(medium), str(files[1])
    world.ids |= {"media_id": media, "banner_id": banners}


async def _files(world: World, settings: Settings) -> None:
    users, found = world.databases["users"], {}
    for form, username in (("existing", "asha"), ("hidden", "sus")):
        file_id = uuid4()
        owner = await users.value("SELECT id FROM users WHERE username = $1", username)
        key = f"{file_id.hex[:2]}/{file_id.hex}"
        await Storage(settings.files_of("users"), "users").put({key: a_picture("WEBP")}, "image/webp")
        await users.put(
            "files", id=file_id, owner_id=owner, purpose="photo", key=key, media_type="image/webp", sha256=b"0" * 32
        )
        await users.execute("UPDATE profiles SET photo = $1 WHERE username = $2", f"/api/v1/files/{file_id}", username)
        found[form] = str(file_id)
    world.ids["file_id"] = found
    for name, purpose, owner in (
        ("image_id", "image", "announcement_id"),
        ("attachment_id", "attachment", "report_id"),
    ):
        for form, whose in world.ids[owner].items():
            file_id, key = uuid4(), f"{uuid4().hex[:2]}/{uuid4().hex}"
            await Storage(settings.files_of("users"), "users").put({key: a_picture("WEBP")}, "image/webp")
            place = {"place": 2} if purpose == "attachment" else {}
            await users.put(
                "files", id=file_id, purpose=purpose, key=key, media_type="image/webp", sha256=b"0" * 32,
                **{owner: int(whose)}, **place,
            )  # fmt: skip
            world.ids.setdefault(name, {})[form] = str(file_id)
    world.ids["attachment_id"].pop("hidden")  # those who settle reports see all of them
