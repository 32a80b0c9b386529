"""Finding events: every filter, every order, pages that stay put."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api, codes


async def _titles(api: Api, who: str | None = "asha", **params: Any) -> list[str]:
    return [one["title"] for one in (await api.get(who, "/events", limit=100, **params))["items"]]


@pytest.fixture
async def events(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    """Make four events that differ in everything."""
    day = timedelta(days=1)
    await an_event(
        title="Iftar in Dhaka", description="100%_real café", location="Café Zürich, Dhaka", event_type="SOCIAL",
        tags=["food", "Dhaka"], start_date=clock.now() + 3 * day, end_date=clock.now() + 4 * day, capacity=2,
        max_guests=1,
    )  # fmt: skip
    clock.at += timedelta(seconds=1)
    await an_event(
        title="Webinar", event_type="WEBINAR", tags=["online"], is_online=True, by="ben",
        start_date=clock.now() + day, end_date=clock.now() + 2 * day, max_guests=5,
    )  # fmt: skip
    clock.at += timedelta(seconds=1)
    await an_event(
        title="Board", privacy="INVITE_ONLY", location="Hall_1", start_date=clock.now() + 2 * day,
        end_date=clock.now() + 3 * day, capacity=5,
    )  # fmt: skip
    first = (await api.get("asha", "/events", q="iftar"))["items"][0]["id"]
    second = (await api.get("asha", "/events", q="webinar"))["items"][0]["id"]
    await api.rsvp("chen", first)
    await api.rsvp("dina", first, guests=1)  # one seat is free, but not for two
    await api.rsvp("chen", second, guests=2)


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Webinar", "Board", "Iftar in Dhaka"]),
    ({"q": "DHAKA"}, ["Iftar in Dhaka"]),
    ({"q": "cafe"}, ["Iftar in Dhaka"]),
    ({"q": "CAFÉ"}, ["Iftar in Dhaka"]),
    ({"q": "food"}, ["Iftar in Dhaka"]),
    ({"q": "social"}, ["Iftar in Dhaka"]),
    ({"q": "0%_r"}, ["Iftar in Dhaka"]),
    ({"q": "%"}, ["Iftar in Dhaka"]),
    ({"q": "a_r"}, []),
    ({"q": "\\"}, []),
    ({"q": "nothing like it"}, []),
    ({"location": "zurich"}, ["Iftar in Dhaka"]),
    ({"location": "l_1"}, []),
    ({"event_type": "webinar"}, ["Webinar"]),
    ({"tag": "food"}, ["Iftar in Dhaka"]),
    ({"tag": "foo"}, []),
    ({"privacy": "INVITE_ONLY"}, ["Board"]),
    ({"is_online": "true"}, ["Webinar"]),
    ({"is_online": "false"}, ["Board", "Iftar in Dhaka"]),
    ({"organizer": "Ben"}, ["Webinar"]),
    ({"organizer": "be"}, []),
    ({"has_seats": "true"}, ["Webinar", "Board"]),
    ({"has_seats": "false"}, ["Iftar in Dhaka"]),
    ({"sort": "-start_date"}, ["Iftar in Dhaka", "Board", "Webinar"]),
    ({"sort": "popularity"}, ["Webinar", "Iftar in Dhaka", "Board"]),
    ({"sort": "created_at"}, ["Board", "Webinar", "Iftar in Dhaka"]),
    ({"q": "a", "is_online": "false", "sort": "-start_date"}, ["Iftar in Dhaka", "Board"]),
    ({"q": "dha CAFÉ rea"}, ["Iftar in Dhaka"]),
    ({"q": "dha CAFÉ _rea"}, ["Iftar in Dhaka"]),
    ({"q": "dha board"}, []),
    ({"q": "ftar"}, ["Iftar in Dhaka"]),
    ({"q": "webbinar"}, ["Webinar"]),
    ({"q": "iftra dhakka"}, ["Iftar in Dhaka"]),
    ({"q": "iftra board"}, []),
    ({"q": "' & | ! :*"}, []),
    ({"q": "webinar:*' | 'board"}, []),
    ({"q": "   "}, ["Webinar", "Board", "Iftar in Dhaka"]),
]


@pytest.mark.usefixtures("events")
async def test_a_filter_finds_what_it_says(api: Api) -> None:
    # mutant: any line of filters.py
    for params, expected in FILTERS:
        assert await _titles(api, **params) == expected, params


@pytest.mark.parametrize("sort", ["relevance", "start_date"])
async def test_what_is_misspelt_is_looked_for_where_nothing_else_is_found(
    api: Api, an_event: AnEvent, sort: str
) -> None:
    """Kills: misspelt events among those that are not; a total of another list than the one shown."""
    await an_event(title="Reunoin")
    assert await _titles(api, q="reunion", sort=sort) == ["Reunoin"]
    page = await api.get("asha", "/events", q="reunion", sort=sort, include_total=True)
    assert page["total"] == 1
    await an_event(description="a réunion")
    assert await _titles(api, q="REUNION", sort=sort) == ["Reunion"]
    assert (await api.get("asha", "/events", q="reunion", sort=sort, include_total=True))["total"] == 1


async def test_by_relevance_titles_come_first(api: Api, an_event: AnEvent, clock: FrozenClock) -> None:
    """Kills: an order by time alone; words of which only some are in the title taken for a title."""
    start = clock.now() + timedelta(days=1)
    plans = (
        ("Tea", "chess"), ("Chess", "later"), ("Chess and tea", None), ("Talk", "of chess, of tea"),
        ("Tea, chess", "x"),
    )  # fmt: skip
    for number, (title, description) in enumerate(plans):
        at = start - timedelta(minutes=number)
        await an_event(title=title, description=description, start_date=at, end_date=at + timedelta(hours=1))
    assert await _titles(api, q="chess tea", sort="relevance") == ["Tea, chess", "Chess and tea", "Talk", "Tea"]
    assert await _titles(api, q="chess tea") == ["Tea, chess", "Talk", "Chess and tea", "Tea"]
    for path in ("/events?sort=relevance", "/me/events?sort=relevance"):
        assert codes(await api("asha", "GET", path)) == (422, "invalid")


@pytest.mark.usefixtures("events")
async def test_the_organiser_finds_his_hidden_place(api: Api) -> None:
    assert await _titles(api, "olu", location="hall_1") == ["Board"]


@pytest.mark.usefixtures("events")
async def test_a_window_is_half_open_and_takes_overlaps(api: Api, clock: FrozenClock) -> None:
    # mutant: >= for >, or windows that ask for containment
    event = (await api.get("asha", "/events", q="iftar"))["items"][0]
    second = timedelta(microseconds=1)
    start, end = clock.at.fromisoformat(event["start_date"]), clock.at.fromisoformat(event["end_date"])

    async def there(**window: Any) -> bool:
        return "Iftar in Dhaka" in await _titles(api, **{name: at.isoformat() for name, at in window.items()})

    assert await there(**{"from": start + second, "to": end - second})
    assert await there(to=start + second)
    assert not await there(to=start)
    assert await there(**{"from": end - second})
    assert not await there(**{"from": end})


@pytest.mark.usefixtures("events")
async def test_upcoming_follows_the_clock(api: Api, clock: FrozenClock) -> None:
    # mutant: now() of the database
    clock.at += timedelta(days=2, hours=1)
    assert await _titles(api, upcoming=True) == ["Board", "Iftar in Dhaka"]
    assert await _titles(api, upcoming=False) == ["Webinar"]


ORDERED: list[dict[str, str]] = [
    *({"sort": sort} for sort in ("start_date", "-start_date", "created_at", "popularity")),
    {"sort": "relevance", "q": "reunion"}, {"sort": "created_at", "q": "reunion"}, {"sort": "popularity", "q": "union"},
    {"sort": "relevance", "q": "union"}, {"sort": "relevance", "q": "reunoin"},
]  # fmt: skip


@pytest.mark.parametrize("asked", ORDERED, ids=lambda asked: " ".join(asked.values()))
async def test_pages_are_complete_and_stable_under_inserts(
    api: Api, an_event: AnEvent, clock: FrozenClock, events_database: Database, asked: dict[str, str]
) -> None:
    # mutant: OFFSET for the keyset; an order without the id, where equal keys are lost or doubled
    start = clock.now() + timedelta(days=1)
    names = [
        {},
        {},
        {"title": "Tea", "description": "after the reunion"},
        {},
        {"title": "T", "tags": ["reunion"]},
        {},
        {},
    ]
    known = [(await an_event(start_date=start, end_date=start + timedelta(hours=1), **one))["id"] for one in names]
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE events SET going = id % 2"))
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("asha", "/events", limit=2, **asked, **cursor)
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        clock.at += timedelta(seconds=1)
        await an_event(start_date=start - timedelta(hours=1), end_date=start)
        await an_event(start_date=start + timedelta(hours=1), end_date=start + timedelta(hours=2))
    assert len(seen) == len(set(seen))
    assert set(known) <= set(seen)


async def test_a_cursor_is_good_for_its_own_list_alone(api: Api, an_event: AnEvent) -> None:
    # mutant: a cursor that is not signed, or signed without filter and order
    for _ in range(2):
        await an_event()
    cursor = (await api.get("asha", "/events", limit=1))["next_cursor"]
    for params in (
        {"cursor": cursor, "sort": "created_at"},
        {"cursor": cursor, "q": "reunion"},
        {"cursor": cursor[:-2] + "AA"},
        {"cursor": "AAAA"},
        {"cursor": "%%%"},
        {"cursor": "é"},
    ):
        assert codes(await api("asha", "GET", "/events", params=params)) == (400, "malformed"), params
    assert len((await api.get("asha", "/events", limit=1, cursor=cursor))["items"]) == 1


NONSENSE = [
    "limit=0", "limit=101", "limit=x", "q=" + "x" * 201, "sort=random", "privacy=public", "is_online=maybe",
    "from=2026-01-01T00:00:00", "from=0001-01-01T00:00:00%2B14:00", "to=9999-12-31T23:59:59-14:00", "from=soon",
    "page=2", "q=a&q=b", "q=%00", "cursor=" + "x" * 501, "include_total=2", "from=12345Z",
    "to=2026-13-01T00:00:00Z",
]  # fmt: skip


async def test_a_parameter_that_makes_no_sense_is_named(api: Api) -> None:
    # mutant: drop a range from a parameter; hand moments at the edge of the calendar to the database
    for query in NONSENSE:
        answer = await api("asha", "GET", f"/events?{query}")
        assert codes(answer) == (422, "invalid"), query
        assert answer.json()["errors"][0]["pointer"] == "/" + query.partition("=")[0]


async def test_an_event_that_takes_no_answers_any_more_has_no_seats(
    api: Api, an_event: AnEvent, clock: FrozenClock
) -> None:
    # mutant: count seats alone
    deadline = clock.now() + timedelta(hours=1)
    event = (await an_event(rsvp_deadline=deadline.isoformat()))["id"]
    for later, found in ((timedelta(), [event]), (timedelta(hours=1), [event]), (timedelta(hours=2), [])):
        clock.at = deadline - timedelta(hours=1) + later
        shown = (await api.get("asha", "/events", has_seats="true"))["items"]
        assert [one["id"] for one in shown] == found
