# Every target makes the environment it needs in .venv, once: again only if pyproject.toml or constraints.txt changes.

PYTHON ?= python3
DEMO ?= runs/demo

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test slow check docs format clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/stamp-all  ## Train market makers on real EUR/USD; leaves tables, figure and log in runs/demo
	$(BIN)/catallaxy train examples/fx_hourly/scenario.toml --out $(DEMO) --workers 2 --force

test: $(VENV)/stamp-dev  ## Run the tests (make slow: the long ones)
	$(BIN)/python -m pytest -q

slow: $(VENV)/stamp-dev
	$(BIN)/python -m pytest -q -m slow

check: $(VENV)/stamp-dev  ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build
	$(PIP) install -q --no-deps --no-build-isolation --target build/typed .
	MYPYPATH=build/typed $(BIN)/mypy -p catallaxy

docs: $(VENV)/stamp-dev  ## Build the guide into build/docs/index.html
	$(BIN)/sphinx-build -q -W -b html docs build/docs

format: $(VENV)/stamp-dev  ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove the environment and everything that was built (runs/ stays)
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(f"Python 3.11 or newer is needed, this is {sys.version}" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/stamp-%: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -q -c constraints.txt setuptools
	$(PIP) install -q -c constraints.txt --no-build-isolation -e '.[$*]'
	touch $@
