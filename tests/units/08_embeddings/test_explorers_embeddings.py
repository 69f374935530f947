"""Unit 08's explorers, and what its lecture counts with: pictures and words follow the numbers."""

import numpy as np
import pytest
import torch
from scipy.stats import permutation_test
from sklearn.decomposition import PCA

from course_lib.data import tinytalk
from course_lib.data.word_pairs import section_questions
from course_lib.data.words import SHIPPED, Words, read_shipped
from course_lib.explorers import embeddings
from course_lib.explorers.association import association
from course_lib.explorers.counting import cooccurrences, flat, main_directions, positive_pmi
from course_lib.explorers.word_arithmetic import RULES, best, right, rows_of, scored
from course_lib.plots import ORANGE, rgb


@pytest.fixture(scope="module")
def glove():
    return read_shipped(SHIPPED)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def corners():
    """Four words at the corners of a rectangle."""
    places = {"man": [1.0, 0, 0], "woman": [1.0, 0, 1], "king": [1.0, 3, 0], "queen": [1.0, 3, 1]}
    return {word: torch.tensor(place) for word, place in places.items()}


def test_best_answers_are_gensims(glove):
    keyed = pytest.importorskip("gensim.models", reason="gensim has no wheel for this Python").KeyedVectors(100)
    keyed.add_vectors(glove.words, glove.vectors.numpy())
    expected = keyed.most_similar(positive=["king", "woman"], negative=["man"], topn=5)
    found = best(glove, "man", "woman", "king")
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert best(glove, "man", "woman", "king", exclude=False)[0][0] == "king"


def test_the_cosine_of_a_best_answer_is_one(glove):
    [(word, score), *_] = best(glove, "man", "woman", "king")
    unit = torch.nn.functional.normalize(glove.vectors, dim=1)
    a, b, c, d = (unit[glove.words.index(one)] for one in ("man", "woman", "king", word))
    assert score == pytest.approx(float(torch.nn.functional.cosine_similarity(b - a + c, d, dim=0)), abs=1e-5)


def test_multiplying_is_the_paper_s_formula(glove):
    unit = torch.nn.functional.normalize(glove.vectors[:50], dim=1)
    rows = torch.tensor([[3, 7, 11]])
    a, b, c = ((unit @ unit[row] + 1) / 2 for row in rows[0])
    torch.testing.assert_close(scored(unit, rows, "3CosMul")[0], b * c / (a + 0.001))


@pytest.mark.parametrize(("rule", "exclude", "share"), [("3CosAdd", True, 0.84), ("3CosAdd", False, 0.41)])
def test_sections_are_counted_as_gensim_counts_them(glove, rule, exclude, share):
    """The same shares as in test_words.py, of the shipped pairs."""
    assert right(glove, section_questions("family"), rule, exclude).float().mean() == pytest.approx(share, abs=0.01)


def test_rows_of_no_question():
    assert rows_of(["king"], []).shape == (0, 4)


def test_association_by_hand():
    """Two words at the one attribute, two at the other: of six partitions one is as extreme."""
    x, y = torch.tensor([1.0, 0]), torch.tensor([0, 1.0])
    found = association(torch.stack([x, 2 * x]), torch.stack([y, y]), x[None], y[None])
    assert found.first.tolist() == [1, 1]
    assert found.second.tolist() == [-1, -1]
    assert found.p == pytest.approx(1 / 6)
    assert found.effect == pytest.approx(2 / torch.tensor([1.0, 1, -1, -1]).std().item())


