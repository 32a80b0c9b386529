"""Whatever members chose, nothing they hide shows anywhere, and what they show does (issue: directory, profiles)."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from ijaa.shared.clock import FrozenClock
from ijaa.users.profiles.domain import FIELDS, LISTS
from tests.integration.users.conftest import AMember, App, Member, an_account
from tests.integration.users.test_profiles import connect, execute

ORDER = ("public", "members", "connections", "nobody")
RANKS = {"public": 0, "member": 1, "connection": 2, "asha": 3, "blocked": -1, "blocking": -1}
"""Who looks at Asha, and what each is to her: an audience shows to its place in `ORDER` and above."""
CANARIES = {name: f"<{name[:8]}>" for name in (*FIELDS, *LISTS)} | {"interests": "<zeal>"}
FANS = ("fan1", "fan2", "fan3")
"""Others who care for what Asha cares for."""

_AUDIENCES = st.none() | st.sampled_from(ORDER)
_CHOICES = st.fixed_dictionaries(dict.fromkeys((*FIELDS, *LISTS), _AUDIENCES))
_FANS = st.fixed_dictionaries(
    {fan: st.tuples(_AUDIENCES, st.sets(st.sampled_from([*RANKS][1:]), max_size=2)) for fan in FANS}
)
"""To whom each shows his interests, and whom he blocked."""

Choices = Mapping[str, str | None]
Fans = Mapping[str, tuple[str | None, set[str]]]


@pytest.fixture
async def viewers(app: App, a_member: AMember, clock: FrozenClock) -> dict[str, Member | None]:
    """Return everybody who looks; all of Asha's fields are canaries."""
    made: dict[str, Member | None] = {"public": None}
    for name in [*RANKS][1:]:
        made[name] = await a_member(name)
    for fan in FANS:
        await an_account(app[1].database, fan, None, clock.now())
    await connect(app, "connection", "asha")
    await execute(app, "INSERT INTO blocks VALUES ('asha', 'blocked', now()), ('blocking', 'asha', now())")
    fields = ", ".join(f"{field} = '{CANARIES[field]}'" for field in FIELDS)
    await execute(app, f"UPDATE profiles SET {fields} WHERE username = 'asha'")
    await execute(
        app,
        "INSERT INTO experiences (user_id, title, title_key, created_at, updated_at, version)"
        " SELECT user_id, $1, $1, now(), now(), 1 FROM profiles WHERE username = 'asha'",
        CANARIES["experiences"],
    )
    await execute(
        app,
        "INSERT INTO interests (user_id, interest, interest_key, created_at, updated_at, version)"
        " SELECT user_id, $1, $1, now(), now(), 1 FROM profiles WHERE username = ANY ($2::text[])",
        CANARIES["interests"],
        ["asha", *FANS],
    )
    return made


@configured(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices=_CHOICES, fans=_FANS)
async def test_nothing_hidden_shows_and_everything_shown_does(
    choices: Choices, fans: Fans, app: App, client: httpx.AsyncClient, viewers: dict[str, Member | None]
) -> None:
    """Kills: any audience read as its neighbour, in SQL or in values; a list, a card or a preview that asks nobody."""
    await _choose(app, choices, fans)
    seen = {}
    for viewer, member in viewers.items():
        seen[viewer] = page = await _page(client, member)
        shown = {name for name, canary in CANARIES.items() if canary in json.dumps(page)}
        assert shown == _expected(choices, viewer), viewer
        if RANKS[viewer] < 0:
            assert {answer["code"] for answer in page.values()} == {"not-found"}
        cards = await app[1].public.cards(["asha"], member.username if member else None)
        on_card = {value for card in cards.values() for value in (card.name, card.photo) if value}
        assert on_card == {CANARIES[name] for name in shown & {"name", "photo"}}
        if member is not None:
            assert await _suggested(client, member) == _suggestible(choices, fans, viewer), viewer

    asha = viewers["asha"]
    assert asha
    for viewer in ("public", "member", "connection"):
        preview = await client.get(f"/api/v1/me/profile/preview?as={viewer}", headers=asha.bearer)
        given = seen[viewer]
        assert preview.json() == {
            "profile": given["profile"],
            "experiences": given["experiences"]["items"],
            "interests": given["interests"]["items"],
        }


def _expected(choices: Choices, viewer: str) -> set[str]:
    return {name for name, audience in choices.items() if _shows(name, audience, RANKS[viewer])}


def _shows(name: str, audience: str | None, rank: int) -> bool:
    return rank >= ORDER.index(audience or ("nobody" if name in {"email", "phone"} else "members"))


def _suggestible(choices: Choices, fans: Fans, viewer: str) -> bool:
    """Whether three others show this viewer what all of them care for; Asha has it already."""
    if viewer == "asha":
        return False
    showing = [
        fan for fan, (audience, blocked) in fans.items() if _shows("interests", audience, 1) and viewer not in blocked
    ]
    return len(showing) + _shows("interests", choices["interests"], RANKS[viewer]) >= len(FANS)


async def _choose(app: App, choices: Choices, fans: Fans) -> None:
    chosen = {"asha": {name: audience for name, audience in choices.items() if audience}}
    chosen |= {fan: {"interests": audience} if audience else {} for fan, (audience, _) in fans.items()}
    for username, visibility in chosen.items():
        given = json.dumps(visibility)
        await execute(app, "UPDATE profiles SET visibility = $2::jsonb WHERE username = $1", username, given)
    await execute(app, "DELETE FROM blocks WHERE blocker_username LIKE 'fan%'")
    for fan, (_, blocked) in fans.items():
        await execute(app, "INSERT INTO blocks SELECT $1, unnest($2::text[]), now()", fan, [*blocked])


async def _page(client: httpx.AsyncClient, member: Member | None) -> dict[str, Any]:
    bearer = member.bearer if member else {}
    paths = {"profile": "", "experiences": "/experiences", "interests": "/interests"}
    return {
        name: (await client.get(f"/api/v1/users/asha{path}", headers=bearer)).json() for name, path in paths.items()
    }


async def _suggested(client: httpx.AsyncClient, member: Member) -> bool:
    answer = await client.get("/api/v1/interests/suggestions?q=<ze", headers=member.bearer)
    assert answer.json()["items"] in ([], [CANARIES["interests"]])
    return bool(answer.json()["items"])
