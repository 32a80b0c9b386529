"""Use cases of imports: how a file becomes records, portion by portion."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, NotFound, Violation
from ijaa.shared.jobs import JobQueue
from ijaa.shared.principals import Principal
from ijaa.users.imports.domain import Mode, Person
from ijaa.users.imports.models import MemberImport
from ijaa.users.imports.repository import ImportRepository, read
from ijaa.users.imports.schemas import ImportRead
from ijaa.users.imports.sheet import Refused, Sheet, SheetError
from ijaa.users.tables import AUDIT_LOG

PORTION = 1000
"""Rows of one statement, and of one transaction where bad rows are skipped."""
SHOWN = 1000
"""Refused rows that are kept to be read."""
NAME = "import-members"

Effect: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens the transactions an import writes in."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be read, and what is to be done about rows that cannot be taken."""

    file_name: str
    mode: Mode = "all-or-nothing"
    dry_run: bool = False
    mapping: Mapping[str, str] = {}
    delimiter: str = "comma"
    encoding: str = "utf-8-sig"


class ImportJob(msgspec.Struct, frozen=True):
    """Which import is to be done."""

    import_id: int


class Tally(msgspec.Struct):
    """What became of rows."""

    line: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refused] = []

    def add(self, other: "Tally") -> None:
        """Count what became of further rows."""
        self.line, self.created = other.line, self.created + other.created
        self.updated, self.unchanged = self.updated + other.updated, self.unchanged + other.unchanged
        self.refused = [*self.refused, *other.refused]


def _nothing(_: object) -> None:
    """Tell nobody."""


