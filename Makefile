# Each target says what it is for; `make` alone lists them.
# `make demo` and `make test` need nothing but Python and make: they make the environment first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := amends ingest triage respond storage tests bench
# How many tests run at once.
TEST_WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test fix check ci bench model clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

setup: $(READY) ## make the environment

demo: $(READY) ## the whole journey on the sample messages, offline
	$(BIN)/amends demo

test: $(READY) ## all tests but the slowest; what needs something that is missing here is skipped
	$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal -m 'not slow'

fix: $(READY) ## format, and mend what can be mended
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

check: $(READY) ## format, lint, types, layers and the fast tests, in under a minute or so
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(TEST_WORKERS) --dist worksteal -m 'not slow and not browser and not shared_data' tests/domain tests/bus tests/storage tests/casework tests/contracts

ci: $(READY) ## everything, and a missing server or missing data fails
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	AMENDS_REQUIRE_BROWSER=1 AMENDS_REQUIRE_SHARED_DATA=1 $(MAKE) test
	AMENDS_REQUIRE_BROWSER=1 AMENDS_REQUIRE_SHARED_DATA=1 $(BIN)/pytest -m slow

bench: $(READY) ## measure, and write docs/performance.md; needs the data beside the repository
	$(BIN)/python -m bench.journey

model: $(READY) ## train the triage model anew from the data beside the repository
	$(BIN)/python -m triage.training

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
