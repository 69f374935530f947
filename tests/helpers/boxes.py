"""Code that runs in a fresh box, and code that has to be stopped there."""

import pytest

from autograder.box.sandbox import Box, Gone


def run(*cells: str, seconds: float = 120, unit: str = "02_rcnn") -> str:
    """Run cells in a fresh box of a unit: what the last one printed. An error in a cell is an error here."""
    box = Box(unit)
    try:
        for source in cells:
            reply = box.request({"do": "run", "source": source}, seconds)
            assert reply["error"] == "", reply["error"]
        return reply["displayed"][0]["data"].strip()
    finally:
        box.close()


def gone(source: str, seconds: float = 120) -> Gone:
    """Run a cell that has to be stopped: how, in words."""
    with pytest.raises(Gone) as stopped:
        run(source, seconds=seconds)
    return stopped.value
