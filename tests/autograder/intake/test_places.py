"""Wherever a student wrote, what ran at home runs in the exam: the matched notebook's cells are run here one by one."""

import contextlib
from copy import deepcopy

import pytest
from nbformat import v4

from autograder.intake import repair, written
from autograder.release.roles import grade_id
from course_lib.checks.cells import without_magics
from tests.helpers.classes import two_functions

F, G = "def f(x):\n    return 2 * x", "def g(x):\n    return f(x) + 1"
CEIL = "def f(x):\n    return m.ceil(2) * x"
RIGHT = {"f": 6, "g": 7}


def code(source, **grading):
    return v4.new_code_cell(source, metadata={"nbgrader": grading} if grading else {})


def matched(change):
    """The notebook that intake makes of a release that a student has changed, and its notes."""
    mine, notes = two_functions(), []
    change(mine.cells)
    return repair.match(list(written.each_cell(mine.cells)), two_functions(), notes), notes


def answers(notebook):
    """What each check is answered for 3; a cell that fails costs nothing but itself."""
    found = {}
    namespace = {"check": lambda name, function: found.setdefault(name, function(3))}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with contextlib.suppress(Exception):
                exec(without_magics(cell.source).replace("import torch\n", ""), namespace)
    return found


def put(at, *sources):
    return lambda cells: cells.__setitem__(slice(at, at), map(code, sources))


def changed(*changes):
    """Several changes, one after the other; a pair sets the source of a cell."""

    def run(cells):
        for change in changes:
            if callable(change):
                change(cells)
            else:
                cells[change[0]].source = change[1]

    return run


HONEST = {
    "in their cells": changed((2, F), (4, G)),
    "timed, in a cell in front": put(2, f"%%time\n{F}\n{G}"),
    "captured, behind each": changed(put(5, f"%%capture\n{G}"), put(3, f"%%capture\n%%time\n{F}")),
    "one in front, with an import that the other needs": changed((2, CEIL), put(2, f"import math as m\n{G}")),
    "with a prompt": put(2, ">>> def f(x):\n...     return 2 * x", f"    {G.replace(chr(10), chr(10) + '    ')}"),
    "both at the end": put(6, F, G),
    "both in one cell at the end": put(6, f"{F}\n\n{G}"),
    "both in the first cell": changed((2, f"{F}\n\n{G}")),
    "with helpers at the end": put(6, "import math\ntwo = 2", "def h(x):\n    return math.floor(two) * x", "f = h", G),
    "with decorators at the end": put(6, "def d(f):\n    return f", f"@d\n{F}", f"x = 1\n@d\n{G}"),
    "a first try and a better one": put(6, "def f(x):\n    return 0", F, G),
    "a first try behind its check": changed(put(4, "k = 1\ndef f(x):\n    return 0"), put(7, F, G)),
    "assigned": put(6, "f = lambda x: 2 * x", "if True:\n    def g(x): return f(x) + 1"),
    "split in two": lambda cells: cells.__setitem__(
        slice(2, 5),
        [code("k = 2", grade_id="f"), code("def f(x):\n    return k * x", grade_id="f"), cells[3], code(G)],
    ),
    "split with the rest behind": lambda cells: cells.__setitem__(
        slice(2, 5),
        [code("def f(x):\n    return h(x)", grade_id="f"), code("def h(x): return 2 * x", grade_id="f"), cells[3],
         code(G, grade_id="g")],
    ),
    "stubs deleted": lambda cells: cells.__setitem__(slice(2, 6), [code(F), code(G)]),
    "stubs formatted": changed((2, "def f( x ):\n    raise  NotImplementedError  # to do"), put(6, F), (4, G)),
    "added to the locked import": changed((1, "import torch\nimport math as m, os"), (2, CEIL), (4, G)),
    "added above the locked import": changed((1, "import math as m\nimport torch"), (2, CEIL), (4, G)),
    "answered in the locked import": changed((1, f"import torch\n{F}\n{G}")),
    "answered in the checks": changed((3, f'{F}\ncheck("f", f)'), (5, f'{G}\ncheck("g", g)')),
    "answered in the other's cell": changed((2, G), put(6, F)),
    "added to a check": changed((3, 'check("f", f)\nk = 1'), (2, F), (4, "def g(x):\n    return f(x) + k")),
    "timed check": changed((3, '%%time\ncheck( "f", f )'), (2, F), (4, G)),
}  # fmt: skip


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST)
def test_an_answer_counts_wherever_it_was_written(change):
    notebook, _ = matched(change)
    assert answers(notebook) == RIGHT
    released = [grade_id(cell) for cell in two_functions().cells]
    assert [name for cell in notebook.cells if (name := grade_id(cell)) or "own" not in cell.id] == released


def test_a_try_beside_a_solution_stays_a_try():
    notebook, _ = matched(changed((2, F), (4, G), put(3, "def f(x):\n    return 0"), put(8, "def g(x):\n    return 0")))
    assert next(cell.source for cell in notebook.cells if grade_id(cell) == "f") == F
    assert answers(notebook)["f"] == 0  # as at home, where it came between solution and check
    assert answers(notebook)["g"] == 1


