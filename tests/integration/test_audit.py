"""The audit log: sealed soon, whatever the order of commits; what is changed afterwards shows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, text

from ijaa.shared import audit
from ijaa.shared.audit_anchors import Anchor, Anchors, file_of, read_anchors
from ijaa.shared.audit_archive import ArchiveError, archive, verify_file
from ijaa.shared.audit_repository import AuditRepository
from ijaa.shared.audit_sealer import Sealer
from ijaa.shared.audit_verification import Report, verify
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.users.tables import AUDIT_LOG
from tests import figures

KEY = b"k" * 32
Owner = asyncpg.Connection


@pytest.fixture
async def owner(servers: dict[str, str], users_dsn: str) -> AsyncIterator[Owner]:
    """Give a connection that may do what the app role must not."""
    superuser = make_url(servers["TEST_USERS_SUPERUSER_URL"]).set(database=make_url(users_dsn).database)
    connection = await asyncpg.connect(superuser.render_as_string(hide_password=False))
    yield connection
    await connection.close()


@pytest.fixture
def sealer(users_database: Database, clock: FrozenClock, tmp_path: Path) -> Sealer:
    return Sealer(users_database, KEY, Anchors("users", tmp_path, clock), clock)


async def write(database: Database, clock: FrozenClock, *actions: str) -> None:
    """Write entries, one transaction each."""
    for action in actions:
        async with database.transaction() as session:
            await audit.record(
                session, AUDIT_LOG, at=clock.now(), action=action, actor="ADMIN_1", subject="USER_1",
                details={"b": 1, "a": [None, "ä"]},
            )  # fmt: skip


async def check(database: Database, clock: FrozenClock, *anchors: Anchor, key: bytes = KEY) -> Report:
    later = FrozenClock(clock.now() + timedelta(minutes=1))
    return await verify("users", AuditRepository(database), key, anchors, later)


async def test_what_was_written_is_sealed_and_verifies(
    users_database: Database, clock: FrozenClock, sealer: Sealer
) -> None:
    await write(users_database, clock, *(f"a{n}" for n in range(7)))
    assert await sealer.seal_due() == 7
    assert await sealer.seal_due() == 0
    report = await check(users_database, clock)
    assert (report.ok, report.entries, report.sealed) == (True, 7, 7)


async def test_an_entry_that_commits_late_is_not_skipped(
    users_database: Database, users_dsn: str, clock: FrozenClock, sealer: Sealer
) -> None:
    # mutant: seal what has a greater id than the last one sealed
    late = await asyncpg.connect(users_dsn)
    transaction = late.transaction()
    await transaction.start()
    await late.execute("INSERT INTO audit_log (at, action, details) VALUES ($1, 'late', '{}')", clock.now())
    await write(users_database, clock, "early")
    assert await sealer.seal_due() == 1
    await transaction.commit()
    await late.close()
    assert await sealer.seal_due() == 1
    assert (await check(users_database, clock)).ok


async def test_two_sealers_make_one_chain(users_database: Database, clock: FrozenClock, tmp_path: Path) -> None:
    # mutant: no lock (two links of one place, an error that ends a sealer)
    sealers = [Sealer(users_database, KEY, Anchors("users", tmp_path / str(n), clock), clock) for n in range(4)]
    for round_ in range(5):
        await write(users_database, clock, *(f"{round_}-{n}" for n in range(5)))
        await asyncio.gather(*(one.seal_due() for one in sealers))
    while await sealers[0].seal_due():
        pass
    report = await check(users_database, clock)
    assert (report.ok, report.sealed) == (True, 25)


async def test_the_running_sealer_seals_and_anchors(
    users_database: Database, clock: FrozenClock, sealer: Sealer, tmp_path: Path
) -> None:
    async with sealer.run():
        await write(users_database, clock, "one")
        async with asyncio.timeout(30):
            while not (await users_database.fetch_value("SELECT count(*) FROM audit_seals")):
                await asyncio.sleep(0.01)
        await write(users_database, clock, "two")
    anchors = read_anchors(file_of(tmp_path, "users"))
    assert anchors[-1].seq == 2
    assert file_of(tmp_path, "users").stat().st_mode & 0o777 == 0o600
    assert (await check(users_database, clock, *anchors)).ok


TAMPERINGS = {
    "edited": "UPDATE audit_log SET details = '{\"a\": 2}' WHERE action = 'a3'",
    "edited time": "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE action = 'a3'",
    "edited actor": "UPDATE audit_log SET actor = NULL WHERE action = 'a3'",
    "edited request": "UPDATE audit_log SET request_id = 'other' WHERE action = 'a3'",
    "deleted": "DELETE FROM audit_log WHERE action = 'a3'",
    "deleted with its seal": """
        WITH gone AS (DELETE FROM audit_log WHERE action = 'a3' RETURNING id)
        DELETE FROM audit_seals WHERE entry_id = (SELECT id FROM gone)
    """,
    "seal edited": "UPDATE audit_seals SET hash = sha256('x') WHERE seq = 4",
    "reordered": """
        UPDATE audit_seals SET entry_id = CASE seq WHEN 3 THEN 5 ELSE 3 END + (SELECT min(id) - 1 FROM audit_log)
        WHERE seq IN (3, 5)
    """,
    "inserted before": """
        INSERT INTO audit_log (id, at, action, details) OVERRIDING SYSTEM VALUE
        VALUES (-5, now() - interval '1 day', 'slipped in', '{}')
    """,
    "inserted in the past": """
        INSERT INTO audit_log (at, action, details) VALUES (now() - interval '1 day', 'slipped in', '{}')
    """,
    "cut": """
        WITH gone AS (DELETE FROM audit_seals WHERE seq > 5 RETURNING entry_id)
        DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM gone)
    """,
}


@pytest.mark.parametrize("how", TAMPERINGS)
async def test_every_tampering_shows(
    users_database: Database, clock: FrozenClock, sealer: Sealer, owner: Owner, how: str
) -> None:
    # mutants: leave a column out of the link; follow ids instead of links; look at no anchor; look for no strays
    await write(users_database, clock, *(f"a{n}" for n in range(1, 8)))
    await sealer.seal_due()
    head = await AuditRepository(users_database).head()
    anchor = Anchor(head.seq, head.hash.hex())
    assert (await check(users_database, clock, anchor)).ok
    if how == "reordered":
        await owner.execute("ALTER TABLE audit_seals DROP CONSTRAINT uq_audit_seals_entry_id")
    await owner.execute(TAMPERINGS[how])
    report = await check(users_database, clock, anchor)
    assert not report.ok
    word = how.partition(" ")[0]
    shown_as = {"seal": "edited", "reordered": "edited"}.get(word, word)
    expected = "seal-missing" if how == "deleted with its seal" else shown_as
    assert expected in {fault.kind for fault in report.faults}


async def test_a_chain_made_anew_is_told_from_the_one_that_was(
    users_database: Database, clock: FrozenClock, sealer: Sealer, owner: Owner, tmp_path: Path
) -> None:
    # mutant: anchors compared by place alone
    await write(users_database, clock, "one", "two")
    await sealer.seal_due()
    head = await AuditRepository(users_database).head()
    await owner.execute("TRUNCATE audit_seals; UPDATE audit_log SET actor = 'ADMIN_2'")
    await Sealer(users_database, KEY, Anchors("users", tmp_path, clock), clock).seal_due()
    assert (await check(users_database, clock)).ok  # from the inside nothing shows …
    report = await check(users_database, clock, Anchor(head.seq, head.hash.hex()))
    assert {fault.kind for fault in report.faults} == {"rewritten"}  # … an anchor knows


async def test_another_secret_key_is_told_apart_from_tampering(
    users_database: Database, clock: FrozenClock, sealer: Sealer
) -> None:
    await write(users_database, clock, "one")
    await sealer.seal_due()
    report = await check(users_database, clock, key=b"x" * 32)
    assert {fault.kind for fault in report.faults} == {"other-key"}


@pytest.mark.parametrize("table", ["audit_log", "audit_seals"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_app_role_adds_and_reads_alone(users_database: Database, table: str, statement: str) -> None:
    # mutant: leave the REVOKE out of the migration
    column = "action" if table == "audit_log" else "seq"
    with pytest.raises(Exception, match="permission denied"):
        async with users_database.transaction() as session:
            await session.execute(text(statement.format(table, column, column)))


async def test_an_archive_proves_itself(
    users_database: Database, clock: FrozenClock, sealer: Sealer, tmp_path: Path
) -> None:
    # mutant: archive without seals
    await write(users_database, clock, *(f"a{n}" for n in range(5)))
    clock.at += timedelta(days=2)
    await write(users_database, clock, "young")
    await sealer.seal_due()
    file, repository = tmp_path / "audit.jsonl.gz", AuditRepository(users_database)
    assert await archive("users", repository, datetime.now(UTC) + timedelta(days=1), file) == 5
    report = verify_file(file, lambda _: KEY)
    assert (report.ok, report.entries) == (True, 5)
    assert not verify_file(file, lambda _: b"x" * 32).ok
    with pytest.raises(ArchiveError, match="there already"):
        await archive("users", repository, clock.now(), file)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ArchiveError, match="no whole archive"):
        verify_file(file, lambda _: KEY)
    assert await users_database.fetch_value("SELECT count(*) FROM audit_log") == 6


@pytest.mark.long
async def test_a_hundred_thousand_entries_verify_in_batches(
    users_database: Database, clock: FrozenClock, sealer: Sealer, owner: Owner
) -> None:
    await owner.execute("""
        INSERT INTO audit_log (at, action, actor, subject, details)
        SELECT now() - interval '1 hour', 'bulk', 'ADMIN_1', 'USER_' || n, '{}' FROM generate_series(1, 100000) n
    """)
    while await sealer.seal_due():
        pass
    began = asyncio.get_running_loop().time()
    report = await check(users_database, clock)
    figures.report(
        f"verifying the audit log: {(asyncio.get_running_loop().time() - began) * 10:.1f} ms per thousand entries"
    )
    assert (report.ok, report.sealed) == (True, 100_000)
