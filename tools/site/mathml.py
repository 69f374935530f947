"""Formulas as MathML, which browsers draw and screen readers read by themselves: no script, no network.

A Sphinx extension. Docutils translates; what it cannot translate is a warning, and a warning stops the build.
"""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

DIGITS = re.compile(r"(\\[dt]?frac)\s*(\d)\s*(\d)")  # one digit each, as TeX reads it; docutils reads 12


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line."""
    translator.body.append(_translated(node, as_block=False))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own; one that is too long is moved sideways, and not the page."""
    translator.body.append(f'<div class="formula">{_translated(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def translated(formula: str, as_block: bool) -> str:
    """MathML of a formula in TeX. Raises MathError where docutils knows no translation."""
    return tex2mathml(DIGITS.sub(r"\1{\2}{\3}", formula), as_block=as_block)


def _translated(node: nodes.Node, as_block: bool) -> str:
    try:
        return translated(node.astext(), as_block)
    except MathError as error:
        logging.getLogger(__name__).warning("no MathML: %s: %s", error, node.astext(), location=node)
        return ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Registers the renderer `mathml`."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
