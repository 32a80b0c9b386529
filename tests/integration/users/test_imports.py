"""Files of people: what becomes of their rows, whatever is wrong with them, and whoever dies over them."""

import asyncio
import csv
import io
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.app import create_app
from ijaa.settings import read_settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.users.imports import service as service_module
from ijaa.users.imports.domain import Person
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.schemas import ImportRead
from ijaa.users.imports.service import ImportService, Order
from ijaa.users.imports.sheet import Sheet
from ijaa.users.member_commands import members
from tests.asgi import client_of
from tests.integration.users.admins import AnAdmin
from tests.integration.users.conftest import App, counted

HEADINGS = "Full Name,Batch,E-Mail,Mobile,Date of Birth,Roll No,City\n"
ASHA = "Asha Rahman,2009,asha@mail.example,+880 1711 123456,1990-02-01,A-17,Dhaka\n"
BEN = "Ben Sarkar,2010,ben@mail.example,,,B-18,\n"


@pytest.fixture
def imports(users_database: Database, clock: FrozenClock) -> ImportService:
    """Return the use cases over a fresh database."""
    return ImportService(users_database, ImportRepository(users_database), JobQueue(users_database, clock), clock)


async def import_list(imports: ImportService, text: str | bytes, **given: Any) -> ImportRead:
    """Import a list."""
    order = Order(file_name="list.csv", **given)
    body = text.encode() if isinstance(text, str) else text
    return await imports.run(await imports.begin(order), order, io.BytesIO(body), imports.transaction)


