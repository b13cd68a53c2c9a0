# make demo   the whole story on real data: train, convert, prove, measure, read pictures
# make test   lint, types and tests; the same as in CI
# make test-arm64   the device tests on an emulated 64-bit Arm Debian with Python 3.11 and tflite-runtime (root, slow)
# make test-py313   the same with Python 3.13 and ai-edge-litert
# make format the code as ruff wants it
# make clean  remove the environment and what the demo wrote
#
# Each creates .venv first, with everything the project needs, and only again when pyproject.toml has changed. The project is
# compiled then too, so that its commands start as fast where Python is told to write no bytecode (PYTHONDONTWRITEBYTECODE).

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The tests of one file run in one process, in their order; with TensorFlow each process takes a gigabyte.
WORKERS := -n auto --maxprocesses 4 --dist loadfile
# The first of these that runs and is new (and old) enough makes the environment; or name one: make PYTHON=...
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.11 python3.13 python3.12 python3.10)

.PHONY: demo test test-arm64 test-py313 check format clean
.DEFAULT_GOAL := demo

demo: $(STAMP)
	$(BIN)/edge-digits demo

test: $(STAMP)
	@echo "== lint"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@echo "== types"
	$(BIN)/mypy
	@echo "== tests (those that import TensorFlow in processes of their own)"
	$(BIN)/pytest $(WORKERS)
	$(BIN)/pytest --tensorflow $(WORKERS)

test-arm64: $(STAMP)
	PYTHON=$(BIN)/python tests/foreign_debian.sh arm64

test-py313: $(STAMP)
	PYTHON=$(BIN)/python tests/foreign_debian.sh py313

check: format test

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info edge-digits-demo .mypy_cache .ruff_cache

$(STAMP): pyproject.toml
	@set -e; chosen=; \
	for candidate in $(CANDIDATES); do \
	  if $$candidate -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    chosen=$$candidate; break; \
	  fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	  echo "error: expected Python 3.10 to 3.13, found none as: $(CANDIDATES); install one or name it: make PYTHON=/path/to/python" >&2; \
	  exit 1; \
	fi; \
	echo "== making $(VENV) with $$($$chosen --version) (TensorFlow is about 600 MB; once)"; \
	rm -rf $(VENV); \
	$$chosen -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; \
	$(BIN)/python -m pip install --disable-pip-version-check -q --config-settings editable_mode=compat -e '.[train,legacy,litert,report,mqtt,onnx,dev]'; \
	$(BIN)/python -m compileall -q converters device benchmarks edge_digits; \
	touch $@
