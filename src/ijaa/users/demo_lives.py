"""What the people of the demo did and care for: believable, and the same for the same seed and day."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import msgspec

from ijaa.shared.text import fold
from ijaa.users.demo_names import CAREERS, FAMILY, INTERESTS, NICKNAMES, STAGES
from ijaa.users.demo_repository import ExperienceRow, InterestRow, ProfileRow
from ijaa.users.experiences.domain import with_keys
from ijaa.users.interests.domain import key

_EMPLOYERS = dict(CAREERS)
_RENAMED, _NICKNAMED, _RESTING = 0.08, 0.2, 0.12
"""How many have a former name, a nickname, no post at present."""


class Life(msgspec.Struct, frozen=True):
    """What one member says beyond his profile."""

    profile: ProfileRow
    experiences: list[ExperienceRow]
    interests: list[InterestRow]


def lives(profiles: Sequence[ProfileRow], seed: int, now: datetime) -> list[Life]:
    """Return these people with their names of before, their experiences and their interests."""
    rng = random.Random(f"{seed}/lives")  # noqa: S311 - people who do not exist
    return [
        Life(_named(rng, profile), list(_experiences(rng, profile, now)), list(_interests(rng, profile)))
        for profile in profiles
    ]


def _named(rng: random.Random, profile: ProfileRow) -> ProfileRow:
    first, _, family = profile.name.partition(" ")
    former = rng.choice([name for name in FAMILY if name != family])
    renamed, nicknamed, nickname = rng.random() < _RENAMED, rng.random() < _NICKNAMED, rng.choice(NICKNAMES)
    return msgspec.structs.replace(
        profile, former_name=f"{first} {former}" if renamed else None, nickname=nickname if nicknamed else None
    )


def _experiences(rng: random.Random, profile: ProfileRow, now: datetime) -> Iterator[ExperienceRow]:
    """Yield posts one after the other, from the year of the batch until today."""
    employers = _EMPLOYERS[profile.profession]
    start = date(int(profile.batch) + 1, rng.randint(1, 12), 1)
    stages = STAGES[profile.profession]
    for stage, title in enumerate(stages):
        last = stage == len(stages) - 1
        end = start + timedelta(days=rng.randint(400, 2200))
        lasts = end >= now.date() or (last and rng.random() > _RESTING)
        # who tells in the bio where he works does not say something else here
        company = next((one for one in employers if lasts and one in profile.bio), None) or rng.choice(employers)
        keyed = with_keys({"title": title, "company": _plain(company)})
        if start < now.date():
            yield ExperienceRow(
                **keyed,
                start_date=start,
                end_date=None if lasts else end,
                created_at=profile.created_at,
                updated_at=profile.created_at,
            )
        if lasts:
            return
        start = (end + timedelta(days=rng.choice((1, 1, 30, 90)))).replace(day=1)


def _interests(rng: random.Random, profile: ProfileRow) -> Iterator[InterestRow]:
    words, weights = zip(*INTERESTS, strict=True)
    for interest in sorted({*rng.choices(words, weights, k=rng.randint(0, 6))}, key=fold):
        written = interest.lower() if rng.random() < 0.1 else interest  # noqa: PLR2004 - people write as they like
        yield InterestRow(written, key(written), profile.created_at, profile.created_at)


def _plain(employer: str) -> str:
    for article in ("the ", "a ", "an "):
        employer = employer.removeprefix(article)
    return employer[0].upper() + employer[1:] if employer != "icddr,b" else employer
