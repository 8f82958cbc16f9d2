# Two commands for people: `make run` and `make test`. Both need only Python 3.11+ and make; `make storefront` needs Node.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN_OK := $(VENV)/.installed
DEV_OK := $(VENV)/.installed-dev
NODE_OK := node_modules/.package-lock.json
# Where `make storefront` is, the shop that it is of, and where it is built.
STOREFRONT ?= http://localhost:5173
SITE ?= dist
SHOP ?= http://localhost:$(or $(RUSHCART_PORT),8000)
# What `make run` and the image have: all that a shop may use.
EXTRAS := --extra stripe --extra images --extra otlp-grpc

.PHONY: run storefront test check lint format docs lock schema release clean help
.DEFAULT_GOAL := help

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Rushcart needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(RUN_OK): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_OK): requirements-dev.lock $(RUN_OK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(NODE_OK): package-lock.json
	@{ command -v npm && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; } >/dev/null 2>&1 || { echo "This needs Node 20.19 or newer, with npm." >&2; exit 1; }
	@npm ci --silent --no-audit --no-fund
	@touch $@

run: $(RUN_OK) ## start everything on this machine (SQLite, an embedded Valkey) and sell something
	@exec $(BIN)/rushcart dev $(if $(shell command -v npm),--storefront $(STOREFRONT))

storefront: $(NODE_OK) ## build examples/storefront and serve it, beside `make run` (needs Node)
	@cd examples/storefront && VITE_SHOP_URL=$(SHOP) ../../node_modules/.bin/vite build --logLevel warn --outDir $(SITE) --emptyOutDir --bypass-lock
	@cd examples/storefront && exec ../../node_modules/.bin/vite preview --outDir $(SITE) --port $(lastword $(subst :, ,$(STOREFRONT))) $(VITE)

test: $(DEV_OK) ## the whole suite, embedded and on real MySQL/MariaDB, Redis and Kafka
	@exec $(BIN)/python -m tests.run $(ARGS)

# The life of an order, its money and its stock, on the embedded stores.
QUICK := tests/unit $(addprefix tests/integration/,test_reservation.py test_pipeline.py test_persist.py test_cancel.py \
	test_idempotency.py test_checkout.py test_saga.py test_holds.py test_expiry.py test_query_counts.py payments)

check: lint ## lint, unit tests and the quickest integration tests: some 90 s on two cores
	@exec $(BIN)/python -m pytest -q --workers 2 -m "not stack" $(QUICK) $(ARGS)

lint: $(DEV_OK) ## ruff, mypy (strict), import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_OK) ## put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(RUN_OK) ## write schema.graphql, and what is made of it, from the code
	$(BIN)/rushcart schema export --output schema.graphql
	$(BIN)/rushcart schema export --possible-types --output possible-types.json
	$(BIN)/python clients/typescript/write_keyed.py

docs: $(DEV_OK) ## the documents as a site, links checked, in .rushcart/site
	$(BIN)/mkdocs build --quiet

lock: ## renew the pins (needs uv)
	uv pip compile pyproject.toml $(EXTRAS) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock requirements-build.in
	uv pip compile pyproject.toml $(EXTRAS) --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock -o requirements-dev.lock requirements-build.in

release: $(DEV_OK) ## VERSION=x.y.z: check, date the changelog, build wheel and image, tag; DRY_RUN=1 only shows it
	@$(BIN)/python deploy/release.py $(VERSION) $(if $(filter-out 0,$(DRY_RUN)),--dry-run)

clean: ## remove .venv and all local data
	rm -rf $(VENV) .rushcart node_modules
