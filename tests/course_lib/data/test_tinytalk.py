"""Tinytalk keeps its laws: each is measured on the text itself."""

from collections import Counter

import numpy as np
import pytest
import torch

from course_lib.data import tinytalk
from course_lib.data.tinytalk import grammar, lexicon
from course_lib.errors import SettingsError
from tests.helpers.budget import bounded

SEEDS = (0, 1, 2)
FORMS = len(lexicon.FORMS)


@pytest.fixture(scope="module", params=SEEDS)
def text(request):
    return tinytalk.corpus(request.param)


@pytest.fixture(scope="module")
def told(text):
    """For each person's word: its concept, its form, and how often each kind of word stood in its sentences."""
    persons = {word: (c, f) for c, one in enumerate(lexicon.CONCEPTS) for f, word in enumerate(one.words)}
    counts = {word: Counter() for word in persons}
    for sentence in text.sentences(len(text.tokens)):
        words = sentence.split()
        [person] = [word for word in words if word in persons]
        counts[person].update(words)
    return {word: (*persons[word], counted) for word, counted in counts.items()}


def kinds(concept, counted):
    """How many words were the concept's, a gender's, a number's, a town."""
    own = lexicon.CONCEPTS[concept]
    groups = (own.contexts, sum(lexicon.GENDER, ()), sum(lexicon.NUMBER, ()), sum(own.towns, ()))
    return np.array([sum(counted[word] for word in group) for group in groups])


def test_there_are_at_least_twelve_concepts_and_thirty_thousand_sentences(text):
    assert len(lexicon.CONCEPTS) >= 12
    assert (text.tokens == tinytalk.END).sum() == grammar.SENTENCES >= 30_000
    assert text.tokens[-1] == tinytalk.END


def test_no_word_has_two_meanings():
    assert max(Counter(grammar.VOCABULARY).values()) == 1


def test_every_word_occurs_and_the_most_frequent_come_first(text):
    counts = text.counts()
    assert set(text.words) == set(grammar.VOCABULARY)
    assert counts.sum() == (text.tokens >= 0).sum()
    assert counts.min() > 50
    assert (counts.diff() <= 0).all()


def test_equal_seeds_give_equal_texts_and_others_do_not():
    first, other = tinytalk.corpus(5, 200), tinytalk.corpus(6, 200)
    grammar.corpus.cache_clear()
    again = tinytalk.corpus(5, 200)
    assert again is not first
    assert again.words == first.words
    assert torch.equal(again.tokens, first.tokens)
    assert first.sentences(9) != other.sentences(9)


def test_a_text_is_the_same_on_every_machine():
    assert tinytalk.corpus(0, 3).sentences(3) == [
        "then for donkey sang of other chapel the small chapel the in quiet candle the of plain cloister",
        "the by great meadow in goat went on beyond diston to of fine staff the outside diston",
        "to her also small prayer at to nun came of new chapel the for great cloister",
    ]


@pytest.mark.timed
def test_a_text_is_written_in_two_seconds():
    grammar.corpus.cache_clear()
    with bounded(2):
        tinytalk.corpus(7)


def test_a_text_without_sentences_is_refused():
    with pytest.raises(SettingsError, match="1 or more"):
        tinytalk.corpus(0, 0)


def test_each_sentence_is_about_one_person_and_tells_four_things(text):
    little = {*lexicon.FUNCTION, *lexicon.VERBS, *lexicon.ADJECTIVES, *lexicon.BORDERS}
    for sentence in text.sentences(500):
        assert len([word for word in sentence.split() if word not in little]) == 1 + grammar.CONTEXTS


def test_concepts_are_strong_attributes_weak_and_a_few_words_private(told):
    """Of the words that tell of a person 68 % are the concept's, 9 % a gender's, 9 % a number's, 14 % a town."""
    forms = sum(kinds(concept, counted) for concept, form, counted in told.values() if form < FORMS)
    shares = forms / forms.sum()
    assert shares == pytest.approx([0.68, 0.09, 0.09, 0.14], abs=0.005)
    everybody = sum(kinds(concept, counted) for concept, _, counted in told.values())
    assert 0.05 <= (everybody / everybody.sum())[3] <= 0.15


