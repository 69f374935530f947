# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Embedding arithmetic
#
# *Deep Learning Applications. About 75 minutes, with three explorers and the quiz; 5 more with what is marked
# "optional".*

# %% [markdown]
# After this lecture we can
#
# - find the fourth word of an analogy, and say what is left out;
# - count how often that works, and say **why** leaving out matters;
# - say where the **parallelograms** come from;
# - measure a **bias** in word vectors, with a p-value;
# - add and subtract **faces**, and say when that is a success.

# %% [markdown]
# Our papers: Mikolov, Yih, Zweig, *Linguistic Regularities in Continuous Space Word Representations*, NAACL 2013;
# Mikolov, Sutskever, Chen, Corrado, Dean, *Distributed Representations of Words and Phrases and their
# Compositionality*, NIPS 2013; Radford, Metz, Chintala, *Unsupervised Representation Learning with Deep Convolutional
# Generative Adversarial Networks*, ICLR 2016. Every number below is computed in a cell, cited, or measured as the
# sentence beside it says.

# %% [markdown]
# Before most figures you will find a **Predict** line. Please write your guess down before you run the cell: a wrong
# guess teaches most.

# %% [markdown]
# ## 1 · Words as places
#
# In the last unit a face became a vector, and near vectors meant one person. Here a word becomes one. The course ships
# vectors of real words: 100 numbers for each, learned from Wikipedia and news by GloVe (Pennington, Socher, Manning,
# EMNLP 2014).

# %%
from course_lib.data.words import glove

words = glove()
print(words.name, "with", words.vectors.shape[1], "numbers each")
print("the first ones:", ", ".join(words.words[:12]))

# %% [markdown]
# How alike two words are is the **cosine** of the angle between their vectors: 1 for the same direction, 0 for a right
# angle. By hand: (1, 0) and (0.6, 0.8) have the cosine 0.6 · 1 + 0.8 · 0 = 0.6.
#
# **Predict:** which words lie nearest to *king*? Will *queen* be among the first three?

# %%
import torch
from sklearn.neighbors import NearestNeighbors
from torch.nn import functional as F

unit = F.normalize(words.vectors, dim=1)
place = {word: row for row, word in enumerate(words.words)}
search = NearestNeighbors(n_neighbors=6, metric="cosine").fit(unit)


def nearest(vector):
    """The six words with the largest cosines."""
    [distances], [rows] = search.kneighbors(vector[None])
    found = zip(rows, 1 - distances, strict=True)
    return ", ".join(f"{words.words[row]} {cosine:.2f}" for row, cosine in found)


print("king:", nearest(unit[place["king"]]))
print("berlin:", nearest(unit[place["berlin"]]))

# %% [markdown]
# Nobody told GloVe what a king is. It saw only which words stand near which others, and words with like neighbours got
# like vectors.

# %% [markdown]
# ## 2 · King − man + woman
#
# *Man* is to *woman* as *king* is to …? Mikolov, Yih and Zweig walk: the step from *man* to *woman* is a difference of
# two vectors, and the same step from *king* should lead to *queen*.

# %% [markdown]
# By hand, with three numbers for person, ruler and female. Man is (1, 0, 0), woman (1, 0, 1), king (1, 1, 0). Then
#
# woman − man + king = (0, 0, 1) + (1, 1, 0) = (1, 1, 1),
#
# a person, a ruler, female: the queen. Real vectors have no such names for their numbers.

# %% [markdown]
# **Predict:** which word is really the nearest one to king − man + woman?

# %%
king, man, woman = (unit[place[word]] for word in ("king", "man", "woman"))
print(nearest(king - man + woman))

# %% [markdown]
# It is *king*! We have not left the place where we began. The famous answer needs a rule that is seldom told: the three
# words of the question may not be the answer.

# %%
from course_lib.explorers.word_arithmetic import best

questions = [
    ("man", "woman", "king"),
    ("france", "paris", "germany"),
    ("walking", "walked", "going"),
    ("big", "bigger", "good"),
    ("man", "woman", "doctor"),
]
print(f"{'':27}{'all words':12}three left out")
for asked in questions:
    free, left_out = (best(words, *asked, exclude=rule)[0][0] for rule in (False, True))
    print(f"{' : '.join(asked):27}{free:12}{left_out}")

# %% [markdown]
# Paris − France + Germany is Berlin, with the rule and without it. *Going* leads to *got*: a past tense is found, of
# another verb. And what do you think of the last line? We come back to it.

# %% [markdown]
# **Explorer: analogy.**
#
# Try: (1) Which of your questions need the rule? (2) Turn a question round: do *woman : man = queen* and *man : woman =
# king* work equally well? (3) Does the other rule, 3CosMul, change the winner?

# %%
from course_lib.explorers.embeddings import analogy_explorer

CHOICES = (
    "man woman king queen uncle aunt doctor nurse paris france berlin germany tokyo "
    "japan walking walked going went cat cats mouse mice good better"
).split()
analogy_explorer(words, CHOICES)

# %% [markdown]
# ## 3 · One example proves nothing: count
#
# Mikolov, Chen, Corrado and Dean (*Efficient Estimation of Word Representations in Vector Space*, ICLR workshop 2013)
# asked 19,544 such questions, in 14 sections. Four of them ship with the course.

# %% [markdown]
# **Predict** for each section: how many percent are right with the three words left out? And how many if all words may
# be the answer?

# %%
from course_lib import plots
from course_lib.data.word_pairs import PAIRS, section_questions
from course_lib.explorers.word_arithmetic import right

bars = {}
for section, pairs in PAIRS.items():
    asked = section_questions(section)
    a, b, c, d = asked[0]
    print(f"{len(asked):5} questions from {len(pairs)} pairs: {a} : {b} = {c} : {d}")
    for exclude, told in ((True, "left out"), (False, "all words")):
        share = right(words, asked, "3CosAdd", exclude).float().mean().item()
        bars[f"{section}, {told}"] = 100 * share

# %%
colors = [plots.BLUE, plots.ORANGE] * len(PAIRS)
ax = plots.bars(
    list(bars), list(bars.values()), "right answers, %", colors=colors, form="{:.0f}"
)
plots.show(ax, "four sections, counted twice")

# %% [markdown]
# Leaving three of 8,060 words out does not sound like much. But in grammar, four of five right answers hang on it.
#
# And what is wrong although the words are left out? **Predict:** *London* is to which country, as *Athens* is to
# *Greece*?

