"""A cell as the Python that it runs: every habit of IPython's is understood, and nothing of a cell's Python is lost."""

import ast

import pytest

from course_lib.checks.cells import without_magics
from tests.helpers.budget import bounded

DEF = "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        (DEF, DEF),
        (f"%%time\n{DEF}", f"\n{DEF}"),
        (f"\n\n%%capture out --no-stderr\n{DEF}", f"\n\n\n{DEF}"),
        (f"%%capture\n%%time\n{DEF}", f"\n\n{DEF}"),
        (f"%%my_own_timer 3\n{DEF}", f"\n{DEF}"),
        (f"# a note\n%%time\n{DEF}", f"# a note\npass\n{DEF}"),
        ("%%bash\nls\nf = 3", "\n\n"),
        (f"%%writefile helpers.py\n{DEF}", "\n\n"),
        ("%%timeit\nf = g", "\n"),
        ("%%!\nls", "\n"),
        ("%time x = g()", "x = g()"),
        ("%time\nx = 1", "pass\nx = 1"),
        ("%timeit -n 3 f = g()", "pass"),
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("%env f=3", "pass"),
        ("!pip install \\\n   numpy\nx = 1", "pass\n\nx = 1"),
        ("if True:\n    %matplotlib inline\n    !ls", "if True:\n    pass\n    pass"),
        ("files = !ls\nx = 1", "files = None\nx = 1"),
        ("x = %time g()\ny = %env HOME", "x = g()\ny = None"),
        ("f?\nx = 1", "pass\nx = 1"),
        ("f.g??\n?f\n??f\nx*?\n%time?", "pass\npass\npass\npass\npass"),
        (f"%%time\r\n{DEF}".replace("\n", "\r\n").replace("\r\r", "\r"), f"\n{DEF}"),
        (">>> def f(x):\n...     return x\n...\n>>> x = 1", f"{DEF}\n\nx = 1"),
        ("In [3]: def f(x):\n   ...:     return x", DEF),
        ("    x = 1\n    y = 2\n%time y", "x = 1\ny = 2\ny"),
    ],
)
def test_what_only_ipython_reads_is_left_out(cell, python):
    assert without_magics(cell) == python
    ast.parse(python)


@pytest.mark.parametrize(
    "kept",
    [
        "x = (5\n%3)",
        'text = """\n%time f()\n!ls\nf?\n"""',
        "text = '''\n%time f()\n'it''s' \"\"\"\n!ls'''",
        "x = 'a # %%time'  # what?\ny = {'a':\n 1}",
        "x = 7 \\\n % 3",
        "assert x != 3, 'why?'",
        's = f"{x!r} {y:%d}"\nz = [\n    1 % 2,\n]',
        r"path = 'a\'' + '''\''''  # ?",
    ],
)
def test_what_is_python_stays(kept):
    assert without_magics(kept) == kept
    assert without_magics(f"%%time\n{kept}\n%time kept") == f"\n{kept}\nkept"


def test_a_cell_with_a_mistake_keeps_it():
    assert without_magics("%%time\ndef f(:") == "\ndef f(:"
    assert without_magics("x = '\x00'") == "x = '\x00'"


def test_a_long_cell_takes_no_long_time():
    with bounded(10):
        for piece in ("%time x\n", "!\\\n", "(", '"""\n', "'", "x = %a\n", "#?\n", "a." * 3 + "?\n", "\\\n", "{[" * 9):
            without_magics("%%time\n" + piece * (200_000 // len(piece)))
