"""Wrong versions that lie near a misconception but are another mistake: tests/units/UNIT/relatives.py holds a unit's.

Each module has `RELATIVES`, a list of (check, version, allowed): a headline that names a misconception is false for
such a version, unless it is the `allowed` one, whose sentence is true of it ("": none is).
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path


def relatives_of(unit: str) -> list[tuple[str, Callable, str]]:
    """The relatives of one unit's misconceptions."""
    path = Path(__file__).parents[1] / "units" / unit / "relatives.py"
    if not path.exists():
        return []
    spec = importlib.util.spec_from_file_location(f"relatives_{unit}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RELATIVES
