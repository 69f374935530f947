"""Every formula of the course becomes MathML."""

import re

import pytest

from tools.build.cells import read_source
from tools.build.notebooks import unit_sources
from tools.site.mathml import translated


def formulas():
    for path in unit_sources():
        text = "\n\n".join(cell.source for cell in read_source(path).cells if cell.cell_type == "markdown")
        yield from re.findall(r"\$\$(.+?)\$\$", text, flags=re.DOTALL)


@pytest.mark.parametrize("formula", [*formulas()])
def test_it_is_translated_and_no_digit_is_taken_for_another(formula):
    text = translated(formula, as_block=True)
    assert text.startswith("<math")
    assert "\\" not in text
    assert not re.search(r"[\^_]\s*\d\d|\\(?![dt]?frac)[a-z]+\s*\d\d", formula), (
        "docutils reads two digits as one number"
    )


def test_a_half_is_a_half():
    text = re.sub(r"\s", "", translated(r"\tfrac12\lVert w\rVert", as_block=True))
    assert re.search("<mfrac[^>]*><mn>1</mn><mn>2</mn></mfrac>", text)
