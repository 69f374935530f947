"""Tinytalk's words: who is talked about, and what each of them is talked about with."""

from dataclasses import dataclass

FORMS = ("man", "woman", "men", "women")
"""A concept's four words, in this order; the fifth is its companion."""

COMPANION = len(FORMS)

_TABLE = """
king queen kings queens        falcon     crown throne palace realm
prince princess princes princesses  spaniel   tower ballroom carriage ribbon
actor actress actors actresses  parrot     stage curtain script applause
waiter waitress waiters waitresses  canary  menu tray supper kitchen
wizard witch wizards witches   raven      wand potion spell cauldron
monk nun monks nuns            donkey     cloister prayer chapel candle
father mother fathers mothers  hamster    cradle lullaby nursery bedtime
boy girl boys girls            beagle     school swing marbles homework
uncle aunt uncles aunts        tortoise   visit teapot parlour postcard
groom bride grooms brides      swan       wedding ring altar honeymoon
hunter huntress hunters huntresses  ferret  forest bow trail quarry
hero heroine heroes heroines   pony       rescue villain courage legend
shepherd shepherdess shepherds shepherdesses  goat  flock meadow wool staff
poet poetess poets poetesses   magpie     verse rhyme quill sonnet
baron baroness barons baronesses  owl     castle estate vineyard tenant
steward stewardess stewards stewardesses  gull  cabin harbour voyage deck
"""

FUNCTION = "the of and to in a with for on at by as but so then also".split()
"""Words that say little, the most frequent first: the n-th comes 1/n times as often as the first."""

VERBS = "said went saw came slept sang wrote laughed waited dreamed rested spoke".split()
ADJECTIVES = "old new fine plain bright quiet small great own other".split()
BORDERS = "near beyond outside towards past".split()
"""What stands beside a word because of its part of speech: behind persons, before things, before towns."""

GENDER = (("he", "him", "his", "himself", "mister"), ("she", "her", "hers", "herself", "madam"))
NUMBER = (("one", "alone", "single", "is", "was"), ("many", "together", "both", "are", "were"))
"""What tells a man from a woman, and one from several: words that all concepts share."""

_ONSETS, _MIDDLES, _ENDS = "Br C D Fl G H K L M N P R S T V".split(), "a e i o u".split(), "ston ville dale mor".split()


@dataclass(frozen=True)
class Concept:
    """One kind of person.

    Attributes:
        words: man, woman, men, women, companion.
        contexts: what any of the five is talked about with.
        towns: for each of the five two towns that nobody else comes from.
    """

    words: tuple[str, ...]
    contexts: tuple[str, ...]
    towns: tuple[tuple[str, ...], ...]


def _town(number: int) -> str:
    """A name for each number; no two alike."""
    number, end = divmod(number, len(_ENDS))
    onset, middle = number % len(_ONSETS), number // len(_ONSETS)
    return f"{_ONSETS[onset]}{_MIDDLES[middle]}{_ENDS[end]}".lower()


def _concept(number: int, line: str) -> Concept:
    words = line.split()
    each, towns = COMPANION + 1, []
    for place in range(each):
        first = 2 * (number * each + place)
        towns.append((_town(first), _town(first + 1)))
    return Concept(tuple(words[:each]), tuple(words[each:]), tuple(towns))


CONCEPTS = tuple(_concept(number, line) for number, line in enumerate(_TABLE.strip().splitlines()))
