"""`ijaa db`: the databases, embedded or anywhere else, from the command line."""

import asyncio
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec
import rich_click as click

from ijaa.commands.db_status import InstallationStatus, ServerStatus, report_on
from ijaa.embedded import EmbeddedError
from ijaa.embedded.attachment import keeping_up, running_facts, stop
from ijaa.embedded.binaries import find_postgres
from ijaa.embedded.folder import CLUSTERS, look
from ijaa.embedded.provision import completed, embedded, unset_servers
from ijaa.settings import database_url, refuse_leaked, role_url
from ijaa.shared.errors import SettingError
from ijaa.shared.roles import LOGIN_ROLES, RolePlan, RoleSetupError, render_sql, set_up

_SETTING_OF = {"app": "DATABASE", "migrator": "MIGRATOR", "backup": "BACKUP", "monitor": "MONITOR"}
_module = click.argument("module", type=click.Choice(CLUSTERS))
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="IJAA_DATA",
    default=Path("var/ijaa"),
    show_default=True,
    help="The data folder of the embedded servers (IJAA_DATA).",
)


@click.group()
def db() -> None:
    """Look after the two databases.

    IJAA keeps two PostgreSQL databases on two clusters: `users` and `events`. Where IJAA_USERS_DATABASE_URL,
    IJAA_EVENTS_DATABASE_URL or IJAA_REDIS_URL is not set, the server is *embedded*: it comes with ijaa, keeps
    its files in the data folder and runs as long as somebody needs it. The commands work the same for both.
    """


@db.command()
@click.argument("module", type=click.Choice(CLUSTERS), required=False)
@click.option("--dry-run", is_flag=True, help="Print the SQL for psql and touch nothing; it holds no password.")
@click.option(
    "--whole-cluster",
    is_flag=True,
    help="The cluster serves nobody else: close its maintenance databases to other roles too.",
)
@_json
def setup(module: str | None, *, dry_run: bool, whole_cluster: bool, as_json: bool) -> None:
    """Create the roles and the database of one module, or of both on one server.

    Needs IJAA_SETUP_URL, the URL of a superuser (or of a role that may create roles and databases) on the
    server to prepare, PostgreSQL 15 or later. Used for this alone: take it out of the environment afterwards.

    A password is taken from IJAA_USERS_DATABASE_URL, …_MIGRATOR_URL, …_BACKUP_URL, …_MONITOR_URL (and the
    same for EVENTS) where that is set; otherwise one is generated and printed once, as a line to keep.
    Running it again changes nothing that is right already. Embedded servers are set up by themselves.
    """
    modules = [module] if module else list(CLUSTERS)
    if dry_run:
        click.echo(render_sql([RolePlan(name, whole_cluster=whole_cluster) for name in modules]), nl=False)
        return
    with _explained():
        setup_url = os.environ.get("IJAA_SETUP_URL")
        if not setup_url:
            raise SettingError("IJAA_SETUP_URL", "is not set: give the URL of a superuser on the server to prepare")
        database_url("IJAA_SETUP_URL", setup_url)
        refuse_leaked("IJAA_SETUP_URL", setup_url)
        done: list[str] = []
        kept: dict[str, str] = {}
        for name in modules:
            passwords, lines = _passwords(name, setup_url, os.environ)
            plan = RolePlan(name, passwords=passwords, whole_cluster=whole_cluster)
            done += asyncio.run(set_up(setup_url, plan))
            kept |= lines
    if as_json:
        click.echo(json.dumps({"done": done, "environment": kept}, indent=2))
        return
    for what in done or ["Everything was in place."]:
        click.echo(what, err=True)
    if kept:
        click.echo("Keep these lines in the environment of ijaa; they are not shown again:", err=True)
    for name, value in kept.items():
        click.echo(f"{name}={value}")


