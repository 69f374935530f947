"""What a check says for all its cases stands in each case that says nothing of its own."""

import pytest

from course_lib.checks.compare import close, exact
from course_lib.checks.spec import Case, Check, call


def probe(function, *inputs):
    return function(*inputs)


def explain(inputs, answer, expected):
    raise AssertionError("nothing is wrong")


def case(**own):
    return Case("a case", "values", lambda rng: {}, **own)


NEAR, WHOLE = close(), exact()
SHARED = {"compare": NEAR, "probe": probe, "hint": "Look again.", "explain": explain, "draws": 1}


def filled(own, **shared):
    return Check("f", 1.0, (own,), **shared).cases[0]


def test_a_case_takes_what_its_check_says():
    found = filled(case(), **SHARED)
    assert {name: getattr(found, name) for name in SHARED} == SHARED


@pytest.mark.parametrize(
    ("name", "own"),
    [("compare", WHOLE), ("hint", "Count."), ("hint", False), ("explain", False), ("draws", 5), ("essential", True)],
)
def test_a_case_keeps_what_it_names(name, own):
    assert getattr(filled(case(**{name: own}), **SHARED), name) == own


def test_a_case_stays_the_same_where_its_check_says_nothing():
    own = case(compare=WHOLE)
    found = filled(own)
    assert found is own
    assert (found.probe, found.hint, found.explain, found.draws) == (call, "", None, 3)


def test_a_filled_case_is_not_filled_again():
    found = filled(case(explain=False), **SHARED)
    assert filled(found, **SHARED) is found


def test_a_case_without_a_comparison_is_refused():
    with pytest.raises(ValueError, match="f: nothing compares the answers to 'a case'"):
        filled(case())
