# Claimpath on one machine. `make up` is all it takes; ARGS hands options on, for example
#   make up ARGS="--port 9000 --data /tmp/second"

PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
RUN    := $(VENV)/bin/claimpath
UV     := $(shell command -v uv || echo $(VENV)/bin/uv)
LOCK   := pip compile -q pyproject.toml --no-emit-index-url --no-header -p 3.11

.DEFAULT_GOAL := help
.PHONY: help up down status venv test faults faults-long bench check lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: venv  ## start the network and keep it running; Ctrl-C stops it (ARGS="--detach" returns)
	@$(RUN) up $(ARGS)

down: venv  ## stop it
	@$(RUN) down $(ARGS)

status: venv  ## what runs, and how it is
	@$(RUN) status $(ARGS)

venv: $(READY)  ## the Python environment, built anew when its requirements change

test: venv  ## the tests (ARGS="tests/unit -x" for some of them)
	@$(VENV)/bin/python -m pytest $(ARGS)

faults: venv  ## harm done to the real network, the quick set (CLAIMPATH_SEED=N repeats a run)
	@$(VENV)/bin/python -m pytest tests/faults $(ARGS)

faults-long: venv  ## the long set, with the figures of docs/faults.md (ARGS="-k row_1" for one row)
	@$(VENV)/bin/python -m pytest -m long tests/faults $(ARGS)

bench: venv  ## how fast it is on this machine (ARGS="--quick", "--json", "--plot load.svg")
	@$(RUN) bench $(ARGS)

check: venv  ## lint, format, types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

lock: $(UV)  ## pin today's versions of everything
	$(UV) $(LOCK) --extra local --extra dev -o requirements.lock
	$(UV) $(LOCK) -o deploy/requirements.lock

clean:  ## remove what was built; what the network stored stays in .claimpath
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Claimpath needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: apt-get install python3-venv" >&2; exit 1; }
	@echo "Building the Python environment, only when requirements change ..."
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check -r requirements.lock
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/bin/uv: $(READY)
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check uv
