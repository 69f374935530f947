"""Links among the files that are handed in: to other work, to files of the host, to nowhere."""

import os

from tools.attacks.attack import NEIGHBOUR, UNIT, Desk, attack

LINKS = "symlinks and hard links"


@attack(LINKS, deserved=0)
def linked_solution(desk: Desk) -> None:
    """The notebook is a symlink to the instructor's solution, which a grader follows with its own rights."""
    desk.notebook.symlink_to(f"../../../solutions/{UNIT}/{UNIT}.ipynb")


@attack(LINKS, deserved=0)
def linked_folder(desk: Desk) -> None:
    """The submitted folder itself is a symlink to another student's."""
    desk.folder.rmdir()
    desk.folder.symlink_to(f"../{NEIGHBOUR}/{UNIT}")


@attack(LINKS, deserved=7)
def linked_data(desk: Desk) -> None:
    """Beside right work lies notes.txt, a symlink to a file of the host, and a cell prints it."""
    (desk.folder / "notes.txt").symlink_to(desk.canary)
    desk.write(desk.with_cell(desk.solution(), 'print(open("notes.txt").read())'))


@attack(LINKS, deserved=7)
def linked_weights(desk: Desk) -> None:
    """Beside right work the weights file is a symlink to a file of the host, and a cell prints it."""
    (desk.folder / f"{UNIT}.safetensors").symlink_to(desk.canary)
    desk.write(desk.with_cell(desk.solution(), f'print(open("{UNIT}.safetensors").read())'))


@attack(LINKS, deserved=7)
def linked_stamp(desk: Desk) -> None:
    """Beside right work the time stamp is a symlink to a file of the host: is it read into a message?"""
    (desk.folder / "timestamp.txt").symlink_to(desk.canary)
    desk.write(desk.solution())


@attack(LINKS, deserved=7)
def linked_secret(desk: Desk) -> None:
    """Beside right work the exchange's secret is a symlink to a file of the host: is it copied to the feedback?"""
    (desk.folder / "submission_secret.txt").symlink_to(desk.canary)
    desk.write(desk.solution())


@attack(LINKS, deserved=7)
def linked_dangling(desk: Desk) -> None:
    """Beside right work lie links to nowhere and to themselves, as a cloud drive's client leaves them."""
    (desk.folder / "data").symlink_to("/nowhere/at/all")
    (desk.folder / "loop").symlink_to("loop")
    desk.write(desk.solution())


@attack(LINKS, deserved=0)
def hard_link(desk: Desk) -> None:
    """The notebook is a hard link to the instructor's solution, as unpacking an archive with a link entry makes it."""
    os.link(desk.folder.parents[2] / "solutions" / UNIT / f"{UNIT}.ipynb", desk.notebook)


@attack(LINKS, deserved=7)
def hard_link_to_canary(desk: Desk) -> None:
    """Beside right work lies a hard link to a file of the host; a cell prints it and writes into it."""
    os.link(desk.canary, desk.folder / "notes.txt")
    spy = 'print(open("notes.txt").read())\nopen("notes.txt", "a").write("changed")'
    desk.write(desk.with_cell(desk.solution(), spy))


@attack(LINKS, deserved=0)
def hard_link_to_a_neighbour(desk: Desk) -> None:
    """The notebook is a hard link to a neighbour's graded one, or, where nobody is graded yet, to a submitted one."""
    course = desk.folder.parents[2]
    graded = sorted((course / "autograded").glob(f"*/{UNIT}/{UNIT}.ipynb"))
    os.link(graded[0] if graded else course / "submitted" / NEIGHBOUR / UNIT / f"{UNIT}.ipynb", desk.notebook)


@attack(LINKS, deserved=7)
def hard_link_as_weights(desk: Desk) -> None:
    """Beside right work the weights are a hard link to a file of the host, such as the key; a cell prints it."""
    os.link(desk.canary, desk.folder / f"{UNIT}.safetensors")
    desk.write(desk.with_cell(desk.solution(), f'print(open("{UNIT}.safetensors").read())'))


@attack(LINKS, deserved=7)
def linked_folder_inside(desk: Desk) -> None:
    """Beside right work lies a link to the folder of all students, in which other work would be found."""
    (desk.folder / "copy").symlink_to("../..")
    desk.write(desk.solution())
