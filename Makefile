# Targets install what they need into .venv and print what they install. `make site` needs no Docker.
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
export NO_MKDOCS_2_WARNING := 1

.PHONY: site serve live verify test check bench engine engine-down clean

site: .venv/installed ## build site/: live where an engine answers, else from the recordings
	$(BIN)/mkdocs build --quiet

serve: .venv/installed ## the site while it is written, at http://127.0.0.1:8000
	$(BIN)/mkdocs serve

live: .venv/installed ## run every command again and build site/; starts an engine where none answers
	$(BIN)/python -m macros with-engine env DOCKER_NOTES_ENGINE=live $(BIN)/mkdocs build --quiet

verify: .venv/installed ## run every command again and hold it against its recording; writes nothing
	$(BIN)/python -m macros with-engine $(BIN)/python -m macros verify

check: .venv/installed ## style, types, spelling, unit tests: all that needs no engine
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/pytest tests/unit

test: check ## check, and every example and page on a real engine
	$(BIN)/python -m macros with-engine $(BIN)/pytest tests/engine tests/browser

bench: .venv/installed ## how fast, against a plain MkDocs build and a bare shell
	$(BIN)/python -m macros with-engine $(BIN)/python -m tests.benchmarks

engine: .venv/installed ## find or start a Docker Engine; prints DOCKER_HOST=… last
	@$(BIN)/python -m macros engine

engine-down: .venv/installed ## stop the engine that `make engine` started
	@$(BIN)/python -m macros engine-down

clean: ## remove what can be made again
	rm -rf .venv .cache site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml constraints.txt
	@echo "Installing Python packages into .venv"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --constraint constraints.txt --group dev --editable .
	touch $@
