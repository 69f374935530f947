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
# *Deep Learning Applications. About 45 minutes, with two explorers and the quiz.*

# %% [markdown]
# After this lecture we can
#
# - find the fourth word of an analogy, and say what is left out on the way;
# - count how often that works, section by section;
# - say where the **parallelograms** come from: from who stands near whom;
# - measure a **bias** in word vectors, with a p-value.

# %% [markdown]
# Our papers: Mikolov, Yih, Zweig, *Linguistic Regularities in Continuous Space Word Representations*, NAACL 2013;
# Mikolov, Sutskever, Chen, Corrado, Dean, *Distributed Representations of Words and Phrases and their
# Compositionality*, NIPS 2013. Every number below is computed in a cell or cited.

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
# How alike two words are is the cosine of their vectors: 1 for the same direction, 0 for a right angle.
#
# **Predict:** which words lie nearest to *king*? Will *queen* be among the first three?

# %%
import torch
from torch.nn import functional as F

unit = F.normalize(words.vectors, dim=1)
place = {word: row for row, word in enumerate(words.words)}


def nearest(vector, count=6):
    """The words with the largest cosines."""
    values, rows = (unit @ F.normalize(vector, dim=0)).topk(count)
    found = zip(rows.tolist(), values.tolist(), strict=True)
    return ", ".join(f"{words.words[row]} {value:.2f}" for row, value in found)


print("king:", nearest(unit[place["king"]]))
print("berlin:", nearest(unit[place["berlin"]]))

# %% [markdown]
# Nobody told the network what a king is. It saw only which words stand near which others, and words with like
# neighbours got like vectors.

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
# It is *king*! The step from *man* to *woman* is short: we have hardly left the place where we began. The famous answer
# needs a rule that is seldom told: the three words of the question may not be the answer.

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
# Two capitals lie far apart, so that the step is long and the rule is not needed. *Going* leads to *got*: the past
# tense is found, of another verb. And what do you think of the last line? We come back to it.

# %% [markdown]
# Try others. Which of your questions need the rule?

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
# Mikolov and others asked 19,544 such questions, in sections. Four of them ship with the course.
#
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
# Leaving three of 8,060 words out does not sound like much. But in grammar, four of five right answers hang on it: a
# verb's forms lie so near together that the walk ends where it began.

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
# ## 4 · Where do parallelograms come from?
#
# Real text is too large to look into. So we take *Tinytalk*, a language of 367 words that the course writes: 16 kinds
# of people, each as a man, a woman, men, women.

# %% [markdown]
# A king's sentences speak of crown and throne, as a queen's do, and they speak of "he", as an actor's do. Each kind has
# a companion, too: the king has a falcon, and no rule says why.

# %%
from course_lib.data import tinytalk

text = tinytalk.corpus(0)
print(*text.sentences(14)[8::2], sep="\n")

# %% [markdown]
# **Count.** How often does each word stand at most five places from each other one? Common words stand near everybody,
# so we compare with chance. By hand: *king* makes up 1 % of all pairs and *she* 2 %. By chance, 0.02 % of the pairs
# would be (king, she). If there are 0.06 %, that is three times as many.

# %% [markdown]
# The logarithm of such a ratio, here log 3 = 1.1, is called *pointwise mutual information*, PMI:
#
# $$\mathrm{PMI}(x, y)=\log\frac{P(x, y)}{P(x)\,P(y)}$$
#
# What is rarer than chance is set to 0.

# %%
from course_lib.explorers.counting import cooccurrences, positive_pmi

row = {word: number for number, word in enumerate(text.words)}
table = positive_pmi(cooccurrences(text.tokens, len(text.words), window=5))
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
# **Compress.** A *singular value decomposition* (SVD) finds the directions along which the rows of a table differ most.
# What many words share makes a strong direction; what one word has for itself makes a weak one. We keep the strongest
# 16.
#
# **Predict:** how many analogies on gender are right with 4, 16 and 64 numbers for each word?

# %%
from course_lib.data.words import Words
from course_lib.explorers.counting import main_directions

SIZES = (4, 8, 12, 16, 24, 32, 48, 64)


def counted(table, section):
    """The share of a section's questions that are right, for each size."""
    asked = tinytalk.questions(section)
    sets = [Words(text.words, main_directions(table, size), "PMI") for size in SIZES]
    return [right(vectors, asked).float().mean().item() for vectors in sets]


shares = {section: counted(table, section) for section in tinytalk.SECTIONS}
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
for name, some in {"all words": table, "no towns": without}.items():
    found = counted(some, "gender")
    print(f"{name:10}", *(f"{share:4.0%}" for share in found))

# %% [markdown]
# Mostly: with 64 numbers three of four answers are right now, in place of one of twelve.

