"""Whatever is hidden from a viewer could be anything else: nothing he reads would be another word.

Two worlds differ in what one viewer may not see: fields and lists whose audience he is not in, and everything of
members who are hidden from him. Every route he may read answers alike in both: neither content nor count nor order
tells.
"""

import random
import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import httpx
import pytest

from ijaa.shared.database import Database
from ijaa.shared.http.policies import EVERYBODY, NOT_ASKED, Operation, policy_of
from tests.surface.lives import PEOPLE, Lives, occasions
from tests.surface.world import World

Requests = Sequence[tuple[str, Mapping[str, Any]]]

VIEWERS = {
    "member": "asha", "other member": "ben", "co-organiser": "cora", "check-in helper": "hal", "anonymous": None,
}  # fmt: skip
_WANTED: Sequence[Mapping[str, str]] = (
    {}, {"q": "roy"}, {"q": "tuni"}, {"q": "doctor"}, {"q": "acme"}, {"q": "chess"}, {"q": "chtra"},
    {"profession": "nurse"}, {"location": "dhaka"}, {"company": "loom"}, {"interest": "choir"}, {"batch": "2009"},
    {"batch_from": "2010"},
)  # fmt: skip

_PAGES = (
    "getApiPageAsset", "getLandingPage", "getConfirmationPage", "getResetPage", "getEmailChangePage",
    "getUnsubscribePage", "openUnsubscribeLink", "getReturnPage", "getReturnScript",
    "getInvitationPage", "getInvitationOptOutPage", "getInvitationOptOutScript",
    "getUnsubscribeScript", "getStyle", "getScript", "getResetScript", "getEmailChangeScript",
)  # fmt: skip
_SERVICES = (
    "getEventFigures", "getHiddenMembers", "getRevocation", "followRevocations", "followFlags", "followKeys",
)  # fmt: skip
_PROCESS = ("getLiveness", "getReadiness", "getModuleReadiness", "getMetrics")
EXCEPTED = {
    "watchMyNotifications": "streams what listMyNotifications lists",
    "watchEvent": "streams the counts that getEvent answers, and how many comments there are, for all alike",
    "getTicketSvg": "draws what getTicket gives",
    "getTicketPng": "draws what getTicket gives",
    **dict.fromkeys(("listExpected", "getAttendance", "exportParticipants"), "is for those who run an event"),
    **dict.fromkeys(
        ("getEventAnalytics", "exportEventAnalytics", "getMyAnalytics"), "is for those who run an event, in numbers"
    ),
    "getFile": "gives bytes: tests of photos say to whom",
    "getMediumFile": "gives bytes: tests of media say to whom",
    "getEventBanner": "gives bytes: tests of banners say to whom",
    "getAnnouncementImage": "gives bytes: tests of announcements say to whom",
    "getMyExport": "tells how far one's own archive is, as listMyExports does",
    "fetchExport": "gives an archive of what is one's own: tests of exports look through it for others",
    "listSeats": "is for organisers, from whom nobody who takes part is hidden",
    "getKeys": "gives public keys",
    "getFlag": "tells of the installation",
    "listDemoMail": "is the mailbox of the demo, open to whoever tries it",
    "getDemoMail": "is the mailbox of the demo, open to whoever tries it",
    **dict.fromkeys(_PAGES, "is a page, the same for everybody"),
    **dict.fromkeys(_SERVICES, "is for services"),
    **dict.fromkeys(_PROCESS, "tells of the process"),
}
"""Routes a member or the public may read that are not driven here, each with its reason."""
OWN_BLOCKS = {"listMyBlocks", "getMyBlock"}
"""What names somebody hidden to him who hid him."""
OWN_WORDS = {"listInvitations"}
"""What says the names the viewer gave himself, to whoever they belong."""
OF_EVENTS = {
    "listParticipants",
    "listOrganisers",
    "getEvent",
    "listEvents",
    "listComments",
    "getComment",
    "listReplies",
    "listMedia",
    "getMedium",
    "listMyInvitations",
}
"""What shows the name of a barred member until the message of it has come, which none does here."""


