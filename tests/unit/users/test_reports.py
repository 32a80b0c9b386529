"""How a report goes, and what it may be about."""

from itertools import product

from ijaa.users.reports.domain import CATEGORIES, STATUSES, TARGETS, may_become, target_violations


def test_a_report_goes_its_way_and_back_by_being_reopened() -> None:
    """Kills: an end without anybody at work; an end that becomes the other one; back to nobody's hands."""
    allowed = {
        ("PENDING", "IN_PROGRESS"), ("IN_PROGRESS", "RESOLVED"), ("IN_PROGRESS", "CLOSED"),
        ("RESOLVED", "IN_PROGRESS"), ("CLOSED", "IN_PROGRESS"),
    }  # fmt: skip
    assert {pair for pair in product(STATUSES, STATUSES) if may_become(*pair)} == allowed


def test_each_category_is_about_its_own_kinds_of_things() -> None:
    """Kills: a report of a member as content, or the other way round; a target that is forgotten or not wanted."""
    fits = {
        ("USER_REPORT", "member"), ("CONTENT_REPORT", "event"), ("CONTENT_REPORT", "comment"),
        ("CONTENT_REPORT", "medium"), ("BUG_REPORT", None), ("FEATURE_REQUEST", None),
    }  # fmt: skip
    every = product(CATEGORIES, [*TARGETS, None])
    assert {pair for pair in every if not list(target_violations(*pair))} == fits
