"""What can be reported, and how a report goes from its filing to its end."""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from ijaa.shared.errors import Violation

Category = Literal["USER_REPORT", "CONTENT_REPORT", "BUG_REPORT", "FEATURE_REQUEST"]
Status = Literal["PENDING", "IN_PROGRESS", "RESOLVED", "CLOSED"]
Priority = Literal["URGENT", "HIGH", "MEDIUM", "LOW"]
TargetKind = Literal["member", "event", "comment", "medium"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
STATUSES: tuple[Status, ...] = get_args(Status)
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""In the order of the queue."""
TARGETS: tuple[TargetKind, ...] = get_args(TargetKind)

ATTACHMENTS = 5
"""Images a report may have."""
ENDED: frozenset[Status] = frozenset({"RESOLVED", "CLOSED"})
_NEXT: Mapping[Status, frozenset[Status]] = {
    "PENDING": frozenset({"IN_PROGRESS"}),
    "IN_PROGRESS": ENDED,
    "RESOLVED": frozenset({"IN_PROGRESS"}),
    "CLOSED": frozenset({"IN_PROGRESS"}),
}
_ABOUT: Mapping[Category, frozenset[TargetKind]] = {
    "USER_REPORT": frozenset({"member"}),
    "CONTENT_REPORT": frozenset({"event", "comment", "medium"}),
    "BUG_REPORT": frozenset(),
    "FEATURE_REQUEST": frozenset(),
}


def may_become(status: Status, wanted: Status) -> bool:
    """Whether a report may go from one status to another; an ended one is reopened by IN_PROGRESS."""
    return wanted in _NEXT[status]


def target_violations(category: Category, kind: TargetKind | None) -> Iterator[Violation]:
    """Yield what keeps a category from being about this kind of thing."""
    about = _ABOUT[category]
    if kind is None:
        if about:
            yield Violation("/target", "is required")
    elif kind not in about:
        wanted = f"takes a target of the kind {', '.join(sorted(about))}" if about else "takes no target"
        yield Violation("/target/kind" if about else "/target", f"{category} {wanted}")
