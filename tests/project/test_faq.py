"""docs/faq.md: each message that it explains is one that the code can say, word for word."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r'^### "(.*)"$', PAGE, re.MULTILINE)
ANY = "…"  # what stands for a name, a number or a path


def said(source: str) -> set[str]:
    """Each text of a module, with ANY in place of what is filled in; docstrings are nobody's message."""
    tree = ast.parse(source)
    filled = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inner = {id(part) for node in filled for part in ast.walk(node) if part is not node}
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    whole = [node for node in ast.walk(tree) if id(node) not in inner | docstrings]
    plain = {node.value for node in whole if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return plain | {_shown(node) for node in whole if isinstance(node, ast.JoinedStr)}


def _shown(text: ast.JoinedStr) -> str:
    return "".join(part.value if isinstance(part, ast.Constant) else ANY for part in text.values)


@pytest.fixture(scope="module")
def texts():
    files = [*ROOT.glob("course_lib/**/*.py"), *ROOT.glob("autograder/**/*.py")]
    make = re.sub(r"\$\(\w+\)", ANY, (ROOT / "Makefile").read_text(encoding="utf-8"))
    return {make} | {text for path in files for text in said(path.read_text(encoding="utf-8"))}


def test_the_page_explains_enough_and_nothing_twice():
    assert 25 <= len(MESSAGES) <= 45
    assert len(set(MESSAGES)) == len(MESSAGES)
    assert PAGE.count("\n### ") == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_is_still_in_the_code(message, texts):
    assert len(message.replace(ANY, "")) > 10
    assert any(message in text for text in texts)


def test_what_the_code_does_not_say_is_noticed(texts):
    assert not any("The moon is not on this machine." in text for text in texts)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("raise E('There is none.')", {"There is none."}),
        ("x = f'{a} and {b:.2f} differ'", {"… and … differ"}),
        ("x = f'The {unit!r} is ' f'gone.'", {"The … is gone."}),
        ('def f():\n    """A docstring."""', set()),
    ],
)
def test_texts_are_read_with_what_is_filled_in(source, found):
    assert said(source) == found
