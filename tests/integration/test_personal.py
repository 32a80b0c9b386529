"""Every column of both databases is classified, and what is said of it holds (guarantees: Data)."""

import re
from collections import defaultdict
from collections.abc import Sequence

import asyncpg
import pytest
from sqlalchemy import make_url

from ijaa.events import personal as events
from ijaa.settings import MODULES
from ijaa.shared.personal import By, CascadesWith, Holding, NotExported, Rows, Stays, differences, erasures, selection
from ijaa.users import personal as users

REGISTRIES: dict[str, Sequence[Holding]] = {"users": users.PERSONAL, "events": events.PERSONAL}
NOT_OURS = {"alembic_version"}

_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'f')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype = 'c' FROM pg_constraint WHERE contype = 'f'
"""


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> str:
    """Name one module after the other."""
    name: str = request.param
    return name


async def looked_at(url: str) -> dict[str, list[str]]:
    """Return the columns of every table of a database."""
    connection = await asyncpg.connect(url)
    tables: dict[str, list[str]] = defaultdict(list)
    for table, column in await connection.fetch(_COLUMNS):
        tables[table].append(column)
    await connection.close()
    return {table: columns for table, columns in tables.items() if table not in NOT_OURS}


async def test_every_column_of_the_database_is_classified(module: str, servers: dict[str, str]) -> None:
    # mutant: a column of a migration, or of a registry alone; a table that only SQL makes
    tables = await looked_at(servers[f"IJAA_{module.upper()}_MIGRATOR_URL"])

    assert len(tables) > 5
    assert differences(REGISTRIES[module], tables) == []


async def test_a_column_or_table_nobody_classified_is_found(
    module: str, servers: dict[str, str], users_dsn: str, events_dsn: str
) -> None:
    """Kills: a comparison that reads the models instead of the database, or one of the two directions alone."""
    cloned = make_url({"users": users_dsn, "events": events_dsn}[module]).database
    superuser = make_url(servers[f"TEST_{module.upper()}_SUPERUSER_URL"]).set(database=cloned)
    dsn = superuser.render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER TABLE inbox ADD COLUMN shoe_size text")
    await connection.execute("CREATE MATERIALIZED VIEW diaries AS SELECT 1 AS entry")
    await connection.execute("ALTER TABLE jobs DROP COLUMN error")
    await connection.execute("ALTER TABLE audit_seals RENAME TO seals_of_audit")
    await connection.close()

    assert sorted(differences(REGISTRIES[module], await looked_at(dsn))) == [
        "audit_seals is registered and not there",
        "diaries is not registered",
        "inbox.shoe_size is not classified",
        "jobs.error is classified and not there",
        "seals_of_audit is not registered",
    ]


def test_a_column_is_said_once_and_withheld_only_where_it_is() -> None:
    fate = {"export": Rows("true"), "erasure": Stays("…")}
    with pytest.raises(ValueError, match="twice"):
        _ = Holding(table="t", personal="a b", none="b", **fate).columns  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="withheld"):
        _ = Holding(table="t", personal="a", withheld={"b": "…"}, **fate).columns  # type: ignore[arg-type]
    twice = Holding(table="t", personal="a", **fate)  # type: ignore[arg-type]
    assert differences([twice, twice], {"t": ["a"]}) == ["t is registered twice"]


async def test_what_is_said_to_cascade_does(module: str, servers: dict[str, str]) -> None:
    """Kills: a foreign key without ON DELETE CASCADE; a table of the account's that is said to stay."""
    connection = await asyncpg.connect(servers[f"IJAA_{module.upper()}_MIGRATOR_URL"])
    references = [tuple(row) for row in await connection.fetch(_REFERENCES)]
    await connection.close()
    cascades = {(table, parent) for table, parent, cascading in references if cascading}
    erasure = {one.table: one.erasure for one in REGISTRIES[module]}

    assert {(table, one.table) for table, one in erasure.items() if isinstance(one, CascadesWith)} <= cascades
    assert all(
        isinstance(erasure[one.table], By | CascadesWith) for one in erasure.values() if isinstance(one, CascadesWith)
    )
    assert [one for one in references if one[1] == "users" and not one[2]] == []
    assert [table for table, parent in cascades if parent == "users" and isinstance(erasure[table], Stays)] == []


async def test_its_sql_is_understood_by_the_database(module: str, servers: dict[str, str]) -> None:
    # mutant: a condition or a statement over a column that was renamed, or a parameter nobody binds
    connection = await asyncpg.connect(servers[f"IJAA_{module.upper()}_DATABASE_URL"])
    known = ["id", "user_id", "username", "email"] if module == "users" else ["username"]
    statements = [*erasures(REGISTRIES[module]), *filter(None, map(selection, REGISTRIES[module]))]
    for statement in statements:
        bound = [name for name in known if re.search(rf"(?<!:):{name}\b", statement)]
        for number, name in enumerate(bound, 1):
            statement = re.sub(rf"(?<!:):{name}\b", f"${number}", statement)  # noqa: PLW2901 - name by name
        await connection.prepare(statement)
    await connection.close()
    assert len(statements) > 4


def test_what_is_personal_and_nobody_is_given_has_a_reason(module: str) -> None:
    for one in REGISTRIES[module]:
        reasons = [*one.withheld.values()]
        reasons += [one.export.reason] if isinstance(one.export, NotExported) else []
        reasons += [one.erasure.reason] if isinstance(one.erasure, Stays) else []
        assert all(len(reason) > 5 for reason in reasons), one.table
        assert not (isinstance(one.erasure, By) and not one.erasure.statements), one.table
