"""`ijaa admin`: the accounts that look after the installation."""

import asyncio
import os
import re
import secrets

import msgspec
import rich_click as click
from rich.console import Console

from ijaa.settings import LEAKED_DEFAULTS, DatabaseSettings, read_settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Problem, SettingError
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.admins.service import AdminService
from ijaa.users.identifiers import EMAIL_PATTERN

_GENERATED = 18
"""Random bytes of a generated password."""


@click.group()
def admin() -> None:
    """Look after admin accounts; they are separate from members."""


@admin.command()
@click.option("--email", required=True, help="The address the admin signs in with.")
@click.option("--name", default="Administrator", show_default=True, help="What the admin is called.")
@click.option("--generate", is_flag=True, help="Make up a password and print it once, instead of asking for one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences; generates a password.")
def create(email: str, name: str, *, generate: bool, as_json: bool) -> None:
    """Make a superadmin of the database IJAA_USERS_DATABASE_URL names.

    There is no default admin and no default password: the one asked for takes at least 12 characters; what is guessed
    first is refused: common passwords, published defaults, the admin's own name and address.
    """
    if len(email) > 254 or not re.search(EMAIL_PATTERN, email):  # noqa: PLR2004 - RFC 5321 §4.5.3.1.3
        raise click.BadParameter("is not an e-mail address", param_hint="--email")
    given = None
    if not (generate or as_json):
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    password = given or secrets.token_urlsafe(_GENERATED)
    try:
        admin_id = asyncio.run(_create(_connections(), name, email, password))
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
    if as_json:
        facts = {"admin_id": admin_id, "email": email.lower(), "password": password}
        click.echo(msgspec.json.encode(facts).decode())
        return
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"[green]Admin {email.lower()} made[/] ({admin_id}).")
    if given is None:
        console.print("The password, shown this once:")
        click.echo(password)


def _connections() -> DatabaseSettings:
    settings = read_settings({**os.environ, "IJAA_MODULES": "users"})
    if settings.users_database is None:
        raise SettingError("IJAA_USERS_DATABASE_URL", "is not set: name the users module's database")
    return settings.users_database


async def _create(connections: DatabaseSettings, name: str, email: str, password: str) -> str:
    database, passwords = Database("users", connections.url, pool_size=1), Passwords()
    try:
        rule = PasswordRule(passwords, LEAKED_DEFAULTS)
        service = AdminService(database, AdminRepository(database), passwords, rule, SystemClock())
        return await service.create(name=name, email=email, password=password)
    finally:
        passwords.close()
        await database.dispose()
