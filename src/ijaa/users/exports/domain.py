"""How often an archive is made, how long it is kept, and what it says of itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

State = Literal["REQUESTED", "READY", "FETCHED", "EXPIRED", "FAILED"]
EVERY = timedelta(days=1)
"""How long after one that did not fail the next may be asked for."""
KEPT = timedelta(days=7)
"""How long an archive waits to be fetched."""
LINKED = timedelta(hours=2)
"""How long a link to it is good; there is a new one each time it is read, as long as the archive waits."""
PATIENCE = timedelta(days=3)
"""How long one may be in the making, whatever is away; then it has failed."""
ON_ITS_WAY = timedelta(hours=6)
"""How long fetching one may take, for a process that died in it."""
BROKEN_OFF = 3
"""How often fetching may break off without the link being used up."""
MEDIA_TYPE = "application/zip"

_README = """\
What {place} keeps about {username}
as of {made_at:%Y-%m-%d %H:%M} UTC

This archive holds everything that is kept about you: what you wrote, what others or the system noted about you, and
your files. Each file ending in .json is one table of the database, as a list of its rows, in UTF-8; [] says that
there is nothing about you in it. Moments are written as RFC 3339 has them, in UTC.

{tables}
{files}

What is not in it
  - secrets: hashes of passwords and of recovery codes, tokens, keys, seeds. They are of no use to you and dangerous to
    lose;
  - what belongs to others: of whom you are connected with or blocked only the username; of reports about you that have
    ended only that they were, and nothing of who filed them.

Whoever has this archive knows all of this about you: keep it where nobody else reads it.
"""


def readme(
    place: str, username: str, made_at: datetime, tables: Mapping[str, int], files: Sequence[str]
) -> str:  # fmt: skip
    """Return what explains an archive; `tables` are the rows of each file, `files` what else is in it."""
    width = max((len(name) for name in tables), default=0)
    counted = "\n".join(f"  {name:{width}}  {_rows(number)}" for name, number in tables.items())
    named = "\n".join(f"  {name}" for name in files) or "  no files of yours are kept"
    return _README.format(
        place=place, username=username, made_at=made_at.astimezone(UTC), tables=f"Tables\n{counted}",
        files=f"\nFiles\n{named}",
    )  # fmt: skip


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
