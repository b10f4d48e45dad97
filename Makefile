# Everything needs only Python 3.11 or newer and make; the first run of a target sets up .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# pip checks uv by its hashes, and uv everything else: it takes a tenth of the time. It reads none of
# pip's settings: where those are needed (a mirror, a certificate), pip does what it could not.
install = { [ -t 2 ] || quiet=-q; \
	[ -x $(BIN)/uv ] && $(BIN)/uv pip install $$quiet --python $(BIN)/python $(1) || $(PIP) install $(1); }
CLIENTS := $(shell sed 's/^backboard-sdk==\([^ ]*\).*/python-\1/' tests/clients/python.txt) \
	$(patsubst tests/clients/openai/%.txt,openai-%,$(wildcard tests/clients/openai/python-*.txt))

.PHONY: help serve test coverage lint bench faults conformance clients fetched lock clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

serve: $(VENV)/.serve ## Serve on http://127.0.0.1:8000 (PEGBOARD_PORT and others change that)
	@exec $(BIN)/pegboard serve

test: $(VENV)/.test clients ## Run all tests, on a Postgres of their own
	@$(BIN)/python -m pytest -n auto --dist worksteal

coverage: $(VENV)/.test clients ## Run all tests, and say which lines and branches none of them took
	@rm -rf .coverage && mkdir .coverage
	@$(BIN)/coverage run -m pytest -n auto --dist worksteal
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

lint: $(VENV)/.test ## Check style, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.test ## Measure a message's way through the server against a bare floor
	@$(BIN)/python -m bench

faults: $(VENV)/.test ## Kill servers, workers and Postgres at random and write docs/faults.md
	@$(BIN)/python -m tests.faults

conformance: $(VENV)/.test clients ## Drive every published client and write docs/conformance.md
	@$(BIN)/python -m tests.conformance

# Each installation spends its time waiting, so four wait at once unless make was told otherwise.
clients: $(VENV)/.made ## Fetch the published clients that the tests drive
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j4) fetched

fetched: $(CLIENTS:%=.clients/%) $(if $(shell command -v npm),.clients/node .clients/openai-node)
	@:

lock: ## Write the lock files anew from pyproject.toml
	@test -d .venv-lock || $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip --disable-pip-version-check -q install pip-tools
	@.venv-lock/bin/pip-compile $(LOCKED) -o requirements.lock pyproject.toml
	@.venv-lock/bin/pip-compile $(LOCKED) --extra dev -c requirements.lock \
		-o tests/requirements.lock pyproject.toml

# Extras by name: of "all" a lock would make a requirement of this very folder. What is needed to
# build has pip-compile ask the build backend, without which it forgets the markers of extras.
LOCKED = -q --generate-hashes --strip-extras --no-header $(UNNAMED) --build-deps-for editable \
	$(EXTRAS:%=--extra %)
EXTRAS := embedded local-embeddings otel s3
# A lock names packages and hashes, never the index that one machine happens to use.
UNNAMED := --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

clean: ## Remove what make has fetched and made
	rm -rf $(VENV) .venv-lock .clients .coverage .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.made: installer.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pegboard needs Python 3.11 or newer; name one with make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r installer.lock
	@touch $@

$(VENV)/.serve: requirements.lock pyproject.toml $(VENV)/.made
	@echo "Installing what the server needs (once)"
	@$(call install,--require-hashes -r requirements.lock)
	@$(call install,--no-deps --no-build-isolation -e .)
	@touch $@

$(VENV)/.test: tests/requirements.lock $(VENV)/.serve
	@echo "Installing what the tests need (once)"
	@$(call install,--require-hashes -r tests/requirements.lock)
	@touch $@

.clients/python-%: | $(VENV)/.made  # what is published never changes, so it is fetched once
	@rm -rf $@.new
	@mkdir -p $(@D) && grep -F 'backboard-sdk==$* ' tests/clients/python.txt >$@.txt
	@$(call install,--require-hashes --no-deps --target $@.new -r $@.txt)
	@rm $@.txt && mv $@.new $@

# Each file names a client and what it needs in another version than the tests do, or besides.
.clients/openai-python-%: tests/clients/openai/python-%.txt | $(VENV)/.made
	@rm -rf $@ $@.new
	@$(call install,--require-hashes --no-deps --target $@.new -r $<)
	@mv $@.new $@

.clients/node: tests/clients/package.json tests/clients/package-lock.json
.clients/openai-node: tests/clients/openai/package.json tests/clients/openai/package-lock.json
.clients/node .clients/openai-node:
	@mkdir -p $@ && cp $^ $@
	@cd $@ && npm ci --silent --no-audit --no-fund
	@touch $@
