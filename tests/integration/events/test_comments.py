"""Comments: who says what, who reads it, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.fakes import FakeFeatureFlags, FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Invite, codes

HISTORY = "SELECT action, actor, subject, details::text FROM audit_log ORDER BY id"


@pytest.fixture
async def event(an_event: AnEvent) -> int:
    """Make a public event."""
    return int((await an_event())["id"])


async def pages(api: Api, who: str | None, path: str, **params: Any) -> list[int]:
    """Return the ids of every page of a list."""
    found: list[int] = []
    while True:
        page = await api.get(who, path, **params)
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        params["cursor"] = page["next_cursor"]


async def status(database: Database, event: int, value: str) -> None:
    """Put an event into a status."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE events SET status = :status,"
                " cancelled_at = CASE WHEN :status = 'CANCELLED' THEN now() END WHERE id = :id"
            ).bindparams(status=value, id=event)
        )


async def test_what_is_said_is_read_by_whoever_sees_the_event(api: Api, event: int) -> None:
    # mutants: text changed on its way; white space kept; no Location; an author without his card
    said = "  <script>alert('x')</script>\n& \u202e\U0001f389  "
    answer = await api("asha", "POST", f"/events/{event}/comments", {"content": said})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/comments/{made['id']}")
    expected = {
        "id": made["id"], "event_id": event, "parent_id": None, "depth": 1,
        "author": {"username": "asha", "name": "Asha", "photo": None}, "content": said.strip(), "deleted": False,
        "created_at": made["created_at"], "edited_at": None, "likes": 0, "liked_by_me": False, "reply_count": 0,
    }  # fmt: skip
    assert made == expected
    for who in ("ben", None):
        assert await api.get(who, f"/comments/{made['id']}") == expected
        listed = await api.get(who, f"/events/{event}/comments", include_total=True)
        assert listed == {
            "items": [{**expected, "replies": [], "replies_cursor": None}],
            "next_cursor": None,
            "total": 1,
        }
        assert (await api.get(who, f"/events/{event}"))["comments"] == 1
        assert "comments" not in (await api.get(who, "/events"))["items"][0]


async def test_texts_have_limits(api: Api, event: int) -> None:
    # mutants: count before trimming; take nothing at all; let through what the database cannot keep
    path = f"/events/{event}/comments"
    for content in ("", "  \n ", "x" * 1001, "x" * 2001, 7, None):
        assert codes(await api("asha", "POST", path, {"content": content})) == (422, "invalid")
    for raw in (b'{"content": "a\\u0000b"}', b'{"content": "\\ud800"}'):
        answer = await api("asha", "POST", path, content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, raw
    assert codes(await api("asha", "POST", path, {"content": "x", "likes": 7})) == (422, "invalid")
    assert (await api.get(None, path, include_total=True))["total"] == 0
    comment = await api.say("asha", event, f"\n{'x' * 1000} ")
    assert codes(await api("asha", "PATCH", f"/comments/{comment}", {"content": " "})) == (422, "invalid")
    assert len((await api.get(None, f"/comments/{comment}"))["content"]) == 1000


async def test_replies_go_three_levels_deep(api: Api, event: int) -> None:
    # mutants: a fourth level; a depth that is told wrong
    first = await api.say("asha", event)
    second = await api.say("ben", event, parent=first)
    third = await api.say("asha", event, parent=second)
    answer = await api("ben", "POST", f"/events/{event}/comments", {"content": "x", "parent_id": third})
    assert codes(answer) == (422, "invalid")
    assert answer.json()["errors"] == [
        {"pointer": "/parent_id", "detail": "is 3 levels deep already: answer the comment above it"}
    ]
    assert [(await api.get(None, f"/comments/{one}"))["depth"] for one in (first, second, third)] == [1, 2, 3]
    assert (await api.get(None, f"/comments/{third}/replies"))["items"] == []


async def test_only_what_is_there_is_answered(api: Api, event: int, an_event: AnEvent) -> None:
    # mutants: a parent in another event, or one the member does not see, told from one that is nowhere
    other, hidden = (await an_event())["id"], (await an_event(by="ben", privacy="PRIVATE"))["id"]
    gone = await api.say("asha", event)
    await api.say("ben", event, parent=gone)
    await api.unsay("asha", gone)
    parents = [await api.say("ben", other), await api.say("ben", hidden), gone, 999_999]
    said = []
    for parent in parents:
        answer = await api("chen", "POST", f"/events/{event}/comments", {"content": "x", "parent_id": parent})
        assert codes(answer) == (422, "invalid")
        said.append(answer.json()["errors"])
    assert said == [[{"pointer": "/parent_id", "detail": "is no comment of this event that can be answered"}]] * 4


async def test_who_may_comment(api: Api, an_event: AnEvent, invite: Invite, events_database: Database) -> None:
    # mutants: strangers at a closed event; a draft that is talked about; a cancelled one that is not
    closed = (await an_event(privacy="INVITE_ONLY"))["id"]
    await invite(closed, "ben", "chen")
    await api.rsvp("chen", closed)
    async with events_database.transaction() as session:
        await session.execute(text("DELETE FROM event_invitations WHERE invited_username = 'chen'"))
    path = f"/events/{closed}/comments"
    assert codes(await api("asha", "POST", path, {"content": "x"})) == (403, "invitation-needed")
    for who in ("ben", "chen", "olu"):
        await api.say(who, closed)
    assert (await api.get("asha", path, include_total=True))["total"] == 3
    assert codes(await api(None, "GET", path)) == (404, "not-found")
    assert codes(await api(None, "POST", path, {"content": "x"})) == (401, "unauthenticated")
    assert codes(await api("admin:root@x", "POST", path, {"content": "x"})) == (403, "forbidden")
    draft = (await an_event(status="DRAFT"))["id"]
    assert codes(await api("olu", "POST", f"/events/{draft}/comments", {"content": "x"})) == (409, "wrong-state")
    assert codes(await api("ben", "POST", f"/events/{draft}/comments", {"content": "x"})) == (404, "not-found")
    for value in ("CANCELLED", "COMPLETED", "NEEDS_ORGANISER"):
        await status(events_database, closed, value)
        await api.say("ben", closed)


async def test_a_comment_of_an_event_one_does_not_see_answers_like_a_missing_one(api: Api, an_event: AnEvent) -> None:
    # mutants: a use case that finds a comment by its id alone; another answer for what is hidden
    private = (await an_event(privacy="PRIVATE"))["id"]
    comment = await api.say("olu", private)
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"content": "x"}), ("DELETE", "", None), ("GET", "/replies", None),
        ("PUT", "/like", None), ("DELETE", "/like", None),
    ):  # fmt: skip
        said = []
        for one in (comment, 999_999):
            answer = await api("asha", method, f"/comments/{one}{path}", body)
            assert codes(answer) == (404, "not-found")
            problem = answer.json()
            del problem["instance"], problem["request_id"]
            said.append(problem)
        assert said[0] == said[1]
    for who in ("asha", None, "admin:root@x"):
        assert codes(await api(who, "GET", f"/events/{private}/comments")) == (404, "not-found")
        assert codes(await api(who, "GET", f"/comments/{comment}")) == (404, "not-found")


