# Everything runs in .venv, which `make install` makes; the other targets make it if it is missing.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nets of this size gain nothing from more threads, and tests run side by side.
export OMP_NUM_THREADS ?= 1

.PHONY: install demo test test-property bench lint clean

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[all,dev]'
	touch $@

demo: install
	$(BIN)/act-export models/charlm/model.pt --target all --data models/charlm/eval.npz -o out/demo

test: install
	$(BIN)/pytest -n 2 --dist worksteal -m 'not property'

test-property: install
	$(BIN)/pytest -n 2 --dist worksteal -m property

bench: install
	$(BIN)/python benchmarks/train.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv out build *.egg-info
