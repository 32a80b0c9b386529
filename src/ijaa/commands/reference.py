"""Pages of the documentation that say what the code says: written by `ijaa config reference docs`, never by hand."""

from collections.abc import Callable, Mapping

from ijaa.app import create_app
from ijaa.commands.config_problems import stand_ins
from ijaa.policies import POLICIES
from ijaa.settings import VARIABLES, Variable, read_settings
from ijaa.shared.http.policies import ADMINS, EVERYBODY, MEMBERS, NOT_ASKED, SIGNED_IN, Operation, Policy, operations

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


PAGES: Mapping[str, Callable[[], str]] = {"settings.md": settings_page, "authorization.md": authorization_page}


def live_operations() -> list[Operation]:
    """Return the route table of the whole application; nothing is connected."""
    required = [variable.name for variable in VARIABLES if variable.default is None]
    return operations(create_app(read_settings({**stand_ins(required), **_DEMO})))


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
        f"`{policy.flag}`" if policy.flag else "",
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


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
