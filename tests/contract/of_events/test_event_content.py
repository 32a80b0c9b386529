"""What `EventContent` promises, whichever way it is reached."""

import pytest

from ijaa.shared.errors import Unavailable
from ijaa.users.ports import ContentKind, ContentRef, ContentSnapshot
from tests.contract.of_events.conftest import Content


def ref(id_: int, kind: ContentKind = "event") -> ContentRef:
    """Name a thing."""
    return ContentRef(kind=kind, id=id_)


async def test_an_event_is_shown_as_its_viewer_sees_it(content: Content) -> None:
    # mutants: another one's fields; dates that are no words; a field that is empty told as one
    tea = ref(await content.add("Tea", by="olu", text="With cake."))
    (found,) = (await content.port.snapshots([tea], "asha")).values()
    assert isinstance(found, ContentSnapshot)
    assert (found.kind, found.id, found.author, found.title, found.text) == (
        "event", tea.id, "olu", "Tea", "With cake.",
    )  # fmt: skip
    assert (found.details["privacy"], found.details["timezone"]) == ("PUBLIC", "UTC")
    assert "location" not in found.details


async def test_what_the_viewer_may_not_see_is_left_out_like_what_is_not_there(content: Content) -> None:
    # mutants: everything shown, because another service asks; the organiser's own event hidden from him
    tea, secret = ref(await content.add("Tea", by="olu")), ref(await content.add("Secret", by="olu", private=True))
    wanted = [tea, secret, ref(999_999)]
    assert (await content.port.snapshots(wanted, "asha")).keys() == {tea}
    assert (await content.port.snapshots(wanted, "olu")).keys() == {tea, secret}
    assert await content.port.snapshots([], "olu") == {}


async def test_a_comment_is_shown_to_whoever_sees_its_event(content: Content) -> None:
    # mutants: the event of the same id in place of the comment; a comment of a private event for everybody
    tea, secret = await content.add("Tea", by="olu"), await content.add("Secret", by="olu", private=True)
    said, hidden = [ref(await content.say(one, by="ben", text="Rude."), "comment") for one in (tea, secret)]
    (found,) = (await content.port.snapshots([said, hidden, ref(999_999, "comment")], "asha")).values()
    assert (found.kind, found.id, found.author, found.title, found.text) == ("comment", said.id, "ben", None, "Rude.")
    assert (found.details["event_id"], found.details["event_title"]) == (str(tea), "Tea")
    assert "parent_id" not in found.details
    both = await content.port.snapshots([said, ref(tea), hidden], "olu")
    assert both.keys() == {said, ref(tea), hidden}


async def test_there_are_no_media_yet(content: Content) -> None:
    # mutant: the event of the same id in place of the medium
    tea = await content.add("Tea", by="olu")
    assert await content.port.snapshots([ref(tea, "medium")], "olu") == {}


async def test_what_cannot_be_looked_at_is_unavailable(content: Content) -> None:
    # mutant: nothing, where nobody can tell
    await content.stop()
    with pytest.raises(Unavailable):
        await content.port.snapshots([ref(1)], "asha")
