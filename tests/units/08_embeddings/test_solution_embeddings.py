"""The solution of unit 08 computes what others compute: gensim, SciPy, PyTorch, plain loops."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from scipy.spatial import geometric_slerp
from torch.nn import functional as F

from autograder import reference
from course_lib.data.words import SHIPPED, read_questions, read_shipped
from course_lib.errors import UnknownWord

KeyedVectors = pytest.importorskip("gensim.models", reason="gensim has no wheel for this Python").KeyedVectors
SECTIONS = ("family", "capital-common-countries", "gram7-past-tense", "gram8-plural")


@pytest.fixture(scope="module")
def solution():
    return reference.load("08_embeddings")


@pytest.fixture(scope="module")
def glove():
    """The shipped words, for us and for gensim."""
    shipped = read_shipped(SHIPPED)
    keyed = KeyedVectors(100)
    keyed.add_vectors(shipped.words, shipped.vectors.numpy())
    return dict(zip(shipped.words, shipped.vectors, strict=True)), keyed


@pytest.fixture(scope="module")
def word2vec(test_data):
    """A thousand words of the vectors that Google trained."""
    keyed = KeyedVectors.load_word2vec_format(test_data / "words" / "wordvecs1000.txt")
    return dict(zip(keyed.index_to_key, torch.from_numpy(keyed.vectors), strict=True)), keyed


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def generator(seed):
    return torch.Generator().manual_seed(seed)


def some_questions(test_data, count):
    """So many of each section, evenly from all."""
    for section in SECTIONS:
        asked = read_questions(test_data / "words" / "questions-words" / f"{section}.txt")[section]
        yield from asked[:: len(asked) // count]


def test_pairs_by_hand(solution):
    the, king, wears, a, crown = range(5)
    sentence, reaches = torch.tensor([the, king, wears, a, crown]), set()
    for seed in range(20):
        pairs = solution["skip_gram_pairs"](sentence, 2, generator(seed)).tolist()
        reaches.add(tuple(sorted(context for center, context in pairs if center == king)))
    assert reaches == {(the, wears), (the, wears, a)}


def test_pairs_in_a_plain_loop(solution):
    """With the reaches that the generator gives."""
    tokens, window = torch.tensor([3, 1, 4, 1, 5, -1, 9, 2, -1, -1, 6, 5, 3, 5]), 4
    pairs = solution["skip_gram_pairs"](tokens, window, generator(3))
    reaches = torch.randint(1, window + 1, (len(tokens),), generator=generator(3)).tolist()
    expected, words = [], tokens.tolist()
    for i, center in enumerate(words):
        for j, context in enumerate(words):
            between = words[min(i, j) : max(i, j) + 1]
            if i != j and abs(i - j) <= reaches[i] and -1 not in between:
                expected.append((center, context))
    assert Counter(map(tuple, pairs.tolist())) == Counter(expected)


def test_near_words_are_met_more_often(solution):
    """A word d places away is met with the probability (window - d + 1) / window."""
    window, tokens = 5, torch.arange(40)
    pairs = torch.cat([solution["skip_gram_pairs"](tokens, window, generator(seed)) for seed in range(400)])
    inside = pairs[(pairs[:, 0] >= window) & (pairs[:, 0] < 40 - window)]
    apart = (inside[:, 0] - inside[:, 1]).abs()
    shares = torch.bincount(apart, minlength=window + 1) / (2 * 400 * (40 - 2 * window))
    torch.testing.assert_close(shares, torch.tensor([0, 1, 0.8, 0.6, 0.4, 0.2]), rtol=0, atol=0.02)


def test_pairs_of_nothing_are_a_table_without_rows(solution):
    for tokens in ([], [-1, -1], [7], [7, -1, 7]):
        pairs = solution["skip_gram_pairs"](torch.tensor(tokens, dtype=torch.long), 3, generator(0))
        assert pairs.shape == (0, 2)
        assert pairs.dtype == torch.long


def test_noise_by_hand(solution):
    shares = {power: solution["noise_distribution"](torch.tensor([16, 1]), power) for power in (0, 0.75, 1)}
    torch.testing.assert_close(shares[0], torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(shares[0.75], torch.tensor([8 / 9, 1 / 9]))
    torch.testing.assert_close(shares[1], torch.tensor([16 / 17, 1 / 17]))


def test_noise_is_drawn_as_gensim_draws_it(solution):
    """gensim keeps cumulated shares of 2**31 - 1 in its table."""
    from gensim.models import Word2Vec

    counts = [500, 120, 33, 7, 7, 1]
    model = Word2Vec(vector_size=4, min_count=1, negative=5, ns_exponent=0.75)
    model.build_vocab_from_freq({f"word{i}": count for i, count in enumerate(counts)})
    shares = np.diff(model.cum_table.astype(float), prepend=0) / model.cum_table[-1]
    assert solution["noise_distribution"](torch.tensor(counts), 0.75).numpy() == pytest.approx(shares, abs=1e-6)


@pytest.mark.parametrize("counts", [[], [0, 0]])
def test_an_empty_corpus_has_no_noise(solution, counts):
    with pytest.raises(ValueError, match="empty"):
        solution["noise_distribution"](torch.tensor(counts, dtype=torch.long), 0.75)


def test_loss_by_hand(solution):
    center, context, noise = torch.tensor([[1.0]]), torch.tensor([[2.0]]), torch.tensor([[[-2.0], [1.0]]])
    loss = solution["negative_sampling_loss"](center, context, noise)
    assert loss.item() == pytest.approx(0.1269 + 0.1269 + 1.3133, abs=1e-4)


@pytest.mark.parametrize("shape", [(7, 5, 6), (1, 1, 3), (4, 0, 2)])
def test_loss_is_pytorchs_cross_entropy_of_k_plus_one_questions(solution, shape):
    b, k, d = shape
    center, context, noise = drawn(0, b, d), drawn(1, b, d), drawn(2, b, k, d)
    logits = torch.cat([context[:, None], noise], dim=1) @ center[:, :, None]
    targets = torch.zeros(b, k + 1, 1).index_fill(1, torch.tensor(0), 1.0)
    expected = F.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / b
    torch.testing.assert_close(solution["negative_sampling_loss"](center, context, noise), expected)


def test_a_step_down_the_loss_draws_the_context_near_and_pushes_the_noise_away(solution):
    center, context, noise = (
        drawn(seed, *shape).requires_grad_() for seed, shape in enumerate([(1, 4)] * 2 + [(1, 3, 4)])
    )
    solution["negative_sampling_loss"](center, context, noise).backward()
    assert ((context - 0.1 * context.grad) @ center.T) > context @ center.T
    assert ((noise - 0.1 * noise.grad) @ center.T < noise @ center.T).all()


def test_the_fourth_corner_by_hand(solution):
    corners = {"man": [1.0, 0, 0], "woman": [1.0, 0, 1], "king": [1.0, 1, 0], "queen": [1.0, 1, 1]}
    vectors = {word: torch.tensor(vector) for word, vector in corners.items()}
    for rule in ("analogy", "analogy_mul"):
        for exclude in (True, False):
            assert solution[rule](vectors, "man", "woman", "king", exclude) == "queen"


@pytest.mark.parametrize("words", ["glove", "word2vec"])
def test_adding_answers_as_gensim(solution, request, test_data, words):
    """Of the questions whose words have vectors; of word2vec's thousand those are few."""
    vectors, keyed = request.getfixturevalue(words)
    asked = [q[:3] for q in some_questions(test_data, 40) if all(word in vectors for word in q[:3])]
    asked += [("he", "she", "his"), ("year", "years", "day"), ("is", "are", "was")]
    for a, b, c in asked:
        expected = keyed.most_similar(positive=[b, c], negative=[a])[0][0]
        assert solution["analogy"](vectors, a, b, c, True) == expected, (a, b, c)
        unit = [keyed.get_vector(word, norm=True).astype(np.float64) for word in (a, b, c)]
        nearest = keyed.similar_by_vector((unit[1] - unit[0] + unit[2]).astype(np.float32))[0][0]
        assert solution["analogy"](vectors, a, b, c, False) == nearest, (a, b, c)


