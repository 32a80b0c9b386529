"""Who of a list is known already: by several facts, and never by a guess."""

import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.jobs import JobQueue
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.service import ImportService
from tests.integration.users.test_imports import ASHA, BEN, HEADINGS, counts_of, import_list, records_of


@pytest.fixture
def imports(users_database: Database, clock: FrozenClock) -> ImportService:
    """Return the use cases over a fresh database."""
    return ImportService(users_database, ImportRepository(users_database), JobQueue(users_database, clock), clock)


async def test_a_blank_overwrites_nothing_and_a_value_does(imports: ImportService, users_database: Database) -> None:
    # mutant: write what is given without `coalesce`
    await import_list(imports, HEADINGS + ASHA)

    done = await import_list(imports, HEADINGS + "Asha Rahman,,asha@mail.example,,,,Sylhet\n")

    assert counts_of(done) == (0, 1, 0, 0)
    assert await records_of(users_database, "batch", "phone", "student_number", "location") == [
        ("2009", "+880 1711 123456", "A-17", "Sylhet")
    ]


@pytest.mark.parametrize(
    ("row", "same"),
    [
        ("ASHA  RAHMAN,,asha@mail.example,,,,\n", True),
        ("Áshà Rahman,2009,,,1990-02-01,,\n", True),
        ("Asha R.,,asha@mail.example,,,A17,\n", True),
        ("Asha R.,,,01711123456,,A17,\n", True),
        ("Asha R.,,,,1990-02-01,A17,\n", True),
        ("Asha R.,,,,,A17,\n", False),  # a number alone, which somebody else may have mistyped
        ("Asha Rahman,,,,,A17,\n", True),
        ("Asha Rahman,,,01711123456,,,\n", True),
        ("Asha Rahman,,,,1990-02-01,,\n", True),  # of a batch the row does not tell
        ("Asha Rahman,2010,,,1990-02-01,,\n", False),  # of another batch, born on the same day
        ("Another Name,,asha@mail.example,,,,\n", False),  # a couple with one address
        ("Asha Rahman,2009,asha@mail.example,,,A-18,\n", False),  # another number is another person
        ("Asha Rahman,2009,other@mail.example,,,,\n", False),
    ],
)
async def test_people_are_known_by_several_facts(imports: ImportService, row: str, *, same: bool) -> None:
    # mutants: one fact suffices; a name suffices; a number that differs is passed over
    await import_list(imports, HEADINGS + ASHA)

    done = await import_list(imports, HEADINGS + row)

    assert (done.created, done.refused) == (int(not same), 0)


async def test_a_row_that_is_several_people_is_refused(imports: ImportService) -> None:
    # mutant: take the first that matches
    await import_list(
        imports, HEADINGS + "Asha Rahman,,a@mail.example,,,,\nAsha Rahman,,b@mail.example,01711123456,,,\n"
    )

    done = await import_list(imports, HEADINGS + "Asha Rahman,,a@mail.example,01711123456,,,\n", mode="skip-bad-rows")

    assert counts_of(done) == (0, 0, 0, 1)
    assert "2 records" in done.errors[0].reason


async def test_two_rows_that_are_one_record_by_different_facts_are_not_both_taken(
    imports: ImportService, users_database: Database
) -> None:
    # mutants: the last of the two wins; both are counted; the reason is not told
    await import_list(imports, HEADINGS + ASHA)
    rows = "Asha Rahman,,asha@mail.example,,,,Sylhet\nAsha Rahman,,,01711123456,,,Khulna\n"

    done = await import_list(imports, HEADINGS + rows, mode="skip-bad-rows")

    assert counts_of(done) == (0, 1, 0, 1)
    assert (done.errors[0].line, done.errors[0].reason) == (3, "is the same person as line 2")
    assert await records_of(users_database, "location") == [("Sylhet",)]


async def test_somebody_who_stands_twice_in_a_list_is_one_person(
    imports: ImportService, users_database: Database
) -> None:
    # mutant: match a portion against what was there before it alone
    done = await import_list(imports, HEADINGS + ASHA + BEN + "Asha Rahman,,asha@mail.example,,,,Sylhet\n")

    assert counts_of(done) == (2, 1, 0, 0)
    assert len(await records_of(users_database, "id")) == 2


async def test_what_else_a_list_says_is_added_to_what_is_there(
    imports: ImportService, users_database: Database
) -> None:
    # mutants: what a list says no more is lost; what it says now is not taken; a blank cell taken for a value
    headings, who = "Name,E-Mail,House,Motto\n", "Asha Rahman,asha@mail.example"
    mapping = {"House": "extra", "Motto": "extra"}
    await import_list(imports, f"{headings}{who},Fort,Onward\n", mapping=mapping)
    await import_list(imports, f"{headings}{who},Tower,\n", mapping=mapping)
    assert await records_of(users_database, "extra->>'House'", "extra->>'Motto'") == [("Tower", "Onward")]
