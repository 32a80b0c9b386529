"""Messages on their way out: rows written in the transaction of their effect, gone once their outcome is known."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database, Statement, after_commit
from ijaa.shared.messages import Done, Envelope, Failed, Message, Outcome, Outgoing

TRIES = 8
"""After as many failures a message is parked: it waits for a person, and the rest flow."""
ASK_AGAIN = (timedelta(seconds=30), timedelta(minutes=5))
"""How long a transport keeps a message until it is asked whether it has it still: for its age again, within these."""

PUT = Statement("""
INSERT INTO outbox (id, type, subject, data, created_at, due_at)
SELECT gen_random_uuid(), type, subject, data, :now, :now
FROM jsonb_to_recordset(CAST(:messages AS jsonb)) AS m(type text, subject text, data jsonb)
""")
_IS_DUE = "SELECT EXISTS (SELECT FROM outbox WHERE due_at <= $1)"
_TAKE = text("""
SELECT seq, id, type, subject, data::text AS data, created_at, entry FROM outbox
WHERE due_at <= :now ORDER BY due_at, seq LIMIT :batch FOR UPDATE SKIP LOCKED
""")
_DONE = text("DELETE FROM outbox WHERE seq = ANY (CAST(:seqs AS bigint[])) AND id = ANY (CAST(:ids AS uuid[]))")
_QUEUED = text("""
UPDATE outbox SET entry = sent.entry, due_at = CAST(:now AS timestamptz)
    + greatest(CAST(:soonest AS interval), least(CAST(:latest AS interval), CAST(:now AS timestamptz) - created_at))
FROM unnest(CAST(:seqs AS bigint[]), CAST(:entries AS text[])) AS sent(seq, entry) WHERE outbox.seq = sent.seq
""")
_FAILED = text("""
UPDATE outbox SET tries = tries + 1, error = failed.why, entry = NULL,
    due_at = CASE WHEN tries + 1 < :tries
        THEN CAST(:now AS timestamptz) + least(5 * 2 ^ tries, 3600) * interval '1 second' END,
    parked_at = CASE WHEN tries + 1 >= :tries THEN CAST(:now AS timestamptz) END
FROM unnest(CAST(:seqs AS bigint[]), CAST(:ids AS uuid[]), CAST(:whys AS text[])) AS failed(seq, id, why)
WHERE outbox.seq = failed.seq AND outbox.id = failed.id
RETURNING parked_at IS NOT NULL
""")


class Publish(Protocol):
    """Writes messages in the transaction of their effect."""

    def __call__(self, session: AsyncSession, /, *messages: Message) -> Awaitable[None]:
        """Write them; they go when it commits, and only then."""
        ...


def outbox_table(metadata: MetaData) -> Table:
    """Declare the outbox in a module's database."""
    return Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False),
        Column("type", String(100), nullable=False),
        Column("subject", String(200), nullable=False),
        Column("data", JSONB, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("due_at", DateTime(timezone=True)),
        Column("tries", Integer, nullable=False, server_default=text("0")),
        Column("entry", String(50)),
        Column("error", String(200)),
        Column("parked_at", DateTime(timezone=True)),
        Index("idx_outbox_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("idx_outbox_parked_at", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
    )


@dataclass(frozen=True)
class Settled:
    """What became of a batch."""

    done: Sequence[Envelope]
    failed: int
    parked: int


class Outbox:
    """What one module has to tell."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._woken: list[Callable[[], None]] = []

    async def publish(self, session: AsyncSession, *messages: Message) -> None:
        """Write messages in the transaction of what they tell: they go when it commits, and only then."""
        rows = [{"type": one.TYPE, "subject": one.subject, "data": one} for one in messages]
        if not rows:
            return
        given = {"messages": msgspec.json.encode(rows).decode(), "now": self._clock.now()}
        await PUT.run(session, given)
        if self._woken:
            after_commit(session, self._wake)

    def on_published(self, wake: Callable[[], None]) -> None:
        """Call `wake` once a transaction with messages has committed in this process."""
        self._woken.append(wake)

    async def is_due(self) -> bool:
        """Whether there is anything to take."""
        return bool(await self.database.fetch_value(_IS_DUE, self._clock.now()))

    async def take(self, session: AsyncSession, batch: int) -> list[Outgoing]:
        """Lock what is due until the transaction ends; no other relay takes it meanwhile."""
        rows = await session.execute(_TAKE, {"now": self._clock.now(), "batch": batch})
        source = f"/{self.database.name}"
        return [
            Outgoing(
                Envelope(
                    id=row.id, source=source, type=row.type, subject=row.subject,
                    time=row.created_at, sequence=row.seq, data=msgspec.Raw(row.data.encode()),
                ),
                row.entry,
            )
            for row in rows
        ]  # fmt: skip

    async def settle(
        self, session: AsyncSession, envelopes: Sequence[Envelope], outcomes: Sequence[Outcome]
    ) -> Settled:
        """Write down what became of messages: those that are done go, those that failed wait longer each time."""
        now = self._clock.now()
        done, failed, queued = [], [], []
        for one, outcome in zip(envelopes, outcomes, strict=True):
            if isinstance(outcome, Done):
                done.append(one)
            elif isinstance(outcome, Failed):
                failed.append((one, outcome.why[:200]))
            else:
                queued.append((one, outcome.entry))
        if done:
            await session.execute(_DONE, _keys(done))
        if queued:
            seqs, entries = [one.sequence for one, _ in queued], [entry for _, entry in queued]
            given = {"seqs": seqs, "entries": entries, "now": now, "soonest": ASK_AGAIN[0], "latest": ASK_AGAIN[1]}
            await session.execute(_QUEUED, given)
        parked = 0
        if failed:
            given = _keys([one for one, _ in failed]) | {"whys": [why for _, why in failed], "now": now, "tries": TRIES}
            parked = sum((await session.execute(_FAILED, given)).scalars())
        return Settled(done, len(failed), parked)

    async def _wake(self) -> None:
        for wake in self._woken:
            wake()


def _keys(envelopes: Sequence[Envelope]) -> dict[str, Any]:
    """Return which rows are meant; after a restore to an earlier time a number alone may be another message's."""
    return {"seqs": [one.sequence for one in envelopes], "ids": [one.id for one in envelopes]}
