"""Everything that is wrong with the settings, where a start says the first alone."""

import difflib
import secrets
from collections.abc import Iterable, Mapping

from ijaa.settings import Settings, read_settings
from ijaa.shared.errors import SettingError
from ijaa.variables import VARIABLES


def every_problem(environ: Mapping[str, str]) -> tuple[list[SettingError], Settings | None]:
    """Return each refusal of `read_settings`, and the settings as they are with stand-ins for what was refused.

    What is refused is replaced and everything read again, so that the rules stand in one place. None for the settings
    when a stand-in is refused too, and what lies behind it cannot be seen.
    """
    current = dict(environ)
    found: dict[str, SettingError] = {}
    while True:
        try:
            return list(found.values()), read_settings(current)
        except SettingError as error:
            if error.name in found:
                return list(found.values()), None
            found[error.name] = error
            current |= stand_ins([error.name])


def stand_ins(names: Iterable[str]) -> dict[str, str]:
    """Return values `read_settings` takes; an empty one is as good as none."""
    known = {
        "IJAA_USERS_DATABASE_URL": "postgresql://ijaa_users_app@users.invalid/ijaa_users",
        "IJAA_EVENTS_DATABASE_URL": "postgresql://ijaa_events_app@events.invalid/ijaa_events",
        "IJAA_REDIS_URL": "redis://cache.invalid",
        "IJAA_SECRET_KEY": secrets.token_urlsafe(32),
        "IJAA_SERVICE_KEY": secrets.token_urlsafe(32),
        "IJAA_MAIL_URL": "smtp://mail.invalid",
        "IJAA_USERS_PEER": "http://users.invalid",
    }
    return {name: known.get(name, "") for name in names}


def misspelt(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what looks like a setting of ours and is none, each with what to think of it."""
    known = [variable.name for variable in VARIABLES]
    unknown = [name for name in environ if name.startswith("IJAA_") and name not in known]
    return {name: _advice(difflib.get_close_matches(name, known, n=1)) for name in sorted(unknown)}


def _advice(close: list[str]) -> str:
    return "is no setting" + (f": did you mean {close[0]}?" if close else "")
