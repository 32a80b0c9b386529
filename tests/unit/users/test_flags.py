"""The tree of feature flags."""

from hypothesis import given
from hypothesis import strategies as st

from ijaa.users.flags.domain import PROTECTED, Flag, by_name, is_on, is_protected, switched_on, violations

NAMES = ("a", "b", "c", "d", "e")


def test_a_flag_is_on_only_with_every_ancestor() -> None:
    # mutant: look at the parent alone
    flags = by_name([Flag("a", None, enabled=False), Flag("b", "a", enabled=True), Flag("c", "b", enabled=True)])
    assert switched_on(flags) == frozenset()
    assert switched_on({**flags, "a": Flag("a", None, enabled=True)}) == {"a", "b", "c"}


def test_an_unknown_flag_and_one_whose_parent_is_missing_are_off() -> None:
    assert not is_on({}, "a")
    assert not is_on(by_name([Flag("b", "a", enabled=True)]), "b")


@given(st.dictionaries(st.sampled_from(NAMES), st.tuples(st.sampled_from([None, *NAMES]), st.booleans())))
def test_any_tangle_is_judged_and_never_walked_for_ever(tangle: dict[str, tuple[str | None, bool]]) -> None:
    flags = {name: Flag(name, parent, enabled) for name, (parent, enabled) in tangle.items()}
    assert all(flags[name].enabled for name in switched_on(flags))


@given(st.data())
def test_a_tree_grown_by_the_rules_has_no_circle(data: st.DataObject) -> None:
    # mutant: refuse a flag as its own parent alone
    flags: dict[str, Flag] = {}
    for _ in range(12):
        flag = Flag(data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from([None, *NAMES])), enabled=True)
        after = {**flags, flag.name: flag}
        if not list(violations(after, flag)):
            flags = after
    for name in flags:
        steps, current = 0, flags[name].parent
        while current is not None:
            assert (steps := steps + 1) <= len(NAMES)
            current = flags[current].parent


def test_the_ancestors_of_a_protected_flag_are_protected() -> None:
    (one,) = PROTECTED
    flags = by_name(
        [Flag("root", None, enabled=True), Flag(one, "root", enabled=True), Flag("x", "root", enabled=True)]
    )
    assert [is_protected(flags, name) for name in ("root", one, "x")] == [True, True, False]
