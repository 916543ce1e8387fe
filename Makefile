PYTHON ?= python3
# Named first and exactly, so that no other build of torch is fetched for a dependency.
TORCH ?= torch==2.13.0
PYTEST_FLAGS ?= -n auto --quiet
DEMO_FLAGS ?=
# Folder that has eia_us_demand_hourly, forecasting_benchmarks and lstnet_electricity_pieces.
DATA ?= ../shared/data
BENCH_FLAGS ?=
# Case of the paper: motion, eia, electricity, gait or gait-people.
CASE ?= motion
REPRODUCE_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RIVALS := .venv-rivals

.PHONY: help setup demo test test-all audit mutants lint format rivals bench bench-import reproduce clean

help:
	@echo "make demo          set up, fit on the shipped loads, forecast; results in demo/"
	@echo "make test          set up and run the tests, without the slow ones"
	@echo "make test-all      all tests"
	@echo "make audit         ask for known faults in what is installed here and in the rivals' pins (needs the network)"
	@echo "make mutants       change the code in many small ways, see which the tests miss, write docs/mutants.md"
	@echo "make lint          ruff, mypy and the layers"
	@echo "make format        put imports and layout in order"
	@echo "make bench         race divecast and its rivals on DATA=PATH (hours), write docs/benchmarks.md"
	@echo "make reproduce     the paper's tables on CASE=motion, or another with DATA=PATH; REPRODUCE_FLAGS=--quick to try"
	@echo "make bench-import  time of 'import divecast' and size of a core install"
	@echo "make clean         remove $(VENV) and what was built"

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "divecast needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@

demo: $(STAMP)
	$(BIN)/divecast demo --out demo $(DEMO_FLAGS)

# One thread each: the tests run side by side, one process per core.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" $(PYTEST_FLAGS)

test-all: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A dependency that the service does not know is named as not audited.
audit: $(STAMP)
	$(BIN)/pip-audit --local --skip-editable --progress-spinner off
	$(BIN)/pip-audit --requirement research/race/requirements.txt --no-deps --disable-pip --progress-spinner off

# Minutes; docs/mutants.md says which changes no test notices.
mutants: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/mutmut run
	$(BIN)/python -m research.mutants.page

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

rivals: $(RIVALS)/.installed

# An environment of its own: the rivals need an older pandas, and divecast needs none of them.
$(RIVALS)/.installed: research/race/requirements.txt
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/python -m pip install --quiet --upgrade pip
	$(RIVALS)/bin/python -m pip install --quiet "$(TORCH)"
	$(RIVALS)/bin/python -m pip install --quiet --requirement $<
	@touch $@

# Lines that are there are not made again; the page is written also where a race failed.
bench: $(STAMP) rivals
	$(BIN)/python -m research.race.run --data "$(DATA)" $(BENCH_FLAGS); raced=$$?; \
		$(BIN)/python -m research.race.page && exit $$raced

# One table of the paper, on data that ship or on DATA=PATH; runs that are there are not made again.
reproduce: $(STAMP)
	$(BIN)/python -m research.paper $(CASE) $(if $(filter motion,$(CASE)),,--data "$(DATA)") $(REPRODUCE_FLAGS)

bench-import: $(STAMP)
	$(BIN)/python -m research.speed.import_time

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