async def test_a_list_comes_in_three_orders(api: Api, event: int) -> None:
    # mutants: an order that is another; likes that do not count; ties the wrong way round
    path = f"/events/{event}/comments"
    comments = [await api.say("asha", event, str(number)) for number in range(5)]
    for number, likers in ((0, ("ben",)), (2, ("ben", "chen")), (3, ("chen",))):
        for who in likers:
            await api.like(who, comments[number])
    expected = {"newest": [4, 3, 2, 1, 0], "oldest": [0, 1, 2, 3, 4], "popular": [2, 3, 0, 4, 1]}
    for sort, order in expected.items():
        for limit in (1, 2, 100):
            assert await pages(api, None, path, sort=sort, limit=limit) == [comments[one] for one in order], sort
    assert await pages(api, None, path) == [comments[one] for one in expected["newest"]]
    cursor = (await api.get(None, path, limit=2))["next_cursor"]
    answer = await api(None, "GET", path, params={"cursor": cursor, "sort": "popular"})
    assert codes(answer) == (400, "malformed")
    assert len((await api.get(None, path))["items"]) == 5


async def test_a_comment_comes_with_the_first_replies(api: Api, event: int) -> None:
    # mutants: all of them; the latest ones; a count of those that are shown; a cursor that shows one twice
    path = f"/events/{event}/comments"
    first = await api.say("asha", event)
    replies = [await api.say("ben", event, str(number), parent=first) for number in range(5)]
    deep = [await api.say("chen", event, str(number), parent=replies[1]) for number in range(4)]
    (shown,) = (await api.get(None, path))["items"]
    assert (shown["reply_count"], [one["id"] for one in shown["replies"]]) == (5, replies[:3])
    assert [one["reply_count"] for one in shown["replies"]] == [0, 4, 0]
    assert "replies" not in shown["replies"][1]
    thread = f"/comments/{first}/replies"
    assert await pages(api, None, thread, limit=1, cursor=shown["replies_cursor"]) == replies[3:]
    for sort, expected in (("oldest", replies), ("newest", replies[::-1]), ("popular", replies[::-1])):
        assert await pages(api, None, thread, sort=sort, limit=2) == expected
    (_, answered, *_) = (await api.get(None, thread))["items"]
    assert (answered["reply_count"], [one["id"] for one in answered["replies"]]) == (4, deep[:3])
    assert await pages(api, None, f"/comments/{replies[1]}/replies", cursor=answered["replies_cursor"]) == deep[3:]