def test_the_exact_p_value_is_scipys():
    first, second, one, other = (drawn(seed, 6, 4) + (seed == 0) for seed in range(4))
    found = association(first, second, one, other)
    scipys = permutation_test(
        (found.first.numpy(), found.second.numpy()),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found.p == pytest.approx(scipys.pvalue, abs=1e-9)


def test_many_words_are_partitioned_at_random_and_always_alike():
    first, second, one, other = (drawn(seed, 20, 4) for seed in range(4))
    found = association(first, second, one, other)
    assert found.p == association(first, second, one, other).p
    assert 1 / 20_000 <= found.p <= 1
    far = association(first + 5 * one.mean(dim=0), second - 5 * one.mean(dim=0), one, -one)
    assert far.p == pytest.approx(1 / 20_000)


def test_exchanged_targets_turn_the_effect():
    first, second, one, other = (drawn(seed, 5, 3) for seed in range(4))
    assert association(second, first, one, other).effect == pytest.approx(
        -association(first, second, one, other).effect
    )


def test_counts_by_hand():
    """a b a | a, with a window of 2."""
    counts = cooccurrences(torch.tensor([0, 1, 0, -1, 0]), 2, 2)
    assert counts.tolist() == [[2 * 0.5, 2.0], [2.0, 0]]


def test_counts_are_the_mean_of_what_skip_gram_meets():
    from autograder import reference

    pairs, text = reference.find("08_embeddings", "skip_gram_pairs"), tinytalk.corpus(1, 300)
    count, times = len(text.words), 40
    met = torch.cat([pairs(text.tokens, 5, torch.Generator().manual_seed(seed)) for seed in range(times)])
    mean = torch.bincount(met @ torch.tensor([count, 1]), minlength=count**2).view(count, count) / times
    counts = cooccurrences(text.tokens, count, 5)
    assert (mean - counts).abs().sum() / counts.sum() < 0.06
    assert mean.sum() == pytest.approx(float(counts.sum()), rel=0.01)


def test_pmi_of_independent_words_is_nothing():
    each = torch.tensor([1.0, 2, 4])
    assert positive_pmi(each[:, None] * each).abs().max() < 1e-6
    together = positive_pmi(torch.tensor([[0.0, 3], [3, 0]]))
    torch.testing.assert_close(together, torch.tensor([[0, 2.0], [2, 0]]).clamp(min=1).log())


def test_all_directions_give_the_table_back():
    table = drawn(0, 6, 6) @ drawn(0, 6, 6).T  # symmetric, no eigenvalue below 0
    vectors = main_directions(table @ table.T, 6)
    torch.testing.assert_close(vectors @ vectors.T, table @ table.T, rtol=1e-3, atol=1e-3)


def test_a_few_vectors_are_laid_flat_as_scikit_learn_does_it():
    vectors = drawn(1, 8, 5)
    expected = PCA(2).fit_transform(vectors.numpy())
    assert flat(vectors).abs().numpy() == pytest.approx(np.abs(expected), abs=1e-4)


def test_words_of_the_question_are_orange_where_they_may_answer(glove):
    for exclude in (True, False):
        picture, words = embeddings.draw_analogy(glove, "man", "woman", "king", "3CosAdd", exclude)
        assert (picture == rgb(ORANGE)).all(axis=2).any() != exclude
        assert ("<b>queen</b>" in words) == exclude


def test_a_rectangle_s_steps_agree():
    picture, words = embeddings.draw_parallelogram(corners())
    assert "cosine of <b>1.00</b>" in words
    assert "drawn 3.0 times as large" in words  # its sides are 3 and 1
    assert picture.shape == (embeddings.SIDE, embeddings.SIDE, 3)


@pytest.mark.parametrize("rule", RULES)
def test_the_analogy_explorer_s_menus_lead_to_its_words(glove, rule):
    view = embeddings.analogy_explorer(glove, ["man", "woman", "king", "queen", "uncle", "aunt"])
    a, b, c, chosen, exclude = view.children[0].children
    c.value, chosen.value = "uncle", rule
    assert "<b>aunt</b>" in view.children[1].children[1].value
    exclude.value = False
    assert "all words may answer" in view.children[1].children[1].value


def test_more_dimensions_part_the_steps():
    """The more directions are kept, the more of what is private to a word is in them."""
    text = tinytalk.corpus(0)
    table = positive_pmi(cooccurrences(text.tokens, len(text.words), 5))
    agreement = []
    for dimensions in (16, 32, 64):
        kept = dict(zip(text.words, main_directions(table, dimensions), strict=True))
        _, words = embeddings.draw_parallelogram({w: kept[w] for w in ("king", "queen", "actor", "actress")})
        agreement.append(float(words.partition("<b>")[2].partition("</b>")[0]))
    assert agreement[0] > 0.9
    assert max(agreement[1:]) < 0.3


def test_words_that_count_give_most_analogies_from_a_few_directions():
    """PMI and an SVD, without any training: above 90 % with 16 numbers, below 30 % with 64."""
    text = tinytalk.corpus(0)
    table = positive_pmi(cooccurrences(text.tokens, len(text.words), 5))
    shares = {
        dimensions: np.mean(
            [
                right(Words(text.words, main_directions(table, dimensions), "PMI"), tinytalk.questions(section))
                .float()
                .mean()
                for section in ("gender", "number")
            ]
        )
        for dimensions in (16, 64)
    }
    assert shares[16] > 0.9
    assert shares[64] < 0.3
