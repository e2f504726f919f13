# Python 3.11 or newer and make, nothing else. The first target that needs it builds .venv from hash-pinned requirements.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test proofs mutants conform check lint types floors fresh bench docs lock clean

# The first of these that is new enough; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && exit; done; echo python3)
UV ?= uv
PIP := .venv/bin/python -m pip -qq --disable-pip-version-check

# A .venv that was copied along with the tree still points to the old tree, and one whose Python is gone points nowhere.
ifneq ($(CURDIR),$(shell .venv/bin/python -V >/dev/null 2>&1 && cat .venv/base.stamp 2>/dev/null))
$(shell rm -f .venv/base.stamp)
endif
unexport PYTHONPATH PYTHONHOME

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r target text; do printf '  make %-7s %s\n' "$$target" "$$text"; done

demo: .venv/package.stamp ## a store of fictitious cases, and a tour of it
	@store=dtv-demo; n=2; while [ -e $$store ]; do store=dtv-demo-$$n; n=$$((n + 1)); done; \
	if [ $$store = dtv-demo ]; then .venv/bin/dtv demo; \
	else echo "dtv-demo exists and stays as it is. This demo is made in $$store." >&2; .venv/bin/dtv demo --store $$store; fi

test: .venv/dev.stamp .venv/package.stamp ## every test; one of them: .venv/bin/pytest tests/test_house.py -k columns
	@.venv/bin/python -m pytest

proofs: .venv/dev.stamp .venv/package.stamp ## every reachable configuration, in two orders; minutes
	@.venv/bin/python -m tests.proofs

mutants: .venv/dev.stamp .venv/package.stamp ## guards and decide changed one by one: which tests notice; minutes
	@.venv/bin/python -m tests.mutants.run

check: lint types floors fresh ## the linter, the types, the floors, and that the generated docs are fresh

lint: .venv/dev.stamp .venv/package.stamp
	@.venv/bin/ruff check --quiet && echo 'lint: clean'

types: .venv/dev.stamp .venv/package.stamp
	@.venv/bin/mypy

floors: .venv/dev.stamp .venv/package.stamp
	@.venv/bin/lint-imports --no-logo

fresh: .venv/package.stamp
	@.venv/bin/python -m dtv_workflow.cli.docs --check

conform: .venv/dev.stamp .venv/package.stamp .venv-judges/stamp ## what we send, before judges that are not ours; needs node, npm, openssl and Chromium
	@cd tests/conformance && npm install --silent --no-package-lock
	@.venv/bin/python -m tests.conformance.cloudevents
	@.venv/bin/python -m tests.conformance.mining
	@.venv/bin/python -m tests.conformance.timestamps
	@.venv/bin/python -m tests.conformance.net
	@.venv/bin/python -m tests.conformance.dossier

bench: .venv/dev.stamp .venv/package.stamp ## each performance promise against its floor and its peers
	@for file in benchmarks/bench_*.py; do echo "== $$file"; .venv/bin/python "$$file" || exit 1; done

docs: .venv/package.stamp ## write the generated docs anew
	@.venv/bin/python -m dtv_workflow.cli.docs

# The tree's own uv.toml or a machine's settings must not reach the lock files: they name no host and no path.
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config --no-sources \
	--custom-compile-command 'make lock'
lock: ## resolve and pin the requirements again; needs uv; LOCKFLAGS=--upgrade takes newer versions
	@$(UV) --version >/dev/null || { echo "make lock needs uv on the PATH, or make lock UV=/path/to/uv" >&2; exit 1; }
	@$(LOCK) $(LOCKFLAGS) pyproject.toml --group build --output-file requirements/base.txt >/dev/null
	@$(LOCK) $(LOCKFLAGS) pyproject.toml --group build --extra dev --constraint requirements/base.txt --output-file requirements/dev.txt >/dev/null
	@$(LOCK) $(LOCKFLAGS) --group judges --output-file requirements/judges.txt >/dev/null
	@! grep -n '://' requirements/*.txt

clean: ## remove .venv, caches and build results; stores are left alone
	@rm -rf .venv .venv-judges .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- .venv
# A changed base empties it; the dev requirements come on top; the package is installed in place.

.venv/base.stamp: requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) -V 2>&1 || true). Choose one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Building .venv with $$($(PYTHON) -V) …" >&2
	@$(PYTHON) -m venv --clear .venv || { echo "No virtual environment could be made (Debian, Ubuntu: install python3-venv)." >&2; exit 1; }
	@$(PIP) install --require-hashes --requirement requirements/base.txt
	@echo '$(CURDIR)' > $@

.venv/dev.stamp: requirements/dev.txt .venv/base.stamp
	@echo "Adding the tools for tests and checks …" >&2
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@touch $@

.venv-judges/stamp: requirements/judges.txt
	@echo "Building .venv-judges with readers that are not ours …" >&2
	@$(PYTHON) -m venv --clear .venv-judges
	@.venv-judges/bin/python -m pip -qq --disable-pip-version-check install --require-hashes --requirement requirements/judges.txt
	@touch $@

.venv/package.stamp: pyproject.toml src/dtv_workflow/__init__.py .venv/base.stamp
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@