# %%
for section in PAIRS:
    asked = section_questions(section)
    wrong = (~right(words, asked)).nonzero()[:, 0].tolist()
    print(f"{section}: {len(wrong)} of {len(asked)} wrong")
    for number in (wrong[0], wrong[len(wrong) // 2], wrong[-1]):
        a, b, c, d = asked[number]
        print(f"    {a} : {b} = {c} : {best(words, a, b, c)[0][0]}, not {d}")

# %% [markdown]
# Some are hardly mistakes: *Britain* in place of *England*. Others find the verb in another form, *feed*, *walk*. And
# some name what lives next door: *brother* for *mother*, *cats* for *lions*, *mango* for *pineapples*. The vectors know
# company, not grammar.

# %% [markdown]
# **Multiply instead.** In a sum one large cosine can outweigh two small ones. Levy and Goldberg (*Linguistic
# Regularities in Sparse and Explicit Word Representations*, CoNLL 2014) multiply: near to b **and** near to c, divided
# by how near to a. They call it 3CosMul, and the sum 3CosAdd.

# %% [markdown]
# **Predict:** which of the two suffers less when all words may be the answer?

# %%
for rule in ("3CosAdd", "3CosMul"):
    for exclude, told in ((True, "left out"), (False, "all words")):
        shares = [
            right(words, section_questions(section), rule, exclude).float().mean()
            for section in PAIRS
        ]
        print(f"{rule}, {told:10}", *(f"{share:5.0%}" for share in shares))

# %% [markdown]
# With the words left out the product is no better here. Without the rule it loses much less.

# %% [markdown]
# ## 4 · How parallel is a parallelogram?
#
# When does the walk from *king* arrive nearer to *queen* than to *king* itself? Two steps matter: the one that we take,
# from *man* to *woman*, and the one that we should take, from *king* to *queen*.

# %% [markdown]
# By hand, in the plane: *king* is at (0, 0), *queen* at (1, 0), and our step is as long, 1, but turned by an angle.
#
# | angle | we arrive at | from king | from queen |
# |---|---|---|---|
# | 50° | (0.64, 0.77) | 1 | 0.85 |
# | 60° | (0.50, 0.87) | 1 | 1 |
# | 70° | (0.34, 0.94) | 1 | 1.15 |

# %% [markdown]
# So for equally long steps the limit is 60°. If the steps agree better than that, we leave *king* by ourselves; if not,
# the rule must push us.
#
# **Predict** for each section the mean angle between the two steps. Is it below 60°?

# %%
from course_lib.explorers.word_arithmetic import rows_of

print(f"{'':26}mean angle   nearer to d than to c   right with all words")
for section in PAIRS:
    asked = section_questions(section)
    a, b, c, d = unit[rows_of(words.words, asked)].unbind(dim=1)
    angle = F.cosine_similarity(b - a, d - c).arccos().rad2deg().mean()
    goal = b - a + c
    nearer = (goal - d).norm(dim=1) < (goal - c).norm(dim=1)
    free = right(words, asked, exclude=False)
    shares = f"{nearer.float().mean():13.0%}{free.float().mean():24.0%}"
    print(f"{section:26}{angle:6.0f}°{shares}")

# %% [markdown]
# The last two columns are nearly equal: what wins in place of the right word is nearly always the third word itself.
# Only the steps between capitals and countries agree better than 60° on average. In grammar the "parallel" sides meet
# at more than 70°!
#
# **Predict:** what will such figures look like, drawn flat?

# %%
from course_lib.explorers.embeddings import draw_parallelogram

FOURS = ("man woman king queen", "france paris germany berlin", "eye eyes woman women")
pictures, titles = [], []
for four in FOURS:
    corners = {word: unit[place[word]] for word in four.split()}
    a, b, c, d = corners.values()
    pictures.append(draw_parallelogram(corners)[0])
    titles.append(f"cosine {F.cosine_similarity(b - a, d - c, dim=0):.2f}")
axes = plots.image_grid(pictures, titles, columns=3, width=11)
plots.show(axes, "parallelograms of real words")

# %% [markdown]
# The last one is none at all. But the first looks much better than it is: its cosine of 0.44 means 64°. Four points
# span three dimensions; a flat picture leaves one out. So do not trust pictures of parallelograms: ask for the cosine
# between the steps, in all dimensions.

# %% [markdown]
# ## 5 · Where do parallelograms come from?
#
# A corpus of billions of words is too large to look into. So we take *Tinytalk*, a language of 367 words that the
# course writes: 16 kinds of people, each as a man, a woman, men, women.

# %% [markdown]
# A king's sentences speak of crown and throne, as a queen's do, and they speak of "he", as an actor's do. Each kind has
# a companion, too: the king has a falcon, and no rule says why.

# %%
from course_lib.data import tinytalk

text = tinytalk.corpus(0)
print(f"{(text.tokens >= 0).sum():,} words in {(text.tokens < 0).sum():,} sentences")
royal = [s for s in text.sentences(2000) if {"king", "queen"} & set(s.split())]
print(*royal[:4], sep="\n")

# %% [markdown]
# **Count.** How often does each word stand at most five places from each other one? Common words stand near everybody,
# so we compare with chance. By hand: *king* makes up 1 % of all pairs and *she* 2 %. By chance, 0.02 % of the pairs
# would be (king, she). If there are 0.06 %, that is three times as many.

# %% [markdown]
# The logarithm of such a ratio, here log 3 = 1.1, is called *pointwise mutual information*, PMI (Church, Hanks, *Word
# Association Norms, Mutual Information, and Lexicography*, ACL 1989):
#
# $$\mathrm{PMI}(x, y)=\log\frac{P(x, y)}{P(x)\,P(y)}$$
#
# What is rarer than chance is set to 0.

# %%
from course_lib.explorers.counting import cooccurrences, positive_pmi

row = {word: number for number, word in enumerate(text.words)}
counts = cooccurrences(text.tokens, len(text.words), window=5)
table = positive_pmi(counts)
COLUMNS = ("crown", "stage", "he", "she", "alone", "together")
print(f"{'PMI with':10}", *(f"{word:>9}" for word in COLUMNS))
for word in ("king", "queen", "actor", "actress", "queens"):
    print(f"{word:10}", *(f"{table[row[word], row[x]]:9.2f}" for x in COLUMNS))

# %% [markdown]
# Read the rows as vectors: each word has one number for each neighbour. **Predict:** what is left in the differences
# queen − king and actress − actor? In which columns are they alike?

# %%
steps = {"queen − king": ("king", "queen"), "actress − actor": ("actor", "actress")}
steps = {name: table[row[b]] - table[row[a]] for name, (a, b) in steps.items()}
for name, step in steps.items():
    print(f"{name:16}", *(f"{word} {step[row[word]]:+.2f}" for word in COLUMNS))
for name, step in steps.items():
    largest = step.abs().topk(4).indices.tolist()
    print(f"largest of {name}:", *(f"{text.words[i]} {step[i]:+.1f}" for i in largest))

# %% [markdown]
# The concept's own words cancel: crown, stage. What both steps share is the gender: less "he", more "she". That is the
# parallelogram. It is there because one word, *she*, changes everybody's company in the same way.

# %% [markdown]
# But the largest numbers are others: towns that only one of the two words comes from. They are private, and each step
# has its own. So the steps agree only in part. What keeps what is shared, and drops what is private?

# %% [markdown]
# **Compress.** By hand, three words with two numbers each: (4, 4.2), (2, 1.9), (1, 1). All three lie near one line, the
# direction (0.71, 0.71). One number for each word, how far along, says nearly everything: 5.8, 2.8, 1.4. What is left
# out, ±0.1, is what only one word has.

# %% [markdown]
# A **singular value decomposition** (SVD) finds such directions, the ones along which the rows of a table differ most
# first. What many words share makes a strong direction; what one word has for itself makes a weak one.
#
# **Predict:** how many analogies on gender are right with the 4, 16 and 64 strongest ones?

# %%
from course_lib.data.words import Words
from course_lib.explorers.counting import main_directions

SIZES = (4, 8, 12, 16, 24, 32, 48, 64)


def share_right(vectors, section):
    """The share of a section's questions that these vectors answer as asked."""
    named = Words(text.words, vectors, "Tinytalk")
    return right(named, tinytalk.questions(section)).float().mean().item()


def by_size(table, section):
    return [share_right(main_directions(table, size), section) for size in SIZES]


shares = {section: by_size(table, section) for section in tinytalk.SECTIONS}
ax = plots.curve(SIZES, shares, "numbers for each word", "right answers")
plots.show(ax, "analogies from counts")

# %% [markdown]
# Nothing was trained here: counts, a logarithm and linear algebra make the parallelograms. With 4 numbers hardly any
# answer is right, with 64 few. And nothing leads from king to falcon, however much we keep.
#
# **Predict:** is it the private towns that spoil the long vectors? We take them out of the table and count again.

# %%
from course_lib.data.tinytalk.lexicon import CONCEPTS

towns = [row[town] for one in CONCEPTS for pair in one.towns for town in pair]
without = table.clone()
without[towns], without[:, towns] = 0, 0
print(f"{'numbers':10}", *(f"{size:4}" for size in SIZES))
for name, some in {"all words": table, "no towns": without}.items():
    print(f"{name:10}", *(f"{share:4.0%}" for share in by_size(some, "gender")))

# %% [markdown]
# Mostly: with 64 numbers three of four answers are right now, in place of one of twelve.

# %%
vectors = main_directions(table, 64)
CORNERS = ("king", "queen", "actor", "actress")
pictures = [
    draw_parallelogram({word: vectors[row[word], :kept] for word in CORNERS})[0]
    for kept in (16, 64)
]
axes = plots.image_grid(pictures, ["16 numbers", "64 numbers"], columns=2, width=8)
plots.show(axes, "a parallelogram and none")

# %% [markdown]
# (On the left, up and down is drawn about 15 times as large as across: beside the step from one concept to another,
# that from man to woman is short.)

# %% [markdown]
# **Explorer: parallelogram.**
#
# Try: (1) Keep more directions. When does the figure lose its shape? (2) Which sides go first, blue (gender) or red
# (concept)? (3) Do other concepts hold out longer?

# %%
from course_lib.explorers.embeddings import parallelogram_explorer

pairs = {concept.words[0]: concept.words[:2] for concept in CONCEPTS}
parallelogram_explorer(text.words, table, pairs)

# %% [markdown]
# ## 6 · Skip-gram counts, too
#
# In the exercise you train **skip-gram**: each word has two vectors, one as the centre, one as a neighbour, and their
# dot product is a score. A pair from the text should get a "yes", and a pair with a random word, **noise**, a "no".

# %% [markdown]
# By hand: (king, crown) stands 30 times in the text, and comes 10 times as noise. So "yes" is right in 30 of 40 cases.
# The best probability is 0.75, and the score whose sigmoid is 0.75 is log(30 / 10) = 1.1.

# %% [markdown]
# In general, with k noise words for each pair, the best score is
#
# $$\log\frac{P(x, y)}{k\,P(x)\,P(y)}=\mathrm{PMI}(x, y)-\log k.$$
#
# So the network tends to the PMI that we counted (Levy, Goldberg, *Neural Word Embedding as Implicit Matrix
# Factorization*, NIPS 2014; noise is drawn as words occur).

# %% [markdown]
# Does it? Tinytalk has so few words that we need no random batches: we know how often *each* pair comes as true and as
# noise, and train on all 367 × 367 at once. What we minimise is the cross-entropy between the network's "yes" and the
# share of true pairs.

# %%
from torch import nn

NOISE = 5  # for each true pair
true = counts / counts.sum()
noise = NOISE * true.sum(dim=1)[:, None] * true.sum(dim=1)
share_true = true / (true + noise)
met = true > 0
best_scores = (true / noise)[met].log()  # PMI − log 5


class TwoTables(nn.Module):
    """Two vectors for each word; the scores of all pairs."""

    def __init__(self, count, dimensions):
        super().__init__()
        self.centers = nn.Parameter(0.1 * torch.randn(count, dimensions))
        self.contexts = nn.Parameter(torch.zeros(count, dimensions))

    def forward(self):
        return self.centers @ self.contexts.T


# %% [markdown]
# At the start all scores are 0, each answer is "perhaps". **Predict:** what does a true pair with its five noise words
# cost then? After how many of 300 steps are half of the analogies on gender right? With 64 numbers per word the SVD had
# 9 %.


# %%
def trained_on_all_pairs(seed, steps=300):
    """The scores of the pairs that were met, and what was right after each 20 steps."""
    torch.manual_seed(seed)
    model, shares = TwoTables(len(text.words), 64), []
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for step in range(steps + 1):
        if step % 20 == 0:
            shares.append(share_right(model.centers.detach(), "gender"))
        scores = model()
        loss = F.binary_cross_entropy_with_logits(
            scores, share_true, true + noise, reduction="sum"
        )
        if step in (0, steps):
            print(f"seed {seed}, step {step}: one pair with its noise costs {loss:.2f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return scores.detach()[met], shares


runs = [trained_on_all_pairs(seed) for seed in range(3)]

# %%
lines = {f"seed {seed}": shares for seed, (_, shares) in enumerate(runs)}
ax = plots.curve(range(0, 301, 20), lines, "step", "right answers on gender")
plots.show(ax, "skip-gram while it learns")
for seed, (scores, _) in enumerate(runs):
    likeness = torch.corrcoef(torch.stack([scores, best_scores]))[0, 1]
    print(f"seed {seed}: correlation of scores and PMI − log 5: {likeness:.2f}")

# %% [markdown]
# 6 log 2 = 4.16 at the start: six answers, each as good as a coin. In the end the scores are the PMI, to a correlation
# of 0.98. Nothing but counting was learned.

# %% [markdown]
# Yet with 64 numbers more than nine of ten answers are right, where the SVD had one of twelve. One difference is that
# rare pairs weigh little here. Is it the reason? With equal weight for all pairs 80 to 91 % are still right (three
# seeds, 300 steps). So it is not the main one.

# %% [markdown]
# ## 7 · What else is in the company?
#
# "Man : woman = doctor : nurse." The vectors repeat what stands in the text, and who counts can measure that. Caliskan,
# Bryson and Narayanan (*Semantics derived automatically from language corpora contain human-like biases*, Science 2017)
# made a test of it, after one that psychologists make with people.

# %% [markdown]
# Take eight names of men and eight of women. How near is each to words of career, and how near to words of family? By
# hand, with means of cosines:
#
# | | career | family | difference |
# |---|---|---|---|
# | a name of the first group | 0.30 | 0.20 | +0.10 |
# | a name of the second one | 0.20 | 0.25 | −0.05 |

# %% [markdown]
# The **effect** is the difference of both groups' means, in standard deviations of all names. Is it chance? If the
# groups meant nothing, any other split of the names would do as well. So we take all splits, and count how many have a
# difference at least as large: that share is the **p-value**.

# %%
from course_lib.explorers.association import association

LISTS = {  # of the paper: two groups of targets, then two of attributes
    "names, career and family": (
        "john paul mike kevin steve greg jeff bill",
        "amy joan lisa sarah diana kate ann donna",
        "executive management professional corporation salary office business career",
        "home parents children family cousins marriage wedding relatives",
    ),
    "science and arts, gender": (
        "science technology physics chemistry einstein nasa experiment astronomy",
        "poetry art shakespeare dance literature novel symphony drama",
        "brother father uncle grandfather son he his him",
        "sister mother aunt grandmother daughter she hers her",
    ),
}

# %% [markdown]
# Some of these words are not among our 8,060. We leave them out, and of the longer group of targets the last ones, so
# that both are equally large. **Predict:** is there an effect? How likely would it be by chance?


# %%
def groups_of(lists):
    """The words of four lists that have a vector; as many in both groups of targets."""
    known = [[word for word in text.split() if word in place] for text in lists]
    size = min(len(known[0]), len(known[1]))
    return [known[0][:size], known[1][:size], *known[2:]]


for name, lists in LISTS.items():
    groups = groups_of(lists)
    found = association(*(unit[[place[word] for word in group]] for group in groups))
    print(f"{name}: {len(groups[0])} words each, ", end="")
    print(f"effect {found.effect:.2f}, p = {found.p:.4f}")

# %%
groups = groups_of(LISTS["names, career and family"])
found = association(*(unit[[place[word] for word in group]] for group in groups))
names, values = groups[0] + groups[1], torch.cat([found.first, found.second])
colors = [plots.BLUE] * len(groups[0]) + [plots.ORANGE] * len(groups[1])
label = "nearer to career than to family (cosine)"
ax = plots.bars(names, values.tolist(), label, colors=colors, form="{:+.2f}")
plots.show(ax, "names between career and family")

# %% [markdown]
# Names of men lie nearer to career, names of women to family. Of all 3,432 splits of these 14 names, no other is as
# uneven. The vectors did not invent that: it stands in Wikipedia and in the news. But whoever ranks applications with
# such vectors passes it on.

# %% [markdown]
# Be careful with the line on the doctor, however. *Doctor* itself was left out: with all words the answer was *doctor*.
# The rule that makes queens also makes nurses (Nissim, van Noord, van der Goot, *Fair Is Better than Sensational*,
# Computational Linguistics 2020). A bias should be measured by a test that can say no, and not by one analogy.

# %% [markdown]
# ## 8 · A picture as a place
#
# Enough words. A portrait of 32 × 32 pixels in three colours has 3,072 numbers: it is a vector already. Can we not
# simply add faces?

# %% [markdown]
# By hand, one row of three pixels. A dark eye in the middle is (0.9, 0.1, 0.9), the same eye one pixel further (0.9,
# 0.9, 0.1). Their mean is (0.9, 0.5, 0.5): not one dark eye in between, but two pale ones.
#
# **Predict:** what will the mean of two portraits look like? And "smiling with glasses − neutral with glasses +
# neutral"?

# %%
from course_lib.data import tinyfaces
from course_lib.data.tinytown.draws import Draw

known, val = tinyfaces.portraits("train", 100, 10), tinyfaces.portraits("val", 100, 5)
known_faces, val_faces = known.images / 255, val.images / 255
print(f"{len(known)} portraits of 100 people, {len(val)} of 100 others")
print("attributes:", ", ".join(tinyfaces.ATTRIBUTES))

glasses, smiling, mouth_open, cap = val.attributes.T
plain = ~mouth_open & ~cap
groups = {
    "smiling, glasses": plain & smiling & glasses,
    "neutral, glasses": plain & ~smiling & glasses,
    "neutral": plain & ~smiling & ~glasses,
}
triples = {name: group.nonzero()[:3, 0] for name, group in groups.items()}

# %%
both, other, neither = (val_faces[rows] for rows in triples.values())
one = both[0] - other[0] + neither[0]
three = both.mean(dim=0) - other.mean(dim=0) + neither.mean(dim=0)
shown = [both[0], other[0], neither[0], (both[0] + neither[0]) / 2, one, three]
titles = [*triples, "mean of two", "sum of pixels", "sum of means of 3"]
axes = plots.image_grid([face.clamp(0, 1) for face in shown], titles, 6, width=12)
plots.show(axes, "faces added as pixels")

# %% [markdown]
# Ghosts: others' hair and glasses shine through, in false colours. Pixels add light, not meaning. What stands in
# different places cannot be subtracted. We need vectors in which "glasses" is one direction, wherever they sit.
#
# So we do as with the words: we let a network find places for pictures, and this time it must be able to come back.

# %% [markdown]
# ## 9 · A network that draws: the VAE
#
# An **autoencoder** is two networks. The *encoder* makes a short vector of a picture, its **latent**, here 64 numbers;
# the *decoder* draws the picture from it. What does not fit into 64 numbers is lost.

# %% [markdown]
# The *variational* one, **VAE** (Kingma, Welling, *Auto-Encoding Variational Bayes*, ICLR 2014), encodes a picture not
# as a point but as a small cloud: a mean μ and a variance s² for each number. The decoder draws from a random point of
# the cloud. So near points must give similar pictures.

# %% [markdown]
# The loss has two parts: how wrong the drawn pixels are, and how far each cloud is from the standard one, with mean 0
# and variance 1:
#
# $$\frac{\lVert x-\hat x\rVert^2}{2\sigma^2}+\frac12\sum\left(\mu^2+s^2-1-\log s^2\right)$$
#
# The second part is called **KL**, for Kullback and Leibler. It keeps all clouds together, so that there are no holes
# between them.

# %% [markdown]
# By hand, two pixels and a latent of one number:
#
# | | | cost |
# |---|---|---|
# | pixels (0.2, 0.8), drawn (0.3, 0.6), σ = 0.1 | (0.01 + 0.04) / 0.02 | 2.5 |
# | μ = 1, s² = 0.25 | ½ (1 + 0.25 − 1 + 1.39) | 0.82 |
# | the loss | | 3.32 |

# %% [markdown]
# **Predict:** which cloud costs nothing in the second part? What does the decoder know of the picture then?
#
# And what will the network draw after 40 steps, a few seconds of training?

# %%
from course_lib import training
from course_lib.models.vae import VAE, elbo


def batch(i):
    """64 portraits, drawn by the number of the step."""
    rng = torch.Generator().manual_seed(i)
    return (known_faces[torch.randint(len(known_faces), (64,), generator=rng)],)


def loss(model, images):
    return elbo(model, images, noise=0.03)


torch.manual_seed(0)
young = VAE()
history = training.fit(young, batch, loss, steps=40, lr=4e-3)
for step in (0, 39):
    parts = ", ".join(
        f"{name} {told[step]:.0f}" for name, told in history.named.items()
    )
    print(f"step {step}: loss {history[step]:.0f} = {parts}")

# %% [markdown]
# Mean 0 and variance 1 cost nothing, and then every picture has the same cloud: the decoder knows nothing. At the start
# it is like that. Then each bit about the picture is paid for with KL, and saves more in pixels.

# %% [markdown]
# The whole training takes minutes; its weights ship with the course. **Predict:** what will be lost of a portrait on
# the way through 64 numbers?

# %%
from course_lib.models import latent as portrait_networks

vae = portrait_networks.vae()
eight = val_faces[3::60][:8]
with torch.no_grad():
    rows = [
        *eight,
        *young.decode(young.encode(eight)[0]),
        *vae.decode(vae.encode(eight)[0]),
    ]
axes = plots.image_grid(rows, columns=8, width=11)
plots.show(axes, "portraits, encoded and decoded")

# %% [markdown]
# ## 10 · A network that draws: the DCGAN
#
# A **GAN** (Goodfellow et al., *Generative Adversarial Nets*, NIPS 2014) has no encoder. A *generator* makes pictures
# of random latents. A *discriminator* sees real pictures and made ones, and says how likely each is real. The generator
# learns to be believed.

# %% [markdown]
# By hand: the discriminator says 0.8 of a real picture and 0.3 of a made one. Its loss is −log 0.8 − log (1 − 0.3) =
# 0.22 + 0.36 = 0.58. The generator's loss is −log 0.3 = 1.20: it wants 0.3 to become 1.
#
# **Predict:** what do both pay if the discriminator can only guess, 0.5 for each?

# %%
from course_lib.models.dcgan import Discriminator, Generator


def step_down(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


torch.manual_seed(0)
makes, doubts = Generator(), Discriminator()
optimizers = [
    torch.optim.Adam(network.parameters(), 2e-4, betas=(0.5, 0.999))
    for network in (doubts, makes)
]
for i in range(25):
    [real], made = batch(i), makes(torch.randn(64, 64))
    doubt = F.softplus(-doubts(real)).mean() + F.softplus(doubts(made.detach())).mean()
    step_down(optimizers[0], doubt)
    wish = F.softplus(-doubts(made)).mean()
    step_down(optimizers[1], wish)
    if i in (0, 24):
        print(f"step {i}: discriminator {doubt:.2f}, generator {wish:.2f}")

# %% [markdown]
# (`softplus(−x)` is −log σ(x).) Guessing costs 2 log 2 = 1.39 and log 2 = 0.69; the generator's first number is larger
# because the discriminator has already made its step. After 25 steps the discriminator tells nearly all pictures apart.
# Whether the generator can follow decides the training.

# %% [markdown]
# Radford, Metz and Chintala (*Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
# Networks*, ICLR 2016) found how to build both of convolutions so that the training is more stable: **DCGAN**. Our
# small one was trained for the course, too.


# %%
def in_parts(network, rows):
    """What a network makes of many rows, 100 at a time: that takes less memory."""
    with torch.no_grad():
        return torch.cat([network(some) for some in rows.split(100)])


generator = portrait_networks.generator()
drawn = torch.randn(1200, 64, generator=torch.Generator().manual_seed(1))
made_faces, sampled_faces = in_parts(generator, drawn), in_parts(vae.decode, drawn[:8])
rows = [*made_faces[:8], *sampled_faces]
plots.show(plots.image_grid(rows, columns=8, width=11), "faces of nobody")

# %% [markdown]
# None of these people exists, not even in Tinyfaces. Above the DCGAN, below the VAE's decoder, both from random
# latents.

# %% [markdown]
# ## 11 · What is a success?
#
# Before we calculate with latents we fix how to judge. Radford looked at pictures; we want to count. So two judges are
# asked. The first is a network that was trained to name the four attributes.

# %%
judge = portrait_networks.attributes()


def attributes_of(images):
    """Which attributes the network sees: [n, 4]."""
    return in_parts(judge, images) > 0


right_names = (attributes_of(val_faces) == val.attributes).float().mean(dim=0)
told = zip(tinyfaces.ATTRIBUTES, right_names.tolist(), strict=True)
print("right on new people:", ", ".join(f"{name} {share:.0%}" for name, share in told))

# %% [markdown]
# But such a network can see glasses in a smear. So the second judge asks: does it look like a face at all? A usual
# idea: the features of the network's *last* layer should be as near to those of a known portrait as those of new real
# ones are. 95 of 100 of these must pass; that sets the limit.

# %% [markdown]
# A measure should be tested, too, with pictures that must fail.
#
# **Predict:** which of these will pass for a face: a portrait that is blurred, one in negative colours, the mean of
# two, plain grey?

# %%
from course_lib.models.realism import Realism


known_features = in_parts(judge.features, known_faces)
realism = Realism(judge, known_faces)


def from_nearest(images):
    """From each picture's last features to those of the nearest known portrait."""
    return (
        torch.cdist(in_parts(judge.features, images), known_features).min(dim=1).values
    )


limits = {
    measure: measure(val_faces).quantile(0.95)
    for measure in (from_nearest, realism.distance)
}

# %%
tested = {
    "blurred": F.avg_pool2d(val_faces, 5, 1, padding=2, count_include_pad=False),
    "negative": 1 - val_faces,
    "mean of two": (val_faces[:-5] + val_faces[5:]) / 2,
    "grey": torch.full_like(val_faces[:1], 0.5),
    "DCGAN": made_faces[:400],
    "VAE": in_parts(vae.decode, drawn[:400]),
}
print(f"{'looks real to':14}{'the last layer':>16}{'all layers':>12}")
for name, images in tested.items():
    passed = [
        (measure(images) <= limit).float().mean() for measure, limit in limits.items()
    ]
    print(f"{name:14}{passed[0]:16.0%}{passed[1]:12.0%}")

# %% [markdown]
# To the last layer nearly everything is a face, even plain grey. A measure that cannot say no is none.
#
# So our second judge asks *all* layers: how unusual are the mean and the spread of each channel? (Lee, Lee, Lee, Shin,
# *A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks*, NeurIPS 2018.)

# %% [markdown]
# It is not perfect: the mean of two portraits, which are upright and in the middle, still passes. We shall say "looks
# real" when it passes, and know what that means.

# %%
limit = limits[realism.distance]


def looks_real(images):
    """Which pictures the second judge lets pass."""
    return realism.distance(images) <= limit


# %% [markdown]
# ## 12 · A direction for a concept
#
# What do glasses change in a latent? By hand, for one number of the latent: faces with glasses have 3 and 5 there,
# faces without 1 and 1. On average that is 4 against 1, so glasses add 3. All 64 such numbers are the **concept
# vector** of glasses.

# %% [markdown]
# We look for it with the encoded portraits of people that the judges know, and use it on others. First: what is in a
# latent at all? **Predict:** we encode new portraits and decode them. Which of the four attributes does the first judge
# still name?


# %%
def place_of(images):
    """The middle of the places that the VAE's encoder finds for each picture."""
    return vae.encode(images)[0]


encoded, known_places = (in_parts(place_of, one) for one in (val_faces, known_faces))
decoded = in_parts(vae.decode, encoded)
kept = attributes_of(decoded) == val.attributes
for name, share in zip(tinyfaces.ATTRIBUTES, kept.float().mean(dim=0), strict=True):
    print(f"{name:11} {share:4.0%} right after encoding and decoding")

# %% [markdown]
# The smile is lost: half right is guessing. What does it cost to forget one? Tinyfaces can draw the same portrait
# twice, with an attribute and without.


# %%
def with_and_without(name, k):
    """The same portrait twice, from 0 to 1."""
    for has in (True, False):
        drawing = Draw(f"lecture/{k}")
        image, _ = tinyfaces.portrait(tinyfaces.person(400 + k), drawing, {name: has})
        yield torch.from_numpy(image) / 255


for name in tinyfaces.ATTRIBUTES:
    pairs_of_portraits = [tuple(with_and_without(name, k)) for k in range(20)]
    costs = [(one - other).square().sum() for one, other in pairs_of_portraits]
    print(f"{name:11} squared difference of pixels {torch.stack(costs).mean():6.2f}")

# %% [markdown]
# A smile is the smallest change of the four, and the loss counts pixels. What is not in the latent no arithmetic brings
# back.

# %% [markdown]
# One pair would not do: "a face with glasses less another face without" holds another person, too, other light, another
# wall.
#
# **Predict:** we add both to the same portrait: the difference of one pair, and what glasses change on average over
# 1,000 portraits. Which picture shows what?

# %%
ones = torch.ones(len(known), 1)
table = torch.cat([ones, known.attributes.float()], dim=1)  # [n, 5]
found = torch.linalg.lstsq(table, known_places).solution[1:]  # least squares: [4, 64]
concepts = dict(zip(tinyfaces.ATTRIBUTES, found, strict=True))

row_of_face = int(triples["neutral"][0])
start = encoded[row_of_face]
pair = encoded[triples["neutral, glasses"][0]] - encoded[triples["neutral"][1]]
places = torch.stack([start, start + pair, start + concepts["glasses"]])

# %%
who, number = int(val.identities[row_of_face]), row_of_face % 5
stream = Draw(f"portrait/{who}/{number}")
truth, _ = tinyfaces.portrait(tinyfaces.person(who), stream, {"glasses": True})
with torch.no_grad():
    faces = [*vae.decode(places), torch.from_numpy(truth)]
titles = ["decoded", "one pair", "average of 1,000", "drawn with glasses"]
plots.show(plots.image_grid(faces, titles, columns=4, width=9), "glasses by two ways")

# %% [markdown]
# The pair brings the other person along. The average leaves nearly everything but the glasses as it was. The last
# picture is the truth, which only a drawn world can show: the same portrait, drawn with glasses.

# %% [markdown]
# (We used least squares on all four attributes at once, so that caps that happen to come with glasses do not count as
# glasses. For one attribute alone it is the difference of two means, which you write in the exercise.)

# %% [markdown]
# **Explorer: latent sliders.**
#
# Try: (1) Add one of each. What else changes? (2) Take glasses away from a face that has none. (3) How far can you go
# before the second judge refuses, and how long is the latent then?

# %%
from course_lib.explorers.latents import sliders_explorer


def verdicts(images):
    """What both judges say of each picture."""
    with torch.no_grad():
        likely = judge(images).sigmoid()
    told = []
    for shares, far in zip(likely, realism.distance(images), strict=True):
        named = zip(tinyfaces.ATTRIBUTES, shares, strict=True)
        said = ", ".join(f"{name} {share:.0%}" for name, share in named)
        told.append(f"{said}; unusual by {far:.2f} (limit {limit:.2f})")
    return told


sliders_explorer(vae.decode, encoded[::12], concepts, verdicts)

# %% [markdown]
# **How far?** We count: so much of each concept's vector is added to the new portraits that lack it. A success has the
# concept now, all other attributes as before, and looks real.
#
# **Predict:** is more always better? And what about smiles?

# %%
AMOUNTS = (0.5, 1, 1.5, 2, 3)


def successes(column, concept, amount):
    """Of new portraits that lack an attribute: how many gain it and nothing else."""
    places = encoded[~val.attributes[:, column]][:150]
    rest = torch.arange(4) != column
    with torch.no_grad():
        before, images = vae.decode(places), vae.decode(places + amount * concept)
    shown = attributes_of(images)
    same = (shown == attributes_of(before))[:, rest].all(dim=1)
    return (shown[:, column] & same & looks_real(images)).float().mean().item()


lines = {
    name: [successes(column, concept, amount) for amount in AMOUNTS]
    for column, (name, concept) in enumerate(concepts.items())
}
ax = plots.curve(AMOUNTS, lines, "amount of the concept's vector", "successes")
plots.show(ax, "how much of a concept")

# %% [markdown]
# The average direction is a good one, and too short a step: it takes half as much again, or twice as much. At three
# times, successes with caps fall to 37 % and with glasses to 72 %, while open mouths stay at 86 %. And smiles hardly
# succeed at any length, as we feared.

# %% [markdown]
# ## 13 · Smiling with glasses − neutral with glasses + neutral
#
# Now Radford's arithmetic: of each kind three faces *that the DCGAN made*, since it cannot encode any. He chose them by
# eye; we let the first judge choose. With single examples his results were unstable; means of three were stable.

# %%
shown_by_made = attributes_of(made_faces)
KINDS = {  # glasses, smiling, open mouth, cap
    "smiling, glasses": (True, True, False, False),
    "neutral, glasses": (True, False, False, False),
    "neutral": (False, False, False, False),
}
rows_of_kind = {
    name: (shown_by_made == torch.tensor(kind)).all(dim=1).nonzero()[:, 0]
    for name, kind in KINDS.items()
}
print({name: len(rows) for name, rows in rows_of_kind.items()})


def summed(vectors, first):
    """Smiling with glasses − neutral with glasses + neutral, means of three each."""
    means = [
        vectors[rows[first : first + 3]].mean(dim=0) for rows in rows_of_kind.values()
    ]
    return means[0] - means[1] + means[2]


# %% [markdown]
# **Predict:** four such sums. What should come out? Will the sum of *pixels* of the same nine faces do as well?

# %%
firsts = (0, 3, 6, 9)
with torch.no_grad():
    by_latents = generator(torch.stack([summed(drawn, first) for first in firsts]))
by_pixels = torch.stack([summed(made_faces, first) for first in firsts]).clamp(0, 1)
panes, titles = [], []
for k, first in enumerate(firsts):
    examples = [made_faces[rows[first]] for rows in rows_of_kind.values()]
    panes += [*examples, by_latents[k], by_pixels[k]]
    titles += [*KINDS, "sum of latents", "sum of pixels"]
axes = plots.image_grid(panes, titles, columns=5, width=10)
plots.show(axes, "smiles without glasses")

# %%
wanted = torch.tensor((False, True, False, False))  # smiling and nothing else
for name, images in {"latents": by_latents, "pixels": by_pixels}.items():
    named = (attributes_of(images) == wanted).all(dim=1)
    real = looks_real(images)
    print(f"sums of {name}: attributes right {named.tolist()}, real {real.tolist()}")

# %% [markdown]
# None of the eight satisfies both judges. But four sums are four examples, and we know what examples prove. So we
# count: all twelve ordered pairs of two attributes, up to ten sums each, every exemplar chosen by both judges. For the
# VAE there are two sources: portraits that it encoded, and random latents.

# %% [markdown]
# **Predict:** in how many percent is the sum right *and* real? For latents, and for pixels?

# %%
from itertools import permutations


def sums(vectors, groups):
    """Sums like Radford's: first − second + third, the means of three rows each."""
    means = [vectors[rows].mean(dim=1) for rows in groups]
    return means[0] - means[1] + means[2]


# %%
def succeed(decode, latents, images):
    """How many sums for all pairs are right and look real: of latents, of pixels."""
    shown, real = attributes_of(images), looks_real(images)
    found = {"latents": [], "pixels": []}
    for one, other in permutations(torch.eye(4, dtype=torch.bool), 2):
        kinds = [
            (shown == kind).all(dim=1) & real
            for kind in (one | other, other, one & other)
        ]
        count = min(10, *(int(kind.sum()) // 3 for kind in kinds))
        groups = [kind.nonzero()[: 3 * count].view(-1, 3) for kind in kinds]
        pictures = decode(sums(latents, groups)), sums(images, groups).clamp(0, 1)
        for way, result in zip(found, pictures, strict=True):
            right = (attributes_of(result) == one).all(dim=1)
            found[way].append(right & looks_real(result))
    return {
        way: torch.cat(results).float().mean().item() for way, results in found.items()
    }


# %%
with torch.no_grad():
    sampled_faces = in_parts(vae.decode, drawn)
    sources = {
        "VAE, encoded": succeed(vae.decode, encoded, val_faces),
        "VAE, random": succeed(vae.decode, drawn, sampled_faces),
        "DCGAN, random": succeed(generator, drawn, made_faces),
    }
bars = {
    f"{s}: {way}": 100 * x for s, ways in sources.items() for way, x in ways.items()
}
colors, label = [plots.BLUE, plots.ORANGE] * 3, "right and real, %"
ax = plots.bars(list(bars), list(bars.values()), label, colors=colors, form="{:.0f}")
plots.show(ax, "sums that succeed")

# %% [markdown]
# Fewer than half of the sums succeed. For encoded portraits latents are twice as good as pixels; with the DCGAN there
# is hardly a difference in this one training. A picture of a few good sums does not tell such a share. It is the words'
# story again: one example proves nothing.

# %% [markdown]
# A sum must get all four attributes right, and three faces are few to average over. In the exercise we average over
# thousands, start from a given portrait, and compare with the true picture. It also shows the sums of three trainings
# of each network; here it was one.

# %% [markdown]
# ## 14 · The way from one face to another
#
# Latents are drawn from a normal distribution. By hand, in two dimensions: (1, 0) and (0, 1) are 1 long; half-way on
# the straight line is (0.5, 0.5), which is 0.71 long. On the circle it is (0.71, 0.71).

# %% [markdown]
# In 64 dimensions nearly all latents are about √64 = 8 long: they lie near a sphere. The straight line cuts through the
# inside, where the network has seldom been. White (*Sampling Generative Networks*, 2016) walks along the sphere
# instead: **slerp**.
#
# **Predict:** how long is a latent half-way? And will one see it?

# %%
import numpy as np
from scipy.spatial import geometric_slerp

TIMES = np.linspace(0, 1, 11)


def two_ways(a, b):
    """The straight line, and the arc, whose length passes from a's to b's."""
    times = torch.from_numpy(TIMES).float()[:, None]
    ends = [F.normalize(v.double(), dim=0).numpy() for v in (a, b)]
    arc = torch.from_numpy(geometric_slerp(*ends, TIMES)).float()
    return {
        "straight": a + times * (b - a),
        "slerp": (a.norm() + times * (b.norm() - a.norm())) * arc,
    }


print(f"lengths of 1,200 latents: {drawn.norm(dim=1).mean():.2f} ± ", end="")
print(f"{drawn.norm(dim=1).std():.2f}")
ways = two_ways(drawn[4], drawn[7])
for name, places in ways.items():
    print(f"{name:9}", *(f"{length:.1f}" for length in places.norm(dim=1)))

# %%
with torch.no_grad():
    rows = [*generator(ways["straight"]), *generator(ways["slerp"])]
axes = plots.image_grid(rows, columns=11, width=12)
plots.show(axes, "two ways between faces")

# %% [markdown]
# Two latents of length 8 at a right angle are 8 / √2 = √(64 / 2) ≈ 5.7 long half-way on the straight line. Ours are 8.5
# and 8.1 long, and their angle is a little less than a right one: 6.1.
#
# In these eleven pictures one sees little of it. So we count: 60 pairs of latents, five places on each way.
#
# **Predict:** half-way, on which way do more pictures look real?

# %%
lines, five, middle = {}, [0, 2, 5, 8, 10], {}
for name, decode in {"DCGAN": generator, "VAE": vae.decode}.items():
    walks = [two_ways(drawn[k], drawn[k + 100]) for k in range(60)]
    for way in ("straight", "slerp"):
        points = torch.stack([walk[way] for walk in walks], dim=1)[five]
        with torch.no_grad():
            images = [decode(some) for some in points]
        shares = [looks_real(some).float().mean().item() for some in images]
        lines[f"{name}, {way}"] = shares
        middle[f"{name}, {way}"] = images[2].std(dim=0).mean()
    middle[f"{name}, ends"] = images[0].std(dim=0).mean()
ax = plots.curve(TIMES[five], lines, "t", "share that looks real")
plots.show(ax, "real on the way")

# %% [markdown]
# That is not what we read! *More* pictures look real on the straight line. Is slerp useless, then? **Predict:** we ask
# how much the 60 pictures half-way differ from each other, in the mean over all pixels.

# %%
for name, spread in middle.items():
    print(f"{name:16} standard deviation of a pixel {spread:.3f}")

# %% [markdown]
# On the straight line the pictures half-way are more alike, nearer to an average face; and to our second judge nothing
# is as usual as an average. Slerp keeps the variety of the ends. White saw sharper pictures, our judge counts usual
# ones: which way is better depends on what we ask for.

# %% [markdown]
# ## 15 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** For king − man + woman a program answers *king*. Is it broken?
#
# <details><summary>Answer</summary>
#
# No: *king* is the nearest word to that place. The steps man → woman and king → queen have an angle of 64°, more than
# 60°. The answer *queen* comes from a rule that leaves the three words of the question out.
# </details>

# %% [markdown]
# **2.** A pair of words has a PMI of log 15. Skip-gram with five noise words for each true pair is trained to the end.
# Which score does the pair get, and with which probability does the network say "yes"?
#
# <details><summary>Answer</summary>
#
# log 15 − log 5 = log 3. The sigmoid of log 3 is 3 / (3 + 1) = 0.75.
# </details>

# %% [markdown]
# **3.** Two groups of three words each: what is the smallest p-value that the test of association can give?
#
# <details><summary>Answer</summary>
#
# Six words have 20 splits into two groups of three. If no other is as uneven, 1 of 20: p = 0.05.
# </details>

# %% [markdown]
# **4.** A colleague adds "glasses" to a face with a DCGAN. The classifier says: glasses, 99 %. Is that a success?
#
# <details><summary>Answer</summary>
#
# Not yet. A classifier can be sure of a smear, too. Ask also whether the picture is as near to real faces as these are
# to each other, and whether all else has stayed: the smile, the light, the person.
# </details>

# %% [markdown]
# **5.** Latents of 100 numbers have a length of about 10. How long is the point half-way on the straight line between
# two of them, and what does slerp do about it?
#
# <details><summary>Answer</summary>
#
# Two random directions are nearly at right angles, so the middle is about 10 / √2 = 7.1 long. No latent in training was
# that short. Slerp walks along the sphere and keeps the length.
# </details>

# %% [markdown]
# ## 16 · Where this went (optional)
#
# **A vector for each use.** GloVe's *bank* has one vector for rivers and for money. ELMo (Peters et al., *Deep
# Contextualized Word Representations*, NAACL 2018) and BERT (Devlin, Chang, Lee, Toutanova, *BERT: Pre-training of Deep
# Bidirectional Transformers for Language Understanding*, NAACL 2019) compute one for each occurrence, from the whole
# sentence.

# %% [markdown]
# **Sentences.** Sentence-BERT (Reimers, Gurevych, *Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks*,
# EMNLP 2019) trains with pairs and triplets, as we did with faces, so that cosines compare sentences.
#
# **Predict:** a network that must read both sentences together compares 10,000 with each other. How many times does it
# run?

# %%
sentences = 10_000
pairs_of_sentences = sentences * (sentences - 1) // 2
print(f"{pairs_of_sentences:,} times for all pairs; {sentences:,} with one vector each")

# %% [markdown]
# The paper gives about 65 hours for BERT, and 5 seconds with one vector for each sentence.

# %% [markdown]
# **Are concepts directions in large language models?** Park, Choe and Veitch (*The Linear Representation Hypothesis and
# the Geometry of Large Language Models*, ICML 2024) ask it of LLaMA-2, with pairs of words that differ in one concept.
# They find linear directions, for an inner product that is not the usual one. So our cosines hang on a choice.

# %% [markdown]
# **Directions in the latents of GANs.** InterFaceGAN (Shen, Gu, Tang, Zhou, *Interpreting the Latent Space of GANs for
# Semantic Face Editing*, CVPR 2020) finds a plane that parts faces with and without an attribute, and walks across it.
# Where attributes come together in the data, as age and glasses do, one direction is projected out of the other.

# %% [markdown]
# **Words move pictures.** CLIP puts both into one space (unit 07). StyleCLIP (Patashnik, Wu, Shechtman, Cohen-Or,
# Lischinski, *StyleCLIP: Text-Driven Manipulation of StyleGAN Imagery*, ICCV 2021) makes a direction of StyleGAN's
# latents from a text.

# %% [markdown]
# DALL·E 2 (Ramesh, Dhariwal, Nichol, Chu, Chen, *Hierarchical Text-Conditional Image Generation with CLIP Latents*,
# 2022) subtracts the embeddings of two captions and turns a picture's embedding towards the difference, by slerp. It is
# king − man + woman again, with sentences for words and a picture for the king.

# %% [markdown]
# **Diffusion models** start from noise as large as the picture; adding to it spoils the result. Kwon, Jeong and Uh
# (*Diffusion Models Already Have a Semantic Latent Space*, ICLR 2023) look inside: the narrowest layer of the network
# has directions for concepts that work alike for all pictures and at all steps.

# %% [markdown]
# *Concept Sliders* (Gandikota, Materzyńska, Zhou, Torralba, Bau, *Concept Sliders: LoRA Adaptors for Precise Control in
# Diffusion Models*, ECCV 2024) look for the direction among the *weights*: a small change of the network, as large as a
# slider says: the sliders of section 12, for any concept that one can name.

# %% [markdown]
# ## What to remember
#
# - b − a + c, all of length 1; the nearest direction is the answer. Tell whether the question's words were left out.
# - One analogy proves nothing: count whole sections, in both ways. Ask for the angle between the steps.
# - Parallelograms come from counts: what changes everybody's company alike is a shared step.

# %% [markdown]
# - Vectors repeat what stands in the text, biases too. Measure them with a test that can say no.
# - A picture is a point as well, if a network draws it from a vector. Average before you subtract.
# - Success: the attributes are right *and* the picture looks real. Test your judges first.
#
# Next comes the exercise `08_embeddings`, where we write these parts.

# %% [markdown]
# ### Papers
#
# - T. Mikolov, W. Yih, G. Zweig: *Linguistic Regularities in Continuous Space Word Representations*, NAACL 2013
# - T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean: *Distributed Representations of Words and Phrases and their
#   Compositionality*, NIPS 2013
# - J. Pennington, R. Socher, C. Manning: *GloVe: Global Vectors for Word Representation*, EMNLP 2014

# %% [markdown]
# - O. Levy, Y. Goldberg: *Neural Word Embedding as Implicit Matrix Factorization*, NIPS 2014
# - D. Kingma, M. Welling: *Auto-Encoding Variational Bayes*, ICLR 2014
# - I. Goodfellow et al.: *Generative Adversarial Nets*, NIPS 2014
# - A. Radford, L. Metz, S. Chintala: *Unsupervised Representation Learning with Deep Convolutional Generative
#   Adversarial Networks*, ICLR 2016

# %% [markdown]
# - T. White: *Sampling Generative Networks*, arXiv 1609.04468, 2016
# - The other papers stand where they are used, with authors, venue and year.