def test_an_import_is_nobodys_own_answer():
    notebook, _ = matched(put(2, "from somewhere import f"))
    assert next(cell.source for cell in notebook.cells if grade_id(cell) == "f") == two_functions().cells[2].source


def test_cells_that_the_answer_does_not_need_stay():
    notebook, _ = matched(put(6, "print('mine')", "h = 2", "def f(x):\n    return h * x"))
    assert [cell.source for cell in notebook.cells][2:4] == ["h = 2", "def f(x):\n    return h * x"]
    assert notebook.cells[-1].source == "print('mine')"


@pytest.mark.parametrize(
    ("source", "kept", "note"),
    [
        ("import torch\nimport numpy as np", "import numpy as np", "Lines were added to the locked cell given_1"),
        ("import torch, numpy as np", "import numpy as np", "Lines were added"),
        ("import numpy as np", "import numpy as np", "given_1 was changed; the released one was used; what was added"),
        ("%matplotlib inline\nimport torch\n!ls", "%matplotlib inline\n!ls", "Lines were added"),
        ("import torch\n# why?\ntorch.manual_seed(0)  # mine", "torch.manual_seed(0)  # mine", "Lines were added"),
        ("a = 1; import torch; b = 2", "a = 1\nb = 2", "Lines were added"),
        ("@torch.no_grad()\ndef h(x):\n    return x  # mine\nimport torch", None, "Lines were added"),
        ("import  torch  # formatted", "", ""),
        ("%%time\nimport torch", "", ""),
        ("import torch\ndef (", "", "given_1 was changed; the released one was used."),
        ("%%bash\nimport torch", "", "given_1 was changed; the released one was used."),
    ],
)
def test_what_was_added_to_a_locked_cell_is_a_cell_of_its_own(source, kept, note):
    notebook, notes = matched(changed((1, source)))
    kept = source.removesuffix("\nimport torch") if kept is None else kept
    assert notebook.cells[1].source == "import torch"
    behind = notebook.cells[2]
    assert (behind.source if behind.id.startswith("own-") else "") == kept
    assert "nbgrader" not in behind.metadata or not kept
    assert [line for line in notes if "given_1" in line] == notes
    assert note in "".join(notes)
    assert bool(notes) == bool(note)


@pytest.mark.parametrize(
    "source",
    ["pass", 'check("f", lambda x: 6)', 'print("fine")', 'if 0:\n    check("f", f)', 'check = print\ncheck("f")'],
)
def test_a_changed_check_is_restored_and_its_change_forgotten(source):
    notebook, notes = matched(changed((3, source), (2, F)))
    assert notebook.cells[3].source == 'check("f", f)'
    assert "check_f was changed" in notes[0]
    assert all(cell.source in ("check = print",) for cell in notebook.cells if cell.id.startswith("own-"))


def test_a_changed_value_is_restored():
    release = two_functions()
    release.cells[1].source = "SEED = 0\nimport torch"
    mine = deepcopy(release)
    mine.cells[1].source = "SEED = 1\nSIZE = 2\nimport torch"
    notebook = repair.match(list(written.each_cell(mine.cells)), release, [])
    assert [cell.source for cell in notebook.cells][1:3] == ["SEED = 0\nimport torch", "SIZE = 2"]


def test_only_definitions_are_taken_from_an_experiment_that_does_not_run():
    release = two_functions()
    grading = {"grade_id": "experiment_1", "locked": True, "solution": False, "grade": False}
    release.cells.append(code("plot(weights)", **grading))
    mine = deepcopy(release)
    mine.cells[-1].source = "import math\nplot(weights)\nplot(weights[0])\ndef h():\n    return 1"
    notebook = repair.match(list(written.each_cell(mine.cells)), release, [])
    assert notebook.cells[-1].source == "import math\ndef h():\n    return 1"


def test_an_answer_written_into_a_locked_question_is_kept():
    release = two_functions()
    grading = {"grade_id": "written_1", "locked": True, "solution": False, "grade": False, "task": True}
    question = v4.new_markdown_cell("Why?\n\nSay it in a sentence.", metadata={"nbgrader": grading})
    release.cells.append(question)
    mine, notes = deepcopy(release), []
    mine.cells[-1].source += "\n\n**Because** it is."
    notebook = repair.match(list(written.each_cell(mine.cells)), release, notes)
    assert [cell.source for cell in notebook.cells][-2:] == [question.source, "**Because** it is."]
    assert "stands in a cell of its own" in notes[-1]


def test_an_answer_in_a_copy_of_the_answer_cell_is_kept():
    release = two_functions()
    free = v4.new_markdown_cell("*Write your answer here.*")
    release.cells.append(free)
    mine = deepcopy(release)
    for text in ("First thoughts.", "My answer.", free.source):
        mine.cells.append(v4.new_markdown_cell(text))
    mine.cells[-2].id = mine.cells[-3].id = free.id
    notebook = repair.match(list(written.each_cell(mine.cells)), release, [])
    assert [cell.source for cell in notebook.cells][-2:] == ["My answer.", "First thoughts."]
