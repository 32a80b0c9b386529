"""What makes an event worth showing to somebody who did not look for it."""

from datetime import timedelta
from typing import Literal

WINDOW = timedelta(days=30)
"""How far back something counts as recent."""
HALF_LIFE = timedelta(days=3)
"""After how long it counts half."""
MOST, MOST_SIMILAR = 50, 10
PEOPLE = 3
"""Attendees two events share before that is said: fewer would point at persons."""
NAMED = 3
"""Connections a reason names; it counts them all."""

SimilarCode = Literal["shared-tags", "same-type", "same-place", "shared-attendees"]
RecommendedCode = Literal[
    "connections-going", "your-interests", "tags-you-went-to", "type-you-went-to", "near-you", "trending", "coming-soon"
]
Code = Literal[SimilarCode, RecommendedCode]

SIMILAR_POINTS = """(
    3 * least(cardinality(r.tags), 3) + 2 * r.same_type::int + 2 * r.same_place::int
    + 0.5 * least(coalesce(m.people, 0), 10)
)"""
RECOMMENDED_POINTS = """(
    4 * least(cardinality(r.company), 3) + 3 * least(cardinality(r.interests), 2)
    + 2 * least(cardinality(r.tags), 2) + r.same_type::int + r.same_place::int
)"""
