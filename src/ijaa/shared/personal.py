"""What a module's tables hold of people: what each column is, how its rows are exported and how they are erased.

A column is `personal` (tells something of somebody, or names him), `pseudonymous` (stands for somebody whom another row
has to name) or `none`. A module declares its tables once; export and erasure read that declaration, and a test compares
it with the databases, so that no column comes unnoticed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

Kind = Literal["personal", "pseudonymous", "none"]


class Subject(msgspec.Struct, frozen=True):
    """The member something is exported or erased of: the parameters SQL of a registry may bind, by these names.

    The events module knows the username alone; its SQL binds nothing else.
    """

    id: int
    user_id: str
    """His pseudonym: the public id tokens and the audit log name him by."""
    username: str
    email: str


@dataclass(frozen=True)
class Rows:
    """Exported are the rows of the table for which this SQL condition holds; it names the table by its own name."""

    condition: str


@dataclass(frozen=True)
class NotExported:
    """Nothing of the table is exported, and why."""

    reason: str


@dataclass(frozen=True)
class By:
    """Erased by these statements, in this order."""

    statements: tuple[str, ...]

    def __init__(self, *statements: str) -> None:
        object.__setattr__(self, "statements", statements)


@dataclass(frozen=True)
class CascadesWith:
    """Erased by a foreign key when the row of another table goes."""

    table: str


@dataclass(frozen=True)
class ByCode:
    """Erased by a function, because more than rows has to go; which, and what it does besides."""

    function: str
    reason: str


@dataclass(frozen=True)
class Stays:
    """Nothing of the table is erased, and why that is right."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What one table holds of people; columns are named with spaces between them."""

    table: str
    personal: str = ""
    pseudonymous: str = ""
    none: str = ""
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Columns that are not exported though their rows are, each with the reason."""
    partly: Mapping[str, str] = field(default_factory=dict)
    """Columns of which an export shows this SQL expression instead; it binds what a condition may."""
    export: Rows | NotExported
    erasure: By | CascadesWith | ByCode | Stays

    @property
    def columns(self) -> dict[str, Kind]:
        """What each column is; raise `ValueError` for one that is said twice, or withheld and not there."""
        said: list[tuple[str, Kind]] = [
            *((name, "personal") for name in self.personal.split()),
            *((name, "pseudonymous") for name in self.pseudonymous.split()),
            *((name, "none") for name in self.none.split()),
        ]
        columns = dict(said)
        if len(columns) != len(said) or not {*self.withheld, *self.partly} <= columns.keys():
            raise ValueError(f"{self.table}: a column is said twice, or withheld and not said at all")
        return columns

    @property
    def exported(self) -> list[str]:
        """The columns of the table that an export shows."""
        return [] if isinstance(self.export, NotExported) else [one for one in self.columns if one not in self.withheld]


def selection(holding: Holding) -> str | None:
    """Return the SELECT of what an export shows of a table, over the parameters of `Subject`; None for nothing."""
    if isinstance(holding.export, NotExported):
        return None
    return f"SELECT {shown(holding)} FROM {holding.table} WHERE {holding.export.condition}"


def shown(holding: Holding) -> str:
    """Return what an export selects of a row."""
    return ", ".join(
        f"{holding.partly[name]} AS {name}" if name in holding.partly else f"{holding.table}.{name}"
        for name in holding.exported
    )


def erasures(holdings: Sequence[Holding]) -> Iterator[str]:
    """Yield the statements that erase a subject, in the order of the registry."""
    for one in holdings:
        if isinstance(one.erasure, By):
            yield from one.erasure.statements


def differences(holdings: Sequence[Holding], tables: Mapping[str, Sequence[str]]) -> list[str]:
    """Return in what the registry and tables with their columns differ, as sentences."""
    said = {one.table: one.columns for one in holdings}
    found = [f"{name} is registered twice" for name in said if sum(one.table == name for one in holdings) > 1]
    for table, columns in tables.items():
        if table not in said:
            found.append(f"{table} is not registered")
            continue
        found += [f"{table}.{name} is not classified" for name in columns if name not in said[table]]
        found += [f"{table}.{name} is classified and not there" for name in said[table] if name not in columns]
    return found + [f"{name} is registered and not there" for name in said if name not in tables]
