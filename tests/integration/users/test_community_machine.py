"""Connections and blocks against a model, step by step."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as configured
from hypothesis import strategies as st
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound, Problem
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Outbox
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from ijaa.shared.storage_links import SignedLinks
from ijaa.users.connections.block_repository import BlockRepository
from ijaa.users.connections.block_service import BlockService
from ijaa.users.connections.repository import ConnectionRepository
from ijaa.users.connections.service import ConnectionService
from ijaa.users.connections.suggestion_repository import SuggestionRepository
from ijaa.users.connections.suggestion_service import SuggestionService
from ijaa.users.links import FileLinks
from ijaa.users.notifications.repository import NotificationRepository
from ijaa.users.notifications.service import NotificationService, Notifier
from ijaa.users.profiles.repository import ProfileRepository
from ijaa.users.profiles.service import Cards
from tests.integration.users.conftest import an_account

NAMES = ("asha", "bina", "chitra", "dina")
STEPS = 25
"""Per example; with 60 examples 1,500 in all."""
_NAME = st.sampled_from(NAMES)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "ask", "accept", "accept", "reject", "remove", "block", "unblock"]), _NAME, _NAME)
    | st.tuples(st.just("wait"), st.sampled_from([1, 29, 30]), st.none()),
    min_size=STEPS,
    max_size=STEPS,
)
_RESET = "WITH a AS (DELETE FROM connections), b AS (DELETE FROM blocks) DELETE FROM notifications"
_PAIRS = "SELECT requester_username, receiver_username, status, id FROM connections ORDER BY id"
_BLOCKS = "SELECT blocker_username, blocked_username FROM blocks"


@dataclass
class Model:
    """What should be between everybody."""

    pairs: dict[frozenset[str], tuple[str, str, datetime, int]] = field(default_factory=dict)
    """Requester, status, since when, and the id the service gave it."""
    blocks: set[tuple[str, str]] = field(default_factory=set)

    def blocked(self, one: str, other: str) -> bool:
        """Whether either blocked the other."""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def expected(self, step: str, one: str, other: str, now: datetime) -> str:  # noqa: PLR0911 - one for each rule
        """Return what a step should come to: a status, a code, or "" for nothing to show."""
        if step in {"block", "unblock"}:
            known = (one, other) in self.blocks or (one != other and not self.blocked(one, other))
            return "" if step == "unblock" or known else "not-found"
        if one == other:
            return "invalid" if step == "ask" else "not-found"
        pair = self.pairs.get(frozenset({one, other}))
        if self.blocked(one, other) or pair is None:
            return "PENDING" if step == "ask" and not self.blocked(one, other) else "not-found"
        requester, status, since, _ = pair
        if step == "ask":
            return self._of_asking(status, asked=requester == one, rested=now >= since + timedelta(days=30))
        if step == "remove":
            return "connection-settled" if status == "REJECTED" and requester == one else ""
        wanted = "ACCEPTED" if step == "accept" else "REJECTED"
        if requester == one:
            return "forbidden"
        return wanted if status in {"PENDING", wanted} else "connection-settled"

    @staticmethod
    def _of_asking(status: str, *, asked: bool, rested: bool) -> str:
        if status == "PENDING" and not asked:
            return "ACCEPTED"
        return "PENDING" if status == "REJECTED" and (rested or not asked) else "connection-exists"

    def take(self, step: str, one: str, other: str, came: str, made: int, now: datetime) -> None:
        """Have the effect of a step that came to `came`."""
        key = frozenset({one, other})
        before = self.pairs.get(key)
        if step == "unblock":
            self.blocks.discard((one, other))
        elif step == "block" and not came:
            self.blocks.add((one, other))
            if before and before[1] != "REJECTED":
                del self.pairs[key]
        elif step == "remove" and not came:
            del self.pairs[key]
        elif came in {"PENDING", "ACCEPTED", "REJECTED"} and (before is None or came != before[1]):
            requester = one if came == "PENDING" or before is None else before[0]
            self.pairs[key] = (requester, came, now, made)


@dataclass
class Served:
    """What members are served by."""

    database: Database
    connections: ConnectionService
    suggestions: SuggestionService
    blocks: BlockService
    notifications: NotificationService
    profiles: ProfileRepository
    hidden: BlockRepository


def _principal(name: str) -> Principal:
    return Principal(f"USER_{name}", name, "session")


@pytest.fixture
async def served(users_database: Database, clock: FrozenClock) -> Served:
    """Return the services over a database with members in it."""
    for name in NAMES:
        await an_account(users_database, name, None, clock.now(), batch="2009")
    database, cursors, told = users_database, Cursors(b"c" * 32), NotificationRepository(users_database)
    mails = MailQueue(JobQueue(database, clock), SecretBox("s" * 32, "test"), transport_for("file:///nowhere"), "a@b.c")
    notifier = Notifier(told, mails, lambda *_: None, cursors, "https://alumni.example", clock)
    repository, blocks = ConnectionRepository(database), BlockRepository(database)
    return Served(
        database,
        ConnectionService(
            database,
            repository,
            Cards(FileLinks(SignedLinks(b"k", clock))),
            notifier,
            cursors,
            clock,
        ),
        SuggestionService(SuggestionRepository(database), None, Cards(FileLinks(SignedLinks(b"k", clock))), clock),
        BlockService(
            database,
            blocks,
            repository,
            notifier,
            publish=Outbox(database, clock).publish,
            cursors=cursors,
            clock=clock,
        ),
        NotificationService(database, told, lambda *_: None, cursors, clock),
        ProfileRepository(database),
        blocks,
    )


@configured(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_STEPS)
@example(steps=[("ask", "asha", "bina"), ("reject", "bina", "asha"), ("block", "asha", "bina")])
async def test_members_follow_the_model_and_blocked_ones_never_meet(
    steps: list[tuple[Any, ...]], served: Served, clock: FrozenClock
) -> None:
    # mutants: any condition of the domain; a row that outlives a block; a count that is kept; a direction that stays
    async with served.database.transaction() as session:
        await session.execute(text(_RESET))
    model = Model()
    for step, one, other in steps:
        clock.at += timedelta(seconds=1)
        if step == "wait":
            clock.at += timedelta(days=one)
            continue
        expected = model.expected(step, one, other, clock.at)
        came, made = await _done(served, model, step, one, other)
        assert came == expected, (step, one, other)
        model.take(step, one, other, came, made, clock.at)
        rows = await served.database.fetch(lambda *row: row, _PAIRS)
        assert len({frozenset(row[:2]) for row in rows}) == len(rows)
        assert {frozenset(row[:2]): (row[0], row[2], row[3]) for row in rows} == {
            key: (requester, status, made) for key, (requester, status, _, made) in model.pairs.items()
        }
    assert set(await served.database.fetch(lambda *row: row, _BLOCKS)) == model.blocks
    for name in NAMES:
        await _sees_what_he_may(served, model, name, clock.at)


async def _done(served: Served, model: Model, step: str, one: str, other: str) -> tuple[str, int]:
    member, pair = _principal(one), model.pairs.get(frozenset({one, other}))
    made = pair[3] if pair else 10**9
    try:
        match step:
            case "ask":
                asked = await served.connections.ask(member, other)
                return asked.status, asked.id
            case "accept" | "reject":
                answer = await served.connections.answer(member, made, "ACCEPTED" if step == "accept" else "REJECTED")
                return answer.status, made
            case "remove":
                await served.connections.remove(member, made)
            case "block":
                await served.blocks.block(member, other)
            case _:
                await served.blocks.unblock(member, other)
    except Problem as problem:
        return problem.code, made
    return "", made


async def _sees_what_he_may(served: Served, model: Model, name: str, now: datetime) -> None:
    member, others = _principal(name), [other for other in NAMES if other != name]
    hidden = {other for other in others if model.blocked(name, other)}
    connected = {
        other for other in set(others) - hidden if model.pairs.get(frozenset({name, other}), ("", ""))[1] == "ACCEPTED"
    }
    assert await served.hidden.hidden(name) == hidden
    page = await served.connections.page(member, None, None, None, 100, include_total=True)
    assert {one.member.username for one in page.items}.isdisjoint(hidden)
    assert page.total == len(page.items)
    accepted = {one.member.username for one in page.items if one.status == "ACCEPTED"}
    counts = await served.connections.counts(member)
    assert (accepted, counts.connections) == (connected, len(connected))
    suggested = {one.member.username for one in (await served.suggestions.suggest(member, 100)).items}
    assert suggested == {other for other in set(others) - hidden if frozenset({name, other}) not in model.pairs}
    told = await served.notifications.page(member, None, 100, unread=False)
    assert not any(other in one.title for one in told.items for other in hidden)
    for other in others:
        seen = await served.profiles.seen(other, name, now)
        assert (seen is None) == (other in hidden)
        if seen is None:
            with pytest.raises(NotFound):
                await served.connections.mutual(member, other, None, 100)
        else:
            mutual = await served.connections.mutual(member, other, None, 100)
            assert {one.username for one in mutual.items} <= connected
