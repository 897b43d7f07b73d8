# Everything here needs Python 3.10 or newer and make, nothing else: each target builds its own
# virtual environment first. PYTHON=python3.12 picks an interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench picture clean

demo: $(READY)  ## plan, apply and plan again, on a sandbox on this machine
	$(BIN)/catalogctl demo

test: $(READY)  ## lint, types, floors and all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto

bench: $(READY)  ## the targets of speed, measured: docs/performance.md
	$(BIN)/python -m benchmarks targets

picture: $(READY)  ## draw the picture of a plan that the README opens with
	$(BIN)/python docs/draw_plan.py
	$(BIN)/python docs/draw_comment.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 10), "catalogctl needs Python 3.10 or newer"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
