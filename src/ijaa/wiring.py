"""The composition root: the only file that knows both modules, and picks in-process or HTTP adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from msgspec.structs import asdict

from ijaa.events import module as events
from ijaa.events.adapters.http_flags import HttpFlags
from ijaa.events.adapters.http_member_interests import HttpMemberInterests
from ijaa.events.adapters.http_tokens import HttpPublicKeys, HttpRevocations
from ijaa.events.adapters.http_user_directory import HttpUserDirectory
from ijaa.events.ports import MemberCard, MemberContext, MemberInterests, SharedCard, Standing, UserDirectory
from ijaa.events.public import EventsPublic
from ijaa.settings import MODULES, DatabaseSettings, Settings
from ijaa.shared.access_tokens import AccessTokenVerifier
from ijaa.shared.backlogs import Backlogs
from ijaa.shared.clock import Clock, SystemClock
from ijaa.shared.crypto import derive_key
from ijaa.shared.database import Database
from ijaa.shared.flags import FeatureFlags
from ijaa.shared.http.modules import Module
from ijaa.shared.http.peer import Peer
from ijaa.shared.http.services import ServiceTokens
from ijaa.shared.message_streams import Names, StreamOutcomes, StreamReceiver, StreamTransport
from ijaa.shared.metrics import observe_statement
from ijaa.shared.principals import Principal, TokenVerifier
from ijaa.shared.redis import connect, connect_blocking, namespace
from ijaa.shared.relay import DirectTransport, Relay
from ijaa.shared.storage import Storage
from ijaa.shared.throttle import CONNECTIONS as THROTTLE_CONNECTIONS
from ijaa.shared.throttle import Throttle
from ijaa.users import module as users
from ijaa.users.adapters.http_event_companions import HttpEventCompanions
from ijaa.users.adapters.http_event_content import HttpEventContent
from ijaa.users.adapters.http_event_figures import HttpEventFigures
from ijaa.users.adapters.http_member_records import HttpMemberRecords
from ijaa.users.ports import (
    ContentRef,
    ContentSnapshot,
    EventCompanions,
    EventContent,
    EventCounts,
    EventFigures,
    MemberRecords,
    RecordFile,
    RecordsPage,
)
from ijaa.users.public import MemberCard as UsersMemberCard
from ijaa.users.public import UsersPublic


class LocalUserDirectory:
    """`UserDirectory` in the same process."""

    def __init__(self, public: UsersPublic) -> None:
        self._public = public

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username; unknown names are left out."""
        return {name: _card(card) for name, card in (await self._public.cards(usernames, viewer)).items()}

    async def shared_cards(self, usernames: Collection[str]) -> Mapping[str, SharedCard]:
        """Return the cards of members, by username; who has none for anybody is left out."""
        found = await self._public.shared_cards(usernames)
        return {
            name: SharedCard(
                public=_card(one.public), member=_card(one.member), own=_card(one.own), personal=one.personal
            )
            for name, one in found.items()
        }

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return the usernames of all whom blocks keep from a member's sight, whoever blocked whom."""
        return await self._public.hidden(viewer)

    async def has_address(self, username: str, email: str) -> bool:
        """Whether this is the address a member has confirmed."""
        return await self._public.has_address(username, email)

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands; every name asked for is in the answer."""
        return await self._public.standings(usernames)


class LocalMemberInterests:
    """`MemberInterests` in the same process."""

    def __init__(self, public: UsersPublic) -> None:
        self._public = public

    async def of(self, username: str) -> MemberContext:
        """Return what is known of a member, to be shown to him alone; nothing of whom nobody knows."""
        found = await self._public.context(username)
        return MemberContext(
            interests=found.interests, location=found.location, connections=frozenset(found.connections)
        )


def _card(card: UsersMemberCard) -> MemberCard:
    return MemberCard(username=card.username, name=card.name, photo=card.photo)


class LocalEventFigures:
    """`EventFigures` in the same process."""

    def __init__(self, public: EventsPublic) -> None:
        self._public = public

    async def counts(self) -> EventCounts:
        """Return the figures of this moment."""
        return EventCounts(**asdict(await self._public.counts()))


class LocalEventContent:
    """`EventContent` in the same process."""

    def __init__(self, public: EventsPublic) -> None:
        self._public = public

    async def snapshots(self, wanted: Collection[ContentRef], viewer: str) -> Mapping[ContentRef, ContentSnapshot]:
        """Return what `viewer` sees; what is not there, or not for him to see, is left out."""
        found = await self._public.snapshots([(one.kind, one.id) for one in wanted], viewer)
        return {ContentRef(kind=one.kind, id=one.id): ContentSnapshot(**asdict(one)) for one in found}


class LocalMemberRecords:
    """`MemberRecords` of events in the same process."""

    def __init__(self, public: EventsPublic) -> None:
        self._public = public

    async def page(self, username: str, after: str | None = None) -> RecordsPage:
        """Return the first page of what is kept about a member, or the one `after` asks for."""
        return RecordsPage(**asdict(await self._public.records(username, after)))

    async def files(self, username: str, after: str | None = None) -> list[RecordFile]:
        """Return the first files of a member, or those after the one of a name."""
        return [RecordFile(**asdict(one)) for one in await self._public.files(username, after)]

    async def portion(self, username: str, name: str, start: int) -> bytes | None:
        """Return some bytes of a file from a place on, none at its end, or None for one that is not there."""
        return await self._public.portion(username, name, start)


class LocalEventCompanions:
    """`EventCompanions` in the same process."""

    def __init__(self, public: EventsPublic) -> None:
        self._public = public

    async def companions(self, usernames: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return who comes, or came, to events each of these does."""
        return await self._public.companions(usernames)


