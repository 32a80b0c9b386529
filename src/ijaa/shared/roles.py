"""PostgreSQL roles and databases, one set per module, on any PostgreSQL from 15 on.

One list of steps is both what `set_up` does and what `render_sql` writes for psql, so the two cannot drift
apart. A step names the condition under which there is nothing to do; that is what makes running it twice
change nothing.

The roles of a module, after its name: `_owner` (no login; owns the database, and everything the migrator
makes), `_migrator` (becomes the owner at login), `_app`, `_backup` and `_monitor`.

Left as they are, because on a shared server they are not ours to change: PUBLIC may connect to `postgres` and
`template1`, where it finds nothing of ours. `RolePlan.whole_cluster` closes these too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import asyncpg

from ijaa.shared.scram import is_verifier_of, scram_verifier

LOGIN_ROLES = ("migrator", "app", "backup", "monitor")
APP_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
}
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
OLDEST = 150000
_BUILTIN_LOCALE_FROM = 170000
_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 60.0


_HEADER = """\
-- The roles and databases of IJAA, for psql 15 or later: what `ijaa db setup` does, as SQL.
-- Written by `ijaa db setup --dry-run`; name a module (users, events) to get its part alone, one per cluster.
--
-- Every password comes from the environment, and nothing is done while one is missing:
--
--   {variables} … \\
--     psql -X -f database-setup.sql postgresql://superuser@host:5432/postgres
--
-- Running it again changes nothing but the salt of the passwords. A server with log_statement = ddl would log
-- them: `ijaa db setup` sends SCRAM verifiers instead.
\\set ON_ERROR_STOP on"""


class RoleSetupError(Exception):
    """The server cannot be prepared; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class RolePlan:
    """What one module gets on a server."""

    module: str
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By login role (`LOGIN_ROLES`); not needed for rendering."""
    whole_cluster: bool = False
    """Whether the cluster is ours alone, so that its maintenance databases are closed to PUBLIC as well."""

    @property
    def database(self) -> str:
        """The name of the module's database."""
        return f"ijaa_{self.module}"

    def role(self, kind: str) -> str:
        """Return the name of one of its roles."""
        return f"ijaa_{self.module}_{kind}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and when there is nothing to do."""

    what: str
    sql: str
    unless: str
    """A boolean expression."""
    optional: bool = False
    """Whether a managed server may refuse it."""
    only: Literal["builtin", "libc"] | None = None
    """Whether it is for servers with (from 17 on) or without the builtin locale provider."""


def cluster_steps(plan: RolePlan) -> Iterator[Step]:
    """Yield what is done once per server, in any database of it."""
    owner, database = plan.role("owner"), plan.database
    for kind in ("owner", *LOGIN_ROLES):
        role = plan.role(kind)
        login = "NOLOGIN" if kind == "owner" else "LOGIN"
        yield Step(
            f"role {role} created",
            f"CREATE ROLE {role} {login}",
            f"EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')",
        )
    yield _member(plan.role("migrator"), owner)
    # From 16 on whoever creates a role without being superuser administers it, but is not yet a member.
    yield Step(
        f"the role that sets up made a member of {owner}",
        f"GRANT {owner} TO CURRENT_USER",
        f"pg_has_role(current_user, '{owner}', 'USAGE')",
    )
    backup = plan.role("backup")
    yield Step(
        f"{backup} may replicate",
        f"ALTER ROLE {backup} REPLICATION",
        f"EXISTS (SELECT FROM pg_roles WHERE rolname = '{backup}' AND rolreplication)",
        optional=True,
    )
    yield _member(backup, "pg_read_all_data", optional=True)
    yield _member(plan.role("monitor"), "pg_monitor", optional=True)
    yield from _create_database(plan)
    yield Step(
        f"database {database} owned by {owner}",
        f"ALTER DATABASE {database} OWNER TO {owner}",
        f"EXISTS (SELECT FROM pg_database WHERE datname = '{database}' AND datdba = '{owner}'::regrole)",
    )
    yield _closed_to_public(database)
    for kind in ("app", "backup", "monitor"):
        yield _may_connect(plan.role(kind), database)
    for name, value in APP_SETTINGS.items():
        yield _setting(plan.role("app"), None, name, value)
    yield _setting(plan.role("migrator"), database, "role", owner)
    if plan.whole_cluster:
        for other in ("postgres", "template1"):
            yield _closed_to_public(other)
        for kind in ("backup", "monitor"):
            yield _may_connect(plan.role(kind), "postgres")


