# `make demo` needs Python 3.11 or 3.12 and nothing else; `make` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
RUN_READY := .venv/ready-to-run
DEV_READY := .venv/ready-to-develop
UV := uv==0.13.9
TESTS ?= tests
# Everything here starts Python many times; compiling it each time takes longer than
# the tests, so compiled files are kept even where this asks for none.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/python -m pytest -q -n 2
# Tests of one file share what takes long to set up.
BY_FILE := --dist loadfile --no-loadscope-reorder
ORDINARY := not browser and not chaos and not bench and not walk and not client and not fuzz

.PHONY: help
help:  ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# --- Setting up ---------------------------------------------------------------

# PYTHON names one; otherwise the first that is new enough, and not too new.
.venv/bin/python:
	@fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))'; \
	for python in $${PYTHON:-python3.12 python3.11 python3 python}; do \
	    if "$$python" -c "$$fits" >/dev/null 2>&1; then break; fi; \
	    found="$${found:-}$$("$$python" --version 2>/dev/null || true) "; python=; \
	done; \
	if [ -z "$$python" ]; then \
	    found=$$(echo $$found); \
	    echo "Masthead needs Python 3.11 or 3.12. Found: $${found:-none}." >&2; \
	    echo "Install one of them, or name it: make demo PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	fi; \
	echo "Making .venv with $$("$$python" --version)"; \
	if ! "$$python" -m venv --clear .venv; then \
	    rm -rf .venv; \
	    echo "This Python cannot make virtual environments. On Debian and Ubuntu:" >&2; \
	    echo "  apt install python3-venv   (or python3.12-venv), then run this again." >&2; \
	    exit 1; \
	fi

# uv installs in seconds what takes pip a minute. Where only pip knows the way to the
# packages (a mirror in pip.conf), pip does it.
define install
@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || \
    { rm -rf .venv; $(MAKE) .venv/bin/python; }
@echo "Installing $(2)"
@$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check $(UV) \
    && $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) \
    || $(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check $(1) || { \
    echo "The packages could not be installed: see above. Is there a network?" >&2; exit 1; }
@touch $@
endef

$(RUN_READY): requirements.txt requirements-embedded.txt constraints.txt | .venv/bin/python
	$(call install,-r requirements.txt -r requirements-embedded.txt,what Masthead runs on)

$(DEV_READY): requirements.txt requirements-embedded.txt requirements-dev.txt constraints.txt | .venv/bin/python
	$(call install,-r requirements-dev.txt,what developing needs)

# --- Running ------------------------------------------------------------------

.PHONY: demo run
demo: $(RUN_READY)  ## Everything, with demo content, at http://127.0.0.1:8000 (PORT=8001)
	@exec $(BIN)/python manage.py demo

run: $(RUN_READY)  ## Django's own server, reloading as you edit (DEBUG)
	@$(BIN)/python manage.py migrate --verbosity 0
	@DEBUG=1 exec $(BIN)/python manage.py runserver $${PORT:-8000}

# --- Checking -----------------------------------------------------------------

.PHONY: test lint format walk browser chaos check bench
test: $(DEV_READY)  ## All tests that need no browser (TESTS=tests/editorial for some)
	@$(PYTEST) --dist worksteal -m "$(ORDINARY)" $(TESTS)

lint: $(DEV_READY)  ## Style, types, import rules, forgotten migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

format: $(DEV_READY)  ## Let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

walk: $(DEV_READY)  ## Every door, every actor, against tests/walk/doors.txt
	@$(PYTEST) -m walk tests/walk

browser: $(DEV_READY)  ## The journeys, in a real Chromium
	@$(PYTEST) $(BY_FILE) -m browser tests/journeys

chaos: $(DEV_READY)  ## Kill servers and workers; long properties
	@$(PYTEST) $(BY_FILE) -m chaos tests

# Style and the generated client need one core each; the others take both.
check: $(DEV_READY)  ## What CI runs
	@$(MAKE) -j2 --output-sync=target lint client
	@$(MAKE) test walk browser chaos

bench: $(DEV_READY)  ## The figures, beside Wagtail and plain Django (eight minutes)
	@$(BIN)/python -m bench.run

.PHONY: client fuzz openapi
client: $(DEV_READY)  ## A generated client publishes; the examples of docs/api.md run
	@$(BIN)/python -m pytest -q -m client tests/api

fuzz: $(DEV_READY)  ## Schemathesis as each role (FUZZ_ROLES=author,editor FUZZ_EXAMPLES=50)
	@$(BIN)/python -m pytest -q -m fuzz tests/api

openapi: $(DEV_READY)  ## Write static/api/openapi.json anew from the code
	@$(BIN)/python manage.py spectacular --format openapi-json --file static/api/openapi.json --validate --fail-on-warn

# --- Keeping house ------------------------------------------------------------

.PHONY: screenshots constraints clean
screenshots: $(DEV_READY)  ## The documents' pictures, of a running demo (PORT=8001)
	@$(BIN)/python docs/screenshots/make.py

constraints: $(DEV_READY)  ## Pin what is installed in .venv
	@{ head -1 constraints.txt; $(BIN)/python -m pip freeze | grep -viE '^(uv|pip)==' | LC_ALL=C sort -f; } > constraints.new
	@mv constraints.new constraints.txt

clean:  ## Delete var/ (what the demo wrote), .venv and caches
	@if [ -e var ]; then \
	    if [ -x $(BIN)/python ]; then $(BIN)/python -m cms.embedded.clean; fi; \
	    rm -rf var; \
	fi
	@rm -rf .venv staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