def test_a_town_belongs_to_one_word(told):
    for concept, form, counted in told.values():
        towns = sum((own.towns[place] for own in lexicon.CONCEPTS for place in range(FORMS + 1)), ())
        seen = {town for town in towns if counted[town]}
        assert seen == set(lexicon.CONCEPTS[concept].towns[form])


def test_gender_and_number_say_the_same_of_every_concept(told):
    for _, form, counted in told.values():
        if form < FORMS:
            for pair, own in ((lexicon.GENDER, form % 2), (lexicon.NUMBER, form // 2)):
                said = [sum(counted[word] for word in words) for words in pair]
                assert said[own] > 50
                assert said[1 - own] == 0


def test_a_concept_s_words_tell_of_no_other_concept(told):
    for concept, _, counted in told.values():
        others = [own for number, own in enumerate(lexicon.CONCEPTS) if number != concept]
        assert sum(counted[word] for own in others for word in own.contexts) == 0


def test_companions_follow_no_rule(told):
    """A gender or a number is told of each, all four equally often: nothing leads from a concept to its companion."""
    seen = Counter()
    for _, form, counted in told.values():
        if form == lexicon.COMPANION:
            said = [sum(counted[word] for word in words) for pair in (lexicon.GENDER, lexicon.NUMBER) for words in pair]
            [only] = [kind for kind, times in enumerate(said) if times]
            seen[only] += 1
    assert seen == dict.fromkeys(range(4), 4)


def test_companions_are_told_of_as_often_and_with_the_same_words(told):
    """So that no step leads to all of them: their shares of concept, attributes and towns are the forms'."""
    groups = [
        sum(kinds(concept, counted) for concept, form, counted in told.values() if (form < FORMS) == forms)
        for forms in (True, False)
    ]
    (concept, *attributes, town), (own_concept, *own_attributes, own_town) = (one / one.sum() for one in groups)
    assert (own_concept, own_town) == pytest.approx((concept, town), abs=0.008)
    assert sum(own_attributes) == pytest.approx(sum(attributes), abs=0.008)


def test_little_words_follow_zipf_s_law(text):
    counts = dict(zip(text.words, text.counts().tolist(), strict=True))
    often = np.array([counts[word] for word in lexicon.FUNCTION], float)
    slope = np.polyfit(np.log(np.arange(1, len(often) + 1)), np.log(often), 1)[0]
    assert slope == pytest.approx(-1, abs=0.03)
    assert counts["the"] == max(counts.values())
    assert often.sum() / sum(counts.values()) > 0.3


def test_persons_stand_anywhere_among_what_is_told_of_them(text):
    """The mean place of the person among the five words that say something is the middle."""
    persons = {word for own in lexicon.CONCEPTS for word in own.words}
    little = {*lexicon.FUNCTION, *lexicon.VERBS, *lexicon.ADJECTIVES, *lexicon.BORDERS}
    places = []
    for sentence in text.sentences(4000):
        content = [word for word in sentence.split() if word not in little]
        places.append(next(place for place, word in enumerate(content) if word in persons))
    assert np.bincount(places) / len(places) == pytest.approx([0.2] * 5, abs=0.03)


@pytest.mark.parametrize(("section", "count"), [("gender", 480), ("number", 480), ("companion", 240)])
def test_questions_are_asked_of_each_two_concepts(section, count):
    asked = tinytalk.questions(section)
    assert len(set(asked)) == len(asked) == count
    assert {word for question in asked for word in question} <= set(grammar.VOCABULARY)
    assert all(len(set(question)) == 4 for question in asked)


def test_questions_read_as_analogies():
    assert ("king", "queen", "actor", "actress") in tinytalk.questions("gender")
    assert ("queens", "kings", "actresses", "actors") not in tinytalk.questions("gender")
    assert ("queen", "queens", "actress", "actresses") in tinytalk.questions("number")
    assert ("king", "falcon", "actor", "parrot") in tinytalk.questions("companion")


def test_an_unknown_section_lists_those_that_there_are():
    with pytest.raises(SettingsError, match=r"gender or number or companion\n.*'sex'"):
        tinytalk.questions("sex")