@db.command()
@_data
@_json
def up(data: Path, *, as_json: bool) -> None:
    """Start the embedded servers and keep them up until Ctrl-C.

    Everything else that needs them while they run attaches to the same servers. They stop when the last one
    has gone. Nothing is started for what the environment has a URL for.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    with _explained():
        if not unset_servers(os.environ):
            click.echo("Every server is named by a URL: there is nothing to start.", err=True)
            return
        try:
            with embedded(os.environ, data, progress=_say) as servers, keeping_up(servers.folder):
                facts = running_facts(servers.folder) or {}
                if as_json:
                    click.echo(json.dumps({"data": str(servers.folder.path), **facts}, indent=2))
                else:
                    for name, server in facts["servers"].items():
                        click.echo(f"{name} listens at {server['host']}:{server['port']}")
                    click.echo("Ctrl-C stops them unless others use them.", err=True)
                while running_facts(servers.folder) is not None:
                    time.sleep(0.5)
                click.echo("The servers were stopped by somebody else.", err=True)
        except KeyboardInterrupt:
            return


@db.command()
@_data
@click.option("--force", is_flag=True, help="Stop them even while processes use them.")
def down(data: Path, *, force: bool) -> None:
    """Stop the embedded servers of a data folder.

    Refuses while processes other than `ijaa db up` use them. They normally stop by themselves.
    """
    with _explained():
        folder = look(data.absolute())
        stopped = folder is not None and stop(folder, force=force)
    click.echo("Stopped." if stopped else f"No servers run for {data}.", err=True)


@db.command()
@_data
@_json
def status(data: Path, *, as_json: bool) -> None:
    """Ask every server whether it is there; exits with 1 when one is not.

    Shows version, size and roles of each, and who is attached to the embedded ones. Starts nothing.
    """
    with _explained():
        report = report_on(os.environ, data)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
    else:
        for line in _described(report):
            click.echo(line)
    if not all(server.reachable for server in report.servers):
        sys.exit(1)


@db.command(context_settings={"ignore_unknown_options": True})
@_module
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--role",
    type=click.Choice([*LOGIN_ROLES, "superuser"]),
    default="app",
    show_default=True,
    help="Whom to connect as; `superuser` needs IJAA_SETUP_URL where the server is not embedded.",
)
@_data
def psql(module: str, arguments: Sequence[str], role: str, data: Path) -> NoReturn:
    """Open psql on the database of a module, as the role the application itself has.

    What stands after `--` goes to psql: `ijaa db psql users -- -c "select count(*) from profiles"`. The psql
    that comes with ijaa has no line editing; IJAA_POSTGRES_BIN may point at one that has.
    """
    with _explained():
        given = os.environ.get("IJAA_POSTGRES_BIN")
        program = find_postgres(Path(given) if given else None).bin / "psql"
        if not program.exists():
            raise SettingError("IJAA_POSTGRES_BIN", "names a folder without psql")
        is_embedded = module in unset_servers(os.environ)
        with embedded(os.environ, data, progress=_say) if is_embedded else nullcontext() as servers:
            if servers is None:
                url = _url_of(module, role, os.environ)
            elif role == "superuser":
                url = servers.postgres[module].superuser_url(f"ijaa_{module}")
            else:
                url = _url_of(module, role, completed(os.environ, servers))
            if servers is not None and servers.attached is not None:
                servers.attached.keep_over_exec()
            _become_psql(program, url, arguments)


def _become_psql(program: Path, url: str, arguments: Sequence[str]) -> NoReturn:
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(name, value) for name, value in given if name != "password"])
    shown = urlunsplit(parts._replace(netloc=_netloc(parts.username or "", None, parts), query=query))
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "IJAA_"))}
    # the list of processes shows arguments to everybody
    environ["PGPASSWORD"] = dict(given).get("password", unquote(parts.password or ""))
    environ["PSQLRC"] = os.environ.get("PSQLRC", str(Path.home() / ".psqlrc"))
    sys.stdout.flush()
    os.execve(program, [str(program), shown, *arguments], environ)  # noqa: S606 - no shell is wanted


def _url_of(module: str, role: str, environ: Mapping[str, str]) -> str:
    name = "IJAA_SETUP_URL" if role == "superuser" else f"IJAA_{module.upper()}_{_SETTING_OF[role]}_URL"
    url = environ.get(name)
    if not url:
        raise SettingError(name, f"is not set: it is what `--role {role}` connects with")
    if role == "superuser":
        return _with_database(database_url(name, url), f"ijaa_{module}")
    return role_url(name, url)


def _passwords(module: str, setup_url: str, environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the password of each login role, and the environment lines of those made up here."""
    plan = RolePlan(module)
    passwords: dict[str, str] = {}
    lines: dict[str, str] = {}
    for kind, setting in _SETTING_OF.items():
        name = f"IJAA_{module.upper()}_{setting}_URL"
        if given := environ.get(name):
            refuse_leaked(name, given)
            parts = urlsplit(role_url(name, given))
            if unquote(parts.username or "") != plan.role(kind) or not parts.password:
                raise SettingError(name, f"must name the role {plan.role(kind)} and its password")
            passwords[kind] = unquote(parts.password)
            continue
        passwords[kind] = secrets.token_urlsafe(24)
        at = urlsplit(_with_database(setup_url, plan.database))
        lines[name] = urlunsplit(at._replace(netloc=_netloc(plan.role(kind), passwords[kind], at)))
        if kind == "app":
            lines[f"IJAA_{module.upper()}_LISTEN_URL"] = lines[name]
    return passwords, lines


def _netloc(user: str, password: str | None, parts: Any) -> str:
    host = parts.netloc.rpartition("@")[2]
    return f"{quote(user)}{':' + quote(password, safe='') if password else ''}@{host}"


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _described(report: InstallationStatus) -> Iterator[str]:
    for server in report.servers:
        yield f"{server.name} ({server.kind}): {_answer(server)}"
    if report.data:
        yield f"data folder: {report.data}"
    if report.place != report.data:
        yield f"clusters: {report.place}"
    if report.guardian:
        yield f"guardian: {report.guardian}, attached: {', '.join(map(str, report.attached)) or 'nobody'}"


def _answer(server: ServerStatus) -> str:
    if not server.reachable:
        return f"down: {server.error}"
    size = f", {(server.size_bytes or 0) / 1e6:.1f} MB"
    roles = f", roles {' '.join(server.roles)}" if server.roles else ""
    return f"up at {server.address}, version {server.version}{size}{roles}"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (EmbeddedError, SettingError, RoleSetupError) as error:
        raise click.ClickException(str(error)) from None


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    click.echo(text, err=True)
