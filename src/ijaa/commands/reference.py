"""Pages of the documentation that say what the code says: written by `ijaa config reference docs`, never by hand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ijaa.app import create_app
from ijaa.commands.config_problems import stand_ins
from ijaa.events import public as events
from ijaa.policies import POLICIES
from ijaa.settings import Settings, read_settings
from ijaa.shared.http.policies import ADMINS, EVERYBODY, MEMBERS, NOT_ASKED, SIGNED_IN, Operation, Policy, operations
from ijaa.shared.inbox import Subscription
from ijaa.shared.messages import Message
from ijaa.shared.personal import By, ByCode, CascadesWith, Holding, NotExported, Stays
from ijaa.users import public as users
from ijaa.variables import VARIABLES, Variable
from ijaa.wiring import wire

_WRITTEN = "<!-- Written by `ijaa config reference docs`; a test compares it with the code. -->"

_DEMO = {"IJAA_DEMO": "1", "IJAA_MAIL_URL": "file:///mail"}
"""What makes an application route everything it has: the mailbox of the demo, too."""


def settings_page() -> str:
    """Return the reference of all settings."""
    return "\n".join(
        [
            "# Settings",
            "",
            _WRITTEN,
            "",
            "Everything comes from the environment, is read once and checked at the start. `ijaa config show` tells",
            "what a setting is here and where that comes from, `ijaa config check` whether it works.",
            "",
            "| variable | means | kind | default |",
            "|---|---|---|---|",
            *(_setting(variable) for variable in VARIABLES),
            "",
        ]
    )


def authorization_page() -> str:
    """Return the table of all operations and who may call them."""
    return "\n".join(
        [
            "# Authorization",
            "",
            _WRITTEN,
            "",
            "One row per operation; a route without a row stops the start. What depends on the object (whose event,",
            "whose session) is decided by the service that knows it: a signed-in caller who may not see it meets 404.",
            "*Fresh* asks for a proof of the password within the last five minutes, *flag* names the feature flag that",
            "switches it off, *limit* the class its calls are counted in.",
            "",
            "| operation | route | who | fresh | flag | limit |",
            "|---|---|---|---|---|---|",
            *(_operation(operation, POLICIES[operation.name]) for operation in live_operations()),
            "",
        ]
    )


def messages_page() -> str:
    """Return the table of all messages, who tells them and what is done about them."""
    heard = {name: one for module in wire(_settings()).modules for name, one in module.inbox.subscriptions.items()}
    return "\n".join(
        [
            "# Messages",
            "",
            _WRITTEN,
            "",
            "What the modules tell each other, as CloudEvents 1.0. Each is written in the transaction of its effect,",
            "delivered at least once and in no promised order, and has its effect once",
            "([ADR 38](adr/0038-redis-carries-the-outbox-remembers.md)). A version is for ever: fields may be added, a",
            "new meaning is a new version.",
            "",
            "| message | tells | fields | the receiver |",
            "|---|---|---|---|",
            *(_message(message, heard.get(message.TYPE)) for message in _published()),
            "",
        ]
    )


def personal_data_page() -> str:
    """Return the table of what the databases hold of people, and what becomes of it."""
    return "\n".join(
        [
            "# Personal data",
            "",
            _WRITTEN,
            "",
            "What every column holds of people: *personal* tells something of somebody or names him, *pseudonymous*",
            "stands for somebody whom another row has to name, and the rest tells of nobody. What is exported leaves",
            "out the columns in brackets, what is erased goes with its member in one transaction of each database. A",
            "test compares this with the migrated databases, so that no column comes unnoticed.",
            "",
            *_database("The users module", users.PERSONAL),
            *_database("The events module", events.PERSONAL),
        ]
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "authorization.md": authorization_page,
    "messages.md": messages_page,
    "personal-data.md": personal_data_page,
}


def live_operations() -> list[Operation]:
    """Return the route table of the whole application; nothing is connected."""
    return operations(create_app(_settings()))


def _settings() -> Settings:
    required = [variable.name for variable in VARIABLES if variable.default is None]
    return read_settings({**stand_ins(required), **_DEMO})


def _setting(variable: Variable) -> str:
    default = f"`{variable.default}`" if variable.default else ""
    kind = f"{variable.kind}, secret" if variable.secret else variable.kind
    return f"| `{variable.name}` | {_cell(variable.meaning)} | {_cell(kind)} | {default} |"


def _operation(operation: Operation, policy: Policy) -> str:
    cells = (
        f"`{operation.name}`",
        f"`{operation.method} {operation.path}`",
        _who(operation, policy) + ("; answers a secret once" if policy.answers_secret else ""),
        "yes" if policy.fresh else "",
        ", for admins ".join(f"`{flag}`" for flag in (policy.flag, policy.admin_flag) if flag)
        + (f" and `{policy.also}`" if policy.also else ""),
        policy.limit or ("read" if operation.method == "GET" else "write"),
    )
    return f"| {' | '.join(cells)} |"


def _who(operation: Operation, policy: Policy) -> str:
    if operation.path.startswith("/internal/"):
        return "services, with a token of their own"
    if isinstance(policy.callers, str):
        return {NOT_ASKED: "everybody; a token is not looked at", EVERYBODY: "everybody"}[policy.callers]
    named = {MEMBERS: "members", ADMINS: "admins", SIGNED_IN: "members and admins"}
    return named.get(policy.callers) or ", ".join(sorted(policy.callers))


def _database(title: str, holdings: Sequence[Holding]) -> list[str]:
    return [
        f"## {title}",
        "",
        "| table | personal | pseudonymous | exported | erased |",
        "|---|---|---|---|---|",
        *(_holding(one) for one in sorted(holdings, key=lambda one: one.table)),
        "",
    ]


def _holding(holding: Holding) -> str:
    cells = (
        f"`{holding.table}`",
        *(", ".join(f"`{name}`" for name in names.split()) for names in (holding.personal, holding.pseudonymous)),
        _cell(_exported(holding)),
        _cell(_erased(holding)),
    )
    return f"| {' | '.join(cells)} |"


def _exported(holding: Holding) -> str:
    if isinstance(holding.export, NotExported):
        return f"no: {holding.export.reason}"
    parts = [f"`{name}`: {reason}" for name, reason in holding.withheld.items()]
    parts += [f"of `{name}`: `{expression}`" for name, expression in holding.partly.items()]
    withheld = "; ".join(parts)
    return f"`{holding.export.condition}`" + (f" ({withheld})" if withheld else "")


def _erased(holding: Holding) -> str:
    match holding.erasure:
        case By(statements):
            return "; ".join(f"`{' '.join(one.split())}`" for one in statements)
        case CascadesWith(table):
            return f"with its row of `{table}`"
        case ByCode(function, reason):
            return f"by `{function}`: {reason}"
        case Stays(reason):
            return f"stays: {reason}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _published() -> list[type[Message]]:
    return sorted((*users.PUBLISHED, *events.PUBLISHED), key=lambda one: one.TYPE)


def _message(message: type[Message], heard: Subscription[Any] | None) -> str:
    fields = ", ".join(f"`{field}`" for field in message.__struct_fields__)
    done = _first_line(heard.handler) if heard else ""
    return f"| `{message.TYPE}` | {_first_line(message)} | {fields} | {done} |"


def _first_line(documented: Any) -> str:
    return str(documented.__doc__).splitlines()[0]
