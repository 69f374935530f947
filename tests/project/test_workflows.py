""".github/workflows: they run what the Makefile and pyproject.toml say, may do little, and end."""

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob(".github/workflows/*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split())
LONGEST = 180  # minutes
SYSTEMS = {"ubuntu", "windows", "macos"}


def read(path: Path) -> dict:
    """A workflow; YAML takes its `on` for a truth."""
    flow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in flow.items()}


FLOWS = {path.name: read(path) for path in FILES}
JOBS = [pytest.param(job, id=f"{name}:{key}") for name, flow in FLOWS.items() for key, job in flow["jobs"].items()]


def commands(job: dict) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def pythons(job: dict) -> set[str]:
    """The versions of Python that a job's matrix and steps name."""
    matrix = job.get("strategy", {}).get("matrix", {})
    named = {*matrix.get("python", []), *(row["python"] for row in matrix.get("include", []) if "python" in row)}
    stated = {step.get("with", {}).get("python-version", "") for step in job["steps"]} - {"", "${{ matrix.python }}"}
    return named | stated


def systems(job: dict) -> set[str]:
    runs_on, matrix = job["runs-on"], job.get("strategy", {}).get("matrix", {})
    return {name.split("-")[0] for name in (matrix["os"] if "matrix.os" in runs_on else [runs_on])}


def versions(job: dict) -> set[str]:
    """Pinned, oldest or newest: which packages a job installs."""
    matrix = job.get("strategy", {}).get("matrix", {})
    return {*matrix.get("versions", []), *(row["versions"] for row in matrix.get("include", []))} or {"pinned"}


def test_there_are_workflows():
    assert set(FLOWS) >= {"tests.yml", "versions.yml", "notebooks.yml"}


@pytest.mark.parametrize("job", JOBS)
def test_each_target_of_make_that_a_job_names_exists(job):
    named = {
        word for command in commands(job) for word in re.findall(r"(?:^|&& )make ([a-z-]+)", command, re.MULTILINE)
    }
    assert named <= TARGETS


@pytest.mark.parametrize("job", JOBS)
def test_each_file_that_a_job_names_exists(job):
    named = {
        word for command in commands(job) for word in re.findall(r"\b[\w/]+\.(?:txt|toml|py)\b|tests/\w+", command)
    }
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("job", JOBS)
def test_each_python_is_one_that_the_course_promises(job):
    promised = {line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    assert pythons(job) <= promised
    assert all(version in SpecifierSet(PROJECT["requires-python"]) for version in promised | pythons(job))


def test_the_oldest_and_the_newest_promised_python_are_tried():
    tried = set().union(*(pythons(job) for flow in FLOWS.values() for job in flow["jobs"].values()))
    promised = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert {promised[0], promised[-1]} <= tried
    assert f">={promised[0]}" == PROJECT["requires-python"]


def test_all_versions_run_on_all_systems():
    jobs = [job for name in ("tests.yml", "versions.yml") for job in FLOWS[name]["jobs"].values()]
    done = {pair for job in jobs for pair in product(systems(job), versions(job))}
    assert done == set(product(SYSTEMS, {"pinned", "oldest", "newest"}))


def test_every_notebook_runs_each_week():
    flow = FLOWS["notebooks.yml"]
    [when] = flow["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["cron"])
    assert any("make notebooks" in commands(job) for job in flow["jobs"].values())


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
def test_a_workflow_may_read_and_nothing_else(flow):
    assert flow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in flow["jobs"].values())
    assert "pull_request_target" not in flow["on"]
    assert flow["concurrency"]["cancel-in-progress"] is True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_workflow_knows_no_secret_and_runs_nothing_that_others_wrote(path):
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert re.findall(r"\$\{\{ *github\.(?!workflow|ref\b)", text) == []  # a branch's name or a title may hold commands


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_and_takes_known_actions(job):
    assert 0 < job["timeout-minutes"] <= LONGEST
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@(v\d+|[0-9a-f]{40})", name)] == []
    checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]
