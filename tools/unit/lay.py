"""Fill the templates in for one unit, and enter it where units are listed."""

import re
from collections.abc import Iterator
from pathlib import Path

from course_lib import units
from course_lib.errors import CourseError
from course_lib.units import Unit

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).parent / "template"
SUBTITLE = "what it is about, in a few words"
MINUTES = (75, 180)


def lay_down(name: str, title: str = "", root: Path = ROOT) -> Iterator[Path]:
    """Write a new unit's files, the number after the last one's, and yield each path that is written.

    Args:
        title: as students read it; the name in plain words without it.
        root: the course's folder.

    Raises:
        CourseError: no module can have this name, or there is such a unit; nothing is written then.
    """
    unit = new(name, title)
    files = dict(filled(unit, root))
    if there := [path for path in files if path.exists()]:
        raise CourseError(f"A unit {name!r} is begun already.", got=str(there[0]))
    files |= listed(unit, root)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        yield path


def new(name: str, title: str = "") -> Unit:
    """The unit that comes after the last one. Raises CourseError for a name that cannot be used."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise CourseError(
            "A unit's modules cannot have this name.", expected="small letters, digits and _", got=repr(name)
        )
    if name in {unit.name for unit in units.UNITS}:
        raise CourseError(f"There is a unit {name!r}.", advice="another name")
    number = 1 + max((unit.number for unit in units.UNITS), default=-1)
    return Unit(number, name, title or name.replace("_", " ").capitalize(), SUBTITLE, MINUTES)


def filled(unit: Unit, root: Path) -> Iterator[tuple[Path, str]]:
    """Each file of the unit and its text."""
    values = {"id": unit.id, "name": unit.name, "number": f"{unit.number:02d}", "title": unit.title}
    for template in sorted(TEMPLATE.rglob("*.txt")):
        text = template.read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"{{{{{key}}}}}", value)
        place = template.relative_to(TEMPLATE).with_suffix("").as_posix()
        yield root / place.replace("ID", unit.id).replace("NAME", unit.name), text


def listed(unit: Unit, root: Path) -> dict[Path, str]:
    """The lists of units with this one at their end: course_lib/units.py, README.md, lectures/index.md, contracts."""
    number, (lecture, hours) = f"{unit.number:02d}", (unit.minutes[0], unit.minutes[1] / 60)
    entry = f'    Unit({unit.number}, "{unit.name}", "{unit.title}", "{unit.subtitle}", {unit.minutes}),'
    readme = f"| {number} · {unit.title} | [{unit.lecture}]({unit.lecture}) | [{unit.exercise}]({unit.exercise}) |"
    start = (
        f"| {number} · {unit.title}: {unit.subtitle} | [lecture&nbsp;{number}]({unit.lecture.name}) "
        f"| [exercise&nbsp;{number}](../{unit.exercise}) | {lecture}&nbsp;min&nbsp;+&nbsp;{hours:g}&nbsp;h |"
    )
    ends = {  # each list's file, the form of its entries, the new one
        "course_lib/units.py": (r"^    Unit\(\d.*$", entry),
        "README.md": (r"^\| \d\d · .*$", readme),
        "lectures/index.md": (r"^\| \d\d · .*$", start),
    }
    lists = {root / name: _after_the_last(root / name, *how) for name, how in ends.items()}
    return lists | {root / "pyproject.toml": _in_contracts(root / "pyproject.toml", unit.name)}


def _after_the_last(path: Path, form: str, line: str) -> str:
    text = path.read_text(encoding="utf-8")
    end = [found.end() for found in re.finditer(form, text, re.MULTILINE)][-1]
    return f"{text[:end]}\n{line}{text[end:]}"


def _in_contracts(path: Path, name: str) -> str:
    """The import contracts with the new unit's package behind the last one's."""
    text, last = path.read_text(encoding="utf-8"), units.UNITS[-1].name
    return re.sub(rf'^( +"[\w.]+\.){last}",$', rf'\g<0>\n\g<1>{name}",', text, flags=re.MULTILINE)
