"""Field audiences."""

from hypothesis import given
from hypothesis import strategies as st

from ijaa.users.profiles.domain import FIELDS, LISTS, Audience, Relation, audiences, cleaned, merged, relation, shown

ORDER: list[Audience] = ["public", "members", "connections", "nobody"]


def test_everything_is_for_members_but_mail_and_phone() -> None:
    """Kills: another default of any field."""
    assert {field for field, audience in audiences({}).items() if audience == "nobody"} == {"email", "phone"}
    assert set(audiences({}).values()) == {"members", "nobody"}


@given(st.sampled_from([*FIELDS, *LISTS]), st.sampled_from(ORDER), st.sampled_from(Relation))
def test_a_field_is_shown_from_its_audience_on(field: str, audience: Audience, to: Relation) -> None:
    """Kills: an audience read as its neighbour, and `>=` made `>`."""
    assert shown(field, {field: audience}, to) == (to.value >= ORDER.index(audience))


def test_relation_knows_the_public_oneself_and_connections() -> None:
    """Kills: a connection of nobody; oneself taken for a member."""
    assert relation(None, "asha", connected=True) is Relation.PUBLIC
    assert relation("asha", "asha", connected=False) is Relation.SELF
    assert relation("bina", "asha", connected=True) is Relation.CONNECTION
    assert relation("bina", "asha", connected=False) is Relation.MEMBER


def test_a_merge_patch_of_audiences() -> None:
    """Kills: null taken for an audience; absent taken for null."""
    assert merged({"bio": "public", "phone": "members"}, {"phone": None, "name": "public"}) == {
        "bio": "public",
        "name": "public",
    }
    assert merged({"bio": "public"}, None) == {}


def test_white_space_alone_clears() -> None:
    """Kills: a blank text stored."""
    assert cleaned({"bio": " \n", "name": " Asha ", "visibility": None}) == {
        "bio": None,
        "name": "Asha",
        "visibility": None,
    }
