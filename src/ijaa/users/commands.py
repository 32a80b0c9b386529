"""`ijaa admin`: the accounts that look after the installation."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import rich_click as click
from rich.console import Console

from ijaa.settings import LEAKED_DEFAULTS, read_settings
from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import SecretBox, derive_key
from ijaa.shared.database import Database
from ijaa.shared.errors import Problem, SettingError
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import ADMIN_ROLES, AdminRole
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.admins.service import AdminService, generated_password
from ijaa.users.identifiers import EMAIL_PATTERN
from ijaa.users.second_factor.repository import SecondFactorRepository
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.repository import SessionRepository
from ijaa.users.sessions.revocation_repository import RevocationRepository
from ijaa.users.sessions.service import SessionEndings
from ijaa.users.tables import OUTGOING_MAILS

T = TypeVar("T")


@click.group()
def admin() -> None:
    """Look after admin accounts; they are separate from members."""


@admin.command()
@click.option("--email", required=True, help="The address the admin signs in with.")
@click.option("--name", default="Administrator", show_default=True, help="What the admin is called.")
@click.option("--role", type=click.Choice(ADMIN_ROLES), default="superadmin", show_default=True, help="What he may do.")
@click.option("--generate", is_flag=True, help="Make up a password and print it once, instead of asking for one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences; generates a password.")
def create(email: str, name: str, role: AdminRole, *, generate: bool, as_json: bool) -> None:
    """Make an admin of this installation: of the database IJAA_USERS_DATABASE_URL names, or of the embedded one.

    There is no default admin and no default password: the one asked for takes at least 12 characters; what is guessed
    first is refused: common passwords, published defaults, the admin's own name and address.
    """
    if len(email) > 254 or not re.search(EMAIL_PATTERN, email):  # noqa: PLR2004 - RFC 5321 §4.5.3.1.3
        raise click.BadParameter("is not an e-mail address", param_hint="--email")
    given = None if generate or as_json else _asked()
    chosen = given or generated_password()
    made = _run(lambda admins: admins.create(name=name, email=email, password=chosen, role=role, actor=None))
    if as_json:
        facts = {"admin_id": made.admin_id, "email": made.email, "password": chosen}
        click.echo(msgspec.json.encode(facts).decode())
        return
    _say(f"[green]Admin {made.email} made[/] ({made.admin_id}).")
    if given is None:
        _show(chosen)


@admin.command()
@click.option("--email", required=True, help="The address the admin signs in with.")
@click.option("--generate", is_flag=True, help="Make up a password and print it once, instead of asking for one.")
def password(email: str, *, generate: bool) -> None:
    """Give an admin a new password, for one who is locked out.

    Every session of the admin ends. A second factor stays: `totp-reset` takes it away.
    """
    given = None if generate else _asked()
    chosen = given or generated_password()
    _run(lambda admins: admins.rescue_password(email, chosen))
    _say(f"[green]{email.lower()} has a new password[/], and is signed out everywhere.")
    if given is None:
        _show(chosen)


@admin.command("totp-reset")
@click.option("--email", required=True, help="The address the admin signs in with.")
def totp_reset(email: str) -> None:
    """Take an admin's second factor and recovery codes away, for one who lost them.

    Every session of the admin ends; a superadmin enrols a new factor at the next sign-in.
    """
    _run(lambda admins: admins.rescue_totp(email))
    _say(f"[green]{email.lower()} has no second factor any more[/], and is signed out everywhere.")


def _asked() -> str:
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


def _say(sentence: str) -> None:
    Console(soft_wrap=True, highlight=False).print(sentence)


def _show(made_up: str) -> None:
    _say("The password, shown this once:")
    click.echo(made_up)


def _run(work: Callable[[AdminService], Awaitable[T]]) -> T:
    try:
        return asyncio.run(_served(work))
    except Problem as problem:
        raise click.ClickException(problem.detail) from None


async def _served(work: Callable[[AdminService], Awaitable[T]]) -> T:
    settings = read_settings({**os.environ, "IJAA_MODULES": "users"})
    if (connections := settings.users_database) is None:
        raise SettingError("IJAA_USERS_DATABASE_URL", "is not set: name the users module's database")
    clock, passwords = SystemClock(), Passwords()
    database = Database("users", connections.url, pool_size=1)
    # never run: what ends here is told to the processes that serve by the database
    feed = RevocationFeed(RevocationRepository(database), clock)
    box = SecretBox(settings.secret_key, OUTGOING_MAILS)
    service = AdminService(
        database,
        AdminRepository(database),
        SecondFactorRepository(),
        passwords,
        PasswordRule(passwords, LEAKED_DEFAULTS),
        SessionEndings(SessionRepository(database), feed, clock),
        MailQueue(JobQueue(database, clock), box, transport_for(settings.mail_url), settings.mail_from),
        Cursors(derive_key(settings.secret_key, "users/cursors")),
        clock,
    )
    try:
        return await work(service)
    finally:
        passwords.close()
        await database.dispose()
