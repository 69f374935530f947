"""Every formula of the course becomes MathML."""

import re

import pytest
from docutils.utils.math.latex2mathml import tex2mathml

from tools.build.cells import read_source
from tools.build.notebooks import unit_sources


def formulas():
    for path in unit_sources():
        text = "\n\n".join(cell.source for cell in read_source(path).cells if cell.cell_type == "markdown")
        yield from re.findall(r"\$\$(.+?)\$\$", text, flags=re.DOTALL)


@pytest.mark.parametrize("formula", [*formulas()])
def test_it_is_translated(formula):
    text = tex2mathml(formula, as_block=True)
    assert text.startswith("<math")
    assert "\\" not in text