def database_steps(plan: RolePlan) -> Iterator[Step]:
    """Yield what is done inside the module's database."""
    owner, app, backup = plan.role("owner"), plan.role("app"), plan.role("backup")
    for extension in EXTENSIONS:
        yield Step(
            f"extension {extension} created in {plan.database}",
            f"CREATE EXTENSION {extension} SCHEMA public",
            f"EXISTS (SELECT FROM pg_extension WHERE extname = '{extension}')",
        )
    # It is of use only where it is preloaded, and its settings exist only then.
    yield Step(
        f"extension pg_stat_statements created in {plan.database}",
        "CREATE EXTENSION pg_stat_statements SCHEMA public",
        "EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')"
        " OR NOT EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max')",
        optional=True,
    )
    yield Step(
        f"schema public of {plan.database} closed to PUBLIC",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'public' AND a.grantee = 0)",
    )
    for kind in ("app", "backup", "monitor"):
        role = plan.role(kind)
        yield Step(
            f"{role} may use schema public",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"has_schema_privilege('{role}', 'public', 'USAGE')",
        )
    for objects, letter, grantee, privileges in (
        ("TABLES", "r", app, ("SELECT", "INSERT", "UPDATE", "DELETE")),
        ("SEQUENCES", "S", app, ("USAGE", "SELECT")),
        ("TABLES", "r", backup, ("SELECT",)),
        ("SEQUENCES", "S", backup, ("SELECT",)),
    ):
        yield Step(
            f"{grantee} will have {', '.join(privileges)} on {objects.lower()} of {owner}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
            f" GRANT {', '.join(privileges)} ON {objects} TO {grantee}",
            f"(SELECT count(*) = {len(privileges)} FROM pg_default_acl d, aclexplode(d.defaclacl) a"
            f" WHERE d.defaclrole = '{owner}'::regrole AND d.defaclnamespace = 'public'::regnamespace"
            f" AND d.defaclobjtype = '{letter}' AND a.grantee = '{grantee}'::regrole"
            f" AND a.privilege_type IN ({', '.join(map(_literal, privileges))}))",
        )


async def set_up(setup_url: str, plan: RolePlan) -> list[str]:
    """Prepare the server at `setup_url` (a superuser, or a role that may create roles and databases).

    Returns what was done, in words; nothing when everything was in place.

    Raises:
        RoleSetupError: the server is too old, out of reach, or refuses a step it must not refuse.

    """
    try:
        maintenance = await _connect(setup_url)
        try:
            # Two at once would both find a role missing: wait for the other, at most lock_timeout.
            await maintenance.execute("SELECT pg_advisory_lock(hashtextextended('ijaa role setup', 0))")
            builtin = await _offers_builtin_locale(maintenance)
            done = await _apply(maintenance, cluster_steps(plan), builtin=builtin)
            done += await _set_passwords(maintenance, plan)
            inside = await _connect(setup_url, database=plan.database)
            try:
                await _check_encoding(inside, plan.database)
                done += await _apply(inside, database_steps(plan), builtin=builtin)
            finally:
                await inside.close()
        finally:
            await maintenance.close()
    except asyncpg.ClientConfigurationError:
        raise RoleSetupError(
            "IJAA_SETUP_URL is not understood by the driver: check what stands behind the ?."
        ) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise RoleSetupError(f"Setting up {plan.database} failed: {_said(error)}.") from None
    return done


def render_sql(plans: Sequence[RolePlan]) -> str:
    """Return the same steps as a script for psql 15 or later; passwords come from psql variables."""
    lines = [_HEADER.format(variables=" ".join(f"{v.upper()}=…" for v in _variables(plans[:1])))]
    for plan in plans:
        lines += _rendered(plan)
    return "\n".join(lines) + "\n"


def password_variable(plan: RolePlan, kind: str) -> str:
    """Return the psql variable of a role's password; its environment variable is the same in capitals."""
    return f"{plan.module}_{kind}_password"


def _create_database(plan: RolePlan) -> Iterator[Step]:
    exists = f"EXISTS (SELECT FROM pg_database WHERE datname = '{plan.database}')"
    command = f"CREATE DATABASE {plan.database} OWNER {plan.role('owner')} TEMPLATE template0 ENCODING 'UTF8'"
    what = f"database {plan.database} created"
    yield Step(what, f"{command} LOCALE_PROVIDER builtin LOCALE 'C.UTF-8'", exists, only="builtin")
    yield Step(what, f"{command} LOCALE_PROVIDER libc LOCALE 'C.UTF-8'", exists, only="libc")


def _member(role: str, group: str, *, optional: bool = False) -> Step:
    return Step(
        f"{role} made a member of {group}",
        f"GRANT {group} TO {role}",
        "EXISTS (SELECT FROM pg_auth_members"
        f" WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = '{group}')"
        f" AND member = (SELECT oid FROM pg_roles WHERE rolname = '{role}'))",
        optional=optional,
    )


def _closed_to_public(database: str) -> Step:
    return Step(
        f"database {database} closed to PUBLIC",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"NOT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        f" WHERE d.datname = '{database}' AND a.grantee = 0)",
    )


