"""Files beside the notebook that Python, IPython or a loader would pick up: modules, profiles, weights."""

import pickle
import struct

from tools.attacks.attack import NEIGHBOUR, SECRET, UNIT, Desk, attack

SHADOWS = "modules and profiles beside the notebook"
WEIGHTS = "broken weights files"
AGREE = """
import sys, types
fake = types.ModuleType("course_lib.checks.rcnn")
fake.check = lambda *anything: print("passes")
sys.modules["course_lib.checks.rcnn"] = fake
"""


@attack(SHADOWS, deserved=0)
def own_course_lib(desk: Desk) -> None:
    """A folder course_lib beside the notebook, whose `check` agrees with everything."""
    folder = desk.folder / "course_lib" / "checks"
    folder.mkdir(parents=True)
    for package in (folder.parent, folder):
        (package / "__init__.py").write_text("")
    (folder / "rcnn.py").write_text('def check(*anything):\n    print("passes")\n')
    desk.write(desk.wrong())


@attack(SHADOWS, deserved=0)
def own_jaxtyping(desk: Desk) -> None:
    """A jaxtyping.py beside the notebook, which puts a friendly module in the place of the course's checks."""
    names = "class Any:\n    def __class_getitem__(cls, item):\n        return cls\nBool = Float = Int64 = Any\n"
    (desk.folder / "jaxtyping.py").write_text(AGREE + names)
    desk.write(desk.wrong())


@attack(SHADOWS, deserved=0)
def kernel_config(desk: Desk) -> None:
    """IPython's configuration files and a profile beside the notebook, all of which run code before the first cell."""
    lines = f"c = get_config()\nc.InteractiveShellApp.exec_lines = [{AGREE!r}]\n"
    for name in ("ipython_config.py", "ipython_kernel_config.py"):
        (desk.folder / name).write_text(lines)
    for profile in (".ipython/profile_default", ".ipython/profile_default/startup", "profile_default/startup"):
        (desk.folder / profile).mkdir(parents=True)
        (desk.folder / profile / "00-agree.py").write_text(AGREE)
    for name in ("sitecustomize.py", "usercustomize.py", "agree.pth"):
        (desk.folder / name).write_text(AGREE)
    desk.write(desk.wrong())


@attack(SHADOWS, deserved=0)
def own_nbgrader_config(desk: Desk) -> None:
    """An nbgrader_config.py and an nbconvert configuration in the submission, which no grader may read."""
    reads = f"import pathlib\npathlib.Path({str(desk.canary)!r}).write_text('changed by a configuration')\n"
    for name in ("nbgrader_config.py", "jupyter_nbconvert_config.py", "conftest.py", "setup.py"):
        (desk.folder / name).write_text(reads)
        (desk.folder.parent / name).write_text(reads)
    desk.write(desk.wrong())


@attack(SHADOWS, deserved=7)
def unlucky_names(desk: Desk) -> None:
    """Right work beside files that the student called random.py, token.py, copy.py and types.py."""
    for name in ("random", "token", "copy", "types"):
        (desk.folder / f"{name}.py").write_text('print("trying things")\n')
    desk.write(desk.solution())


def _weights(desk: Desk, content: bytes) -> None:
    """Right work that also loads its own weights file, as the experiment of a whole unit does."""
    (desk.folder / f"{UNIT}.safetensors").write_bytes(content)
    desk.write(
        desk.with_cell(desk.solution(), f'from safetensors.torch import load_file\nload_file("{UNIT}.safetensors")')
    )


class _Opens:
    """Unpickling it appends to a file."""

    def __init__(self, path: str):
        self._path = path

    def __reduce__(self):
        return exec, (f"open({self._path!r}, 'a').write('changed by a pickle')",)


@attack(WEIGHTS, deserved=7)
def pickled_weights(desk: Desk) -> None:
    """Right work; the weights file is a pickle that writes into a file of the host."""
    _weights(desk, pickle.dumps(_Opens(str(desk.canary))))


@attack(WEIGHTS, deserved=7)
def endless_header(desk: Desk) -> None:
    """Right work; the weights file's header says that it is 9 exabytes long."""
    _weights(desk, struct.pack("<Q", 2**63 - 1) + b'{"a":')


@attack(WEIGHTS, deserved=7)
def lying_header(desk: Desk) -> None:
    """Right work; the weights file announces tensors of terabytes, of unknown types, and beyond its end."""
    header = (
        b'{"w":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]},'
        b'"x":{"dtype":"Q9","shape":[-1],"data_offsets":[8,0]}}'
    )
    _weights(desk, struct.pack("<Q", len(header)) + header + b"\x00" * 64)


@attack(WEIGHTS, deserved=7)
def empty_weights(desk: Desk) -> None:
    """Right work; the weights file is empty."""
    _weights(desk, b"")


@attack("hard-coded and copied work", deserved=0)
def reading_neighbours(desk: Desk) -> None:
    """Wrong work that looks for the solution, the gradebook, the key and a neighbour's work, and runs what it finds."""
    thief = f"""
import json, os, pathlib, re
names = ["{UNIT}.ipynb", "gradebook.db", "autograder.key", "canary.txt"]
roots = [pathlib.Path.cwd(), *pathlib.Path.cwd().parents][:-1] + [pathlib.Path({str(desk.canary.parent)!r})]
found = [path for root in roots for name in names for path in root.rglob(name)]
for path in found:
    print(path, re.findall("canary-[0-9a-z-]+", path.read_bytes().decode("latin-1"))[:3])
    if path.suffix == ".ipynb" and ("solutions" in path.parts or "{NEIGHBOUR}" in path.parts):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["metadata"].get("nbgrader", {{}}).get("solution"):
                exec("".join(cell["source"]), globals())
"""
    assert SECRET.startswith("canary-")
    desk.write(desk.with_cell(desk.wrong(), thief, after="nms"))
