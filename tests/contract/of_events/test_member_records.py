"""What `MemberRecords` promises, whichever way it is reached."""

from datetime import datetime

import pytest

from ijaa.events.personal import PERSONAL
from ijaa.shared.errors import Unavailable
from ijaa.shared.personal import Rows
from ijaa.users.ports import RecordsPage
from tests.contract.of_events.conftest import Records

TABLES = {one.table for one in PERSONAL if isinstance(one.export, Rows)}


async def everything(records: Records, username: str) -> list[RecordsPage]:
    """Return every page about a member."""
    pages = [await records.port.page(username)]
    while pages[-1].following is not None:
        pages.append(await records.port.page(username, pages[-1].following))
    return pages


async def test_every_row_of_a_member_comes_once_and_nobody_elses(records: Records) -> None:
    # mutants: a page that begins with the last row of the one before; the first page alone; no condition
    for number in range(5):
        await records.add(f"Tea {number}", by="olu")
        await records.add(f"Coffee {number}", by="omar")
    pages = await everything(records, "olu")
    rows = [row for page in pages if page.table == "events" for row in page.rows]
    assert [row["title"] for row in rows] == [f"Tea {number}" for number in range(5)]
    assert {row["created_by_username"] for row in rows} == {"olu"}
    assert all(datetime.fromisoformat(row["created_at"]).utcoffset() is not None for row in rows)


async def test_a_table_without_rows_has_a_page_and_the_pages_of_one_follow_each_other(records: Records) -> None:
    # mutants: a table left out because it is empty; tables that take turns
    for number in range(3):
        await records.add(f"Tea {number}", by="olu")
    for username, rows in (("olu", [2, 1]), ("nobody", [0])):
        pages = await everything(records, username)
        order = [page.table for page in pages]
        assert {*order} == TABLES
        assert all(order[n] == order[n - 1] or order[n] not in order[:n] for n in range(1, len(order)))
        assert [len(page.rows) for page in pages if page.table == "events"] == rows


async def test_what_cannot_be_told_is_unavailable(records: Records) -> None:
    # mutant: nothing, where nobody can tell
    await records.add("Tea", by="olu")
    await records.stop()
    with pytest.raises(Unavailable):
        await records.port.page("olu")


async def test_every_file_of_a_member_is_told_once_and_handed_on_bit_by_bit(records: Records) -> None:
    # mutants: the first page alone; a portion twice, or left out; somebody else's file by its name; an end that is none
    contents = [b"", b"x", b"y" * 1000, bytes(range(256)) * 10, b"z" * 3000]
    named = {await records.add_file("olu", content): content for content in contents}
    other = await records.add_file("omar", b"his")
    listed = await records.port.files("olu")
    while more := await records.port.files("olu", listed[-1].name):
        listed += more
    assert [one.name for one in listed] == [*named]
    assert {one.media_type for one in listed} == {"application/pdf"}
    for name, content in named.items():
        read = b""
        while portion := await records.port.portion("olu", name, len(read)):
            read += portion
        assert (read, portion) == (content, b"")
    for name in (other, "medium-999999.pdf", "../secret"):
        assert await records.port.portion("olu", name, 0) is None
    assert await records.port.files("nobody") == []


async def test_a_file_that_is_not_there_is_none(records: Records) -> None:
    # mutant: an empty file in the archive, where one is missing
    gone = await records.add_file("olu", None)
    assert await records.port.portion("olu", gone, 0) is None
    await records.stop()
    for asking in (records.port.files("olu"), records.port.portion("olu", gone, 0)):
        with pytest.raises(Unavailable):
            await asking
