# Two commands do everything: make demo, make test. Nothing here is needed on Windows: README.md says how.
# PYTHON may name another interpreter (3.11 or newer); JOBS the number of test processes.

VENV       ?= .venv
BIN        := $(VENV)/bin
STAMP      := $(VENV)/.installed
WHEELHOUSE ?= wheelhouse
JOBS       ?= 2
PIP_FLAGS  ?=
PYTHON     ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: setup demo test wheelhouse clean
.DEFAULT_GOAL := setup

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "make setup: Python 3.11 or newer is needed; name one with PYTHON=/path/to/python" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup
	$(BIN)/medgraft demo $(ARGS)

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

# Every wheel that an air-gapped house needs: there, pip install --no-index --find-links wheelhouse medgraft
wheelhouse: setup
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -w $(WHEELHOUSE) .

clean:
	rm -rf $(VENV) $(WHEELHOUSE) build dist src/medgraft.egg-info .mypy_cache .ruff_cache .hypothesis
