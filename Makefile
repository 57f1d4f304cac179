# Targets install what they need into .venv and print what they install.
SHELL := bash
PYTHON ?= python3
BIN := .venv/bin

.PHONY: test
test: .venv/installed
	$(BIN)/pytest

.venv/installed: pyproject.toml constraints.txt
	@echo "Installing Python packages into .venv"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --constraint constraints.txt --group dev --editable .
	touch $@
