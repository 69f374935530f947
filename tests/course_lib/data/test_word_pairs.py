"""The shipped pairs make Google's questions, and their words have vectors."""

import pytest

from course_lib.data.word_pairs import PAIRS, section_questions
from course_lib.data.words import QUESTIONS, SHIPPED, read_questions, read_shipped
from course_lib.errors import SettingsError


@pytest.mark.parametrize("section", PAIRS)
def test_a_section_s_pairs_make_its_questions(test_data, section):
    asked = read_questions(test_data / QUESTIONS.with_suffix("") / f"{section}.txt")[section]
    assert sorted(section_questions(section)) == sorted(asked)


def test_all_words_of_the_pairs_ship():
    words = set(read_shipped(SHIPPED).words)
    assert [word for pairs in PAIRS.values() for pair in pairs for word in pair if word not in words] == []


def test_other_sections_are_refused_with_the_names_of_those_that_ship():
    with pytest.raises(SettingsError, match=r"family or capital-common-countries(.|\n)*'currency'"):
        section_questions("currency")