def _may_connect(role: str, database: str) -> Step:
    return Step(
        f"{role} may connect to {database}",
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        f"has_database_privilege('{role}', '{database}', 'CONNECT')",
    )


def _setting(role: str, database: str | None, name: str, value: str) -> Step:
    within = f" IN DATABASE {database}" if database else ""
    oid = f"(SELECT oid FROM pg_database WHERE datname = '{database}')" if database else "0"
    return Step(
        f"{role} has {name} = {value}",
        f"ALTER ROLE {role}{within} SET {name} = '{value}'",
        f"EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = '{role}'::regrole AND setdatabase = {oid}"
        f" AND lower('{name}={value}') = ANY (lower(setconfig::text)::text[]))",
    )


async def _connect(url: str, database: str | None = None) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(
        url,
        timeout=_CONNECT_SECONDS,
        command_timeout=_STATEMENT_SECONDS,
        server_settings={"application_name": "ijaa db setup", "lock_timeout": "30s"},
        **({"database": database} if database else {}),
    )


async def _offers_builtin_locale(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    number = int(await connection.fetchval("SHOW server_version_num"))
    if number < OLDEST:
        raise RoleSetupError(f"The server is PostgreSQL {number // 10000}; {OLDEST // 10000} or later is needed.")
    return number >= _BUILTIN_LOCALE_FROM


async def _check_encoding(connection: "asyncpg.Connection[asyncpg.Record]", database: str) -> None:
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise RoleSetupError(f"The database {database} is in {encoding}: drop it, or make it again in UTF8.")


async def _apply(
    connection: "asyncpg.Connection[asyncpg.Record]", steps: Iterable[Step], *, builtin: bool
) -> list[str]:
    done = []
    for step in steps:
        if step.only is not None and builtin != (step.only == "builtin"):
            continue
        if await connection.fetchval(f"SELECT {step.unless}"):
            continue
        try:
            await connection.execute(step.sql)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError) as error:
            if not step.optional:
                raise RoleSetupError(f"The server refuses `{step.sql}`: {error}.") from None
            done.append(f"left out, the server refuses it ({error}): {step.what}")
        else:
            done.append(step.what)
    return done


async def _set_passwords(connection: "asyncpg.Connection[asyncpg.Record]", plan: RolePlan) -> list[str]:
    done = []
    roles = {plan.role(kind): plan.passwords[kind] for kind in LOGIN_ROLES}
    known = await _verifiers(connection, list(roles))
    for role, password in roles.items():
        if is_verifier_of(known.get(role), password):
            continue
        await connection.execute(f"ALTER ROLE {role} PASSWORD {_literal(scram_verifier(password))}")
        done.append(f"password of {role} set")
    return done


async def _verifiers(connection: "asyncpg.Connection[asyncpg.Record]", roles: list[str]) -> dict[str, str]:
    try:
        rows = await connection.fetch("SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY ($1)", roles)
    except asyncpg.InsufficientPrivilegeError:
        return {}  # a managed server does not show them: set every time
    return {row["rolname"]: row["rolpassword"] for row in rows}


def _variables(plans: Iterable[RolePlan]) -> list[str]:
    return [password_variable(plan, kind) for plan in plans for kind in LOGIN_ROLES]


def _rendered(plan: RolePlan) -> Iterator[str]:
    yield f"\n-- {plan.database}"
    variables = _variables([plan])
    for variable in variables:
        yield f"\\getenv {variable} {variable.upper()}"
    # psql stops here, before anything is done, when a password is missing.
    yield ("SELECT " + ", ".join(f"length(:'{variable}') > 0 AS {variable}" for variable in variables) + ";")
    number = "current_setting('server_version_num')::int"
    yield (
        f"SELECT {number} >= {_BUILTIN_LOCALE_FROM} AS builtin, {number} < {_BUILTIN_LOCALE_FROM} AS libc,"
        " current_database() AS here \\gset"
    )
    for step in cluster_steps(plan):
        yield from _rendered_step(step)
    yield "SET password_encryption = 'scram-sha-256';"
    for kind in LOGIN_ROLES:
        yield f"ALTER ROLE {plan.role(kind)} PASSWORD :'{password_variable(plan, kind)}';"
    yield f"\\connect {plan.database}"
    for step in database_steps(plan):
        yield from _rendered_step(step)
    yield "\\connect :here"


def _rendered_step(step: Step) -> Iterator[str]:
    if step.only is not None:
        yield f"\\if :{step.only}"
    if step.optional:
        yield "\\set ON_ERROR_STOP off"
    yield f"SELECT {_literal(step.sql)} WHERE NOT ({step.unless}) \\gexec"
    if step.optional:
        yield "\\set ON_ERROR_STOP on"
    if step.only is not None:
        yield "\\endif"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _said(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