@dataclass(frozen=True)
class Wired:
    """The modules of this process, and what they share."""

    modules: tuple[Module, ...]
    verifier: TokenVerifier
    flags: FeatureFlags
    on_denied: Callable[[Principal, str], Awaitable[None]] | None
    """Notes refusals of administration, in the process that serves it."""
    throttle: Throttle
    helpful: Mapping[str, Callable[[], Awaitable[object]]]
    """Dependencies that help but are never the reason for a 503."""
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    """What they share, then they, then what carries their messages and does their jobs, unless other processes do."""


def wire(settings: Settings, clock: Clock | None = None) -> Wired:
    """Build the modules these settings ask for, with local adapters where both run here and HTTP ones where not."""
    clock = clock or SystemClock()
    redis = {name: connect(settings.redis_of(name)) for name in settings.modules}
    counting = connect(settings.redis_url, THROTTLE_CONNECTIONS)
    throttle = Throttle(
        counting,
        installation=settings.base_url,
        secret=derive_key(settings.secret_key, "throttle"),
        factor=settings.rate_limits,
        workers=settings.workers,
        clock=clock,
    )
    stopping: list[Callable[[], Awaitable[None]]] = [counting.aclose, *(one.aclose for one in redis.values())]
    running: list[Callable[[], AbstractAsyncContextManager[None]]] = [throttle.running]
    modules: list[Module] = []
    events_database = _database("events", settings.events_database) if settings.events_database else None

    directory: UserDirectory
    interests: MemberInterests
    verifier: TokenVerifier
    flags: FeatureFlags
    on_denied: Callable[[Principal, str], Awaitable[None]] | None = None
    if settings.users_database is not None:
        database = _database("users", settings.users_database)
        figures: EventFigures | None = None
        contents: EventContent | None = None
        records: MemberRecords | None = None
        companions: EventCompanions | None = None
        if events_database is not None:
            public = EventsPublic(events_database, clock, Storage(settings.files_of("events"), "events"))
            figures, contents = LocalEventFigures(public), LocalEventContent(public)
            records, companions = LocalMemberRecords(public), LocalEventCompanions(public)
        elif settings.events_peer is not None:
            tokens = ServiceTokens(settings.service_key, caller="users", clock=clock)
            events_peer = Peer(settings.events_peer, "events", tokens)
            figures, contents = HttpEventFigures(events_peer), HttpEventContent(events_peer)
            records, companions = HttpMemberRecords(events_peer), HttpEventCompanions(events_peer)
            stopping.append(events_peer.close)
        built = users.build(
            settings, database, settings.users_database, clock, throttle, redis=redis["users"], figures=figures,
            contents=contents, records=records, companions=companions,
        )  # fmt: skip
        directory, interests = LocalUserDirectory(built.public), LocalMemberInterests(built.public)
        verifier, flags, on_denied = built.public.verifier, built.public.flags, built.denials.note
        modules.append(built)
    else:
        assert settings.users_peer is not None  # noqa: S101 - read_settings refuses events alone without one
        peer = Peer(settings.users_peer, "users", ServiceTokens(settings.service_key, caller="events", clock=clock))
        keys, revocations = HttpPublicKeys(peer), HttpRevocations(peer, clock)
        verifier = AccessTokenVerifier(keys, revocations, settings.base_url, clock)
        directory, interests = HttpUserDirectory(peer), HttpMemberInterests(peer)
        stopping.append(peer.close)
        running += [keys.running, revocations.running]
        flags = followed = HttpFlags(peer)
        running.append(followed.running)
    if events_database is not None and settings.events_database is not None:
        modules.append(
            events.build(
                settings,
                events_database,
                settings.events_database,
                directory,
                redis["events"],
                clock,
                interests=interests,
            )
        )

    by_name = {module.name: module for module in modules}
    background = _background(settings, by_name, stopping) if settings.worker else []
    measured = [Backlogs(module.database, clock).measured for module in modules]
    lifespan = _entering([*running, *(module.lifespan for module in modules), *measured, *background], stopping)
    return Wired(tuple(modules), verifier, flags, on_denied, throttle, {"redis": counting.ping}, lifespan)


