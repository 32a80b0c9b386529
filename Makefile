# Everything a person needs to run, change and check IJAA; `make help` lists it.
# Needs python3 >= 3.11 and make. Another Python: make run PYTHON=python3.12

PYTHON ?= python3
PORT ?= 8000
DATA ?= var/ijaa
# processes that run tests beside each other: more are faster and want as many idle cores
TESTERS ?= 0

BIN := .venv/bin
ASKED := $(filter command environment,$(origin PYTHON))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-long lint format bench docs dist lock clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: .venv/.ijaa ## start everything with demo data (PORT=8000 DATA=var/ijaa)
	@exec $(BIN)/ijaa demo --port "$(PORT)" --data "$(DATA)"

test: lint docs ## check everything: lint, docs, then the tests
	@$(BIN)/python -m pytest -m "not long" -n $(TESTERS) --dist loadfile --no-loadscope-reorder \
		--ignore tests/e2e --ignore tests/faults
	@$(BIN)/python -m pytest -m "not long" tests/e2e tests/faults

test-long: .venv/.dev .venv/.ijaa ## the drills that take minutes
	@$(BIN)/python -m pytest -m long -o faulthandler_timeout=3600

lint: .venv/.dev .venv/.ijaa ## style, types, laws of the architecture, secrets
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive src alembic bench requirements
	@$(BIN)/python -m tests.architecture.secret_scan

format: .venv/.dev ## let ruff mend what it can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: .venv/.bench .venv/.ijaa ## measure against a bare handler and a FastAPI twin
	@$(BIN)/python -m bench

docs: .venv/.dev ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

dist: .venv/.ijaa ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-cache-dir --no-build-isolation --no-deps --no-index --wheel-dir dist .

lock: .venv/.lock ## choose the newest versions again (LOCK=--upgrade) and write requirements/
	@UV="$(BIN)/uv" PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/compile.sh $(LOCK)

clean: ## remove what make made; the data in var/ stays
	@rm -rf .venv site dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*

# The environment: made once, made anew when its Python is gone, another one is asked for or the folder was moved.

FACTS := import os, sys; print(os.getcwd(), sys.base_prefix, sys.version.split()[0])

.venv/.python: FORCE
	@have="$$($(BIN)/python -I -c '$(FACTS)' 2>/dev/null)"; \
	asked="$(if $(ASKED),$$("$(PYTHON)" -I -c '$(FACTS)' 2>/dev/null),$$have)"; \
	if [ -n "$$have" ] && [ "$$have" = "$$asked" ] && [ "$$(cat $@ 2>/dev/null)" = "$$have" ]; then exit 0; fi; \
	if ! "$(PYTHON)" -c '' 2>/dev/null; then \
		echo "There is no working $(PYTHON). Name another one: make PYTHON=python3.12 ..." >&2; exit 1; fi; \
	if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "IJAA needs Python 3.11 or newer and $(PYTHON) is $$("$(PYTHON)" -c 'import sys; print(sys.version.split()[0])')." \
		"Name another one: make PYTHON=python3.12 ..." >&2; exit 1; fi; \
	if ! "$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "$(PYTHON) has no venv module. Debian and Ubuntu keep it in a package of its own: apt install python3-venv" >&2; exit 1; fi; \
	echo "Making .venv"; \
	"$(PYTHON)" -m venv --clear .venv && $(BIN)/python -I -c '$(FACTS)' > $@

.venv/.run: .venv/.python requirements/run.txt
	@$(BIN)/python requirements/install.py run
	@touch $@

.venv/.ijaa: .venv/.run requirements/build.txt pyproject.toml src/ijaa/__init__.py
	@$(BIN)/python requirements/install.py build
	@$(BIN)/python -m pip install --quiet --no-cache-dir --no-build-isolation --no-deps --no-index --editable .
	@touch $@

.venv/.dev .venv/.bench .venv/.lock: .venv/.%: .venv/.run requirements/%.txt
	@$(BIN)/python requirements/install.py $*
	@touch $@
