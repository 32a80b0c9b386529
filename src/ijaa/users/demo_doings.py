"""What the people of the demo do with each other, and what the association tells them: the same for the same seed."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ijaa.users.demo_repository import AdminRow, AnnouncementRow, ConnectionRow, ProfileRow, ReportRow

_KNOWN, _ASKED = 12, 4
"""How many of each one's batch and profession a member knows, or is asked by, at most."""

_ANNOUNCEMENTS: Sequence[tuple[str, str, str, dict[str, Any]]] = (
    ("Water is back in the hostel wing", "The pump was mended on Sunday. Rooms can be booked again.", "GENERAL", {}),
    (
        "Annual general meeting",
        "At **10:00** in the old assembly hall.\n\n1. Report of the year\n2. Accounts\n3. Election of the board",
        "EVENT",
        {"pinned": True},
    ),
    (
        "Scholarships for 2027",
        "Eleven students applied. Who would read applications with us, please write to the office by Friday.",
        "NEWS",
        {},
    ),
    (
        "Beware of mails that ask for your password",
        "We never do. Report such a mail, and delete it.",
        "URGENT",
        {"urgent": True},
    ),
    (
        "Tea for those who live in Dhaka",
        "Every first Saturday, in the garden. No need to register.",
        "EVENT",
        {"audience": "location", "location": "Dhaka"},
    ),
    (
        "Ten years: the batches of 2014 to 2016",
        "Your reunion is being planned: say what you would like in the poll.",
        "EVENT",
        {"audience": "batches", "batch_from": "2014", "batch_to": "2016"},
    ),
)
_REPORTS = (
    ("The search forgets my filter", "When I go back from a profile, the batch I chose is gone.", "BUG_REPORT", None),
    ("A map of where we live", "It would be good to see who lives near.", "FEATURE_REQUEST", None),
    ("Sells insurance", "He writes to everybody of our batch about insurance.", "USER_REPORT", "member"),
)


class Doings(msgspec.Struct, frozen=True):
    """All of it."""

    connections: list[ConnectionRow]
    announcements: list[AnnouncementRow]
    reports: list[ReportRow]


def doings(profiles: Sequence[ProfileRow], admin: AdminRow, first: int, seed: int, now: datetime) -> Doings:
    """Return what these people do; the `first` of them, who can sign in, have something to answer."""
    rng = random.Random(f"{seed}/doings")  # noqa: S311 - people who do not exist
    return Doings(
        [*_connections(rng, profiles, first, now)],
        [*_announcements(admin, now)],
        [*_reports(rng, profiles, admin, now)],
    )


def _connections(
    rng: random.Random, profiles: Sequence[ProfileRow], first: int, now: datetime
) -> Iterator[ConnectionRow]:
    groups: dict[str, list[str]] = {}
    for one in profiles:
        for group in (one.batch, one.profession):
            groups.setdefault(group, []).append(one.username)
    there = set[frozenset[str]]()
    for place, one in enumerate(profiles):
        alike = [name for name in groups[one.batch] + groups[one.profession] if name != one.username]
        asked = _ASKED if place < first else 0
        number = min(len(alike), rng.randint(2, _KNOWN) + asked)
        for count, other in enumerate(rng.sample(alike, number)):
            if (pair := frozenset({one.username, other})) in there:
                continue
            there.add(pair)
            at = now - timedelta(minutes=rng.randint(60, 500_000))
            # the first request is one's own, the others wait for one's answer
            requester, receiver = (one.username, other) if count == 0 else (other, one.username)
            yield ConnectionRow(requester, receiver, "PENDING" if count < asked else "ACCEPTED", at, at)


def _announcements(admin: AdminRow, now: datetime) -> Iterator[AnnouncementRow]:
    for place, (title, content, category, given) in enumerate(_ANNOUNCEMENTS):
        at = now - timedelta(days=3 * (len(_ANNOUNCEMENTS) - place), hours=place)
        yield AnnouncementRow(
            title=title, content=content, category=category, author_id=admin.admin_id, author_name=admin.name,
            visible_from=at, told_at=at, created_at=at, updated_at=at, **given,
        )  # fmt: skip


def _reports(rng: random.Random, profiles: Sequence[ProfileRow], admin: AdminRow, now: datetime) -> Iterator[ReportRow]:
    for place, (title, description, category, kind) in enumerate(_REPORTS):
        at, reporter, about = (
            now - timedelta(days=place, hours=5),
            profiles[place],
            rng.choice(profiles[12:] or profiles),
        )
        evidence = {"username": about.username, "name": about.name, "profession": about.profession}
        yield ReportRow(
            reporter_username=reporter.username, title=title, description=description, category=category,
            status="IN_PROGRESS" if kind else "PENDING", priority="HIGH" if kind else "MEDIUM", target_kind=kind,
            target_id=about.username if kind else None, assigned_to=admin.admin_id if kind else None,
            evidence=msgspec.json.encode(evidence).decode() if kind else None, created_at=at, updated_at=at,
        )  # fmt: skip
