# `make demo` shows the whole desk at work; `make test` proves it. Everything else is for people who work on it.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help demo test torture fuzz bench check format requirements clean

help:  ## what can be made
	@sed -n 's/^\([a-z.-]*\):.*## */\1\t/p' Makefile | expand -t 16

.venv: requirements/pip.txt requirements/development.txt pyproject.toml  ## install everything into .venv, by pinned hashes
	$(PYTHON) requirements/python_version.py
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/pip.txt
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/development.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch .venv

demo: .venv  ## the whole desk on this machine, with mails, a CA and a console
	$(BIN)/sulku demo

test: .venv  ## all checks and tests (installs the Debian packages they need, where it may)
	requirements/install_debian
	$(MAKE) --no-print-directory check
	TMPDIR="$$($(BIN)/python requirements/roomy_memory.py)" $(BIN)/python -m pytest --numprocesses=2 --dist=worksteal $(PYTEST)

torture: .venv  ## kill the desk at every point and in storms (KILLS= MAILS= REVOCATIONS= DEATHS= SEED= DATABASE=); docs/torture.md
	requirements/install_debian
	TMPDIR="$$($(BIN)/python requirements/roomy_memory.py)" TORTURE=yes \
		TORTURE_KILLS="$(KILLS)" TORTURE_MAILS="$(MAILS)" \
		TORTURE_REVOCATIONS="$(REVOCATIONS)" TORTURE_SEED="$(SEED)" TORTURE_DEATHS="$(DEATHS)" \
		$(BIN)/python -m pytest tests/fault -m torture $(if $(DATABASE),-k $(DATABASE)) --numprocesses=3 --dist=load --maxschedchunk=1 $(PYTEST)

fuzz: .venv  ## random and mutated mails through all that reads, proves and judges (FUZZ_SECONDS=600 SEED=); keeps what fails
	TMPDIR="$$($(BIN)/python requirements/roomy_memory.py)" $(BIN)/python -m tests.fuzz \
		--seconds $(or $(FUZZ_SECONDS),600) $(if $(SEED),--seed $(SEED))

bench: .venv  ## measure the road (QUICK=1: only whether it runs); see benchmarks/README.md
	requirements/install_debian
	$(BIN)/python -m benchmarks.run $(if $(QUICK),--quick)

bench-campaign: .venv  ## revoke 83,267 certificates at once (KILL=2: with both processes killed on the way)
	$(BIN)/python -m benchmarks.campaign $(if $(KILL),--kill $(KILL))

check: .venv  ## style, types, import rules
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv  ## write the code as the checks want it
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

requirements:  ## pin the newest versions (needs uv)
	for set in pip runtime development; do \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-annotate --no-header --output-file requirements/$$set.txt requirements/$$set.in; done

clean:  ## remove what was made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