def driven(ids: Mapping[str, Sequence[int]]) -> Mapping[str, Requests]:
    """Return what is asked of every route, with the ids of what is there."""

    def of_each(path: str) -> Requests:
        return [(path.format(name), {}) for name in PEOPLE]

    def of_ids(path: str, kind: str) -> Requests:
        return [(path.format(one), {}) for one in ids[kind]]

    mine = {
        "getMe": "/me", "getMyProfile": "/me/profile", "getMySettings": "/me/settings",
        "listMyExperiences": "/me/experiences", "listMyInterests": "/me/interests", "listSessions": "/auth/sessions",
        "listMyNotifications": "/me/notifications", "getMyNotificationPreferences": "/me/notification-preferences",
        "countConnections": "/connections/counts", "listMyBlocks": "/me/blocks", "listMyReports": "/me/reports",
        "listMyExports": "/me/exports",
        "listAnnouncements": "/announcements", "listEvents": "/events",
    }  # fmt: skip
    sorts, numbers = ("relevance", "name", "batch", "connections"), (100, 4)
    return {
        **{name: [(path, {})] for name, path in mine.items()},
        "previewMyProfile": [("/me/profile/preview", {"as": one}) for one in ("public", "member", "connection")],
        "listMyInvitations": [
            ("/me/invitations", {"status": one, "include_total": "true"}) for one in ("open", "answered", "all")
        ],
        "listInvitations": [
            (f"/events/{one}/invitations", {"include_total": "true", "status": status} if status else {})
            for one, status in product(ids["own events"], (None, "open", "accepted"))
        ],
        "listEmailInvitations": of_ids("/events/{}/email-invitations", "own events"),
        "listMyEvents": [("/me/events", {"role": one}) for one in ("organizer", "participant", "invitee")],
        "getMember": of_each("/users/{}"),
        "listExperiences": of_each("/users/{}/experiences"),
        "listInterests": of_each("/users/{}/interests"),
        "suggestInterests": [("/interests/suggestions", {"q": one}) for one in ("ch", "choir")],
        "searchMembers": [
            ("/users", {**wanted, "sort": sort, "limit": limit, "include_total": "true"})
            for wanted, sort, limit in product(_WANTED, sorts, numbers)
        ],
        "countMembers": [("/users/facets", wanted) for wanted in _WANTED],
        "suggestMembers": [("/users/suggestions", {"q": one}) for one in ("roy", "ash", "tun", "m0")],
        "listConnections": [
            ("/connections", {"status": one, "include_total": "true"}) for one in ("PENDING", "ACCEPTED", "REJECTED")
        ],
        "suggestConnections": [("/connections/suggestions", {"limit": limit}) for limit in (100, 3)],
        "getConnection": of_ids("/connections/{}", "connections"),
        "listMutualConnections": of_each("/users/{}/mutual-connections"),
        "getMyBlock": of_each("/me/blocks/{}"),
        "getAnnouncement": of_ids("/announcements/{}", "announcements"),
        "getMyReport": of_ids("/me/reports/{}", "reports"),
        "getEvent": of_ids("/events/{}", "events"),
        "listComments": [
            (f"/events/{one}/comments", {"sort": sort, "limit": limit, "include_total": "true"})
            for one, sort, limit in product(ids["events"], ("newest", "popular"), (100, 3))
        ],
        "getComment": of_ids("/comments/{}", "event_comments"),
        "listReplies": of_ids("/comments/{}/replies", "event_comments"),
        "listMedia": of_ids("/events/{}/media", "events"),
        "getMedium": of_ids("/media/{}", "event_media"),
        "listTrendingEvents": [("/events/trending", {"limit": limit}) for limit in (50, 1)],
        "listRecommendedEvents": [("/events/recommended", {"limit": limit}) for limit in (50, 1)],
        "listSimilarEvents": of_ids("/events/{}/similar", "events"),
        "getRsvp": of_ids("/events/{}/rsvp", "events"),
        "listOrganisers": of_ids("/events/{}/organisers", "events"),
        "getTicket": of_ids("/events/{}/rsvp/ticket", "events"),
        "listParticipants": [
            (f"/events/{one}/participants", {"status": status})
            for one, status in product(ids["events"], ("GOING", "MAYBE"))
        ],
    }


def test_every_route_somebody_reads_is_driven_or_excepted(world: World) -> None:
    """Kills: a route that is added and that nobody thinks of here."""
    kinds = ("connections", "announcements", "reports", "events", "own events", "event_comments", "event_media")
    asked = driven({kind: [] for kind in kinds})
    read = {one.name for one in world.operations if one.method == "GET" and _for_members(one)}
    assert asked.keys() & EXCEPTED.keys() == set()
    assert read - asked.keys() - EXCEPTED.keys() == set()
    assert asked.keys() - read == set()


def _for_members(operation: Operation) -> bool:
    callers = policy_of(operation.handler).callers
    return callers in {EVERYBODY, NOT_ASKED} or "member" in callers


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))])
async def test_nothing_hidden_changes_anything_that_is_read(world: World, seed: int) -> None:
    """Kills: an audience not looked at, a block that works one way or a barred member seen, wherever that is.

    In whichever condition, filter, order, count, facet, suggestion, card, preview or list.
    """
    await world.go_back()
    rng = random.Random(seed)  # noqa: S311 - people who do not exist
    assert world.settings.users_database
    database = Database("users", world.settings.users_database.url)
    lives = Lives(world, rng, database)
    await lives.write()
    asked, answered = driven(await occasions(world, rng)), set[str]()
    for who, viewer in VIEWERS.items():
        token = await world.token(who)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        before = await _everything(world.client, asked, headers)
        for (name, place), (status, body) in before.items():
            if status == httpx.codes.OK:
                answered.add(name)
                hidden = lives.blocked(viewer) if name in OF_EVENTS else lives.hidden(viewer)
                named = [one for one in hidden if f'"{one}"' in body and name not in OWN_BLOCKS | OWN_WORDS]
                assert not named, (who, place, named)
        await lives.rewrite(viewer)
        after = await _everything(world.client, asked, headers)
        different = [place for place, given in before.items() if after[place] != given]
        assert not different, (who, different, before[different[0]], after[different[0]])
    await database.dispose()
    assert asked.keys() - answered == set()


async def _everything(
    client: httpx.AsyncClient, asked: Mapping[str, Requests], headers: Mapping[str, str]
) -> dict[tuple[str, str], tuple[int, str]]:
    return {
        (name, f"{path} {dict(params)}"): await _read(client, path, params, headers)
        for name, requests in asked.items()
        for path, params in requests
    }


async def _read(
    client: httpx.AsyncClient, path: str, params: Mapping[str, Any], headers: Mapping[str, str]
) -> tuple[int, str]:
    given = {**headers, "X-Request-Id": "the-same"}
    answer = await client.get(f"/api/v1{path}", params=dict(params), headers=given)
    assert answer.status_code in {200, 401, 403, 404}, answer.text
    # a link to a file is another one each hour
    said = re.sub(r"token=[\w.-]+", "token=", answer.text)
    return answer.status_code, f"{answer.headers.get('etag')} {said}"
