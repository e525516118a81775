# The project's commands. Each makes the virtual environment it needs; nothing else is touched.
# Needs: make, git, Python 3.11 or newer (`make PYTHON=python3.13 …`) and a package index.

PYTHON ?= python3
# `pip install --group` came with pip 25.1; Python 3.11 ships an older one.
PIP_NEEDED = pip>=25.1
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check

DEMO = .venv
TEST = .venv-test
ORACLES = .venv-oracles
# Names and versions of all that tests run with; `make pins` renews them.
PINNED = tests/environments/pinned.txt
OLDEST_PINS = tests/environments/oldest.txt
NEWEST = .venv-newest
OLDEST = .venv-oldest
CLUSTER = tests/cluster
VSCODE = tests/editors/vscode

.PHONY: help demo test deep lint types check examples golden oracles cluster extension vscode bench latency pins newest oldest dist clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- environments: a stamp inside each says from which pyproject.toml it was made ----------------

define new_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "polc needs Python 3.11 or newer")'
	@echo "making $(1) …" >&2
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef

$(DEMO)/.made: pyproject.toml
	$(call new_venv,$(DEMO))
	@$(DEMO)/bin/python $(PIP_INSTALL) --editable .
	@touch $@

$(TEST)/.made: pyproject.toml $(PINNED)
	$(call new_venv,$(TEST))
	@$(TEST)/bin/python $(PIP_INSTALL) --upgrade '$(PIP_NEEDED)'
	@$(TEST)/bin/python $(PIP_INSTALL) --editable . --group dev --constraint $(PINNED)
	@touch $@

# network-config-analyzer pins its libraries, so it lives alone.
$(ORACLES)/.made: Makefile
	$(call new_venv,$(ORACLES))
	@$(ORACLES)/bin/python $(PIP_INSTALL) 'network-config-analyzer>=2.1'
	@touch $@

# --- for users -------------------------------------------------------------------------------------

demo: $(DEMO)/.made  ## compile examples/boutique and print the summary
	$(DEMO)/bin/polc build examples/boutique/policy.svc -o examples/boutique/out
	@echo "the manifests are in examples/boutique/out"

# --- for developers --------------------------------------------------------------------------------

test: $(TEST)/.made  ## run all tests
	$(TEST)/bin/python -m pytest -n auto

deep: $(TEST)/.made  ## look much harder for counterexamples (takes long)
	HYPOTHESIS_PROFILE=deep $(TEST)/bin/python -m pytest -n auto tests/test_properties.py tests/unit/semantics tests/unit/verify

lint: $(TEST)/.made  ## ruff, and the directions of imports
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/lint-imports

types: $(TEST)/.made  ## mypy --strict
	$(TEST)/bin/mypy

examples: $(TEST)/.made  ## check that every checked-in out/ is what its program compiles to
	$(TEST)/bin/python -m pytest -q -n auto tests/test_cases.py tests/test_examples.py

golden: $(TEST)/.made  ## rewrite the goldens of tests and examples (read the diff!)
	$(TEST)/bin/python -m pytest -q -n auto tests/test_cases.py tests/test_examples.py tests/unit/fmt/test_golden.py --update

oracles: $(TEST)/.made $(ORACLES)/.made  ## judge the output by network-config-analyzer, too
	NCA=$(ORACLES)/bin/nca $(TEST)/bin/python -m pytest -n auto -m oracle

# Kubernetes' own code, compiled: minutes the first time, seconds after that.
cluster: $(TEST)/.made  ## judge the verifier by Kubernetes' own code (needs Go)
	@command -v go > /dev/null || { \
		echo "NOT CHECKED: Go 1.26 or newer is not here; see https://go.dev/dl" >&2; exit 1; }
	cd $(CLUSTER) && test -z "$$(gofmt -l .)" && go vet ./... \
		&& go build -o .cache/referee ./referee
	POLC_REFEREE=$(CURDIR)/$(CLUSTER)/.cache/referee $(TEST)/bin/python -m pytest -n auto -m cluster

extension: $(TEST)/.made  ## build, test and pack the VS Code extension (needs Node.js 20)
	@command -v npm > /dev/null || { \
		echo "NOT CHECKED: npm is not here; see https://nodejs.org" >&2; exit 1; }
	cd editors/vscode && npm ci --loglevel=error \
		&& PYTHON=$(CURDIR)/$(TEST)/bin/python npm test && npm run --silent package

# VS Code itself, as code-server packs it: minutes the first time, one after that.
vscode: $(TEST)/.made  ## drive the extension in VS Code and Chromium (needs Node.js 20, Chromium)
	PYTHON=$(CURDIR)/$(TEST)/bin/python POLC=$(CURDIR)/$(TEST)/bin/polc $(VSCODE)/run

bench: $(DEMO)/.made  ## measure builds of 1,000 and 10,000 services (minutes)
	$(DEMO)/bin/python benchmarks/run.py

latency: $(TEST)/.made  ## measure the language server: CPU per request, and memory (Linux)
	$(TEST)/bin/python benchmarks/editor.py

# The stamp is for what was there on the day: a new environment has what is newest now.
$(NEWEST)/.made: pyproject.toml
	$(call new_venv,$(NEWEST))
	@$(NEWEST)/bin/python $(PIP_INSTALL) --upgrade '$(PIP_NEEDED)'
	@$(NEWEST)/bin/python $(PIP_INSTALL) --upgrade --editable . --group dev
	@touch $@

$(OLDEST)/.made: pyproject.toml $(OLDEST_PINS)
	$(call new_venv,$(OLDEST))
	@$(OLDEST)/bin/python $(PIP_INSTALL) --upgrade '$(PIP_NEEDED)'
	@$(OLDEST)/bin/python $(PIP_INSTALL) --editable . --group dev --constraint $(OLDEST_PINS)
	@touch $@

pins:  ## renew the versions that tests run with, from what is newest
	rm -rf $(NEWEST)
	$(MAKE) $(NEWEST)/.made
	$(NEWEST)/bin/python -m pip freeze --exclude-editable > $(PINNED)
	$(NEWEST)/bin/python tests/environments/oldest.py > $(OLDEST_PINS)

newest: $(NEWEST)/.made  ## run the unit tests with the newest dependencies
	HYPOTHESIS_PROFILE=dev $(NEWEST)/bin/python -m pytest -q -n auto tests/unit

oldest: $(OLDEST)/.made  ## run the unit tests with the oldest that polc declares
	HYPOTHESIS_PROFILE=dev $(OLDEST)/bin/python -m pytest -q -n auto tests/unit

dist: $(TEST)/.made  ## build the wheel and look into it
	$(TEST)/bin/python -m build --outdir dist
	$(TEST)/bin/check-wheel-contents dist

check: lint types test oracles  ## what a change has to pass

clean:  ## remove the environments and what was built
	rm -rf $(DEMO) $(TEST) $(NEWEST) $(OLDEST) $(ORACLES) $(CLUSTER)/.cache dist
	rm -rf editors/vscode/node_modules editors/vscode/dist $(VSCODE)/node_modules $(VSCODE)/.cache