async def records_of(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    """Return these columns of every record."""
    rows = await database.fetch(lambda *row: row, f"SELECT {', '.join(columns)} FROM member_records ORDER BY id")
    return [*rows]


def counts_of(done: ImportRead) -> tuple[int, int, int, int]:
    """Return what became of the rows."""
    return done.created, done.updated, done.unchanged, done.refused


async def test_a_list_becomes_records_and_the_same_list_changes_nothing(
    imports: ImportService, users_database: Database
) -> None:
    # mutants: compare addresses or numbers as they are typed; update what is the same already
    first = await import_list(imports, HEADINGS + ASHA + BEN)
    otherwise = ASHA.replace("+880 1711 123456", "01711-123456").replace("asha@", "Asha@")
    again = await import_list(imports, HEADINGS + otherwise)

    assert (first.state, counts_of(first)) == ("DONE", (2, 0, 0, 0))
    assert counts_of(again) == (0, 1, 0, 0)  # the number is written otherwise now
    assert await records_of(users_database, "name", "batch", "email", "phone_key", "student_key", "location") == [
        ("Asha Rahman", "2009", "asha@mail.example", "1711123456"[-10:], "a17", "Dhaka"),
        ("Ben Sarkar", "2010", "ben@mail.example", None, "b18", None),
    ]
    assert counts_of(await import_list(imports, HEADINGS + BEN)) == (0, 0, 1, 0)


BAD = {
    "Asha Rahman,2009,nobody,,,,\n": "email:",
    "Asha Rahman,2009,,12,,,\n": "phone:",
    "Asha Rahman,2009,,,1990-02-30,,\n": "birth_date: there is no such day",
    "Asha Rahman,2009,,,01/02/1990,,\n": "birth_date: write it as",
    "Asha Rahman,2009,,,2999-01-01,,\n": "birth_date: is before 1900",
    "Asha Rahman,2009,,,,,Dhaka\n": "nothing tells this person by",
    ",2009,asha@mail.example,,,,\n": "name: is empty",
    "As\0ha,2009,asha@mail.example,,,,\n": "cannot be stored",
    "Asha Rahman,2009,asha@mail.example\n": "has 3 columns instead of 7",
    f"{'A' * 1_000_000},2009,asha@mail.example,,,,\n": "cannot be read",
    f"{'A' * 101},2009,asha@mail.example,,,,\n": "longer than 100",
    '"Asha"x,2009,asha@mail.example,,,,\n': "cannot be read",
}


@pytest.mark.parametrize(("row", "reason"), BAD.items(), ids=range(len(BAD)))
async def test_a_row_that_cannot_be_taken_is_named_with_its_reason(
    imports: ImportService, users_database: Database, row: str, reason: str
) -> None:
    # mutants: let csv.Error end the import; leave out a check; tell what the row holds
    done = await import_list(imports, HEADINGS + BEN + row, mode="skip-bad-rows")

    assert (done.state, counts_of(done)) == ("DONE", (1, 0, 0, 1))
    assert (done.errors[0].line, reason in done.errors[0].reason) == (3, True), done.errors
    assert "Rahman" not in done.errors[0].reason
    assert len(await records_of(users_database, "id")) == 1


async def test_one_bad_row_keeps_all_others_out(imports: ImportService, users_database: Database) -> None:
    # mutant: keep the savepoint when rows were refused
    done = await import_list(imports, HEADINGS + BEN + "Asha Rahman,2009,nobody,,,,\n")

    assert (done.state, counts_of(done)) == ("FAILED", (0, 0, 0, 1))
    assert await records_of(users_database, "id") == []


@pytest.mark.parametrize("mode", ["all-or-nothing", "skip-bad-rows"])
async def test_a_dry_run_tells_what_would_be_and_does_nothing(
    imports: ImportService, users_database: Database, mode: Any
) -> None:
    # mutant: keep what a dry run wrote
    done = await import_list(imports, HEADINGS + ASHA + BEN + "X,,nobody,,,,\n", mode=mode, dry_run=True)

    assert (done.state, counts_of(done)) == ("DONE", (2, 0, 0, 1))
    assert await records_of(users_database, "id") == []


@pytest.mark.parametrize("mode", ["all-or-nothing", "skip-bad-rows"])
async def test_a_dry_run_of_a_list_that_is_all_right_does_nothing_either(
    imports: ImportService, users_database: Database, mode: Any
) -> None:
    # mutant: keep the savepoint because nothing was refused
    done = await import_list(imports, HEADINGS + ASHA + BEN, mode=mode, dry_run=True)

    assert (done.state, counts_of(done)) == ("DONE", (2, 0, 0, 0))
    assert await records_of(users_database, "id") == []


async def test_refused_rows_are_told_in_the_order_of_the_list(imports: ImportService) -> None:
    # mutant: what cannot be read first, then what cannot be told apart
    await import_list(
        imports, HEADINGS + "Asha Rahman,,a@mail.example,,,,\nAsha Rahman,,b@mail.example,01711123456,,,\n"
    )
    rows = "Asha Rahman,,a@mail.example,01711123456,,,\nX,,nobody,,,,\n"

    done = await import_list(imports, HEADINGS + rows, mode="skip-bad-rows")

    assert [one.line for one in done.errors] == [2, 3]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (b"", "is empty"),
        (b"\n\n", "name the columns"),
        ((HEADINGS + ASHA).replace(",", ";").encode(), "separated by a semicolon"),
        (b"Name,E-Mail,e mail\nA,a@b.example,b@b.example\n", "called alike"),
        (b"Name,E-Mail,Email address\nA,a@b.example,b@b.example\n", "More than one column is email"),
        (b"What,E-Mail\nA,a@b.example\n", "No column is recognised as a name"),
        ("Name,E-Mail\nÅsa,a@b.example\n".encode("latin-1"), "is not utf-8 (about byte 12)"),
        ("Name,E-Mail\nÅsa,a@b.example\n".encode("utf-16"), "is not utf-8"),
        (b"Na\0me,E-Mail\nA,a@b.example\n", "unreadable"),
        (b'"Name,E-Mail\n', "headings cannot be read"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not utf-8"),
    ],
)
async def test_a_file_that_is_none_is_refused_before_its_first_row(
    imports: ImportService, users_database: Database, file: bytes, problem: str
) -> None:
    # mutants: find an encoding out half way; let an error of the reader through
    done = await import_list(imports, file, mode="skip-bad-rows")

    assert (done.state, problem in str(done.problem)) == ("FAILED", True), done.problem
    assert await records_of(users_database, "id") == []


async def test_columns_are_what_somebody_says_they_are(imports: ImportService, users_database: Database) -> None:
    # mutant: recognise before asking what was said
    text = "Wer;Jahrgang;Mail;Notiz\nÅsa Öst;2001;a@b.example;=1+1\n"

    done = await import_list(
        imports, text, delimiter="semicolon", mapping={"Wer": "name", "jahrgang": "batch", "Notiz": "extra"}
    )

    assert done.state == "DONE", done.problem
    assert await records_of(users_database, "name", "batch", "extra::text") == [
        ("Åsa Öst", "2001", '{"Notiz": "=1+1"}')
    ]


async def test_portions_cost_the_same_however_many_rows_they_have(
    imports: ImportService, users_database: Database
) -> None:
    # mutant: a statement per row
    rows = [f"Person {number},2001,p{number}@mail.example,,,,\n" for number in range(3000)]

    with counted(users_database) as few:
        await import_list(imports, HEADINGS + "".join(rows[:10]))
    with counted(users_database) as many:
        await import_list(imports, HEADINGS + "".join(rows))

    writes = [statement for statement in many if "WITH given" in statement]
    assert len(writes) == 3
    assert len(many) - len(few) == 2 * 3  # lock, write and progress of each further portion


