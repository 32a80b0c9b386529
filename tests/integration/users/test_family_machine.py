"""Families of refresh tokens against a model, step by step (RFC 9700 §4.14.2)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.flags import Offer
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors
from ijaa.users.errors import SessionEnded
from ijaa.users.sessions.repository import SessionRepository
from ijaa.users.sessions.schemas import Device
from ijaa.users.sessions.service import SessionService
from tests.fakes import FakeFeatureFlags
from tests.integration.users.conftest import App, an_account

OFFERED = Offer(FakeFeatureFlags(), member=None, admin=None)
STEPS = 50
"""Per example; with 100 examples 5,000 in all."""


@dataclass
class Family:
    """What a family should be: every token it ever had, and which of them is live."""

    tokens: list[str]
    opened: datetime
    rotated: datetime
    ended: bool = False
    issued: list[datetime] = field(default_factory=list)

    def show(self, index: int, now: datetime) -> str:
        """Return what should become of the token of this generation."""
        live = len(self.tokens) - 1
        if self.ended or now >= self.opened + timedelta(days=30):
            return "ended"
        if index == live:
            return "rotate" if now < self.issued[index] + timedelta(days=7) else "ended"
        if index == live - 1 and now - self.rotated <= timedelta(seconds=10):
            return "repeat"
        return "stolen"


_STEPS = st.lists(
    st.tuples(st.just("show"), st.integers(0, 3), st.integers(0, 3))  # a family, and how many generations back
    | st.tuples(st.just("show"), st.integers(0, 3), st.just(0))
    | st.tuples(st.just("wait"), st.sampled_from([1.0, 5.0, 9.999999, 10.0, 10.000001, 60.0, 86400.0 * 6, 86400.0 * 8]))
    | st.tuples(st.just("log out"), st.integers(0, 3))
    | st.tuples(st.just("open")),
    min_size=STEPS,
    max_size=STEPS,
)
_LEAVES = "SELECT count(*) FROM refresh_tokens WHERE spent_at IS NULL GROUP BY session_id"


@pytest.fixture
async def service(
    app: App, settings: Settings, clock: FrozenClock, password_hash: str
) -> tuple[SessionService, Database]:
    """Return the service over a database in which the owner of every session has an account."""
    module = app[1]
    await an_account(module.database, "asha", password_hash, clock.at)
    box, transport = SecretBox(settings.secret_key, "users/outgoing-mails"), transport_for(settings.mail_url)
    built = SessionService(
        module.database,
        SessionRepository(module.database),
        module.public.keys,
        module.public.revocations,
        verifier=module.public.verifier,
        mails=MailQueue(JobQueue(module.database, clock), box, transport, settings.mail_from),
        successor_key=b"k" * 32,
        issuer=settings.base_url,
        cursors=Cursors(b"c" * 32),
        clock=clock,
    )
    return built, module.database


@configured(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_STEPS)
async def test_families_follow_the_model_and_never_have_two_live_leaves(
    steps: list[tuple[Any, ...]], service: tuple[SessionService, Database], clock: FrozenClock
) -> None:
    # mutants: any condition of `judge`; a random successor; a rotation that leaves its predecessor unspent
    sessions, database = service
    families = [await _open(sessions, database, clock)]
    for step, *how in steps:
        match step:
            case "open":
                families.append(await _open(sessions, database, clock))
            case "wait":
                clock.at += timedelta(seconds=how[0])
            case "log out":
                family = families[how[0] % len(families)]
                await sessions.log_out(family.tokens[-1], None, OFFERED)
                family.ended = True
            case _:
                family = families[how[0] % len(families)]
                index = max(0, len(family.tokens) - 1 - how[1])
                await _show(sessions, family, index, clock.at)
    leaves: list[Any] = await database.fetch(lambda count: count, _LEAVES)
    assert set(leaves) == {1}


async def _open(service: SessionService, database: Database, clock: FrozenClock) -> Family:
    async with database.transaction() as session:
        tokens = await service.open(session, "USER_asha", "asha", role="member", device=Device(None, None))
    return Family([tokens.refresh], clock.at, clock.at, issued=[clock.at])


async def _show(service: SessionService, family: Family, index: int, now: datetime) -> None:
    expected = family.show(index, now)
    try:
        given_back = (await service.refresh(family.tokens[index], OFFERED)).refresh
    except SessionEnded:
        assert expected in {"ended", "stolen"}, (expected, index, len(family.tokens))
        family.ended = family.ended or expected == "stolen"
        return
    if expected == "rotate":
        assert given_back not in family.tokens
        family.tokens.append(given_back)
        family.issued.append(now)
        family.rotated = now
    else:
        assert expected == "repeat", (expected, index, len(family.tokens))
        assert given_back == family.tokens[-1]
