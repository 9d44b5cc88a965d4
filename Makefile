# nlpwb: what a newcomer types. `make demo` and `make test` need nothing but Python 3.11 or later and the network once.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEV    := $(VENV)/.ready-dev
WORKERS ?= 2

.PHONY: help demo test test-all check format docs bench clean

help:
	@echo "make demo      the main job on sample_data/"
	@echo "make test      the tests that take seconds (make test-all: all of them)"
	@echo "make check     format, lint, types, import contracts, generated docs"
	@echo "make docs      generate docs/commands.md and docs/methods.md anew"
	@echo "make bench     the speed table, against scikit-learn, in one run"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# torch stands first and alone: the constraint names the release whose CPU build is wanted, and nothing else may pull another.
$(READY): $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/nlpwb compare sample:reviews --format table

test: $(DEV)
	$(BIN)/python -m pytest -m "not slow" -n $(WORKERS)

test-all: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEV)
	$(BIN)/python -m docs.generate

bench: $(DEV)
	$(BIN)/python -m benchmarks.run

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
