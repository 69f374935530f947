"""A real JupyterHub, set up as docs/jupyterhub.md says: two students and an instructor, once around and back.

The hub, its proxy and everybody's servers run as the page has them, under accounts of their own, on a machine of their
own (tests/helpers/hub.py). Students press what JupyterLab's assignment list presses, the instructor types.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import httpx
import nbformat
import psutil
import pytest

from tests.helpers.hub import (
    COURSE,
    INSTALLED,
    PATIENCE,
    PEOPLE,
    STUDENT,
    TEACHER,
    Hub,
    Member,
    blocks,
    commands,
    files,
)
from tools.samples.answers import filled, solved
from tools.samples.small_course import UNIT, make_course

pytestmark = [
    pytest.mark.hub,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a hub for several accounts"),
]
CHECKOUT = ("autograder", "course_lib", "exercises", "solutions", "nbgrader_config.py")
FIRST = 4  # of the instructor's commands, after those that have set the course up
NOTEBOOK = f"{UNIT}/{UNIT}.ipynb"
DISK = "/srv/nbgrader/exchange"
EXCHANGE = f"{DISK}/{COURSE}"
ALL_STAY = "def nms(boxes, scores, threshold):\n    return scores.argsort(descending=True)"
LISTENING = "awk '$4 == \"0A\" && $8 == {user} {{ print $2 }}' /proc/net/tcp /proc/net/tcp6 | sort -u"


@pytest.fixture(scope="module")
def made(tmp_path_factory, root):
    """The instructor's checkout with a short unit 02, what students get of it, and the right answers."""
    folder = tmp_path_factory.mktemp("made")
    names = subprocess.run(["git", "ls-files", "-z", *CHECKOUT], cwd=root, capture_output=True, check=True, text=True)
    for name in filter(None, names.stdout.split("\0")):
        (folder / "course" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, folder / "course" / name)
    short = make_course(folder / "short")
    shutil.copytree(short, folder / "course", dirs_exist_ok=True)
    right = solved(nbformat.read(short / "solutions" / UNIT / f"{UNIT}.ipynb", as_version=4))
    words = ["release", "--repository", "https://github.com/OWNER/NAME", str(folder / "public")]
    subprocess.run([Path(sys.executable).with_name("autograder"), *words], cwd=root, check=True, capture_output=True)
    return SimpleNamespace(course=folder / "course", public=folder / "public", right=right)


