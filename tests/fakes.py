"""Doubles of ports; the port's contract test runs against them too."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from ijaa.events.ports import MemberCard, MemberContext, SharedCard, Standing
from ijaa.shared.errors import Unavailable
from ijaa.shared.principals import InvalidTokenError, Principal
from ijaa.users.ports import ContentRef, ContentSnapshot, EventCounts, RecordFile, RecordsPage


class FakeUserDirectory:
    """A directory in memory; `down` makes it unavailable, `calls` counts batches, `looks` questions about blocks."""

    def __init__(self) -> None:
        self.members: dict[str, tuple[str, Standing, bool]] = {}
        self.blocks: set[frozenset[str]] = set()
        self.down = False
        self.calls = 0
        self.looks = 0

    def block(self, one: str, other: str) -> None:
        """Hide two members from each other."""
        self.blocks.add(frozenset({one, other}))

    def unblock(self, one: str, other: str) -> None:
        """Let two members see each other again."""
        self.blocks.discard(frozenset({one, other}))

    def add(self, username: str, name: str, standing: Standing = "active", *, public: bool = False) -> None:
        """Add a member whose name members see, and the public too if `public`."""
        self.members[username] = (name, standing, public)

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` may see."""
        self._called()
        hidden = self._hidden_from(viewer)
        return {
            username: MemberCard(username=username, name=name if viewer or public else None, photo=None)
            for username in usernames
            if username in self.members
            for name, standing, public in [self.members[username]]
            if standing == "active" and username not in hidden
        }

    async def shared_cards(self, usernames: Collection[str]) -> Mapping[str, SharedCard]:
        """Return the cards for every kind of viewer."""
        public, member = await self.cards(usernames, None), await self.cards(usernames, "anybody")
        self.calls -= 1
        return {
            name: SharedCard(public=public[name], member=member[name], own=member[name], personal=False)
            for name in member
        }

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return whom blocks keep from the viewer's sight."""
        self.looks += 1
        if self.down:
            raise Unavailable("The directory is down.")
        return self._hidden_from(viewer)

    async def has_address(self, username: str, email: str) -> bool:
        """Whether this is a member's address: his name at one place."""
        if self.down:
            raise Unavailable("The directory is down.")
        known = username in self.members and self.members[username][1] == "active"
        return known and email == f"{username}@alumni.example"

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands."""
        self._called()
        return {name: self.members[name][1] if name in self.members else "unknown" for name in usernames}

    def _hidden_from(self, viewer: str | None) -> frozenset[str]:
        return frozenset(name for pair in self.blocks if viewer in pair for name in pair if name != viewer)

    def _called(self) -> None:
        self.calls += 1
        if self.down:
            raise Unavailable("The directory is down.")


class FakeMemberInterests:
    """What members care for, in memory; `down` makes it unavailable."""

    def __init__(self) -> None:
        self.members: dict[str, MemberContext] = {}
        self.barred: set[str] = set()
        self.blocks: set[frozenset[str]] = set()
        self.down = False

    def put(
        self, username: str, *interests: str, location: str | None = None, connections: Collection[str] = ()
    ) -> None:
        """Say what a member cares for, where he lives, and whom he is connected with."""
        self.members[username] = MemberContext(
            interests=sorted(interests), location=location, connections=frozenset(connections)
        )

    async def add(self, username: str, *interests: str, location: str | None = None, active: bool = True) -> None:
        """Add a member."""
        self.put(username, *interests, location=location)
        if not active:
            self.barred.add(username)

    async def connect(self, one: str, other: str, status: str = "ACCEPTED") -> None:
        """Connect two members, or let one ask the other."""
        for name, peer in ((one, other), (other, one)) if status == "ACCEPTED" else ():
            known = self.members[name]
            self.members[name] = msgspec.structs.replace(known, connections=known.connections | {peer})

    async def block(self, one: str, other: str) -> None:
        """Hide two members from each other."""
        self.blocks.add(frozenset({one, other}))

    async def stop(self) -> None:
        """Be out of reach from now on."""
        self.down = True

    async def of(self, username: str) -> MemberContext:
        """Return what is known of a member."""
        if self.down:
            raise Unavailable("The members are down.")
        name = username.lower()
        nothing = MemberContext(interests=[], location=None, connections=frozenset())
        known = self.members.get(name, nothing)
        seen = {one for one in known.connections - self.barred if frozenset({one, name}) not in self.blocks}
        return msgspec.structs.replace(known, connections=frozenset(seen))


class FakeEventFigures:
    """Events in memory; `stop` makes them unavailable."""

    def __init__(self) -> None:
        self._events: list[tuple[str, int, int, int]] = []
        self._down = False

    async def add(self, status: str, *, days: int, going: int = 0, waiting: int = 0) -> None:
        """Add an event that begins in some days."""
        self._events.append((status, days, going, waiting))

    async def stop(self) -> None:
        """Be out of reach from now on."""
        self._down = True

    async def counts(self) -> EventCounts:
        """Return the figures of this moment."""
        if self._down:
            raise Unavailable("The events are down.")
        held = [one for one in self._events if one[0] not in {"DRAFT", "CANCELLED"}]
        upcoming = [one for one in held if one[1] >= 0 and one[0] != "COMPLETED"]
        return EventCounts(
            upcoming=len(upcoming),
            past=len(held) - len(upcoming),
            cancelled=sum(one[0] == "CANCELLED" for one in self._events),
            going=sum(one[2] for one in upcoming),
            waiting=sum(one[3] for one in upcoming),
        )


class FakeEventContent:
    """Content in memory; `stop` makes it unavailable."""

    def __init__(self) -> None:
        self._events: dict[int, tuple[ContentSnapshot, bool]] = {}
        self._comments: dict[int, ContentSnapshot] = {}
        self._down = False

    async def add(self, title: str, *, by: str, private: bool = False, text: str | None = None) -> int:
        """Add an event and return its id; a private one is seen by its organiser alone."""
        id_ = len(self._events) + 1
        details = {"privacy": "PRIVATE" if private else "PUBLIC", "timezone": "UTC"}
        found = ContentSnapshot(kind="event", id=id_, author=by, title=title, text=text, details=details)
        self._events[id_] = found, private
        return id_

    async def say(self, event_id: int, *, by: str, text: str) -> int:
        """Add a comment to an event and return its id."""
        id_ = len(self._comments) + 1
        details = {"event_id": str(event_id), "event_title": str(self._events[event_id][0].title)}
        found = ContentSnapshot(kind="comment", id=id_, author=by, title=None, text=text, details=details)
        self._comments[id_] = found
        return id_

    async def stop(self) -> None:
        """Be out of reach from now on."""
        self._down = True

    async def snapshots(self, wanted: Collection[ContentRef], viewer: str) -> Mapping[ContentRef, ContentSnapshot]:
        """Return what the viewer sees."""
        if self._down:
            raise Unavailable("The content is out of reach.")
        events = {id_: shown for id_, (shown, private) in self._events.items() if not private or viewer == shown.author}
        comments = {id_: shown for id_, shown in self._comments.items() if int(shown.details["event_id"]) in events}
        kept = {"event": events, "comment": comments, "medium": {}}
        return {one: kept[one.kind][one.id] for one in wanted if one.id in kept[one.kind]}


class FakeMemberRecords:
    """Rows in memory, `size` a page; `stop` makes them unavailable, `begin` makes them available again."""

    def __init__(self, *tables: str, size: int = 2) -> None:
        self._rows: dict[str, list[tuple[str, dict[str, Any]]]] = {name: [] for name in tables}
        self._size, self._down = size, False
        self._files: list[tuple[str, RecordFile, bytes | None]] = []

    async def add(self, table: str, username: str, **row: object) -> None:
        """Add a row about a member."""
        self._rows[table].append((username, row))

    async def add_file(self, username: str, name: str, media_type: str, content: bytes | None) -> None:
        """Add a file of a member; one without content has a row and no object."""
        self._files.append((username, RecordFile(name=name, media_type=media_type), content))

    async def files(self, username: str, after: str | None = None) -> list[RecordFile]:
        """Return some files."""
        self._refuse()
        own = [one for whose, one, _ in self._files if whose == username]
        begin = [one.name for one in own].index(after) + 1 if after else 0
        return own[begin : begin + self._size]

    async def portion(self, username: str, name: str, start: int) -> bytes | None:
        """Return some bytes of a file."""
        self._refuse()
        found = [content for whose, one, content in self._files if (whose, one.name) == (username, name)]
        return None if not found or found[0] is None else found[0][start : start + 1000]

    def _refuse(self) -> None:
        if self._down:
            raise Unavailable("The records are out of reach.")

    async def stop(self) -> None:
        """Be out of reach from now on."""
        self._down = True

    async def begin(self) -> None:
        """Be within reach again."""
        self._down = False

    async def page(self, username: str, after: str | None = None) -> RecordsPage:
        """Return some rows of one table."""
        self._refuse()
        tables = list(self._rows)
        table, _, begin = (after or f"{tables[0]}/0").partition("/")
        rows = [row for name, row in self._rows[table] if name == username]
        end = int(begin) + self._size
        following = None
        if end < len(rows):
            following = f"{table}/{end}"
        elif table != tables[-1]:
            following = f"{tables[tables.index(table) + 1]}/0"
        return RecordsPage(table=table, rows=rows[int(begin) : end], following=following)


class FakeEventCompanions:
    """Who was where, in memory; `stop` makes it unavailable."""

    def __init__(self) -> None:
        self._events: list[frozenset[str]] = []
        self._down = False

    async def add(self, *going: str, others: Collection[str] = (), cancelled: bool = False) -> None:  # noqa: ARG002
        """Add an event with those who come; `others` answered, but do not."""
        if not cancelled:
            self._events.append(frozenset(going))

    async def stop(self) -> None:
        """Be out of reach from now on."""
        self._down = True

    async def companions(self, usernames: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return who comes, or came, to events each of these does."""
        if self._down:
            raise Unavailable("The events are down.")
        met = {name: [event for event in self._events if name.lower() in event] for name in usernames}
        return {name: frozenset().union(*events) - {name.lower()} for name, events in met.items()}


class FakeTokenVerifier:
    """Takes a member's username for his token."""

    def __init__(self) -> None:
        self.principals: dict[str, Principal] = {}
        self.revoked: set[str] = set()

    async def verify(self, token: str) -> Principal:
        """Return the principal of a known token."""
        principal = self.principals.get(token)
        if principal is None or principal.session_id in self.revoked:
            raise InvalidTokenError("unknown")
        return principal


class FakeFeatureFlags:
    """Everything is on but what is named in `off`."""

    def __init__(self) -> None:
        self.off: set[str] = set()

    def enabled(self, name: str) -> bool:
        """Whether a flag is on."""
        return name not in self.off