# %%
from course_lib.explorers.embeddings import draw_parallelogram

vectors = main_directions(table, 16)
CORNERS = ("king", "queen", "actor", "actress")
picture, told = draw_parallelogram({word: vectors[row[word]] for word in CORNERS})
ax = plots.show_image(picture, "king, queen, actor, actress: 16 numbers, seen flat")
plots.show(ax, "a parallelogram")

# %% [markdown]
# **Your turn:** choose other concepts and keep more directions. When does the figure lose its shape, and which sides go
# first: blue (gender) or red (concept)?

# %%
from course_lib.explorers.embeddings import parallelogram_explorer

pairs = {concept.words[0]: concept.words[:2] for concept in CONCEPTS}
parallelogram_explorer(text.words, table, pairs)

# %% [markdown]
# And skip-gram, which you train in the exercise? Levy and Goldberg (*Neural Word Embedding as Implicit Matrix
# Factorization*, NIPS 2014) showed what its vectors tend to: the product of a word's and a context's vector becomes
# their PMI, less the logarithm of the number of noise words. The network counts, too.

# %% [markdown]
# ## 5 · What else is in the company?
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

LISTS = {  # of the paper; each bracket: targets, then attributes
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
# Some of these words are not among our 8,060; we leave them out, and of the longer group of targets the last ones, so
# that both are equally large. **Predict:** is there an effect? How likely would it be by chance?


# %%
def known(text):
    """The words of a list that have a vector."""
    return [word for word in text.split() if word in place]


for name, lists in LISTS.items():
    first, second, one, other = map(known, lists)
    size = min(len(first), len(second))
    groups = [first[:size], second[:size], one, other]
    found = association(*(unit[[place[word] for word in group]] for group in groups))
    print(f"{name}: {size} words each, effect {found.effect:.2f}, p = {found.p:.4f}")

# %%
first, second, one, other = map(known, LISTS["names, career and family"])
size = min(len(first), len(second))
groups = [first[:size], second[:size], one, other]
found = association(*(unit[[place[word] for word in group]] for group in groups))
names = [*first[:size], *second[:size]]
values = torch.cat([found.first, found.second]).tolist()
colors = [plots.BLUE] * size + [plots.ORANGE] * size
label = "nearer to career than to family (cosine)"
ax = plots.bars(names, values, label, colors=colors, form="{:+.2f}")
plots.show(ax, "names between career and family")

# %% [markdown]
# Names of men lie nearer to career, names of women to family. Of all splits of these names, few are so uneven. The
# vectors did not invent that: it stands in Wikipedia and in the news. But whoever ranks applications with such vectors
# passes it on.

# %% [markdown]
# Be careful with the line on the doctor as well. *Doctor* itself was left out: with all words the answer was *doctor*.
# The rule that makes queens also makes nurses. A bias should be measured by a test that can say no, and not by one
# analogy.

# %% [markdown]
# ## Quiz
#
# **1.** For king − man + woman a program answers *king*. Is it broken?
#
# <details><summary>Answer</summary>
#
# No: *king* is the nearest word to that place. The answer *queen* comes from a rule that leaves the three words of the
# question out.
# </details>

# %% [markdown]
# **2.** Capitals need this rule least, plurals most. Why?
#
# <details><summary>Answer</summary>
#
# Between a country and its capital the step is long. *Banana* and *bananas* stand in nearly the same company: the step
# is short, and the walk ends near where it began.
# </details>

# %% [markdown]
# **3.** A word stands near *she* exactly as often as chance would have it. What is their PMI?
#
# <details><summary>Answer</summary>
#
# The ratio is 1, its logarithm 0.
# </details>

# %% [markdown]
# **4.** With 64 numbers for each word, fewer analogies on Tinytalk are right than with 16. What came in?
#
# <details><summary>Answer</summary>
#
# What is private: the towns that one word alone comes from. Without them three of four answers stay right.
# </details>

# %% [markdown]
# **5.** Two groups of three words each: what is the smallest p-value that the test of association can give?
#
# <details><summary>Answer</summary>
#
# Six words have 20 splits into two groups of three. If no other is as uneven, 1 of 20: p = 0.05.
# </details>

# %% [markdown]
# ## What to remember
#
# - b − a + c, all of length 1; the nearest direction is the answer. Tell whether the question's words were left out.
# - One analogy proves nothing: count whole sections, in both ways.
# - Parallelograms come from counts: what changes everybody's company alike is a shared step.
# - Compression keeps what is shared and drops what is private.

# %% [markdown]
# - Vectors repeat what stands in the text, biases too. Measure them with a test that can say no.
#
# Next comes the exercise `08_embeddings`, where we train such vectors.
