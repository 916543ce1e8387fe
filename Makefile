PYTHON ?= python3
# Named first and exactly, so that no other build of torch is fetched for a dependency.
TORCH ?= torch==2.13.0
PYTEST_FLAGS ?= -n auto --quiet
DEMO_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test lint format bench-import clean

help:
	@echo "make demo          set up, fit on the shipped loads, forecast; results in demo/"
	@echo "make test          set up and run the tests"
	@echo "make lint          ruff, mypy and the layers"
	@echo "make format        put imports and layout in order"
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

# One thread each: the tests run side by side, one process a core.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-import: $(STAMP)
	$(BIN)/python benchmarks/import_time.py

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
