"""What Binder makes of the repository, and of the public one: repo2docker's own reading of it, without Docker."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from autograder.bundle.address import address
from autograder.bundle.write import bundle
from course_lib.settings import settings
from course_lib.units import UNITS, find

pytestmark = pytest.mark.filterwarnings("ignore:pythonjsonlogger.jsonlogger has been moved:DeprecationWarning")
WHERE = address("https://github.com/owner/name", "course-1a2b3c")
STAND_IN = """#!/bin/bash
echo "{name} $*" >> "$CALLS"
"""


@pytest.fixture(scope="module")
def public(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("public") / "name"
    bundle(root, folder, WHERE, UNITS)
    return folder


@pytest.fixture(params=["course", "public"])
def repository(request, root):
    """The course's own, and the one that students get."""
    return root if request.param == "course" else request.getfixturevalue("public")


@pytest.fixture
def pack(repository, monkeypatch):
    """What repo2docker builds it with: the first of its build packs that finds something to do."""
    monkeypatch.chdir(repository)
    from repo2docker.app import Repo2Docker

    packs = [kind("docker.io/library/buildpack-deps:jammy") for kind in Repo2Docker().buildpacks]
    picked = next(each for each in packs if each.detect())
    picked.platform = "linux/amd64"
    return picked


def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_repo2docker_reads_the_folder_binder_and_supports_its_python(repository, pack):
    assert type(pack).__name__ == "CondaBuildPack"
    assert pack.environment_yaml_path == "binder/environment.yml"
    assert {*pack.environment_yaml} == {"channels", "dependencies"}
    assert pack.python_version in SpecifierSet(project(repository)["requires-python"])
    assert pack.get_post_build_scripts() == ["binder/postBuild"]
    assert pack.get_start_script() == "${REPO_DIR}/binder/start"
    assert pack.get_preassemble_scripts(), (
        "the environment is made before the notebooks come, and kept when they change"
    )
    dockerfile = pack.render()
    assert f"conda/environment.py-{pack.python_version}-linux-64.lock" in pack.get_build_script_files()
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "binder/environment.yml"' in dockerfile
    assert "chromium" not in dockerfile, "apt.txt is for tests"


@pytest.mark.parametrize("script", ["postBuild", "start"])
def test_its_scripts_can_be_run(repository, script):
    path = repository / "binder" / script
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/bash\n")
    subprocess.run(["bash", "-n", path], check=True)


def test_post_build_installs_by_the_pins_and_runs_each_lecture_once(repository, tmp_path):
    calls, programs = tmp_path / "calls", tmp_path / "programs"
    programs.mkdir()
    for name in ("uv", "jupyter", "python"):
        (programs / name).write_text(STAND_IN.format(name=name))
        (programs / name).chmod(0o755)
    variables = {"CALLS": str(calls), "PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    subprocess.run([repository / "binder" / "postBuild"], cwd=repository, env={**os.environ, **variables}, check=True)
    install, warm = calls.read_text().splitlines()
    assert install.startswith(f"uv pip install --python {programs}/python --torch-backend cpu ")
    assert "--constraint requirements.txt --editable .[" in install
    ran = [Path(word) for word in warm.split() if word.endswith(".ipynb")]
    assert [path.name for path in ran] == [f"{unit.id}.ipynb" for unit in UNITS]
    assert {path.parents[1] for path in ran} == {tmp_path}, "what a lecture writes stays out of the repository"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls", "programs"]


def test_every_package_that_post_build_installs_has_a_pin_that_fits(repository, pack):
    """For Binder's Python: versions are those on which the tests ran."""
    (extra,) = re.findall(r'--editable "\.\[(\w+)\]"', (repository / "binder" / "postBuild").read_text())
    linux = {**default_environment(), "python_version": pack.python_version, "sys_platform": "linux"}
    linux["python_full_version"] = f"{pack.python_version}.0"
    lines = (Path("requirements.txt").read_text().splitlines(), wanted(project(repository), extra))
    pins, needs = ([Requirement(line) for line in part] for part in lines)
    here = {canonicalize_name(pin.name): pin for pin in pins if pin.marker is None or pin.marker.evaluate(linux)}
    assert len(needs) > 30
    for need in needs:
        (version,) = here[canonicalize_name(need.name)].specifier
        assert version.version in need.specifier, f"{need} and {version.version} of requirements.txt"


def wanted(stated, extra):
    """The requirements of the package and of an extra, and of those that this one names."""
    found = list(stated["dependencies"])
    for line in stated["optional-dependencies"][extra]:
        need = Requirement(line)
        if need.name == stated["name"]:
            found += [more for name in need.extras for more in stated["optional-dependencies"][name]]
        else:
            found.append(line)
    return found


def test_conda_takes_the_same_python_as_binder(root):
    both = [(root / name).read_text() for name in ("environment.yml", "binder/environment.yml")]
    assert [re.findall(r"^ +- python=(.*)$", text, re.MULTILINE) for text in both] == [["3.12"], ["3.12"]]


def test_start_leaves_the_small_profile_and_the_start_page_to_what_it_starts(repository):
    command = "import json, os; print(json.dumps(dict(os.environ)))"
    words = [repository / "binder" / "start", "python3", "-c", command]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    done = subprocess.run(words, cwd=repository, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["COURSE_PROFILE"] == "mini"
    assert (Path(found["JUPYTER_CONFIG_PATH"]) / "jupyter_lab_config.json").is_file()


@pytest.mark.notebook
def test_a_lecture_run_as_post_build_does_fills_the_cache_of_its_readers(public, tmp_path, settings_from):
    unit = find("cnn_recap")
    line = next(
        line for line in (public / "binder" / "postBuild").read_text().splitlines() if "jupyter execute" in line
    )
    words = line.replace('"$copies"/*.ipynb', str(tmp_path / f"{unit.id}.ipynb"))
    (tmp_path / f"{unit.id}.ipynb").write_bytes((public / unit.lecture).read_bytes())
    cache = settings_from().cache
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, "COURSE_CACHE": str(cache), "PATH": programs}
    subprocess.run(["bash", "-c", words], cwd=public, check=True, env=variables)
    assert settings().cache == cache
    assert [path.relative_to(cache).as_posix() for path in cache.rglob("*.*")] == ["weights/lite0.safetensors"]
