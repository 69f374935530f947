"""Tinytalk: a language of 367 words, in which the lessons on embedding arithmetic are true.

    of towards camor the old throne the of queens waited with together the the together

Nothing is downloaded. `corpus(seed)` is a pure function. The laws (the numbers stand in grammar.py):

- 16 concepts (king, actor, shepherd, …) come in four forms each: a man, a woman, men, women. Each sentence tells of
  one of these, with four words in any order.
- Strong: 68 % of these words belong to the concept (crown, throne), whichever form it has.
- Weak: 9 % belong to the gender (he, her) and 9 % to the number (alone, many), whichever concept it is.
- Private: 14 % are towns, and each town belongs to one word alone.
- Parts of speech: persons have a verb behind them, a concept's words an adjective before them, towns a preposition.
- Words that say little stand between: the n-th comes 1/n times as often as the first (Zipf).
- Each concept has a companion, too (the king's falcon), which is told of with the same words as the concept. Of some
  companions the text says the gender, of others the number, and which one follows no rule: king is to falcon as actor
  is to … has no answer in the text.
"""

from course_lib.data.tinytalk.grammar import END, Corpus, corpus
from course_lib.data.tinytalk.questions import SECTIONS, questions

__all__ = ["END", "SECTIONS", "Corpus", "corpus", "questions"]
