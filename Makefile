# One command for each thing a developer does; `make` alone lists them.
#
# Everything happens inside the active virtual environment, or in .venv where none is active. The first target that needs
# it fills the environment; a stamp inside it remembers which requirements it was filled from.

ENV    := $(or $(VIRTUAL_ENV),$(CURDIR)/.venv)
RUN    := PATH="$(ENV)/bin:$$PATH" VIRTUAL_ENV="$(ENV)"
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
ENGINE ?= $(shell command -v docker || command -v podman)
IMAGE  ?= kap-pathways:0.1.0
PIP    := "$(ENV)/bin/python" -m pip -qq --disable-pip-version-check --no-input
LOCK   := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--custom-compile-command "make requirements"

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help install demo test timelines longtest mutants clinics check format bench requirements image clean

help: ## List the targets
	@echo "Usage: make TARGET [ARGS=\"…\"]"
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1\t\2/p' "$(firstword $(MAKEFILE_LIST))" | \
		while IFS="$$(printf '\t')" read -r name what; do printf '  %-14s%s\n' "$$name" "$$what"; done
	@echo
	@echo "ARGS are handed on to the program behind the target: make test ARGS=\"-k referral\"."

install: ## Fill the environment (.venv, or the active one); done by the others when needed
	@set -eu; \
	if [ ! -x "$(ENV)/bin/python" ]; then \
		"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
			echo "Python 3.11 or newer is needed. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }; \
		echo "Making a virtual environment in $(ENV)"; \
		"$(PYTHON)" -m venv "$(ENV)" || { rm -rf "$(ENV)"; \
			echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	fi; \
	"$(ENV)/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(ENV) has a Python older than 3.11, or a broken one. Remove it, or leave it (deactivate), then try again." >&2; exit 1; }; \
	state="$$(cat requirements/dev.txt pyproject.toml | cksum) $(CURDIR)"; \
	stamp="$(ENV)/.kap-installed"; \
	[ "$$(cat "$$stamp" 2>/dev/null)" = "$$state" ] && exit 0; \
	rm -f "$$stamp"; \
	echo "Installing $$(grep -c '^[a-z].*==' requirements/dev.txt) packages into $(ENV), hashes checked (once)"; \
	$(PIP) install --require-hashes -r requirements/dev.txt || { \
		echo "The packages could not be installed; the message above says why. Is the package index reachable?" >&2; exit 1; }; \
	$(PIP) install --no-deps --no-build-isolation -e .; \
	echo "$$state" > "$$stamp"

demo: install ## Take three invented patients from referral to completed integration, in under two minutes
	@$(RUN) kap demo $(ARGS)

test: install ## Run the tests
	@$(RUN) pytest $(ARGS)

longtest: install ## Play 100,000 random courses on the rules: hours of one processor
	@$(RUN) pytest tests/rules/test_invariants.py --hypothesis-profile=long -n 0 $(ARGS)

mutants: install ## Change the rules one small thing at a time, and see whether tests notice
	@$(RUN) python -m tests.mutants $(ARGS)

clinics: install ## Play random clinics from seeds; what fails is kept, made short
	@$(RUN) python -m tests.clinics $(ARGS)

timelines: install ## Run every dated timeline on a whole installation (some minutes)
	@$(RUN) kap scenario run tests/scenarios/*.yaml --engine server $(ARGS)

check: install ## Lint, formatting, types and import directions
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy --strict
	@$(RUN) lint-imports

format: install ## Put imports and layout in order, and repair what lint can repair
	@$(RUN) ruff check --fix-only .
	@$(RUN) ruff format .

bench: install ## Measure a full course against a bare workflow
	@$(RUN) python -m tests.bench $(ARGS)

requirements: ## Pin anew what pyproject.toml asks for (ARGS=--upgrade: everything at its newest)
	@set -eu; \
	command -v uv >/dev/null || { echo "uv is needed to pin requirements: pip install uv" >&2; exit 1; }; \
	$(LOCK) $(ARGS) -o requirements/runtime.txt pyproject.toml; \
	$(LOCK) $(ARGS) -o requirements/dev.txt --extra dev pyproject.toml; \
	echo hatchling | $(LOCK) $(ARGS) -o requirements/build.txt -; \
	echo "Pinned: $$(grep -c '==' requirements/runtime.txt) packages at run time, $$(grep -c '==' requirements/dev.txt) in development"

image: ## Build the container image (docker or podman)
	@[ -n "$(ENGINE)" ] || { echo "Neither docker nor podman was found." >&2; exit 1; }
	$(ENGINE) build --file deploy/Containerfile --tag "$(IMAGE)" $(ARGS) .

clean: ## Remove caches and what was built; never .kap, where pathways live
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
