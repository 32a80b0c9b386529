"""Verifying an audit log: every edit, deletion, insertion, reordering and cut of its tail shows."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from ijaa.shared.audit import FIRST, key_id, link
from ijaa.shared.audit_anchors import Anchor
from ijaa.shared.audit_repository import AuditRepository, Link
from ijaa.shared.clock import Clock

Kind = Literal["edited", "deleted", "inserted", "seal-missing", "cut", "rewritten", "other-key"]
GRACE = timedelta(seconds=30)
"""How long an entry may wait for its seal."""
_BATCH = 5_000
_SHOWN = 100


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong, and where."""

    kind: Kind
    says: str
    seq: int | None = None
    entry_id: int | None = None


class Report(msgspec.Struct, frozen=True):
    """What a verification found; `faults` holds the first hundred."""

    module: str
    entries: int
    sealed: int
    head: str
    faults: list[Fault]

    @property
    def ok(self) -> bool:
        """Whether the log is what it was."""
        return not self.faults


class ChainCheck:
    """Walks a chain link by link; whatever is wrong is noted once, and the walk goes on from what is stored."""

    def __init__(self, key: bytes, anchors: Sequence[Anchor] = ()) -> None:
        self._key, self._id = key, key_id(key)
        self._anchors = {anchor.seq: anchor.hash for anchor in anchors}
        self.faults: list[Fault] = []
        self.seq, self.hash = 0, FIRST

    def see(self, one: Link) -> None:
        """Judge one link."""
        if one.seq != self.seq + 1:
            self._fault("seal-missing", f"links {self.seq + 1} to {one.seq - 1} are missing", one)
        if one.key_id != self._id:
            self._fault("other-key", "was sealed under another IJAA_SECRET_KEY than this one", one)
        elif one.entry is None:
            self._fault("deleted", "its entry is gone", one)
        elif one.seq == self.seq + 1 and link(self._key, self.hash, one.seq, one.entry) != one.hash:
            self._fault("edited", "the entry, its place or its seal was changed", one)
        if (known := self._anchors.pop(one.seq, None)) is not None and known != one.hash.hex():
            self._fault("rewritten", "an anchor has another hash for this link: the chain was made anew", one)
        self.seq, self.hash = one.seq, one.hash

    def end(self) -> None:
        """Judge the end of the chain."""
        for seq in sorted(self._anchors):
            if seq > self.seq:
                self._fault("cut", f"an anchor knows link {seq}, the chain ends at {self.seq}: its tail was cut off")
                return

    def _fault(self, kind: Kind, says: str, one: Link | None = None) -> None:
        if len(self.faults) < _SHOWN:
            self.faults.append(Fault(kind, says, one.seq, one.entry_id) if one else Fault(kind, says))


async def verify(
    module: str,
    repository: AuditRepository,
    key: bytes,
    anchors: Sequence[Anchor],
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Verify the log of a module in batches; memory does not grow with it."""
    check, counts = ChainCheck(key, anchors), await repository.counts()
    while batch := await repository.chain(check.seq, _BATCH):
        for one in batch:
            check.see(one)
        progress(len(batch))
    check.end()
    strays = await repository.strays(clock.now(), GRACE, _SHOWN)
    faults = [*check.faults, *(Fault("inserted", "was never sealed", entry_id=one) for one in strays)]
    return Report(module, counts.entries, counts.seals, f"{check.seq}:{check.hash.hex()}", faults[:_SHOWN])
