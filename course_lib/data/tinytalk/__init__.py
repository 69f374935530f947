"""Tinytalk: a language of some 350 words, in which the lessons on embedding arithmetic are true.

    the king of a crown and his in brubeston with throne

Nothing is downloaded. `corpus(seed)` is a pure function. The laws (the numbers stand in grammar.py):

- 16 concepts (king, actor, shepherd, …) come in four forms each: a man, a woman, men, women. Each sentence tells of
  one of these, with four words in any order.
- Strong: 62 % of these words belong to the concept (crown, throne), whichever form it has.
- Weak: 14 % belong to the gender (he, her) and 14 % to the number (alone, many), whichever concept it is.
- Private: 10 % are towns, and each town belongs to one word alone.
- Words that say little stand between: the n-th comes 1/n times as often as the first (Zipf).
- Each concept has a companion, too (the king's falcon). It is told of as the concept is, but its gender and number
  follow no rule: king is to falcon as actor is to … has no answer in the text.
"""

from course_lib.data.tinytalk.grammar import END, Corpus, corpus
from course_lib.data.tinytalk.questions import SECTIONS, questions

__all__ = ["END", "SECTIONS", "Corpus", "corpus", "questions"]
