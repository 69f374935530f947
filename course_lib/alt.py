"""A figure in words, for those who cannot see it: a sentence kept by the picture's name, and the figure's own numbers.

alt.sentence("neighbours", space="pixels")    from alt_texts/, so that no notebook shows the answer beforehand
alt.numbers(figure)                           titles, bars and lines as they were drawn: never out of date
"""

import difflib
import html
import math
import re
import tomllib
from functools import cache
from pathlib import Path

from course_lib.errors import CourseError

FOLDER = Path(__file__).parent / "alt_texts"
MOST = 12  # values of one line that are told; of longer ones some


class UnknownPicture(CourseError):
    """A picture's name has no sentence in alt_texts/, or the cell does not give what the sentence needs."""


@cache
def sentences() -> dict[str, str]:
    """The sentence of every picture of the course, by name. Raises UnknownPicture for a name that occurs twice."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for table in tomllib.loads(path.read_text(encoding="utf-8")).values():
            if twice := found.keys() & table:
                raise UnknownPicture(f"Two pictures have one name, the second in {path.name}.", got=", ".join(twice))
            found |= table
    return found


def sentence(name: str, **values: object) -> str:
    """What the picture of this name shows.

    Args:
        name: as in alt_texts/.
        values: what stands in braces there; HTML becomes plain text.

    Raises:
        UnknownPicture: there is no such name, or a value is missing.
    """
    if name not in sentences():
        close = difflib.get_close_matches(name, sentences(), n=3, cutoff=0.4)
        raise UnknownPicture(
            "A picture needs a name of alt_texts/ or its own words.",
            expected=f"one like {', '.join(map(repr, close))}" if close else "a name of alt_texts/",
            got=repr(name),
            advice='plots.show(picture, alt="a sentence that describes it")',
        )
    try:
        return sentences()[name].format(**{key: plain(value) for key, value in values.items()})
    except KeyError as missing:
        raise UnknownPicture(f"The words for {name!r} lack a value.", expected=str(missing)) from missing


def plain(value: object) -> object:
    """HTML as plain text; anything else as it is."""
    if not isinstance(value, str):
        return value
    lines = re.sub(r"<[^>]+>", "", re.sub(r"<br\s*/?>", "; ", value))
    return html.unescape(lines)


def numbers(figure) -> str:
    """Titles, words, bars and lines of a matplotlib figure, one sentence for each of its Axes that has any."""
    told = ["; ".join(part for part in _parts(ax) if part) for ax in figure.axes]
    return " ".join(f"{one}." for one in told if one)


def _parts(ax) -> list[str]:
    """What an Axes says: its title, then its bars and lines, or (on a picture) the words written on it."""
    bars, lines = _bars(ax), [_line(line) for line in ax.lines if _named(line)]
    words = [] if bars or lines else [text.get_text().replace("\n", " ") for text in ax.texts]
    return [ax.get_title(), *bars, *lines, *words]


def _bars(ax) -> list[str]:
    """For each set of horizontal bars the axis, and each bar's name and length."""
    names = [label.get_text() for label in ax.get_yticklabels()]
    sets = [container for container in ax.containers if hasattr(container, "patches")]
    return [
        f"{ax.get_xlabel()}: {', '.join(_pair(name, bar.get_width()) for name, bar in zip(names, bars, strict=False))}"
        for bars in sets
    ]


def _named(line) -> bool:
    return not line.get_label().startswith("_") and len(line.get_xdata()) > 1


def _line(line) -> str:
    """A line's name and its values, at most MOST of them, evenly spread."""
    x, y = line.get_xdata(orig=True), line.get_ydata(orig=True)
    step = -(-(len(x) - 1) // (MOST - 1)) or 1
    shown = sorted({*range(0, len(x), step), len(x) - 1})
    return f"{line.get_label()}: {', '.join(_pair(_short(x[i]), y[i]) for i in shown)}"


def _pair(name: str, value: object) -> str:
    return f"{name} {_short(value)}"


def _short(value: object) -> str:
    """A number with three digits, whole ones in full; a word as it is; "none" for what was not measured."""
    if isinstance(value, str):
        return value
    number = float(value)
    if not math.isfinite(number):
        return "none" if math.isnan(number) else f"{number}"
    return f"{number:,.0f}" if number == round(number) or abs(number) >= 1000 else f"{number:.3g}"