async def test_a_cut_forgets_who_was_before_it(imports: ImportService, users_database: Database) -> None:
    # mutant: keep the marks of a portion that was cut, so that one double cuts every row after it
    with counted(users_database) as ran:
        done = await import_list(imports, HEADINGS + BEN + ASHA + ASHA + BEN)

    assert counts_of(done) == (2, 0, 2, 0)
    assert len([statement for statement in ran if "WITH given" in statement]) == 2


async def test_the_first_refused_rows_are_kept_to_be_read_and_all_are_counted(
    imports: ImportService, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: keep every one; keep those of the last portion alone
    monkeypatch.setattr(service_module, "SHOWN", 3)
    monkeypatch.setattr(service_module, "PORTION", 2)

    done = await import_list(imports, HEADINGS + "X,,nobody,,,,\n" * 5, mode="skip-bad-rows")

    assert (done.refused, [one.line for one in done.errors]) == (5, [2, 3, 4])


class _DiedError(Exception):
    pass


@pytest.mark.parametrize("mode", ["all-or-nothing", "skip-bad-rows"])
async def test_an_import_whose_worker_dies_leaves_no_half_and_is_finished_by_the_next(
    imports: ImportService, users_database: Database, monkeypatch: pytest.MonkeyPatch, mode: Any
) -> None:
    # mutants: commit portions of all-or-nothing; begin again at the first line, counting twice; forget the file early
    monkeypatch.setattr(service_module, "PORTION", 2)
    text = HEADINGS + "".join(f"Person {number},2001,p{number}@mail.example,,,,\n" for number in range(6))
    order = Order(file_name="list.csv", mode=mode)
    async with users_database.transaction() as session:
        import_id = await imports._started(session, order, "ADMIN_x", text.encode())
    left = 2

    @asynccontextmanager
    async def dying() -> AsyncIterator[AsyncSession]:
        nonlocal left
        left -= 1
        async with users_database.transaction() as session:
            yield session
            if left < 0 or mode == "all-or-nothing":
                raise _DiedError

    with pytest.raises(_DiedError):
        await imports.resume(import_id, dying)
    half = await imports.read(import_id)
    assert len(await records_of(users_database, "id")) == {"all-or-nothing": 0, "skip-bad-rows": 4}[mode]
    assert half.state == "RUNNING"

    await imports.resume(import_id, imports.transaction)
    done = await imports.read(import_id)

    assert (done.state, counts_of(done), done.line) == ("DONE", (6, 0, 0, 0), 7)
    assert len(await records_of(users_database, "id")) == 6
    assert await users_database.fetch_value("SELECT count(*) FROM member_imports WHERE body IS NOT NULL") == 0
    await imports.resume(import_id, imports.transaction)  # a job that is done twice
    assert counts_of(await imports.read(import_id)) == (6, 0, 0, 0)


async def test_an_admin_sends_a_file_and_reads_what_became_of_it(app: App, an_admin: AnAdmin) -> None:
    # mutants: keep the file after its job; answer what rows hold; take JSON
    client, module = app
    admin = await an_admin("sue")
    headers = {**admin.bearer, "Content-Type": "text/csv; charset=utf-8"}

    answer = await client.post(
        "/api/v1/admin/members/import?mode=skip-bad-rows&file_name=2009.csv",
        content=(HEADINGS + ASHA + BEN + "Private Person,2009,nobody,,,,\n").encode(),
        headers=headers,
    )

    assert (answer.status_code, answer.json()["state"]) == (202, "WAITING"), answer.text
    place = f"/api/v1/admin/members/imports/{answer.json()['id']}"
    await _until_done(app, place, admin.bearer)
    done = (await client.get(place, headers=admin.bearer)).json()
    assert (done["created"], done["refused"], done["started_by"]) == (2, 1, admin.admin_id)
    assert done["errors"] == [{"line": 4, "reason": "email: is not an e-mail address"}]
    assert await module.database.fetch_value("SELECT body FROM member_imports") is None
    wrong = await client.post("/api/v1/admin/members/import", json={}, headers=admin.bearer)
    assert wrong.status_code == 415
    assert (await client.post("/api/v1/admin/members/import", content=b"", headers=headers)).status_code == 422
    unknown = "/api/v1/admin/members/import?mapping=%7B%22a%22:%22b%22%7D"
    assert (await client.post(unknown, content=b"a\n", headers=headers)).status_code == 422
    actions = await module.database.fetch(str, "SELECT action FROM audit_log WHERE subject LIKE 'member-import/%'")
    assert actions == ["member-import-started", "members-imported"]


async def test_the_document_says_what_a_file_has_to_be(servers: dict[str, str], users_dsn: str) -> None:
    # mutants: no body at all, as for a route that reads its stream; a limit that is not the one that holds
    only = {"IJAA_MODULES": "users", "IJAA_USERS_DATABASE_URL": users_dsn, "IJAA_USERS_LISTEN_URL": users_dsn}
    async with client_of(create_app(read_settings(servers | only))) as client:
        document = (await client.get("/schema/openapi.json")).json()
    body = document["paths"]["/api/v1/admin/members/import"]["post"]["requestBody"]
    ((kind, said),) = body["content"].items()
    assert (kind, body["required"], said["schema"]) == (
        "text/csv", True, {"type": "string", "minLength": 1, "maxLength": 10 * 1024 * 1024},
    )  # fmt: skip
    sheet = Sheet(io.BytesIO(said["example"].encode()), {})
    (row,) = sheet.rows(date(2026, 1, 1))
    assert isinstance(row, Person)
    assert (sheet.ignored, row.student_key, row.location) == ([], "a17", "Dhaka")


async def _until_done(app: App, place: str, headers: dict[str, str]) -> None:
    async with asyncio.timeout(20):
        while (await app[0].get(place, headers=headers)).json()["ended_at"] is None:
            await asyncio.sleep(0.05)


@pytest.fixture
def environ(servers: dict[str, str], users_dsn: str) -> dict[str, str]:
    """Return the environment of a deployment."""
    names = ("IJAA_REDIS_URL", "IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_BASE_URL", "IJAA_MAIL_URL")
    given = {name: servers[name] for name in names if name in servers}
    return {**given, "IJAA_USERS_DATABASE_URL": users_dsn}


async def _run(environ: dict[str, str], *arguments: str) -> Result:
    unset = {name: None for name in os.environ if name.startswith("IJAA_")}
    return await asyncio.to_thread(CliRunner(env={**unset, **environ}).invoke, members, arguments)


async def test_what_the_command_refuses_is_in_a_file_that_can_be_mended(
    environ: dict[str, str], users_database: Database, tmp_path: Path
) -> None:
    # mutants: write cells as they are, formulas too; take the apostrophe for a part of the value
    file, errors = tmp_path / "list.csv", tmp_path / "errors.csv"
    file.write_text(HEADINGS + BEN + '=HYPERLINK("x"),2009,nobody,+8801711123456,,,@x\n', encoding="utf-8")

    done = await _run(environ, "import", str(file), "--mode", "skip-bad-rows", "--errors", str(errors), "--json")

    assert (done.exit_code, json.loads(done.stdout)["refused"]) == (0, 1), done.output
    with errors.open(encoding="utf-8-sig", newline="") as stream:
        headings, row = csv.reader(stream)
    assert headings[-2:] == ["ijaa line", "ijaa reason"]
    assert row[:7] == ['\'=HYPERLINK("x")', "2009", "nobody", "'+8801711123456", "", "", "'@x"]
    assert row[8] == "email: is not an e-mail address"

    errors.write_text(errors.read_text("utf-8-sig").replace("nobody", "x@mail.example"), encoding="utf-8")
    mended = await _run(environ, "import", str(errors))
    assert mended.exit_code == 0, mended.output
    assert (await records_of(users_database, "name", "phone"))[1:] == [('=HYPERLINK("x")', "+8801711123456")]


async def test_the_command_says_what_it_did_and_fails_when_nothing_was_taken(
    environ: dict[str, str], tmp_path: Path
) -> None:
    # mutant: end well after a file that could not be taken
    file = tmp_path / "list.csv"
    file.write_text(HEADINGS + ASHA + "X,,nobody,,,,\n", encoding="utf-8")

    tried = await _run(environ, "import", str(file), "--dry-run")
    failed = await _run(environ, "import", str(file))
    wrong = await _run(environ, "import", str(file), "--mapping", "Batch")

    assert (tried.exit_code, "1 would be created" in tried.output) == (0, True), tried.output
    assert (failed.exit_code, "so none was" in failed.output) == (1, True), failed.output
    assert (wrong.exit_code, "COLUMN=FIELD" in wrong.output) == (2, True), wrong.output
