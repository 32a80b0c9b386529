"""Run the migrations of one module: the section of alembic.ini names it, its migrator URL says where."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, make_url, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from ijaa.events.metadata import metadata as events
from ijaa.users.metadata import metadata as users

MODULE = context.config.config_ini_section
TARGET = {"users": users, "events": events}[MODULE]


def _url() -> str:
    name = f"IJAA_{MODULE.upper()}_MIGRATOR_URL"
    given = context.config.attributes.get("url") or os.environ.get(name)
    if not given:
        raise SystemExit(
            f"{name} is not set: alembic connects as the migrator role. `ijaa db upgrade {MODULE}` finds it by itself."
        )
    return make_url(given).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=TARGET,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    engine = create_async_engine(_url(), poolclass=pool.NullPool, connect_args={"timeout": 10})
    async with engine.connect() as connection:
        # two deployments may start at once: the second waits, then finds nothing left to do
        await connection.execute(text("SELECT pg_advisory_lock(hashtext('ijaa-migrations'))"))
        await connection.commit()
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_online())
