# Targets install what they need into .venv and print what they install. `make site` needs no Docker.
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
# SHARD=2/3: the second of three parts, for machines side by side.
SHARD ?=
NTH = $(word 1,$(subst /, ,$(SHARD)))
OF = $(word 2,$(subst /, ,$(SHARD)))
PAGES = $(if $(SHARD),$(shell find docs -name '*.md' | sort | awk 'NR % $(OF) == $(NTH) % $(OF)'))
PART = $(if $(SHARD),--splits $(OF) --group $(NTH))
SCRIPTS = $(shell git grep -lE '^#!.*\b(ba|da)?sh$$' -- ':!docs' ':!recordings')
export NO_MKDOCS_2_WARNING := 1

# Debian and Ubuntu have a part of Python's venv in a package of its own.
define VENV_MODULE
{ package=$$($(PYTHON) -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")'); \
if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then \
	echo "Installing the Debian package $$package"; export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -qq --yes --no-install-recommends "$$package" >/dev/null; \
else echo "$(PYTHON) has no ensurepip, of which a virtual environment is made; on Debian and Ubuntu: sudo apt install $$package" >&2; exit 1; fi; }
endef


.PHONY: site serve zensical live verify test faults test-engine check mutants bench engine engine-down upgrade clean other-python

site: .venv/installed ## build site/: live where an engine answers, else from the recordings
	$(BIN)/mkdocs build --quiet

serve: .venv/installed ## the site while it is written, at http://127.0.0.1:8000; there a warning ends nothing
	$(BIN)/mkdocs serve --no-strict

zensical: .venv/installed ## the same pages by Zensical, into site-zensical/
	$(BIN)/python -m docker_notes.site.zensical

live: .venv/installed ## run every command again and build site/; starts an engine where none answers. PAGES=docs/index.md
	$(if $(PAGES),$(BIN)/docker-notes with-engine $(BIN)/docker-notes record --all $(PAGES))
	$(if $(PAGES),env DOCKER_NOTES_ENGINE=replay,$(BIN)/docker-notes with-engine env DOCKER_NOTES_ENGINE=live) $(BIN)/mkdocs build --quiet

verify: .venv/installed ## run every command again and hold it against its recording; writes nothing. ENGINE=20.10; PAGES=docs/index.md
	DOCKER_NOTES_GENERATION=$(ENGINE) $(BIN)/docker-notes with-engine $(BIN)/docker-notes verify $(PAGES)

check: .venv/installed ## style, spelling, forms, types, unit tests: all that needs no engine, the fast ones first
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell
	$(BIN)/yamllint --strict .
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --schemafile macros/docker_notes/recording/recording.schema.json recordings/*.yml $(wildcard tests/sites/*/recordings/*.yml)
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/pre-commit validate-manifest .pre-commit-hooks.yaml
	$(BIN)/actionlint -shellcheck $(BIN)/shellcheck .github/workflows/*.yml
	$(BIN)/zizmor --quiet --offline action.yml .github
	$(BIN)/mypy
	$(BIN)/pytest --quiet --numprocesses 2 --dist loadscope --cov=macros tests/lint tests/unit tests/sites/test_replay.py tests/sites/test_settings.py

mutants: .venv/installed ## change the core's code, one expression at a time: a test has to notice
	$(BIN)/python -m tests.mutants

test: check test-engine ## check, and every example and page on a real engine

faults: .venv/installed ## every call to the engine goes wrong once, in every way; FAULTS=50 is a sample of so many
	FAULTS=$(or $(FAULTS),10000) $(BIN)/docker-notes with-engine $(BIN)/pytest --quiet -s tests/engine/test_faults.py

test-engine: .venv/installed ## the tests that need an engine, and the built site in headless Chromium
	$(BIN)/docker-notes with-engine $(BIN)/pytest $(PART) tests/engine tests/sites/test_live.py tests/browser

bench: .venv/installed ## how fast, against plain MkDocs, a bare shell, markdown-exec and jupyter-cache; BENCH="builds --turns 9"
	@echo "Installing what is measured against into .venv"
	$(BIN)/pip install -qq --constraint constraints.txt --group bench
	$(BIN)/docker-notes with-engine $(BIN)/python -m tests.benchmarks $(BENCH)

engine: .venv/installed ## find or start a Docker Engine; prints DOCKER_HOST=… last
	@$(BIN)/docker-notes engine

engine-down: .venv/installed ## stop the engine that `make engine` started
	@$(BIN)/docker-notes engine-down

upgrade: ## the newest allowed version of every Python package, into constraints.txt; with the oldest Python: PYTHON=python3.11
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -qq --upgrade 'pip>=25.1'
	$(BIN)/pip install -qq --group dev --group bench --editable .
	$(BIN)/pip freeze --exclude-editable >constraints.txt
	@command -v $(PYTHON) >.venv/made-with
	@touch .venv/installed

clean: ## remove what can be made again
	rm -rf .venv .cache site .site.* site-zensical *.egg-info .*_cache .hypothesis .coverage* mutants

# Made anew where a Python is named that is not the one in .venv. Pip tells errors only: it also warns of what a machine's
# configuration names, once for each package.
.venv/installed: pyproject.toml constraints.txt $(if $(filter-out file default,$(origin PYTHON)),$(if $(shell cmp -s .venv/made-with <(command -v $(PYTHON)) || echo other),other-python))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one, as in: make site PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(VENV_MODULE)
	@echo "Installing the Python packages of constraints.txt into .venv, for $$($(PYTHON) --version)"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -qq --upgrade 'pip>=25.1'
	$(BIN)/pip install -qq --constraint constraints.txt --group dev --editable .
	@command -v $(PYTHON) >.venv/made-with
	@touch $@