class ImportService:
    """Takes files of people in; a row is somebody new, somebody known whose blanks it fills, or refused with why."""

    def __init__(self, database: Database, repository: ImportRepository, jobs: JobQueue, clock: Clock) -> None:
        self._database, self._repository, self._jobs, self._clock = database, repository, jobs, clock

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that is nobody's job: the effect of what is run on the machine."""
        return self._database.transaction()

    async def read(self, import_id: int) -> ImportRead:
        """Return how far an import is."""
        if (found := await self._repository.read(import_id)) is None:
            raise NotFound
        return ImportRead(**read(found))

    async def queue(self, admin: Principal, order: Order, body: bytes) -> ImportRead:
        """Keep a file and have a job import it."""
        if not body:
            raise Invalid([Violation("", "is empty: send the CSV file as the body")])
        async with self._database.transaction() as session:
            import_id = await self._started(session, order, admin.user_id, body)
            await self._jobs.put(session, NAME, ImportJob(import_id), key=str(import_id))
        return await self.read(import_id)

    async def begin(self, order: Order) -> int:
        """Write down an import somebody runs on the machine, to be done with `run`."""
        async with self._database.transaction() as session:
            return await self._started(session, order, None, None)

    async def resume(self, import_id: int, effect: Effect) -> None:
        """Do the import of a kept file, from where a worker that died left it."""
        async with self._database.transaction() as session:
            found = await self._repository.lock(session, import_id)
            if found is None or found.ended_at is not None:
                return
            order = Order(
                file_name=found.file_name, mode=found.mode, dry_run=found.dry_run, mapping=found.mapping,  # type: ignore[arg-type]
                delimiter=found.delimiter,
            )  # fmt: skip
            done = found.line
        body = await self._repository.body(import_id)
        assert body is not None, "a file is kept until its import has ended"  # noqa: S101 - narrows a type
        await self.run(import_id, order, io.BytesIO(body), effect, done=done if _in_portions(order) else 0)

    async def run(
        self,
        import_id: int,
        order: Order,
        stream: BinaryIO,
        effect: Effect,
        *,
        done: int = 0,
        on_line: Callable[[int], None] = _nothing,
        on_refused: Callable[[Refused], None] = _nothing,
        on_open: Callable[[Sheet], None] = _nothing,
    ) -> ImportRead:
        """Import a file after its line `done`; a file that is none leaves the import failed, with why."""
        try:
            sheet = Sheet(stream, order.mapping, delimiter=order.delimiter, encoding=order.encoding)
        except SheetError as error:
            async with effect() as session:
                await self._end(session, import_id, None, problem=str(error)[:500])
            return await self.read(import_id)
        on_open(sheet)

        def told(tally: Tally) -> None:
            on_line(tally.line)
            for one in tally.refused:
                on_refused(one)

        try:
            if _in_portions(order):
                await self._by_portions(import_id, sheet, effect, done, told)
            else:
                await self._as_a_whole(import_id, sheet, effect, told, keep=not order.dry_run)
        finally:
            sheet.close()
        return await self.read(import_id)

    async def _by_portions(
        self, import_id: int, sheet: Sheet, effect: Effect, done: int, told: Callable[[Tally], None]
    ) -> None:
        async for rows in _portions(sheet.rows(self._clock.now().date())):
            if rows[-1].line <= done:
                continue
            async with effect() as session:
                tally = await self._write(session, import_id, rows)
                await self._count(session, import_id, tally, sheet.lines)
            told(tally)
        async with effect() as session:
            await self._end(session, import_id, sheet.lines)

    async def _as_a_whole(
        self, import_id: int, sheet: Sheet, effect: Effect, told: Callable[[Tally], None], *, keep: bool
    ) -> None:
        whole = Tally()
        async with effect() as session:
            savepoint = await session.begin_nested()
            async for rows in _portions(sheet.rows(self._clock.now().date())):
                tally = await self._write(session, import_id, rows)
                whole.add(tally)
                async with self._database.transaction() as beside:  # what is not committed shows to nobody
                    await self._repository.progress(beside, import_id, tally.line, sheet.lines)
                told(tally)
            if keep and not whole.refused:
                await savepoint.commit()
            else:
                await savepoint.rollback()
            if keep and whole.refused:
                whole = Tally(line=whole.line, refused=whole.refused)
            await self._count(session, import_id, whole, sheet.lines)
            refused = "Some rows cannot be taken, so none was." if keep and whole.refused else None
            await self._end(session, import_id, sheet.lines, problem=refused)

    async def _write(self, session: AsyncSession, import_id: int, rows: list[Person | Refused]) -> Tally:
        people = {row.line: row for row in rows if isinstance(row, Person)}
        tally = Tally(line=rows[-1].line, refused=[row for row in rows if isinstance(row, Refused)])
        if not people:
            return tally
        await self._repository.alone(session)
        for one in await self._repository.write(session, import_id, [*people.values()], self._clock.now()):
            if one.matches > 1:
                reason = f"is {one.matches} records we have: nobody can say which"
                tally.refused.append(Refused(one.line, reason, people[one.line].cells))
            elif one.matches and one.first != one.line:
                reason = f"is the same person as line {one.first}"
                tally.refused.append(Refused(one.line, reason, people[one.line].cells))
            elif one.matches:
                tally.updated, tally.unchanged = tally.updated + one.changed, tally.unchanged + (not one.changed)
            else:
                tally.created += 1
        tally.refused.sort(key=lambda row: row.line)
        return tally

    async def _count(self, session: AsyncSession, import_id: int, tally: Tally, lines: int) -> None:
        row = await self._locked(session, import_id)
        row.state, row.line, row.lines = "RUNNING", tally.line, lines
        row.created, row.updated = row.created + tally.created, row.updated + tally.updated
        row.unchanged, row.refused = row.unchanged + tally.unchanged, row.refused + len(tally.refused)
        shown = [{"line": one.line, "reason": one.reason[:500]} for one in tally.refused]
        row.errors = [*row.errors, *shown][:SHOWN]

    async def _end(
        self, session: AsyncSession, import_id: int, lines: int | None, *, problem: str | None = None
    ) -> None:
        row, now = await self._locked(session, import_id), self._clock.now()
        row.state, row.problem, row.ended_at, row.body = "FAILED" if problem else "DONE", problem, now, None
        if lines is not None:
            row.lines = row.line = lines
        said = {name: getattr(row, name) for name in ("mode", "dry_run", "created", "updated", "refused", "state")}
        await self._audited(session, "members-imported", row, **said)

    async def _started(self, session: AsyncSession, order: Order, actor: str | None, body: bytes | None) -> int:
        started = MemberImport(
            started_by=actor, file_name=order.file_name, mapping=dict(order.mapping), delimiter=order.delimiter,
            mode=order.mode, dry_run=order.dry_run, state="WAITING", lines=0, line=0, created=0, updated=0,
            unchanged=0, refused=0, errors=[], problem=None, body=body, created_at=self._clock.now(), ended_at=None,
        )  # fmt: skip
        import_id = await self._repository.add(session, started)
        await self._audited(session, "member-import-started", started, mode=order.mode, dry_run=order.dry_run)
        return import_id

    async def _audited(self, session: AsyncSession, action: str, row: MemberImport, **details: object) -> None:
        subject = f"member-import/{row.id}"
        await audit.record(
            session, AUDIT_LOG, at=self._clock.now(), action=action, actor=row.started_by, subject=subject,
            details=details,
        )  # fmt: skip

    async def _locked(self, session: AsyncSession, import_id: int) -> MemberImport:
        if (row := await self._repository.lock(session, import_id)) is None:
            raise NotFound
        return row


def _in_portions(order: Order) -> bool:
    """Whether what is done stays done, whatever follows."""
    return order.mode == "skip-bad-rows" and not order.dry_run


async def _portions(rows: Iterator[Person | Refused]) -> AsyncIterator[list[Person | Refused]]:
    """Yield rows by the thousand, and fewer before one that may be somebody who is among them; read in a thread."""
    cut = _cut(rows)
    while (portion := await asyncio.to_thread(next, cut, None)) is not None:
        yield portion


def _cut(rows: Iterator[Person | Refused]) -> Iterator[list[Person | Refused]]:
    portion: list[Person | Refused] = []
    marks: set[object] = set()
    for row in rows:
        own = {*row.marks()} if isinstance(row, Person) else set()
        if len(portion) == PORTION or not marks.isdisjoint(own):
            yield portion
            portion, marks = [], set()
        portion.append(row)
        marks |= own
    if portion:
        yield portion
