# make run    everything on this machine, with the demo; Ctrl-C stops it
# make test   all tests, on a PostgreSQL and Valkeys of their own
# make check  what has to be true before a change is handed in
PYTHON ?= python3
VENV := .venv/bin
TESTS ?= tests
# One more than the cores of a small machine, since tests of the running product wait; each more collects all tests anew.
WORKERS ?= 3
# Web, workers, fits and commands are many processes: without bytecode each would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test e2e lint check bench bench-web screenshots soak kill-matrix lock clean worker-environment dev-environment

help:
	@sed -n 's/^# //p' Makefile

worker-environment:
	@$(PYTHON) recsys/config/environment.py worker

dev-environment:
	@$(PYTHON) recsys/config/environment.py dev

run: worker-environment
	@exec $(VENV)/python manage.py up --with-parent

test: dev-environment
	@exec $(VENV)/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

e2e: dev-environment
	@exec $(VENV)/python -m pytest -m e2e $(TESTS)

lint: dev-environment
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/lint-imports
	$(VENV)/mypy recsys feedback curation tests bench docker manage.py
	$(VENV)/python -W ignore manage.py makemigrations --check --dry-run

check: lint test

bench: dev-environment
	@exec $(VENV)/python -m bench

# What pages take in a headless Chromium, beside what is wanted.
bench-web: dev-environment
	@exec $(VENV)/python -m bench web

# Every page as every role, three widths, light and dark, both languages: var/screenshots/index.html.
screenshots: dev-environment
	@exec $(VENV)/python -m tests.screenshots

# MINUTES of mixed traffic while processes are killed, then every acknowledged event is counted.
MINUTES ?= 10
soak: dev-environment
	@exec $(VENV)/python -m tests.soak --minutes $(MINUTES)

# Every process killed, stopped and frozen once under the same traffic.
kill-matrix: dev-environment
	@exec $(VENV)/python -m tests.soak --matrix

# The index of packages and its place are a matter of the machine: none stands in the locks.
COMPILE := $(VENV)/python -m piptools compile --quiet --generate-hashes --unsafe-package torch --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock: dev-environment
	$(COMPILE) --output-file web.lock pyproject.toml
	$(COMPILE) --extra worker --constraint web.lock --output-file worker.lock pyproject.toml
	$(COMPILE) --extra worker --extra dev --constraint worker.lock --output-file dev.lock pyproject.toml

clean:
	rm -rf build .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
