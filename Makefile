# Everything here works on a machine that has only Python >= 3.11, make and git.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: help setup demo test test-long stories mutants lint up bench lock clean

help:  ## show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(STAMP)  ## make .venv with everything, from locked and hashed requirements

$(STAMP): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	$(BIN)/uv pip sync --quiet --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

up: $(STAMP)  ## start the local stack: Kafka, ClickHouse, worker
	$(BIN)/cxstream up

demo: $(STAMP)  ## publish 100,000 interactions and compare the tables with the batch oracle
	$(BIN)/cxstream demo

lint: $(STAMP)  ## ruff, mypy, import contracts, SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint --disable-progress-bar schemas/clickhouse pipeline

test: $(STAMP) lint  ## lint, then every test on the real Kafka and the real engine
	$(BIN)/python -m pytest

test-long: $(STAMP)  ## 100,000 random worlds and cases against the oracle; takes an hour or two
	CXSTREAM_SIMULATION_SEEDS=20000 CXSTREAM_PROPERTY_CASES=30000 $(BIN)/python -m pytest -s --timeout=0 tests/simulation tests/core/test_agreement.py

stories: $(STAMP)  ## tell the hand-computed stories to the oracle, to the fold, and to a worker on real servers, in any order
	$(BIN)/python -m pytest -v tests/stories

MUTANTS ?= 1200
mutants: $(STAMP)  ## change the core in 1,200 ways, one at a time; how many does a test see? Takes about an hour
	$(BIN)/python -m benchmarks.mutants $(MUTANTS)

bench: $(STAMP)  ## print the figures that README quotes
	$(BIN)/python -m benchmarks

lock:  ## resolve the requirement files anew (no address ends up in them)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml --extra local --extra plot --group dev -o requirements/dev.txt
	printf 'click>=8.4.2\n' | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q pyproject.toml --extra local --group dev --group mutation --override - -o requirements/mutation.txt
	printf 'uv\n' | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q - -o requirements/bootstrap.txt

clean:  ## remove what was made here, the local stack's data included
	rm -rf .venv .cxstream