@pytest.mark.filterwarnings("ignore:Call to deprecated .init_sims:DeprecationWarning")  # gensim calls it itself
@pytest.mark.parametrize("words", ["glove", "word2vec"])
def test_multiplying_answers_as_gensim(solution, request, test_data, words):
    """gensim adds 0.000001 where the paper and we add 0.001: no answer to these questions depends on it."""
    vectors, keyed = request.getfixturevalue(words)
    asked = [q[:3] for q in some_questions(test_data, 25) if all(word in vectors for word in q[:3])]
    asked += [("he", "she", "his"), ("year", "years", "day"), ("is", "are", "was")]
    for a, b, c in asked:
        expected = keyed.most_similar_cosmul(positive=[b, c], negative=[a])[0][0]
        assert solution["analogy_mul"](vectors, a, b, c, True) == expected, (a, b, c)


def test_a_whole_section_is_counted_as_gensim_counts_it(solution, glove, test_data, tmp_path):
    """All 506 questions of the family: 84 of 100 right, 41 without leaving words out."""
    vectors, keyed = glove
    asked = read_questions(test_data / "words" / "questions-words" / "family.txt")["family"]
    path = tmp_path / "family.txt"
    path.write_text(": family\n" + "\n".join(" ".join(question) for question in asked))
    right = [solution["analogy"](vectors, a, b, c, True) == d for a, b, c, d in asked]
    theirs, _ = keyed.evaluate_word_analogies(path, case_insensitive=False)
    assert np.mean(right) == pytest.approx(theirs, abs=1e-9)
    without = [solution["analogy"](vectors, a, b, c, False) == d for a, b, c, d in asked]
    assert np.mean(right) - np.mean(without) > 0.4


