# Everything runs in an environment of its own, made from the lock file on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test soak check lint types sql imports lock bench docs wheel clean
.DEFAULT_GOAL := test

$(READY): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

demo: $(READY)            ## simulate a small organisation, ingest, build, ask three questions
	$(BIN)/trailhouse demo

test: $(READY)            ## the tests, in at most four minutes on two cores
	$(BIN)/python -m pytest -n 2 -m "not soak"

soak: $(READY)            ## the long versions: kills, thousands of commits, wheels
	$(BIN)/python -m pytest -n 2 -m soak

check: lint types sql imports lock  ## format, lint, types, SQL, import order, lock file

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

sql: $(READY)
	@if find queries -name '*.sql' | grep -q .; then $(BIN)/sqlfluff lint queries; fi

imports: $(READY)
	$(BIN)/lint-imports

lock: $(READY)
	$(BIN)/python -m pip check

bench: $(READY)           ## side by side against DuckDB's own JSON reader
	$(BIN)/python -m benchmarks.ingest

docs: $(READY)            ## write docs/{cli,settings,tables,models,questions}.md from the code
	$(BIN)/python -m pipeline.cli.reference docs
	$(BIN)/python -m pipeline.lake.reference docs
	$(BIN)/python -m pipeline.iam.reference docs
	$(BIN)/python -m pipeline.models.document docs
	$(BIN)/python -m pipeline.ask.library.document docs

wheel: $(READY)           ## build dist/trailhouse-*.whl
	$(BIN)/python -m build --wheel

clean:                    ## remove the environment and everything made here
	rm -rf $(VENV) dist build demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