async def test_an_answered_comment_leaves_a_tombstone_and_a_leaf_goes(
    api: Api, event: int, events_database: Database
) -> None:
    # mutants: replies that go with it; a text or a name that stays; a tombstone nothing hangs on; likes that stay
    path = f"/events/{event}/comments"
    first = await api.say("asha", event, "secret words")
    second = await api.say("asha", event, "more words", parent=first)
    third = await api.say("ben", event, "an answer", parent=second)
    await api.like("ben", first)
    await api("asha", "PATCH", f"/comments/{first}", {"content": "other words"})
    await api.unsay("asha", first)
    await api.unsay("asha", second)
    (shown,) = (await api.get(None, path, include_total=True))["items"]
    for one in (shown, *shown["replies"]):
        assert (one["deleted"], one["author"], one["content"], one["likes"], one["edited_at"]) == (
            True, None, "", 0, None,
        )  # fmt: skip
    assert (await api.get(None, f"/comments/{third}"))["content"] == "an answer"
    assert await events_database.fetch_value("SELECT count(*) FROM event_comment_edits") == 0
    for method, suffix, body in (
        ("PATCH", "", {"content": "x"}), ("DELETE", "", None), ("PUT", "/like", None),
    ):  # fmt: skip
        assert codes(await api("asha", method, f"/comments/{first}{suffix}", body)) == (404, "not-found")
    kept = await api.say("chen", event)
    await api.unsay("ben", third)
    assert await pages(api, None, path) == [kept]
    assert await events_database.fetch_value("SELECT count(*) FROM event_comments") == 1
    assert await events_database.fetch_value("SELECT comments FROM event_discussions") == 1


async def test_a_tombstone_stays_while_another_reply_does(api: Api, event: int) -> None:
    # mutant: sweep a tombstone with its first leaf
    first = await api.say("asha", event)
    leaves = [await api.say("ben", event, parent=first) for _ in range(2)]
    await api.unsay("asha", first)
    await api.unsay("ben", leaves[0])
    assert await pages(api, None, f"/events/{event}/comments") == [first]
    await api.unsay("ben", leaves[1])
    assert await pages(api, None, f"/events/{event}/comments") == []


async def test_who_deletes_what(api: Api, event: int, events_database: Database) -> None:
    # mutants: anybody; an organiser of another event; somebody else's comment deleted without a trace
    comments = [await api.say("asha", event, "words") for _ in range(4)]
    for who in ("ben", "chen"):
        assert codes(await api(who, "DELETE", f"/comments/{comments[0]}")) == (403, "not-author")
    assert codes(await api(None, "DELETE", f"/comments/{comments[0]}")) == (401, "unauthenticated")
    await api.unsay("asha", comments[0])
    assert await events_database.fetch(lambda *row: row, HISTORY) == []
    await api.unsay("olu", comments[1])
    await api.unsay("admin:root@x", comments[2])
    found = await events_database.fetch(lambda *row: row, HISTORY)
    assert [row[:3] for row in found] == [
        ("comment-deleted", "USER_olu", f"comment/{comments[1]}"),
        ("comment-deleted", "USER_root@x", f"comment/{comments[2]}"),
    ]
    assert ["organiser" in found[0][3], "moderator" in found[1][3], "words" in str(found)] == [True, True, False]
    assert await pages(api, None, f"/events/{event}/comments") == [comments[3]]


async def test_moderators_reach_what_is_private(api: Api, an_event: AnEvent) -> None:
    # mutant: a reported comment of a private event that nobody can take away
    private = (await an_event(privacy="PRIVATE"))["id"]
    comment = await api.say("olu", private)
    assert (await api.get("admin:root@x", f"/comments/{comment}/history"))["content"] == "Hello"
    await api.unsay("admin:root@x", comment)
    assert codes(await api("admin:root@x", "DELETE", f"/comments/{comment}")) == (404, "not-found")
    assert codes(await api("admin:root@x", "GET", f"/comments/{comment}/history")) == (404, "not-found")


