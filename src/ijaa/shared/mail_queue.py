"""Outgoing mail as rows: written in the transaction of their effect, sent after it, never lost and never before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database, after_commit
from ijaa.shared.errors import Unavailable
from ijaa.shared.mail import Mail, MailError, MailTransport, compose
from ijaa.shared.metrics import MAILS

log = structlog.get_logger("ijaa.mail")

BATCH = 20
LEASE = timedelta(minutes=2)
"""How long a batch belongs to the worker that took it."""
_POLL = 5.0
"""Seconds between looks when nothing wakes the relay."""

_TAKE = text("""
UPDATE outgoing_mails SET due_at = :leased, tries = tries + 1
WHERE id IN (SELECT id FROM outgoing_mails WHERE due_at <= :now ORDER BY due_at LIMIT :batch FOR UPDATE SKIP LOCKED)
RETURNING id, identity, sealed, tries
""")
_DONE = text("DELETE FROM outgoing_mails WHERE id = :id")
_LATER = text("UPDATE outgoing_mails SET due_at = :due WHERE id = :id")


def outgoing_mails_table(metadata: MetaData) -> Table:
    """Declare the queue in a module's database; the mails in it are sealed because they hold tokens."""
    return Table(
        "outgoing_mails",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("identity", String(40), nullable=False, unique=True),
        Column("sealed", LargeBinary, nullable=False),
        Column("tries", Integer, nullable=False, server_default=text("0")),
        Column("due_at", DateTime(timezone=True), nullable=False, index=True),
    )


class MailQueue:
    """A module's outgoing mail."""

    def __init__(
        self,
        database: Database,
        table: Table,
        box: SecretBox,
        transport: MailTransport,
        sender: str,
        clock: Clock,
    ) -> None:
        self._database, self._table, self._box = database, table, box
        self._transport, self._sender, self._clock = transport, sender, clock
        self._wake = asyncio.Event()

    async def put(self, session: AsyncSession, mail: Mail, *, identity: str) -> None:
        """Queue one mail in the transaction of its reason; `identity` (≤ 40 characters) becomes its Message-ID."""
        sealed = self._box.seal(msgspec.msgpack.encode(mail), f"outgoing_mails|sealed|{identity}")
        await session.execute(insert(self._table).values(identity=identity, sealed=sealed, due_at=self._clock.now()))
        after_commit(session, self._woken)

    async def pretend(self, session: AsyncSession, mail: Mail, *, identity: str) -> None:
        """Do the work of `put` and leave no mail: whoever waits for the answer cannot tell the two apart."""
        await self.put(session, mail, identity=identity)
        await session.execute(delete(self._table).where(self._table.c.identity == identity))

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[None]:
        """Send what is due for as long as the block runs."""
        task = asyncio.create_task(self._run(), name="mail-relay")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send_due(self) -> int:
        """Send one batch and return how many were taken; what fails waits, doubling up to an hour."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            taken = (await session.execute(_TAKE, {"now": now, "leased": now + LEASE, "batch": BATCH})).all()
        for row in taken:
            mail = msgspec.msgpack.decode(
                self._box.unseal(row.sealed, f"outgoing_mails|sealed|{row.identity}"), type=Mail
            )
            try:
                await self._transport.send(compose(mail, self._sender, row.identity, self._clock))
            except MailError as error:
                wait = timedelta(seconds=min(3600, 5 * 2**row.tries))
                log.warning("mail not taken", mail=row.identity, tries=row.tries, error=str(error), retry_in=str(wait))
                MAILS.labels("deferred").inc()
                async with self._database.transaction() as session:
                    await session.execute(_LATER, {"id": row.id, "due": self._clock.now() + wait})
            else:
                MAILS.labels("sent").inc()
                async with self._database.transaction() as session:
                    await session.execute(_DONE, {"id": row.id})
        return len(taken)

    async def _woken(self) -> None:
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                if await self.send_due():
                    continue
            except Unavailable as error:
                log.warning("mail relay waits for the database", detail=error.detail)
                await asyncio.sleep(1)
            except Exception:
                log.exception("mail relay failed; it goes on")
                await asyncio.sleep(1)
            try:
                async with asyncio.timeout(_POLL):
                    await self._wake.wait()
            except TimeoutError:
                continue
