"""`UserDirectory` with a memory, which forgets the moment a message says that something changed.

Cards are kept in Redis, for all processes, and the latest of them in the memory of this one; whom blocks hide from a
member there alone.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar, cast

import msgspec
from redis.asyncio import Redis

from ijaa.events.members.feed import KEPT, MemberFeed
from ijaa.events.ports import MemberCard, SharedCard, Standing, UserDirectory
from ijaa.shared.breaker import FAILURES, Breaker
from ijaa.shared.clock import Clock
from ijaa.shared.errors import Unavailable
from ijaa.shared.metrics import CARDS
from ijaa.shared.tasks import background, stop

T = TypeVar("T")

FRESH = timedelta(minutes=5)
"""How long a card is taken as it is."""
STALE = timedelta(hours=1)
"""How long it is shown when the directory cannot be asked."""
assert STALE < KEPT  # noqa: S101 - what is shown must be younger than the oldest change that is remembered


class Remembered(msgspec.Struct, frozen=True, array_like=True):
    """What was learned of a member; no card is knowledge, too."""

    learned_at: datetime
    card: SharedCard | None


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Remembered)


_MANY = 10_000
"""Members of whom this process remembers something of a kind, the latest learned; the rest is asked for again."""


class CachedUserDirectory:
    """Asks another directory for what is not remembered: each name once at a time, whoever wants it.

    Without Redis, or while the feed of changes is not complete, everything is asked. What a card holds for one viewer
    alone (of his connections) is never remembered, nor where members stand.
    """

    def __init__(
        self, directory: UserDirectory, redis: Redis, feed: MemberFeed, clock: Clock, *, namespace: str
    ) -> None:
        self._prefix = f"{namespace}:card:"
        self._directory, self._redis, self._feed, self._clock = directory, redis, feed, clock
        self._breaker = Breaker(redis.ping)
        self._hidden: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._near: dict[str, Remembered] = {}
        self._flights: dict[str, asyncio.Task[dict[str, Remembered]]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch Redis for as long as the block runs."""
        try:
            async with background("card-cache", self._breaker.watch):
                yield
        finally:
            await stop(self._flights.values())

    async def standings(self, usernames: Collection[str]) -> Mapping[str, Standing]:
        """Return where each member stands; every name asked for is in the answer."""
        return await self._directory.standings(usernames)

    async def has_address(self, username: str, email: str) -> bool:
        """Whether this is the address a member has confirmed; asked, never remembered."""
        return await self._directory.has_address(username, email)

    async def hidden(self, viewer: str) -> frozenset[str]:
        """Return the usernames of all whom blocks keep from a member's sight, whoever blocked whom."""
        now = self._clock.now()
        learned_at, remembered = self._hidden.get(viewer, (None, frozenset[str]()))
        if learned_at is not None and not self._feed.holds(viewer, learned_at):
            learned_at = None
        if learned_at is not None and now - learned_at < FRESH:
            return remembered
        try:
            found = await self._directory.hidden(viewer)
        except Unavailable:
            if learned_at is None or now - learned_at >= STALE:
                raise
            return remembered
        _keep(self._hidden, viewer, (now, found))
        return found

    async def shared_cards(self, usernames: Collection[str]) -> Mapping[str, SharedCard]:
        """Return the cards of members, by username; who has none for anybody is left out."""
        return await self._directory.shared_cards(usernames)

    async def cards(self, usernames: Collection[str], viewer: str | None) -> Mapping[str, MemberCard]:
        """Return the cards `viewer` (None is the public) may see, by username; unknown names are left out.

        A card that cannot be had just now is degraded, the others are not. All are while it cannot be known who is
        hidden from the viewer.
        """
        wanted = set(usernames)
        if not (wanted and self._feed.complete and self._breaker.closed):
            CARDS.labels("bypassed").inc(len(wanted))
            return await self._directory.cards(wanted, viewer)
        if viewer is not None:
            try:
                wanted -= await self.hidden(viewer)
            except Unavailable:
                return {name: _degraded(name) for name in wanted}
        shared, missing = await self._shared(wanted)
        found = {name: _for(viewer, name, card) for name, card in shared.items() if card is not None}
        personal = {name for name, card in shared.items() if card and card.personal and viewer not in {None, name}}
        if personal:
            try:
                own = await self._directory.cards(personal, viewer)
            except Unavailable:
                missing |= personal
            else:
                found = {name: card for name, card in found.items() if name not in personal} | dict(own)
        return found | {name: _degraded(name) for name in missing}

    async def _shared(self, wanted: set[str]) -> tuple[dict[str, SharedCard | None], set[str]]:
        """Return what is known of members, and of whom nothing can be known just now."""
        now = self._clock.now()
        remembered = {name: one for name, one in (await self._recall(wanted)).items() if self._holds(name, one)}
        fresh = {name: one.card for name, one in remembered.items() if now - one.learned_at < FRESH}
        CARDS.labels("hit").inc(len(fresh))
        if len(fresh) == len(wanted):
            return fresh, set()
        try:
            learned = await self._learn(wanted - fresh.keys())
        except Unavailable:
            stale = {name: one.card for name, one in remembered.items() if now - one.learned_at < STALE}
            CARDS.labels("stale").inc(len(stale.keys() - fresh.keys()))
            return fresh | stale, wanted - fresh.keys() - stale.keys()
        CARDS.labels("miss").inc(len(learned))
        return fresh | learned, set()

    async def _learn(self, names: set[str]) -> dict[str, SharedCard | None]:
        flown = {name: self._flights[name] for name in names if name in self._flights}
        if alone := names - flown.keys():
            task = asyncio.create_task(self._ask(alone))
            task.add_done_callback(lambda ended: self._landed(alone, ended))
            for name in alone:
                self._flights[name] = flown[name] = task
        learned: dict[str, Remembered] = {}
        for task in set(flown.values()):  # shielded: others wait for the same flight
            learned |= await asyncio.shield(task)
        if overtaken := {name for name in names if not self._holds(name, learned[name])}:
            found = await self._directory.shared_cards(overtaken)  # a change came in while it was under way
            return {name: learned[name].card for name in names - overtaken} | {
                name: found.get(name) for name in overtaken
            }
        return {name: learned[name].card for name in names}

    def _landed(self, names: set[str], task: asyncio.Task[dict[str, Remembered]]) -> None:
        for name in names:
            del self._flights[name]
        if not task.cancelled():
            task.exception()  # whoever waits has it; nobody may wait any more

    async def _ask(self, names: set[str]) -> dict[str, Remembered]:
        learned_at = self._clock.now()
        found = await self._directory.shared_cards(names)
        learned = {name: Remembered(learned_at, found.get(name)) for name in names}
        for name, one in learned.items():
            _keep(self._near, name, one)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for name, one in learned.items():
                    pipe.set(self._prefix + name, _ENCODER.encode(one), ex=STALE)
                await pipe.execute()
        except FAILURES as error:
            self._breaker.trip(error)
        return learned

    async def _recall(self, names: set[str]) -> dict[str, Remembered]:
        found = {name: one for name in names if (one := self._near.get(name)) is not None and self._is_fresh(name, one)}
        if far := sorted(names - found.keys()):
            try:
                values = await self._redis.mget([self._prefix + name for name in far])
            except FAILURES as error:
                self._breaker.trip(error)
                return found
            for name, value in zip(far, values, strict=True):
                if value is not None:
                    try:
                        found[name] = _DECODER.decode(cast("bytes", value))
                    except msgspec.DecodeError:
                        continue  # of another release: it is learned again
                    _keep(self._near, name, found[name])
        return found

    def _is_fresh(self, name: str, one: Remembered) -> bool:
        return self._holds(name, one) and self._clock.now() - one.learned_at < FRESH

    async def forget(self, usernames: Sequence[str]) -> None:
        """Let go of what is remembered of members who were erased, at once; what Redis misses it forgets by itself."""
        for name in usernames:
            self._near.pop(name, None)
        try:
            await self._redis.delete(*(self._prefix + name for name in usernames))
        except FAILURES as error:
            self._breaker.trip(error)

    def _holds(self, name: str, one: Remembered) -> bool:
        return self._feed.holds(name, one.learned_at)


def _keep(memory: dict[str, T], name: str, learned: T) -> None:
    """Remember something of a member in place of what was learned longest ago."""
    memory.pop(name, None)
    memory[name] = learned
    if len(memory) > _MANY:
        del memory[next(iter(memory))]


def _degraded(username: str) -> MemberCard:
    return MemberCard(username=username, name=None, photo=None, degraded=True)


def _for(viewer: str | None, name: str, card: SharedCard) -> MemberCard:
    if viewer is None:
        return card.public
    return card.own if viewer == name else card.member