async def test_edits_are_shown_and_what_was_said_before_is_for_moderators(
    api: Api, event: int, clock: FrozenClock
) -> None:
    # mutants: an edit nobody can tell; history for everybody, or for the organiser; an edit that changes nothing kept
    comment = await api.say("asha", event, "one")
    for content in ("two", " two ", "three"):
        clock.at += timedelta(days=2)
        answer = await api("asha", "PATCH", f"/comments/{comment}", {"content": content})
        assert (answer.status_code, answer.json()["content"]) == (200, content.strip())
    assert (await api.get(None, f"/comments/{comment}"))["edited_at"] is not None
    for who in ("ben", "olu"):
        assert codes(await api(who, "PATCH", f"/comments/{comment}", {"content": "x"})) == (403, "not-author")
        assert codes(await api(who, "GET", f"/comments/{comment}/history")) == (403, "forbidden")
    path = f"/comments/{comment}/history"
    found = await api.get("admin:root@x", path, limit=1)
    assert (found["content"], found["username"], [one["content"] for one in found["items"]]) == (
        "three", "asha", ["two"],
    )  # fmt: skip
    rest = await api.get("admin:root@x", path, cursor=found["next_cursor"])
    assert ([one["content"] for one in rest["items"]], rest["next_cursor"]) == (["one"], None)


async def test_a_like_counts_once(api: Api, event: int, events_database: Database) -> None:
    # mutants: a like per request; one taken back that was never given; somebody else's shown as mine
    comment = await api.say("asha", event)
    assert [await api.like(who, comment) for who in ("ben", "ben", "chen", "asha")] == [1, 1, 2, 3]
    seen = {who: (await api.get(who, f"/comments/{comment}"))["liked_by_me"] for who in ("ben", "dina", None)}
    assert seen == {"ben": True, "dina": False, None: False}
    for who in ("ben", "ben", "dina"):
        assert (await api(who, "DELETE", f"/comments/{comment}/like")).status_code == 204
    found = await api.get("ben", f"/comments/{comment}")
    assert (found["likes"], found["liked_by_me"]) == (2, False)
    assert await events_database.fetch_value("SELECT count(*) FROM event_comment_likes") == 2


async def test_the_flag_switches_comments_off_and_leaves_moderators_their_way(
    api: Api, event: int, flags: FakeFeatureFlags
) -> None:
    # mutants: a route without the flag; nothing to be taken away while it is off
    comment = await api.say("asha", event)
    flags.off.add("events.comments")
    for method, path, body in (
        ("GET", f"/events/{event}/comments", None), ("POST", f"/events/{event}/comments", {"content": "x"}),
        ("GET", f"/comments/{comment}", None), ("PUT", f"/comments/{comment}/like", None),
        ("DELETE", f"/comments/{comment}", None),
    ):  # fmt: skip
        assert codes(await api("asha", method, path, body)) == (403, "feature-disabled")
    await api.unsay("admin:root@x", comment)


async def test_an_event_goes_with_what_was_said_about_it(api: Api, event: int, events_database: Database) -> None:
    # mutant: a foreign key that keeps the event, or comments of nothing
    first = await api.say("asha", event)
    await api.say("ben", event, parent=await api.say("ben", event, parent=first))
    await api.like("ben", first)
    assert (await api("olu", "DELETE", f"/events/{event}")).status_code == 204
    assert await events_database.fetch_value(
        "SELECT (SELECT count(*) FROM event_comments) + (SELECT count(*) FROM event_discussions)"
    ) == 0  # fmt: skip


async def test_without_the_other_module_authors_are_names(api: Api, event: int, directory: FakeUserDirectory) -> None:
    # mutant: let Unavailable through
    await api.say("asha", event)
    directory.down = True
    await api.say("ben", event)
    (_, first) = (await api.get("chen", f"/events/{event}/comments"))["items"]
    assert first["author"] == {"username": "asha", "name": None, "photo": None, "degraded": True}


async def test_what_every_request_costs(
    api: Api, event: int, events_database: Database, directory: FakeUserDirectory
) -> None:
    # mutants: a statement per comment, or per reply; cards one by one
    for _ in range(3):
        first = await api.say("asha", event)
        for _ in range(4):
            await api.like("ben", await api.say("ben", event, parent=await api.say("chen", event, parent=first)))
    statements: list[str] = []
    events_database.observers.append(
        lambda _database, statement, _seconds: (
            None
            if any(one in statement for one in ("audit_seals", "FROM outbox", "pg_notify", "cron"))
            else statements.append(statement)
        )
    )
    path = f"/events/{event}/comments"
    for name, request, expected, batches in (
        ("public", lambda: api.get(None, path), 1, 1),
        ("member", lambda: api.get("gus", path, sort="popular", limit=2), 1, 1),
        ("organiser", lambda: api.get("olu", path), 1, 1),
        ("total", lambda: api.get("gus", path, include_total=True), 2, 1),
        ("replies", lambda: api.get("gus", f"/comments/{first}/replies"), 1, 1),
        ("one", lambda: api.get("gus", f"/comments/{first}"), 1, 1),
        ("comment", lambda: api.say("gus", event), 3, 1),
        ("like", lambda: api.like("gus", first), 2, 0),
    ):
        statements.clear()
        directory.calls = 0
        await request()  # type: ignore[no-untyped-call]
        assert (len(statements), directory.calls) == (expected, batches), (name, statements)