def _entering(
    running: Sequence[Callable[[], AbstractAsyncContextManager[None]]],
    stopping: Sequence[Callable[[], Awaitable[None]]],
) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Return what enters all of `running`, and calls all of `stopping` when it is left."""

    @asynccontextmanager
    async def entered() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for stop in stopping:
                stack.push_async_callback(stop)
            for run in running:
                await stack.enter_async_context(run())
            yield

    return entered


def _background(
    settings: Settings, modules: Mapping[str, Module], stopping: list[Callable[[], Awaitable[None]]]
) -> Sequence[Callable[[], AbstractAsyncContextManager[None]]]:
    """Return what does jobs, and what carries messages: to the other module here, or over Redis to where it runs."""
    workers = [module.worker.run for module in modules.values()]
    if len(modules) == len(MODULES):
        others = {"users": "events", "events": "users"}
        relays = [Relay(one.outbox, DirectTransport(modules[others[name]].inbox)) for name, one in modules.items()]
        return [*workers, *(relay.run for relay in relays)]
    if not settings.apart:
        return workers
    (module,) = modules.values()
    (other,) = set(MODULES) - modules.keys()
    redis, key = connect_blocking(settings.redis_url), derive_key(settings.service_key, "messages")
    names = Names(namespace(settings.base_url))
    stopping.append(redis.aclose)
    return [
        *workers,
        Relay(module.outbox, StreamTransport(redis, names, other, key)).run,
        StreamReceiver(redis, names, module.name, module.inbox, key).run,
        StreamOutcomes(redis, names, module.outbox, key).run,
    ]


def _database(name: str, settings: DatabaseSettings) -> Database:
    database = Database(name, settings.url, pool_size=settings.pool_size)
    database.observers.append(observe_statement)
    return database
