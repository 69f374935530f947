# The course, one command each. `make` alone lists them; the first one that you run sets everything up.
# make lab TORCH_BACKEND=cpu    installs PyTorch's small build without CUDA, from PyTorch's own index

BIN := .venv/bin
READY := .venv/.installed
OLDEST := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(if $(shell $(name) -c "$(OLDEST)" 2>/dev/null && echo yes),$(name))))
PACKAGES_FAILED := { echo "The packages could not be installed; the reason stands above. Without a network: connect, and give the same command again; what was fetched is kept. Behind a proxy: export HTTPS_PROXY=http://HOST:PORT"; exit 1; }
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
UNIT ?=

# the tests start hundreds of processes: each module is compiled once
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help lab test test-all quick lint unit build figures real trainings grade attacks mutants agreement bench bench-busy times marks detection site notebooks test-oldest test-newest requirements debian proxy

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

lab: $(READY) ## JupyterLab on the start page
	PATH="$(CURDIR)/$(BIN):$$PATH" JUPYTER_CONFIG_PATH="$(CURDIR)/binder/jupyter" jupyter lab $(AS_ROOT)

ALONE := notebook or browser or timed

test: $(READY) debian proxy ## the tests but those of test-all, three at a time on two cores (many wait); at the end, two at a time, what measures processor time or memory
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not ($(ALONE) or release)"
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "($(ALONE)) and not release"

test-all: $(READY) debian proxy ## all tests, as for each change on GitHub: every unit under other keys, on other processors, for other users
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not ($(ALONE))"
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "$(ALONE)"

quick: $(READY) ## the tests but those of notebooks, of the browser and long ones
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not ($(ALONE) or long or release)"

lint: $(READY) ## style and forbidden imports
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

unit: $(READY) ## the files of a new unit with one worked function: make unit NAME=mask_rcnn TITLE="Mask R-CNN"
	$(BIN)/python -m tools.unit "$(NAME)" $(if $(TITLE),--title "$(TITLE)")
	$(MAKE) build UNIT="$(NAME)"

build: $(READY) ## the public checks' answers and the notebooks, from their text
	$(BIN)/python -m tools.build.expected $(UNIT) && $(BIN)/python -m tools.build.notebooks $(UNIT)

figures: $(READY) ## run the experiments and rewrite docs/figures.md
	$(BIN)/python -m tools.figures

real: $(READY) ## the experiments on real photographs, on a CPU in about an hour, into docs/real.md
	$(BIN)/python -m tools.real $(NAME)

trainings: $(READY) ## the trainings that are too long for a notebook, whose results are shipped: make trainings NAME=…
	$(BIN)/python -m tools.trainings $(NAME)

grade: $(READY) debian ## grade thirty sample submissions; make grade UNIT=02_rcnn grades what lies in submitted/
	$(if $(UNIT),$(BIN)/autograder grade $(UNIT),$(BIN)/python -m tools.samples --grade)

attacks: $(READY) debian ## every attack against our grader and against stock nbgrader, into docs/attacks.md
	$(BIN)/python -m tools.attacks

mutants: $(READY) ## wrong versions of every solution against the checks
	$(BIN)/python -m tools.mutants

agreement: $(READY) ## do the public checks and the exam say the same of every version that we know?
	$(BIN)/python -m tools.agreement $(UNIT)

bench: $(READY) debian ## grading, notebooks, functions and data beside their peers, in half an hour, into docs/benchmarks.md
	$(BIN)/python -m benchmarks

bench-busy: $(READY) debian ## grading and every notebook beside a neighbour on each core, in three quarters of an hour, into docs/neighbours.md
	$(BIN)/python -m benchmarks --busy

times: $(READY) debian proxy ## make test-all and make quick once, timed by part, in an hour, into docs/tests.md
	-$(BIN)/python -m pytest -n 3 --dist worksteal -m "not ($(ALONE))" --junitxml=build/times/beside.xml
	-$(BIN)/python -m pytest -n 2 --dist worksteal -m "$(ALONE)" --junitxml=build/times/alone.xml
	-$(BIN)/python -m pytest -n 3 --dist worksteal -m "not ($(ALONE) or long or release)" --junitxml=build/times/quick.xml
	$(BIN)/python -m benchmarks.tests_table --test build/times/beside.xml --test build/times/alone.xml --quick build/times/quick.xml

