"""`ijaa keys`: the keys access tokens are signed with."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import msgspec
import rich_click as click
from rich.console import Console
from rich.table import Table

from ijaa.settings import read_settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.errors import Problem, SettingError
from ijaa.users.module import SIGNING_KEYS
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.key_service import KeyService
from ijaa.users.sessions.key_states import LEAD

T = TypeVar("T")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")


@click.group()
def keys() -> None:
    """Look after the keys that sign access tokens; every running process hears of a change at once."""


@keys.command("list")
@as_json
def list_keys(*, as_json: bool) -> None:
    """List the keys and what each is good for."""
    found = _run(lambda service: service.list())
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    table = Table("Key", "State", "Signs from", "Made", "Revoked")
    for key in found:
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M:%S}" if key.revoked_at else ""
        table.add_row(key.kid, key.state, f"{key.active_from:%Y-%m-%d %H:%M:%S}", f"{key.created_at:%Y-%m-%d}", revoked)
    Console().print(table)


@keys.command()
@click.option(
    "--lead",
    type=click.IntRange(0, 86_400),
    default=int(LEAD.total_seconds()),
    show_default=True,
    help="Seconds the new key is published before it signs.",
)
@as_json
def rotate(lead: int, *, as_json: bool) -> None:
    """Let a new key sign; nobody notices.

    The new key is published at once and signs after the lead. Tokens of the old one stay good until they expire.
    """
    kid = _run(lambda service: service.rotate(timedelta(seconds=lead)))
    if as_json:
        click.echo(msgspec.json.encode({"kid": kid, "lead": lead}).decode())
    else:
        Console(highlight=False).print(f"[green]Key {kid} made[/]: it signs in {lead} s.")


@keys.command()
@click.argument("kid")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def revoke(kid: str, *, yes: bool, as_json: bool) -> None:
    """Refuse every token of the key KID from now on: for a key that got out.

    Clients refresh and go on; nobody has to sign in again. If the key is the one that signs, a new one takes over.
    """
    if not (yes or as_json):
        click.confirm(f"Every access token signed with {kid} will be refused at once. Go on?", abort=True)
    successor = _run(lambda service: service.revoke(kid))
    if as_json:
        click.echo(msgspec.json.encode({"kid": kid, "successor": successor}).decode())
    else:
        said = f"; {successor} signs instead" if successor else ""
        Console(highlight=False).print(f"[green]Key {kid} revoked[/]{said}.")


def _run(use_case: Callable[[KeyService], Awaitable[T]]) -> T:
    settings = read_settings({**os.environ, "IJAA_MODULES": "users"})
    if settings.users_database is None:
        raise SettingError("IJAA_USERS_DATABASE_URL", "is not set: name the users module's database")
    database = Database("users", settings.users_database.url, pool_size=1)

    async def run() -> T:
        try:
            box = SecretBox(settings.secret_key, SIGNING_KEYS)
            return await use_case(KeyService(database, KeyRepository(database), box, SystemClock()))
        finally:
            await database.dispose()

    try:
        return asyncio.run(run())
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
