"""No attack earns a point, no honest work loses one, nothing happens to the host: all attacks in one class."""

import json
import socket
import urllib.request

import pytest

from autograder.exam import papers
from autograder.exam.judge import judge
from tools.attacks.attack import FULL, FUNCTIONS, HARM, POINTS, SECRET, UNIT, WRONG, Attack, attack, collect
from tools.attacks.host import HONEST, Host
from tools.attacks.ours import Outcome, grade
from tools.attacks.pages import acting
from tools.attacks.table import totals
from tools.samples.small_course import make_course

CLASSES = 20  # of attacks; GRADING.md's list, and what was added


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """One class of all attacks, graded by `autograder grade` in the sandbox, with feedback."""
    return grade(collect(), tmp_path_factory.mktemp("attacks") / "machine")


@pytest.mark.long
@pytest.mark.sandbox
def test_every_neighbour_is_graded(batch):
    assert batch.honest == [], batch.log[-3000:]


@pytest.mark.long
@pytest.mark.sandbox
def test_nothing_happens_to_the_host(batch):
    assert batch.effects == []
    assert {name: outcome.effects for name, outcome in batch.outcomes.items() if outcome.effects} == {}


@pytest.mark.long
@pytest.mark.sandbox
def test_no_point_is_unearned_and_none_is_lost(batch):
    deserved = {each.name: each.deserved for each in collect()}
    wrong = {name: o.points for name, o in batch.outcomes.items() if (o.points or 0.0) != deserved[name]}
    assert wrong == {}


@pytest.mark.long
@pytest.mark.sandbox
def test_every_attacker_has_a_grade_too(batch):
    assert [name for name, outcome in batch.outcomes.items() if outcome.points is None] == []


@pytest.mark.long
@pytest.mark.sandbox
def test_the_last_line_counts_nothing(batch):
    rows = [(each, batch.outcomes[each.name]) for each in collect()]
    line = totals(rows, batch.effects, batch.honest).line()
    assert line == f"attacks: {len(rows)}, unearned: 0, lost: 0, host effects: 0, batches aborted: 0"


def test_there_are_attacks_of_every_class():
    attacks = collect()
    assert len(attacks) >= 75
    assert len({each.family for each in attacks}) >= CLASSES
    assert {each.deserved for each in attacks} <= {0, POINTS["box_iou"], POINTS["nms"], FULL}


def test_the_wrong_functions_deserve_nothing_and_the_points_are_those_of_the_checks():
    checks = {check.name: check for check in papers.checks_of(UNIT)}
    asked = {name: papers.set_paper(UNIT, checks[name], 1) for name in FUNCTIONS}
    assert {name: paper.check.points for name, paper in asked.items()} == POINTS
    names = {"torch": __import__("torch")}
    for name in FUNCTIONS:
        exec(WRONG[name], names)
    verdict = judge([*asked.values()], papers.answers_of([*asked.values()], names), [])
    assert verdict.points == 0


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path / "machine")
    make_course(host.course)
    host.hand_in_honest()
    yield host
    host.cleared()


def harmful(host, name):
    """Do what an attack might, and return what the host notices."""
    desk = host.desk("mallory")
    host.remember()
    if name == "server":
        socket.create_connection(("127.0.0.1", desk.port)).close()
        with pytest.raises(OSError, match="."):
            urllib.request.urlopen(f"http://127.0.0.1:{desk.port}", timeout=2)
    elif name == "canary":
        desk.canary.write_text("changed")
    elif name == "home":
        (host.home / ".bashrc").write_text("echo")
    elif name == "neighbour":
        next(host.course.glob(f"submitted/{min(HONEST)}/*/*.ipynb")).unlink()
    elif name == "temporary":
        (host.tmp / "left").touch()
    else:
        page = host.course / "feedback" / "mallory" / UNIT / f"{UNIT}.html"
        page.parent.mkdir(parents=True)
        page.write_text({"secret": SECRET, "script": f"<script>document.title='{HARM}'</script>"}[name])
    return host.effects(["mallory"])


@pytest.mark.parametrize(
    ("name", "student", "words"),
    [
        ("canary", "", "changed: canary.txt"),
        ("home", "", "made: home/.bashrc"),
        ("neighbour", "", "removed: course/submitted"),
        ("temporary", "", "left in tmp: left"),
        ("server", "", "reached the host's server"),
        ("secret", "mallory", f"secret in feedback/{UNIT}.html"),
        ("script", "mallory", f"script in feedback/{UNIT}.html"),
    ],
)
def test_the_host_notices(host, name, student, words):
    found = harmful(host, name)
    assert [*found] == [student]
    assert words in found[student][0]


def test_a_host_to_which_nothing_happened_has_no_effects(host):
    host.remember()
    (host.course / "autograded").mkdir()
    assert host.effects([]) == {}


@pytest.mark.parametrize(
    ("page", "acts"),
    [
        ("<script>x</script>", True),
        ('<img src=a onerror="x">', True),
        ('<a href="java\nscript:x">b</a>', True),
        ("<script src=https://a/mathjax/b></script><p>$\\href{javascript:x}{y}$</p>", True),
        ("<p>$\\href{javascript:x}{y}$</p>", False),
        ("<iframe srcdoc='x'></iframe>", True),
        ("<p>x</p><script>y</script>", False),
        ('<a href="https://x">x</a><img src="data:image/png;base64,x">', False),
        ("<script src=https://a/mathjax/b></script><pre>$\\href{javascript:x}{y}$</pre>", False),
        ('<script src="/mathjax/b"></script><div class="tex2jax_ignore"><b>$\\href{javascript:x}{y}$</b></div>', False),
        ("&lt;script&gt;x&lt;/script&gt;", False),
    ],
)
def test_what_acts_on_a_page(page, acts):
    assert acting(page, "x") is acts


def test_what_a_grader_gave_is_counted():
    def attack_worth(deserved):
        return Attack("a", "f", deserved, print, "about")

    outcomes = [Outcome(7.0), Outcome(None), Outcome(3.0, ["wrote"]), Outcome(0.0, [], True)]
    rows = list(zip(map(attack_worth, (3, 7, 3, 0)), outcomes, strict=True))
    assert totals(rows, ["by nobody"], ["zoe"]).line() == (
        "attacks: 4, unearned: 4, lost: 7, host effects: 2, batches aborted: 2"
    )


def test_an_attack_is_named_after_its_function():
    @attack(family="tags", deserved=0)
    def some_trick(desk):
        """It does
        something."""
        desk.write({"cells": []})

    assert (some_trick.name, some_trick.about, some_trick.boxed) == ("some-trick", "It does something.", False)


def test_attacks_are_written_as_they_are(host):
    desk = host.desk("mallory")
    desk.write({"cells": 7})
    assert json.loads(desk.notebook.read_text()) == {"cells": 7}
