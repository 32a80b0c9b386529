"""What people say about the events of the demo."""

import random
from collections.abc import Sequence
from datetime import datetime

from ijaa.events.comments.domain import DEEPEST
from ijaa.events.demo_repository import CommentRow, EventRow, ParticipationRow

_FIRST = (
    "Looking forward to it!", "Who else comes from the north?", "Is there parking nearby?", "Can I bring my children?",
    "I will be late, please keep me a seat.", "Thank you for organising this.", "Is there food for vegetarians?",
    "Has anybody the photos of the last one?", "Could somebody share a ride?", "See you all there.",
)  # fmt: skip
_REPLIES = (
    "Me too!", "Yes, I think so.", "Good question.", "I will ask.", "Thank you!", "Count me in.", "@{name} see above.",
    "Last time there was.", "I can take two more.", "Let us meet at the gate.",
)  # fmt: skip


def talk(rng: random.Random, event: EventRow, answers: Sequence[ParticipationRow], until: datetime) -> list[CommentRow]:
    """Let some of those who answered talk, and like what others say; each comment comes after what it answers."""
    people = [one.participant_username for one in answers if one.status in {"GOING", "MAYBE"}]
    if not people or event.status == "DRAFT":
        return []
    said: list[CommentRow] = []
    moments = sorted(event.created_at + (until - event.created_at) * rng.random() for _ in range(len(people) // 3))
    for at in moments:
        answered = rng.choice(said) if said and rng.random() < 0.6 else None  # noqa: PLR2004
        if answered and answered.depth == DEEPEST:
            answered = None
        fans = min(rng.choice((0, 0, 0, 1, 1, 2, 5)), len(people))
        text = rng.choice(_REPLIES if answered else _FIRST)
        said.append(
            CommentRow(
                place=len(said),
                answers=answered.place if answered else None,
                depth=answered.depth + 1 if answered else 1,
                username=rng.choice(people),
                content=text.format(name=answered.username if answered else ""),
                created_at=at,
                likers=sorted(rng.sample(people, fans)),
            )
        )
    return said
