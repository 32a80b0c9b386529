"""The composition root: the only file that knows both modules, and picks in-process or HTTP adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ijaa.events import module as events
from ijaa.events.adapters.http_tokens import HttpPublicKeys, HttpRevocations
from ijaa.events.adapters.http_user_directory import HttpUserDirectory
from ijaa.events.adapters.peer import Peer
from ijaa.events.ports import MemberCard, Standing, UserDirectory
from ijaa.settings import DatabaseSettings, Settings
from ijaa.shared.access_tokens import AccessTokenVerifier
from ijaa.shared.clock import Clock, SystemClock
from ijaa.shared.crypto import derive_key
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from ijaa.shared.http.services import ServiceTokens
from ijaa.shared.principals import TokenVerifier
from ijaa.shared.redis import connect
from ijaa.shared.throttle import CONNECTIONS as THROTTLE_CONNECTIONS
from ijaa.shared.throttle import Throttle
from ijaa.users import module as users
from ijaa.users.public import UsersPublic


class LocalUserDirectory:
    """`UserDirectory` in the same process."""

    def __init__(self, public: UsersPublic) -> None:
        self._public = public

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username; unknown names are left out."""
        found = await self._public.cards(usernames, viewer)
        return {
            name: MemberCard(username=card.username, name=card.name, photo=card.photo) for name, card in found.items()
        }

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands; every name asked for is in the answer."""
        return await self._public.standings(usernames)


@dataclass(frozen=True)
class Wired:
    """The modules of this process, and what they share."""

    modules: tuple[Module, ...]
    verifier: TokenVerifier
    throttle: Throttle
    helpful: Mapping[str, Callable[[], Awaitable[object]]]
    """Dependencies that help but are never the reason for a 503."""
    lifespan: Callable[[], AbstractAsyncContextManager[None]]


def wire(settings: Settings, clock: Clock | None = None) -> Wired:
    """Build the modules these settings ask for, with local adapters where both run here and HTTP ones where not."""
    clock = clock or SystemClock()
    redis = connect(settings.redis_url)
    counting = connect(settings.redis_url, THROTTLE_CONNECTIONS)
    throttle = Throttle(
        counting,
        installation=settings.base_url,
        secret=derive_key(settings.secret_key, "throttle"),
        factor=settings.rate_limits,
        workers=settings.workers,
        clock=clock,
    )
    stopping: list[Callable[[], Awaitable[None]]] = [redis.aclose, counting.aclose]
    running: list[Callable[[], AbstractAsyncContextManager[None]]] = [throttle.running]
    modules: list[Module] = []

    directory: UserDirectory
    verifier: TokenVerifier
    if settings.users_database is not None:
        database = _database("users", settings.users_database)
        built = users.build(settings, database, settings.users_database, clock, throttle)
        directory, verifier = LocalUserDirectory(built.public), built.public.verifier
        modules.append(built)
    else:
        assert settings.users_peer is not None  # noqa: S101 - read_settings refuses events alone without one
        peer = Peer(settings.users_peer, "users", ServiceTokens(settings.service_key, caller="events", clock=clock))
        revocations = HttpRevocations(peer, clock)
        verifier = AccessTokenVerifier(HttpPublicKeys(peer), revocations, settings.base_url, clock)
        directory = HttpUserDirectory(peer)
        stopping.append(peer.close)
        running.append(revocations.running)
    if settings.events_database is not None:
        modules.append(events.build(settings, _database("events", settings.events_database), directory, clock))

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for stop in stopping:
                stack.push_async_callback(stop)
            for run in running:
                await stack.enter_async_context(run())
            yield

    return Wired(tuple(modules), verifier, throttle, {"redis": redis.ping}, lifespan)


def _database(name: str, settings: DatabaseSettings) -> Database:
    return Database(name, settings.url, pool_size=settings.pool_size)