marks: $(READY) ## how long the course's networks and torchvision's train to the same mark, in hours, into docs/marks.md: make marks NAME=…
	$(BIN)/python -m benchmarks.marks $(NAME)

detection: $(READY) ## unit 04's detector beside torchvision's, trained for the same time, into docs/detection.md
	$(BIN)/python -m benchmarks.detection

site: $(READY) ## the website, into build/site/html: make site REPOSITORY=https://github.com/OWNER/NAME
	$(BIN)/python -m tools.site $(if $(REPOSITORY),--repository "$(REPOSITORY)")

notebooks: $(READY) debian ## every notebook from top to bottom: exercises and solutions in kernels, lectures in a browser
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/notebooks tests/browser/test_lectures.py

# an environment of its own, from the ranges in pyproject.toml; wheels alone, as students have no compiler (yattag has none anywhere)
define other
	$(BIN)/uv venv --quiet --allow-existing --python $(2) .venv-$(1)
	$(BIN)/uv pip install --python .venv-$(1) --compile-bytecode --upgrade $(3) --only-binary :all: --no-binary yattag -r pyproject.toml --extra test || $(PACKAGES_FAILED)
	$(BIN)/uv pip install --python .venv-$(1) --compile-bytecode --quiet --no-deps --editable .
	.venv-$(1)/bin/python -m pytest -n 3 --dist worksteal $(4) -m "not ($(ALONE))" $(or $(TESTS),tests/course_lib tests/units)
	.venv-$(1)/bin/python -m pytest $(4) -k 02_rcnn tests/notebooks/test_running.py
endef

# what old versions say of each other's age is nobody's to mend
test-oldest: $(READY) ## the library's and the units' tests and one notebook on the oldest versions that pyproject.toml allows, on Python 3.11
	$(call other,oldest,3.11,--resolution lowest-direct,-W default::DeprecationWarning -W default::FutureWarning)

test-newest: $(READY) ## the same on the newest versions that there are, on this Python: make test-newest PYTHON=python3.13
	$(call other,newest,$(PYTHON))

requirements: $(READY) ## the newest versions that fit, into requirements.txt (without CUDA: torch brings it where it is needed)
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --no-annotate --upgrade --quiet --extra test pyproject.toml --output-file .venv/newest.txt
	grep -vE '^(nvidia-|cuda-|triton=)' .venv/newest.txt > requirements.txt

$(READY): requirements.txt pyproject.toml | .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)" || $(PACKAGES_FAILED)
	$(BIN)/uv pip install --python .venv --compile-bytecode $(if $(TORCH_BACKEND),--torch-backend $(TORCH_BACKEND)) -r requirements.txt || $(PACKAGES_FAILED)
	$(BIN)/uv pip install --python .venv --compile-bytecode --quiet --no-deps --editable . || $(PACKAGES_FAILED)
	@touch $@

.venv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is missing: sudo apt-get install python3 python3-venv; where that brings an older one: conda env create --file environment.yml"; exit 1; }
	@$(PYTHON) -c "$(OLDEST)" || { echo "$(PYTHON) is too old: the course needs Python 3.11 or later; name one, as in: make lab PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { echo "python3-venv is missing: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

debian: # apt.txt's packages, where we may install them; a test says so where one is still missing
	@if [ "$(AS_ROOT)" ] && command -v apt-get >/dev/null && ! dpkg -s $$(cat apt.txt) >/dev/null 2>&1; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$(cat apt.txt) \
		|| echo "apt-get could not install all of: $$(cat apt.txt)"; fi

PROXY := configurable-http-proxy@5.1.0

proxy: $(READY) # JupyterHub's, for the tests of the hub, where npm is there; a test says so where it is still missing
	@if command -v npm >/dev/null && ! test -x .venv/node_modules/.bin/configurable-http-proxy; then \
		npm install --prefix .venv --no-save --no-audit --no-fund --loglevel=error $(PROXY) \
		|| echo "npm could not install $(PROXY)"; fi
