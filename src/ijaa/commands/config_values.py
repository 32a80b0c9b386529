"""What every setting is just now, and where that comes from; secrets are made unreadable here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlunsplit

import msgspec

from ijaa.embedded.attachment import running
from ijaa.embedded.folder import look
from ijaa.embedded.provision import completed, provided
from ijaa.settings import split_url
from ijaa.shared.errors import SettingError
from ijaa.variables import VARIABLES, Variable

HIDDEN = "•••"
Source = Literal["environment", "embedded", "default", "not set"]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the process was given, and what the embedded servers add to it."""

    given: Mapping[str, str]
    full: Mapping[str, str]
    """With the URLs of the embedded servers, while they run."""
    embedded: frozenset[str]
    """The variables embedded servers stand in for, running or not."""
    refused: SettingError | None = None
    """Why nothing can be embedded."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, as it may be shown."""

    name: str
    value: str | None
    source: Source
    kind: str
    default: str | None
    secret: bool
    meaning: str


def look_around(environ: Mapping[str, str]) -> Surroundings:
    """Return what a start would find; starts nothing."""
    try:
        names = provided(environ)
    except SettingError as error:
        return Surroundings(given=environ, full=environ, embedded=frozenset(), refused=error)
    folder = look(Path(environ["IJAA_DATA"]).absolute()) if names else None
    servers = running(folder) if folder is not None else None
    full = environ if servers is None else completed(environ, servers)
    return Surroundings(given=environ, full=full, embedded=names)


def values(around: Surroundings) -> list[Value]:
    """Return every setting, with its secrets hidden."""
    return [_value(variable, around) for variable in VARIABLES]


def _value(variable: Variable, around: Surroundings) -> Value:
    source: Source = "not set"
    if around.given.get(variable.name):
        source = "environment"
    elif variable.name in around.embedded:
        source = "embedded"
    elif variable.default is not None:
        source = "default"
    value = around.full.get(variable.name) or variable.default
    return Value(
        name=variable.name,
        value=value if value is None else hidden(variable, value),
        source=source,
        kind=variable.kind,
        default=variable.default,
        secret=variable.secret,
        meaning=variable.meaning,
    )


def hidden(variable: Variable, value: str) -> str:
    """Return a value without its secrets: of a URL the password alone is hidden, of a key everything."""
    if variable.kind == "URL" or "://" in value:
        return _url_without_password(variable.name, value)
    return HIDDEN if variable.secret else value


def _url_without_password(name: str, url: str) -> str:
    try:
        parts = split_url(name, url)
    except SettingError:
        return HIDDEN
    if not parts.scheme:
        return HIDDEN
    user, at, host = parts.netloc.rpartition("@")
    login, colon, _ = user.partition(":")
    if not colon and parts.scheme not in {"postgresql", "postgres"}:
        login = HIDDEN if at else ""  # keys of an API are given where a name stands
    shown = f"{login}{colon and ':' + HIDDEN}{at}{host}"
    return urlunsplit(parts._replace(netloc=shown, query=HIDDEN if parts.query else ""))
