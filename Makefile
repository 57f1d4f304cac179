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

.PHONY: site serve zensical live verify test test-engine check mutants bench engine engine-down upgrade clean

site: .venv/installed ## build site/: live where an engine answers, else from the recordings
	$(BIN)/mkdocs build --quiet

serve: .venv/installed ## the site while it is written, at http://127.0.0.1:8000; there a warning ends nothing
	$(BIN)/mkdocs serve --no-strict

zensical: .venv/installed ## the same pages by Zensical, into site-zensical/
	$(BIN)/python -m docker_notes.site.zensical

live: .venv/installed ## run every command again and build site/; starts an engine where none answers
	$(BIN)/docker-notes with-engine env DOCKER_NOTES_ENGINE=live $(BIN)/mkdocs build --quiet

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
	$(BIN)/actionlint -shellcheck $(BIN)/shellcheck .github/workflows/*.yml
	$(BIN)/zizmor --quiet --offline .github
	$(BIN)/mypy
	$(BIN)/pytest --quiet --cov tests/lint tests/unit tests/sites/test_replay.py tests/sites/test_settings.py

mutants: .venv/installed ## change the core's code, one expression at a time: a test has to notice
	$(BIN)/python -m tests.mutants

test: check test-engine ## check, and every example and page on a real engine

test-engine: .venv/installed ## the tests that need an engine, and the built site in headless Chromium
	$(BIN)/docker-notes with-engine $(BIN)/pytest $(PART) tests/engine tests/sites/test_live.py tests/browser

bench: .venv/installed ## how fast, against plain MkDocs, a bare shell, markdown-exec and jupyter-cache; BENCH="builds --turns 9"
	@echo "Installing what is measured against into .venv"
	$(BIN)/pip install --quiet --constraint constraints.txt --group bench
	$(BIN)/docker-notes with-engine $(BIN)/python -m tests.benchmarks $(BENCH)

engine: .venv/installed ## find or start a Docker Engine; prints DOCKER_HOST=… last
	@$(BIN)/docker-notes engine

engine-down: .venv/installed ## stop the engine that `make engine` started
	@$(BIN)/docker-notes engine-down

upgrade: ## the newest allowed version of every Python package, into constraints.txt
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --group dev --group bench --editable .
	$(BIN)/pip freeze --exclude-editable >constraints.txt
	touch .venv/installed

clean: ## remove what can be made again
	rm -rf .venv .cache site .site.* site-zensical *.egg-info .*_cache .hypothesis .coverage* mutants

.venv/installed: pyproject.toml constraints.txt
	@echo "Installing Python packages into .venv"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --constraint constraints.txt --group dev --editable .
	touch $@
