PYTHON ?= python3
# Named first and exactly, so that no other build of torch is fetched for a dependency.
TORCH ?= torch==2.13.0
# Versions of all packages; CONSTRAINTS=/dev/null takes the newest that pyproject.toml allows.
CONSTRAINTS ?= constraints.txt
PYTEST_FLAGS ?= -n auto --dist worksteal --quiet
# Which tests `make test` runs, by their markers.
TESTS ?= not slow
DEMO_FLAGS ?=
# Folder that has eia_us_demand_hourly, forecasting_benchmarks and lstnet_electricity_pieces.
DATA ?= ../shared/data
BENCH_FLAGS ?=
# Case of the paper: motion, eia, electricity, gait or gait-people; all but motion are read from a folder of DATA.
CASE ?= motion
REPRODUCE_FLAGS ?=
FOLDER_eia := eia_us_demand_hourly
FOLDER_electricity := lstnet_electricity_pieces
FOLDER_gait := gait_stroke_movingreality
FOLDER_gait-people := gait_stroke_movingreality

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RIVALS := .venv-rivals
DOCS := .venv-docs

.PHONY: help setup constraints demo test test-all coverage audit mutants lint format rivals docs pages bench bench-import reproduce clean

help:
	@echo "make demo          set up, fit a model on the shipped loads and forecast; results in demo/"
	@echo "make test          set up and run the tests, except the slow ones"
	@echo "make test-all      all tests"
	@echo "make coverage      the quick tests with their coverage, which must reach the limit in pyproject.toml"
	@echo "make audit         check the installed packages and the rivals' pins for known vulnerabilities (needs the network)"
	@echo "make mutants       change the code in many small ways, and write to docs/mutants.md what the tests do not detect"
	@echo "make lint          ruff, mypy and import-linter"
	@echo "make format        sort imports and format the code"
	@echo "make pages         write the pages that are made from the code: public names, messages, extras"
	@echo "make docs          build the site into build/site, with all links checked; open build/site/index.html"
	@echo "make bench         compare divecast and other forecasters on DATA=PATH (hours), write docs/benchmarks.md"
	@echo "make reproduce     the paper's tables on CASE=motion, or another with DATA=PATH; REPRODUCE_FLAGS=--quick to try"
	@echo "make bench-import  measure the time of 'import divecast' and the size of a core install"
	@echo "make constraints   write the versions in $(VENV) to constraints.txt"
	@echo "make clean         remove $(VENV) and everything that was built"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "divecast needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint "$(CONSTRAINTS)" "$(TORCH)"
	$(BIN)/python -m pip install --quiet --constraint "$(CONSTRAINTS)" --editable ".[dev]"
	@touch $@

# After the tests pass with the versions in .venv. A build of torch for one kind of device is not named.
constraints: $(STAMP)
	(sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//') > $(VENV)/constraints.txt
	mv $(VENV)/constraints.txt constraints.txt

demo: $(STAMP)
	$(BIN)/divecast demo --out demo $(DEMO_FLAGS)

# One thread each: one test process runs per core.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "$(TESTS)" $(PYTEST_FLAGS)

test-all: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS)

coverage: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" $(PYTEST_FLAGS) --cov --cov-report=term

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A dependency unknown to the service is listed as not audited.
audit: $(STAMP)
	$(BIN)/pip-audit --local --skip-editable --progress-spinner off
	$(BIN)/pip-audit --requirement research/requirements.txt --no-deps --disable-pip --progress-spinner off
	$(BIN)/pip-audit --requirement research/race/requirements.txt --no-deps --disable-pip --progress-spinner off
	$(BIN)/pip-audit --requirement scripts/site/requirements.txt --no-deps --disable-pip --progress-spinner off

# Takes minutes.
mutants: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/mutmut run
	$(BIN)/python -m research.mutants.page

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages that are made from the code and the installed packages; tests say when they are no longer up to date.
pages: $(STAMP)
	$(BIN)/python scripts/write_api_page.py
	$(BIN)/python scripts/write_errors_page.py
	$(BIN)/python scripts/write_messages_page.py
	$(BIN)/python scripts/write_extras.py
	$(BIN)/python scripts/write_compare.py

# A separate environment, so that set-up stays quick; it reads the package without installing it.
docs: $(DOCS)/.installed
	$(DOCS)/bin/python -m scripts.site.build

$(DOCS)/.installed: scripts/site/requirements.txt
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --upgrade pip
	$(DOCS)/bin/python -m pip install --quiet --requirement $<
	@touch $@

rivals: $(RIVALS)/.installed

# A separate environment: the rivals need an older pandas, and divecast needs none of them.
$(RIVALS)/.installed: research/race/requirements.txt
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/python -m pip install --quiet --upgrade pip
	$(RIVALS)/bin/python -m pip install --quiet "$(TORCH)"
	$(RIVALS)/bin/python -m pip install --quiet --requirement $<
	@touch $@

# Runs that are complete are not repeated; the page is written even if an entry failed.
bench: $(STAMP) rivals
	$(BIN)/python -m research.race.run --data "$(DATA)" $(BENCH_FLAGS); raced=$$?; \
		$(BIN)/python -m research.race.page && exit $$raced

# One table of the paper, on shipped data or DATA=PATH; runs that are complete are not repeated.
reproduce: $(STAMP)
	$(BIN)/python -m research.paper $(CASE) $(if $(FOLDER_$(CASE)),--data "$(DATA)/$(FOLDER_$(CASE))") $(REPRODUCE_FLAGS)

bench-import: $(STAMP)
	$(BIN)/python -m research.speed.import_time

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