@pytest.mark.parametrize("rule", ["analogy", "analogy_mul"])
def test_an_unknown_word_is_answered_by_near_spellings(solution, glove, rule):
    with pytest.raises(UnknownWord, match=r"'qeuen'(.|\n)*queen"):
        solution[rule](glove[0], "king", "qeuen", "man", True)


@pytest.mark.parametrize("rule", ["analogy", "analogy_mul"])
def test_a_vector_of_zeros_is_at_right_angles_to_everything(solution, rule):
    vectors = {"a": [1.0, 0], "b": [0, 2.0], "c": [3.0, 0], "d": [0.1, 4.0], "nothing": [0.0, 0]}
    vectors = {word: torch.tensor(vector) for word, vector in vectors.items()}
    assert solution[rule](vectors, "a", "b", "c", True) == "d"
    assert solution[rule](vectors, "nothing", "b", "nothing", True) == "d"


def test_concept_vector_by_hand(solution):
    latents = torch.tensor([[2.0, 0], [4, 2], [0, 3], [9, 9]])
    found = solution["concept_vector"](latents, torch.tensor([1, 1, 0, 0]), torch.tensor([0, 0, 1, 0]))
    assert found.tolist() == [3, -2]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.uint8])
def test_concept_vector_is_a_difference_of_centroids(solution, dtype):
    """scikit-learn's centroids of two classes."""
    from sklearn.neighbors import NearestCentroid

    latents, kinds = drawn(3, 30, 6), torch.arange(30) % 3
    rows = kinds > 0
    centroids = NearestCentroid().fit(latents[rows].numpy(), kinds[rows].numpy()).centroids_
    found = solution["concept_vector"](latents, (kinds == 2).to(dtype), (kinds == 1).to(dtype))
    assert found.numpy() == pytest.approx(centroids[1] - centroids[0], abs=1e-5)


@pytest.mark.parametrize("empty", ["has", "lacks"])
def test_a_concept_without_examples_is_named(solution, empty):
    groups = {"has": torch.ones(4), "lacks": torch.ones(4)} | {empty: torch.zeros(4)}
    with pytest.raises(ValueError, match=f"`{empty}`"):
        solution["concept_vector"](drawn(0, 4, 3), **groups)


@pytest.mark.parametrize("d", [2, 3, 100])
def test_slerp_of_unit_vectors_is_scipys(solution, d):
    a, b = F.normalize(drawn(5, 2, d).double(), dim=1)
    steps = np.linspace(0, 1, 9)
    expected = geometric_slerp(a.numpy(), b.numpy(), steps)
    found = torch.stack([solution["slerp"](a, b, float(t)) for t in steps])
    assert found.numpy() == pytest.approx(expected, abs=1e-9)


def test_slerp_by_hand(solution):
    found = solution["slerp"](torch.tensor([1.0, 0]), torch.tensor([0.0, 1]), 1 / 3)
    torch.testing.assert_close(found, torch.tensor([math.cos(math.pi / 6), 0.5]))


def test_equal_steps_are_equal_angles(solution):
    a, b = 3 * F.normalize(drawn(6, 2, 8), dim=1)
    points = torch.stack([solution["slerp"](a, b, t / 8) for t in range(9)])
    angles = torch.arccos(F.cosine_similarity(points[:-1], points[1:]).clamp(-1, 1))
    torch.testing.assert_close(points.norm(dim=1), torch.full((9,), 3.0))
    torch.testing.assert_close(angles, angles.mean().expand(8), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("times", [1.0, 2.0, 1 + 1e-7])
def test_between_equal_directions_the_way_is_straight(solution, times):
    a = drawn(7, 6)
    found = solution["slerp"](a, times * a, 0.25)
    torch.testing.assert_close(found, (0.75 + 0.25 * times) * a)
