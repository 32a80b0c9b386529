"""What goes out of the routes of imports."""

from datetime import datetime
from typing import Literal

from ijaa.shared.schema import View
from ijaa.users.imports.domain import Mode

State = Literal["WAITING", "RUNNING", "DONE", "FAILED"]


class RowFault(View, frozen=True):
    """A row that was not taken; what it holds is not told."""

    line: int
    reason: str


class ImportRead(View, frozen=True):
    """An import: how far it is, and what became of its rows."""

    id: int
    started_by: str | None
    file_name: str
    mode: Mode
    dry_run: bool
    state: State
    lines: int
    """Of the whole file; 0 until it was looked through."""
    line: int
    """Up to which everything is done."""
    created: int
    updated: int
    unchanged: int
    refused: int
    errors: list[RowFault]
    """The first thousand rows that were not taken."""
    problem: str | None
    """Why nothing of the file was taken."""
    created_at: datetime
    ended_at: datetime | None
