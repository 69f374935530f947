"""Notebook files that break parsers, and right ones that look broken."""

import json

import nbformat
from nbformat import v4

from tools.attacks.attack import Desk, attack, cell_of

BROKEN = "corrupt, huge, deep, empty notebooks"
FORMAT = "other kernels, formats and encodings"


@attack(BROKEN, deserved=0)
def empty_file(desk: Desk) -> None:
    """The notebook has no byte."""
    desk.notebook.write_bytes(b"")


@attack(BROKEN, deserved=0)
def cut_file(desk: Desk) -> None:
    """The upload broke off in the middle."""
    text = json.dumps(desk.wrong())
    desk.notebook.write_text(text[: len(text) // 2])


@attack(BROKEN, deserved=0)
def no_cells(desk: Desk) -> None:
    """Valid JSON, but `cells` is a dict that claims to hold everything."""
    desk.write({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": {"all": 7}})


@attack(BROKEN, deserved=0)
def random_bytes(desk: Desk) -> None:
    """A zip archive's beginning under the notebook's name."""
    desk.notebook.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 40)


@attack(BROKEN, deserved=0)
def deep_json(desk: Desk) -> None:
    """A hundred thousand opening brackets: a recursive parser runs out of stack."""
    desk.notebook.write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")


@attack(BROKEN, deserved=0)
def deep_metadata(desk: Desk) -> None:
    """Wrong work whose metadata is nested 900 levels deep: it can be parsed, but hardly copied or written."""
    notebook, deep = desk.wrong(), {}
    for _ in range(900):
        deep = {"d": deep}
    text = json.dumps(notebook).replace('"metadata": {', f'"metadata": {{"deep": {json.dumps(deep)}, ', 1)
    desk.notebook.write_text(text)


@attack(BROKEN, deserved=0)
def huge_notebook(desk: Desk) -> None:
    """A notebook of 3 GB (with holes): who reads it whole runs out of memory."""
    with open(desk.notebook, "wb") as file:
        file.write(b'{"cells": [')
        file.truncate(3 * 2**30)


@attack(BROKEN, deserved=0)
def many_empty_lists(desk: Desk) -> None:
    """18 MB of `[],`: a small file that becomes gigabytes of objects."""
    desk.notebook.write_text('{"cells": [' + "[]," * 6_000_000 + "[]]}")


@attack(BROKEN, deserved=0)
def many_cells(desk: Desk) -> None:
    """Wrong work among 20,000 cells, each of which would be run and stored."""
    notebook = desk.wrong()
    plain = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}
    notebook.cells += [{**plain, "id": f"c{number}"} for number in range(20_000)]
    desk.write(notebook)


@attack(BROKEN, deserved=0)
def huge_number(desk: Desk) -> None:
    """Wrong work with an execution count of 200,000 digits, which takes long to read."""
    text = json.dumps(desk.wrong())
    desk.notebook.write_text(text.replace('"execution_count": null', f'"execution_count": {"9" * 200_000}', 1))


@attack(FORMAT, deserved=7)
def saved_outputs(desk: Desk) -> None:
    """Right work with 40 MB of pictures and text in its outputs, as a long training with plots leaves it."""
    notebook = desk.solution()
    picture = v4.new_output("display_data", {"image/png": "iVBORw0KGgo" + "A" * 1_000_000})
    text = v4.new_output("stream", name="stdout", text="epoch 1, loss 0.1\n" * 50_000)
    notebook.cells.append(v4.new_code_cell("1", outputs=[picture, text] * 20))
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def other_kernel(desk: Desk) -> None:
    """Right work, saved from an environment whose kernel the grader's machine does not have."""
    notebook = desk.solution()
    notebook.metadata.kernelspec = {"name": "conda-env-dl-py", "display_name": "Python (dl)", "language": "python"}
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def no_kernel(desk: Desk) -> None:
    """Right work without kernelspec and language, as some editors write it."""
    notebook = desk.solution()
    for name in ("kernelspec", "language_info"):
        notebook.metadata.pop(name, None)
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def format_three(desk: Desk) -> None:
    """Right work, saved in notebook format 3."""
    desk.write(nbformat.convert(desk.solution(), 3))


@attack(FORMAT, deserved=7)
def newer_minor(desk: Desk) -> None:
    """Right work, saved by a later Jupyter as format 4.99 with fields that nobody knows yet."""
    notebook = desk.solution()
    notebook["nbformat_minor"], notebook["signature_v2"] = 99, {"by": "jupyter"}
    for cell in notebook.cells:
        cell["prompt"] = {"model": "none"}
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def latin_1(desk: Desk) -> None:
    """Right work with an umlaut in a comment, written by an editor in Latin-1 instead of UTF-8."""
    notebook = desk.with_cell(desk.solution(), "# Überlappung zählen", before="nms")
    desk.notebook.write_bytes(json.dumps(notebook, ensure_ascii=False).encode("latin-1", errors="replace"))


@attack(FORMAT, deserved=7)
def byte_order_mark(desk: Desk) -> None:
    """Right work, written by a Windows editor with a byte order mark."""
    desk.notebook.write_bytes(b"\xef\xbb\xbf" + json.dumps(desk.solution()).encode())


@attack(FORMAT, deserved=7)
def utf_16(desk: Desk) -> None:
    """Right work, written by a Windows shell's redirection in UTF-16."""
    desk.notebook.write_bytes(json.dumps(desk.solution()).encode("utf-16"))


@attack(FORMAT, deserved=7)
def not_numbers(desk: Desk) -> None:
    """Right work with NaN and Infinity in its metadata and outputs, which JSON does not know."""
    notebook = desk.solution()
    notebook.metadata["loss"], notebook.cells[0].metadata["best"] = float("nan"), [float("inf"), float("-inf")]
    cell_of(notebook, "nms")["execution_count"] = float("nan")
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def odd_characters(desk: Desk) -> None:
    """Right work beside cells with half a surrogate pair, null bytes, escape codes and right-to-left marks."""
    notebook = desk.with_cell(desk.solution(), 'name = "\x00"')
    notebook = desk.with_cell(notebook, 'print("\x1b[2J\x1b]0;title\x07", "\u202e")', before="nms")
    notebook.cells.append(v4.new_markdown_cell("half \ud83d of a smile \x00\x08\x0c"))
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def odd_cells(desk: Desk) -> None:
    """Right work between entries that are no cells: numbers, null, lists, an unknown type, a cell without source."""
    notebook = dict(desk.solution())
    junk = [None, 7, "cell", [], {}, {"cell_type": "video", "source": "x"}, {"cell_type": "code", "source": 5}]
    notebook["cells"] = [*junk, *notebook["cells"], {"cell_type": ["code"], "source": None, "metadata": 3}]
    desk.write(notebook)


@attack(FORMAT, deserved=7)
def lists_of_lines(desk: Desk) -> None:
    """Right work with every source as a list of lines that end in carriage return and line feed."""
    notebook = desk.solution()
    for cell in notebook.cells:
        cell["source"] = [line + "\r\n" for line in cell.source.split("\n")]
    desk.write(notebook)