@pytest.fixture(scope="module")
def hub(tmp_path_factory, made, program):
    """The hub. All of its processes end with the module's tests."""
    running = Hub(tmp_path_factory.mktemp("hub"), made.course, made.public, program("hub"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def people(hub):
    """The instructor and two students, logged in, each with a server."""
    with ExitStack() as clients:
        members = {name: Member(name, hub, clients.enter_context(httpx.Client(timeout=PATIENCE))) for name in PEOPLE}
        yield SimpleNamespace(**{name: member.log_in().start() for name, member in members.items()})


def write(student, answers):
    """What a student does in the notebook that was fetched: write functions, and save."""
    model = student.ask("GET", f"api/contents/{NOTEBOOK}").json()
    notebook = filled(nbformat.from_dict(model["content"]), answers)
    saved = student.ask("PUT", f"api/contents/{NOTEBOOK}", json={**model, "content": notebook})
    assert saved.status_code == 200, saved.text


def grades(teacher):
    """Points of each student as formgrader's page of submissions shows them."""
    rows = teacher.ask("GET", f"formgrader/api/submissions/{UNIT}").json()
    return {row["student"]: row["score"] for row in rows}


@pytest.fixture(scope="module")
def term(people, made):
    """What was seen on the way once around, with the page's commands in their order."""
    seen, typed = SimpleNamespace(), iter(commands(TEACHER)[FIRST:])
    for line in typed:
        people.teacher.type(line)
        if "release_assignment" in line:
            break
    seen.released = people.ada.assignments()
    for student, answers in ((people.ada, made.right), (people.bob, made.right | {"nms": ALL_STAY})):
        seen.fetched = student.assignments("fetch", UNIT)
        write(student, answers)
        seen.submitted = student.assignments("submit", UNIT)
    watch(people)
    seen.said = {line: people.teacher.type(line) for line in typed}
    people.bob.type("touch stop; wait")
    seen.ports = people.bob.type("sort -u seen").split()
    seen.points = grades(people.teacher)
    for student in (people.ada, people.bob):
        student.assignments("fetch_feedback", UNIT)
    return seen


def watch(people):
    """Bob writes down on which ports the instructor's processes listen, from now on."""
    user = people.teacher.type("id -u").strip()
    people.bob.type(f"while [ ! -e stop ]; do {LISTENING.format(user=user)} >> seen; sleep 0.3; done & true")


def page_of(student):
    """The one page of feedback in a student's folder, from the student's server, where the list says that it lies."""
    (entry,) = [row for row in student.assignments()["value"] if row["status"] == "submitted"]
    (submission,) = entry["submissions"]
    return student.ask("GET", f"files/{submission['local_feedback_path']}/{UNIT}.html").text


def test_the_page_has_a_file_or_a_command_for_each_step():
    assert [line for line in commands("# administrator") if any(part in line for part in INSTALLED)]
    assert {"/etc/jupyterhub/jupyterhub_config.py", "/etc/jupyter/nbgrader_config.py"} <= files().keys()
    assert {lines[0] for lines in blocks("sh")} == {"# administrator", TEACHER, STUDENT}
    steps = "course build release_assignment collect grade feedback release_feedback".split()
    assert [line.split()[1] for line in commands(TEACHER)[FIRST:]] == steps


def test_a_student_sees_the_exercise_and_fetches_and_submits_it(term):
    assert [(row["assignment_id"], row["status"]) for row in term.released["value"]] == [(UNIT, "released")]
    assert [row["status"] for row in term.fetched["value"]] == ["fetched"]
    assert [row["status"] for row in term.submitted["value"]] == ["fetched", "submitted"]


def test_points_are_those_of_the_work(term):
    assert term.points == {"ada": 7.0, "bob": 3.0}
    said = next(text for line, text in term.said.items() if line.startswith("autograder grade"))
    assert "Nothing is suppressed" in said


def test_formgraders_button_leads_to_the_same_points(term, people):
    pressed = people.teacher.ask("POST", f"formgrader/api/submission/{UNIT}/bob/autograde").json()
    assert pressed["success"], pressed["log"]
    assert grades(people.teacher) == term.points


def test_each_student_reads_the_page_of_the_own_work(term, people):
    adas, bobs = page_of(people.ada), page_of(people.bob)
    assert "7 of 7 points" in adas
    assert "3 of 7 points" in bobs
    assert "Nothing is suppressed" in bobs
    assert "Nothing is suppressed" not in adas


def test_the_commands_in_a_student_s_terminal_do_the_same(term, people):
    fetch, _, feedback = commands(STUDENT)
    assert "You already have a copy of the assignment" in people.ada.type(f"cd && {fetch}", check=False)
    assert "Found feedback for 'vision_course/02_rcnn/02_rcnn'" in people.ada.type(feedback)


def test_nobody_reads_what_is_another_s(term, people):
    bob, sought = people.bob, "-name '*.ipynb' -readable -print 2> /dev/null"
    found = bob.type(f"find /home /srv /opt -name node_modules -prune -o {sought}", check=False)
    others = [name for name in found.splitlines() if not name.startswith(("/home/bob/", "/srv/vision_course/"))]
    assert others == [f"{EXCHANGE}/outbound/{UNIT}/{UNIT}.ipynb"]
    for what in (f"{EXCHANGE}/inbound", f"{EXCHANGE}/feedback", "/home/ada", "/home/teacher/course", "/srv/jupyterhub"):
        assert "Permission denied" in bob.type(f"ls {what}", check=False)
    assert "No module named 'autograder'" in bob.type("python -c 'import autograder'", check=False)


def test_nobody_reaches_another_s_server_or_the_hub_s_own_doors(term, people):
    bob, hub = people.bob, people.bob.hub
    for path in ("user/ada/api/contents", "user/teacher/formgrader/", "user/teacher/api/terminals"):
        assert bob.client.get(f"{hub.address}/{path}").status_code in (403, 404)
    for path in ("users/ada", "users", "proxy"):
        assert bob.client.get(f"{hub.address}/hub/api/{path}").status_code in (403, 404)
    assert bob.client.get(f"http://127.0.0.1:{hub.ports[2]}/api/routes").status_code == 403
    assert httpx.get(f"{hub.address}/user/ada/api/contents").status_code in (302, 403)


def test_grading_listens_nowhere_but_on_the_instructor_s_server(term):
    assert len(term.ports) == 1


def test_a_kernel_listens_on_no_port_where_others_could_hear_what_it_says(people):
    user = people.ada.type("id -u").strip()
    before = people.bob.type(LISTENING.format(user=user)).split()
    kernel = people.ada.ask("POST", "api/kernels", json={"name": "python3"}).json()["id"]
    assert people.bob.type(LISTENING.format(user=user)).split() == before
    assert len(before) == 1
    assert people.ada.ask("DELETE", f"api/kernels/{kernel}").status_code == 204


FILL, CLEAR = "head -c 1G /dev/zero >> {}/full", "rm {}/full"


def handed_in(people):
    """What lies in the exchange's inbox, which the instructor alone sees."""
    return people.teacher.type(f"ls -R {EXCHANGE}/inbound")


def test_a_full_home_loses_nothing(term, people):
    bob, before = people.bob, handed_in(people)
    model, whole = bob.ask("GET", f"api/contents/{NOTEBOOK}").json(), bob.type(f"sha256sum ~/{NOTEBOOK}")
    assert "No space left" in bob.type(FILL.format("~"), check=False)
    refused = bob.assignments("submit", UNIT)
    assert not refused["success"]
    assert "Nothing was copied" in refused["value"]
    assert "No space left on device" in refused["value"]
    assert handed_in(people) == before
    saved = bob.ask("PUT", f"api/contents/{NOTEBOOK}", json=model)
    assert saved.status_code == 500
    assert "disk is full" in saved.text or "No space left" in saved.text
    assert bob.type(f"sha256sum ~/{NOTEBOOK}") == whole
    bob.type(f"mv ~/{UNIT} ~/kept")
    assert "released" in {row["status"] for row in bob.assignments("fetch", UNIT)["value"]}
    assert "No such file" in bob.type(f"ls ~/{UNIT}", check=False)
    bob.type(CLEAR.format("~"))
    assert "fetched" in {row["status"] for row in bob.assignments("fetch", UNIT)["value"]}


def test_a_full_exchange_loses_nothing(term, people):
    before = handed_in(people)
    assert "No space left" in people.ada.type(FILL.format(DISK), check=False)
    refused = people.ada.assignments("submit", UNIT)
    assert "Nothing was copied" in refused["value"]
    assert handed_in(people) == before
    release = f"nbgrader release_assignment {UNIT}"
    people.teacher.type(f"rm -r {EXCHANGE}/outbound/{UNIT}")
    people.ada.type(FILL.format(DISK), check=False)
    assert "Nothing half written stays: make room" in people.teacher.type(release, check=False)
    assert people.ada.type(f"ls {EXCHANGE}/outbound") == ""
    people.ada.type(CLEAR.format(DISK))
    people.teacher.type(release)
    assert people.ada.assignments("submit", UNIT)["success"]


LECTURE = "08_embeddings"
RUN = f"jupyter execute --timeout=600 --output=/tmp/$USER course/lectures/{LECTURE}.ipynb"


@pytest.mark.release
def test_a_lecture_in_the_shared_folder_runs_and_changes_nothing_there(people):
    said = people.bob.type(f"cd && {RUN} && test ! -w course/lectures && touch course/lectures/new", check=False)
    assert "Read-only" in said or "Permission denied" in said, said
    assert "Traceback" not in said


def test_nothing_runs_on_when_the_machine_ends(tmp_path, made, program):
    hub = Hub(tmp_path, made.course, made.public, program("hub"))
    family = psutil.Process(hub.process.pid).children(recursive=True)
    assert {"node", "jupyterhub"} <= {process.name() for process in family}
    hub.close()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
