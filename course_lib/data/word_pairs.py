"""Four sections of Google's analogy questions, as the pairs that they are made of.

Mikolov, Chen, Corrado, Dean, Efficient Estimation of Word Representations in Vector Space, ICLR workshop 2013. A
section asks of each pair and each other one: a is to b as c is to d. All words of these pairs ship (words.py).
"""

from itertools import permutations

from course_lib.data.words import Question
from course_lib.errors import SettingsError

_WRITTEN = {
    "family": """
        boy/girl brother/sister brothers/sisters dad/mom father/mother grandfather/grandmother grandpa/grandma
        grandson/granddaughter groom/bride he/she his/her husband/wife king/queen man/woman nephew/niece
        policeman/policewoman prince/princess son/daughter sons/daughters stepbrother/stepsister stepfather/stepmother
        stepson/stepdaughter uncle/aunt
    """,
    "capital-common-countries": """
        athens/greece baghdad/iraq bangkok/thailand beijing/china berlin/germany bern/switzerland cairo/egypt
        canberra/australia hanoi/vietnam havana/cuba helsinki/finland islamabad/pakistan kabul/afghanistan
        london/england madrid/spain moscow/russia oslo/norway ottawa/canada paris/france rome/italy stockholm/sweden
        tehran/iran tokyo/japan
    """,
    "gram7-past-tense": """
        dancing/danced decreasing/decreased describing/described enhancing/enhanced falling/fell feeding/fed
        flying/flew generating/generated going/went hiding/hid hitting/hit implementing/implemented
        increasing/increased jumping/jumped knowing/knew listening/listened looking/looked moving/moved paying/paid
        playing/played predicting/predicted reading/read running/ran saying/said screaming/screamed seeing/saw
        selling/sold shrinking/shrank singing/sang sitting/sat sleeping/slept slowing/slowed spending/spent
        striking/struck swimming/swam taking/took thinking/thought vanishing/vanished walking/walked writing/wrote
    """,
    "gram8-plural": """
        banana/bananas bird/birds bottle/bottles building/buildings car/cars cat/cats child/children cloud/clouds
        color/colors computer/computers cow/cows dog/dogs dollar/dollars donkey/donkeys dream/dreams eagle/eagles
        elephant/elephants eye/eyes finger/fingers goat/goats hand/hands horse/horses lion/lions machine/machines
        mango/mangoes man/men melon/melons monkey/monkeys mouse/mice onion/onions pear/pears pig/pigs
        pineapple/pineapples rat/rats road/roads snake/snakes woman/women
    """,
}
PAIRS = {
    section: tuple((one, other) for one, other in (pair.split("/") for pair in text.split()))
    for section, text in _WRITTEN.items()
}


def section_questions(section: str) -> list[Question]:
    """The questions of one of the four sections. Raises SettingsError with their names for another one."""
    if section not in PAIRS:
        raise SettingsError("The pairs of this section do not ship.", expected=" or ".join(PAIRS), got=repr(section))
    return [(*one, *other) for one, other in permutations(PAIRS[section], 2)]
