"""Files that are not what they seem: pipes, devices, odd names, and folders that hold too much or too little."""

import os
import zipfile

import nbformat
from nbformat import v4

from tools.attacks.attack import FUNCTIONS, UNIT, Desk, attack, cell_of

SPECIAL = "fifos, devices, unreadable files"
NAMES = "traversal names and misplaced files"
FOLDERS = "huge folders"


@attack(SPECIAL, deserved=0)
def fifo_notebook(desk: Desk) -> None:
    """The notebook is a named pipe: who opens it waits for ever."""
    os.mkfifo(desk.notebook)


@attack(SPECIAL, deserved=7)
def fifo_beside(desk: Desk) -> None:
    """Beside right work lies a named pipe called data.csv: who copies the folder waits for ever."""
    os.mkfifo(desk.folder / "data.csv")
    desk.write(desk.solution())


@attack(SPECIAL, deserved=0)
def endless_notebook(desk: Desk) -> None:
    """The notebook is /dev/zero: the device itself where we may make one, a link to it otherwise."""
    try:
        os.mknod(desk.notebook, 0o666 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        desk.notebook.symlink_to("/dev/zero")


@attack(SPECIAL, deserved=0)
def notebook_is_a_folder(desk: Desk) -> None:
    """A folder has the notebook's name, and the weights' name too."""
    desk.notebook.mkdir()
    (desk.folder / f"{UNIT}.safetensors").mkdir()


@attack(SPECIAL, deserved=0)
def unreadable_notebook(desk: Desk) -> None:
    """Nobody may read the notebook (mode 0)."""
    desk.write(desk.wrong()).chmod(0)


@attack(SPECIAL, deserved=7)
def unreadable_beside(desk: Desk) -> None:
    """Beside right work lie a file and a folder that nobody may read."""
    desk.write(desk.solution())
    (desk.folder / "private.txt").write_text("mine")
    (desk.folder / "private.txt").chmod(0)
    (desk.folder / "cache").mkdir(mode=0)


@attack(SPECIAL, deserved=0)
def nothing_handed_in(desk: Desk) -> None:
    """The folder is empty."""


@attack(SPECIAL, deserved=7)
def broken_stamp(desk: Desk) -> None:
    """Right work whose timestamp.txt holds no date."""
    (desk.folder / "timestamp.txt").write_bytes(b"tomorrow \xff\x00 or so")
    desk.write(desk.solution())


@attack(NAMES, deserved=7)
def odd_names(desk: Desk) -> None:
    """Beside right work lie files named like options, paths, commands and pages, and one that is not UTF-8."""
    for name in ("-rf", "..\\..\\gradebook.db", "$(touch hacked)", "two\nlines.ipynb", "<b>.txt", "con", "~"):
        (desk.folder / name).write_text("hello")
    with open(os.fsencode(desk.folder) + b"/caf\xe9.txt", "w") as file:
        file.write("hello")
    desk.write(desk.solution())


@attack(NAMES, deserved=7)
def renamed_file(desk: Desk) -> None:
    """Right work handed in as `02_rcnn (1).ipynb`, as a browser names a second download."""
    desk.write(desk.solution(), f"{UNIT} (1).ipynb")


@attack(NAMES, deserved=7)
def second_suffix(desk: Desk) -> None:
    """Right work handed in as `02_rcnn.ipynb.json`, as some browsers save it."""
    desk.write(desk.solution(), f"{UNIT}.ipynb.json")


@attack(NAMES, deserved=7)
def nested_folder(desk: Desk) -> None:
    """Right work one folder deeper, as unpacking an archive leaves it, beside what macOS adds to archives."""
    (desk.folder / UNIT).mkdir()
    (desk.folder / "__MACOSX").mkdir()
    (desk.folder / "__MACOSX" / f"._{UNIT}.ipynb").write_bytes(b"\x00\x05\x16\x07")
    desk.write(desk.solution(), f"{UNIT}/{UNIT}.ipynb")


@attack(NAMES, deserved=7)
def second_notebook(desk: Desk) -> None:
    """Right work, and beside it an Untitled.ipynb in which something was tried."""
    desk.write(desk.solution())
    desk.write(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")]), "Untitled.ipynb")
    (desk.folder / ".ipynb_checkpoints").mkdir()
    desk.write(desk.wrong(), f".ipynb_checkpoints/{UNIT}-checkpoint.ipynb")


@attack(NAMES, deserved=0)
def other_unit(desk: Desk) -> None:
    """The notebook of another course under this unit's name, with grade ids that nobody here knows."""
    grading = {"grade": True, "grade_id": "task_1", "locked": True, "points": 20, "schema_version": 3, "task": False}
    cells = [
        v4.new_markdown_cell("# Databases, exercise 3"),
        v4.new_code_cell("answer = 42", metadata={"nbgrader": {**grading, "solution": False}}),
    ]
    desk.write(v4.new_notebook(cells=cells, metadata={"course": {"unit": "03_sql", "release": "abc"}}))


@attack(FOLDERS, deserved=7)
def many_files(desk: Desk) -> None:
    """Beside right work lies a folder of 3,000 files, such as a virtual environment."""
    for number in range(30):
        folder = desk.folder / "venv" / str(number)
        folder.mkdir(parents=True)
        for file in range(100):
            (folder / f"{file}.py").write_text("x = 1\n")
    desk.write(desk.solution())


@attack(FOLDERS, deserved=7)
def huge_file(desk: Desk) -> None:
    """Beside right work lies a file of 4 GB (with holes): who copies it fills the disk."""
    with open(desk.folder / "dataset.bin", "wb") as file:
        file.truncate(4 * 2**30)
    desk.write(desk.solution())


@attack(FOLDERS, deserved=7)
def huge_weights(desk: Desk) -> None:
    """Beside right work lies a weights file of 4 GB (with holes)."""
    with open(desk.folder / f"{UNIT}.safetensors", "wb") as file:
        file.truncate(4 * 2**30)
    desk.write(desk.solution())


@attack(FOLDERS, deserved=7)
def deep_folders(desk: Desk) -> None:
    """Beside right work lie folders 400 deep, whose path is longer than the system allows."""
    here = os.getcwd()
    try:
        os.chdir(desk.folder)
        for _ in range(400):
            os.mkdir("deep-deep-deep")
            os.chdir("deep-deep-deep")
    finally:
        os.chdir(here)
    desk.write(desk.solution())


@attack(NAMES, deserved=3)
def half_in_each(desk: Desk) -> None:
    """The notebook of the right name holds one function, a second notebook the other: only the first counts."""
    halves = [desk.with_source(desk.solution(), name, cell_of(desk.exercise(), name).source) for name in FUNCTIONS]
    desk.write(halves[1])
    desk.write(halves[0], f"{UNIT}-Copy1.ipynb")


@attack(NAMES, deserved=7)
def handed_in_twice(desk: Desk) -> None:
    """Right work handed in again as `02_rcnn (1).ipynb`; the older file has the right name and wrong functions."""
    os.utime(desk.write(desk.wrong()), (1_000_000, 1_000_000))
    desk.write(desk.solution(), f"{UNIT} (1).ipynb")


@attack(NAMES, deserved=7)
def begun_anew(desk: Desk) -> None:
    """Right work, and a newer copy of the exercise in which only one function is written yet."""
    os.utime(desk.write(desk.solution(), f"{UNIT}_final.ipynb"), (1_000_000, 1_000_000))
    desk.write(desk.with_source(desk.exercise(), "nms", "def nms(boxes, scores, threshold):\n    return None"))


@attack(NAMES, deserved=7)
def weights_of_another_unit(desk: Desk) -> None:
    """Beside right work lie another unit's weights, and half a file."""
    (desk.folder / "03_fast_rcnn.safetensors").write_bytes(bytes(80))
    (desk.folder / f"{UNIT} (1).safetensors").write_bytes(b"half")
    desk.write(desk.solution())


@attack(NAMES, deserved=7)
def zipped(desk: Desk) -> None:
    """Right work in a zip archive, with what macOS adds, a link, and names that lead out of it."""
    with zipfile.ZipFile(desk.folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"../../{UNIT}/{UNIT}.ipynb", nbformat.writes(desk.solution()))
        archive.writestr(f"__MACOSX/._{UNIT}.ipynb", b"\0\5\x16\7")
        link = zipfile.ZipInfo("notes.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")


@attack(NAMES, deserved=7)
def exported_as_python(desk: Desk) -> None:
    """Right work, exported by Jupyter as a Python file."""
    code = [cell.source for cell in desk.solution().cells if cell.cell_type == "code"]
    text = "".join(f"# In[{number}]:\n\n\n{source}\n\n\n" for number, source in enumerate(code, 1))
    (desk.folder / f"{UNIT}.py").write_text(f"#!/usr/bin/env python\n# coding: utf-8\n\n{text}")


@attack(FOLDERS, deserved=7)
def zip_bomb(desk: Desk) -> None:
    """Beside right work lies an archive of 2 MB that would be 2 GB unpacked, and one in it."""
    desk.write(desk.solution())
    with zipfile.ZipFile(desk.folder / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"{number}.ipynb", bytes(50 * 2**20))
        archive.writestr("inner.zip", b"PK")


@attack(FOLDERS, deserved=7)
def a_strangers_thousand_files(desk: Desk) -> None:
    """Beside right work lie a thousand notebooks and files of weights that are nobody's."""
    desk.write(desk.solution())
    for number in range(500):
        desk.write(v4.new_notebook(cells=[v4.new_code_cell("a\n" * 4000)]), f"{number}.ipynb")
        (desk.folder / f"{number}.safetensors").write_bytes(b"x")


@attack(FOLDERS, deserved=7)
def fifteen_megabytes_of_code(desk: Desk) -> None:
    """Right work, and a cell of 15 MB, of which Python's parser would make 14 GB."""
    desk.write(desk.with_cell(desk.solution(), "a\n" * 7_500_000))


@attack(FOLDERS, deserved=7)
def unreadable_lines_by_the_thousand(desk: Desk) -> None:
    """Right work, and cells of thousands of lines that are no Python."""
    desk.write(desk.with_cell(desk.with_cell(desk.solution(), "a b\n" * 20_000), "?len\n" * 300))
