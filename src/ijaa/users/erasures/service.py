"""Use cases of erasures: noting them outside of the database, and doing them again once it was put back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ijaa.shared.database import Database
from ijaa.shared.ledger import Ledger
from ijaa.users.erasures.domain import Erased, Replayed, key_of
from ijaa.users.erasures.repository import ErasureRepository, Found
from ijaa.users.members.service import MemberService

_AT_ONCE = 1000


def ledger_in(folder: Path) -> Ledger[Erased]:
    """Return the ledger of a data folder."""
    return ledger_of(folder / "erasures" / "erased.jsonl")


def ledger_of(path: Path) -> Ledger[Erased]:
    """Return a ledger that lies somewhere else."""
    return Ledger(path, Erased, key_of)


class ErasureNotes:
    """Brings the ledger up to date: what it lacks is told from the rows, whoever was killed before writing it."""

    def __init__(self, repository: ErasureRepository, ledger: Ledger[Erased]) -> None:
        self._repository, self._ledger = repository, ledger

    async def note(self) -> int:
        """Write down whoever was erased and is not in the ledger yet, and return how many.

        Raises `OSError`, and `ValueError` where the file is not a ledger.
        """
        return await asyncio.to_thread(self._ledger.add, await self._repository.erased())


async def others_of(repository: ErasureRepository, entries: Sequence[Erased]) -> list[str]:
    """Return the names in a ledger of somebody who is not known to be whom it means: other modules leave them alone."""
    others = []
    for first in range(0, len(entries), _AT_ONCE):
        portion = entries[first : first + _AT_ONCE]
        found = {one.username: one for one in await repository.found([one.username for one in portion])}
        others += [one.username for one in portion if is_else(one, found[one.username])]
    return others


def is_else(entry: Erased, known: Found) -> bool:
    """Return whether somebody has the name who is not known to be whom the ledger means; without an id it is nobody."""
    return known.user_id is not None and known.user_id != entry.user_id


class ErasureReplay:
    """Erases again whom a ledger names, in a database that was put back to before."""

    def __init__(self, database: Database, repository: ErasureRepository, members: MemberService) -> None:
        self._database, self._repository, self._members = database, repository, members

    async def run(self, entries: Sequence[Erased], *, dry_run: bool) -> Replayed:
        """Erase everybody who is there again, each in a transaction; doing it twice changes nothing more."""
        erased = reserved = untouched = 0
        others = []
        for first in range(0, len(entries), _AT_ONCE):
            portion = entries[first : first + _AT_ONCE]
            found = {one.username: one for one in await self._repository.found([one.username for one in portion])}
            for entry in portion:
                known = found[entry.username]
                if is_else(entry, known):
                    others.append(entry.username)
                    continue  # not even kept: the row would be of a member, and give his name another's id
                if known.user_id is not None:
                    erased += 1
                elif not known.reserved:
                    reserved += 1
                else:
                    untouched += 1
                    continue
                if not dry_run:
                    await self._again(entry, known)
        return Replayed(erased=erased, reserved=reserved, untouched=untouched, others=others)

    async def _again(self, entry: Erased, known: Found) -> None:
        async with self._database.transaction() as session:
            if known.user_id is not None:
                await self._members.erase_again(session, entry.username)
            await self._repository.reserve(session, entry.username, entry.user_id, entry.erased_at)
