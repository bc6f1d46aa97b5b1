# Two commands matter: `make demo` and `make test`. Both install what they need into .venv first.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.PHONY: demo test check bench lock format vendor clean

demo: .venv/demo.stamp
	$(BIN)/passport demo $(ARGS)

test: .venv/dev.stamp
	$(BIN)/pytest -n auto $(ARGS)

check: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/passport db check

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks $(ARGS)

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/dev.stamp
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --extra install pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --extra install --extra dev pyproject.toml -o requirements-dev.lock

vendor: .venv/dev.stamp
	$(BIN)/python passport/web/static/vendor.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ .venv/demo.stamp

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
