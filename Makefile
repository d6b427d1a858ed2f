PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
NODE_MODULES := tools/review/node_modules/.package-lock.json
NODE_BIN := tools/review/node_modules/.bin
BASE ?= main
N ?= 50
SEED ?= 1
KILLS ?= 100
EVENTS ?= 10000000
CLIENTS := .venv/clients/newest .venv/clients/oldest
PEERS := $(addprefix .venv/peers/,ours fastapi phoenix mlflow)
RECORDS := $(CLIENTS:.venv/clients/%=build/compat/%.json)

.DEFAULT_GOAL := help
.PHONY: help demo test test-faults test-slow serve compat compatibility generate check-generated lint types review docs fuzz bench bench-peers wheel constraints clean $(RECORDS)

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

demo: .venv/.demo ## Publish a year of real flights to a server of its own, and count them all again
	$(PYTHON) -m inference_events demo

test: lint types check-generated ## Check style, types, generated code and every promise
	$(PYTHON) -m pytest
	$(MAKE) compat

compat: .venv/.serve $(CLIENTS) ## Run the vendor's newest and oldest client against the server
	$(MAKE) --jobs=2 $(RECORDS)
	$(PYTHON) -m tests.compat.table --check $(RECORDS)

compatibility: .venv/.serve $(CLIENTS) ## The same, and write tests/compat/COMPATIBILITY.md
	$(MAKE) --jobs=2 $(RECORDS)
	$(PYTHON) -m tests.compat.table $(RECORDS)

test-faults: .venv/.dev ## Kill, starve and flood the server, and read everything back (KILLS=10 EVENTS=100000 SEED=7 for less)
	KILLS=$(KILLS) EVENTS=$(EVENTS) SEED=$(SEED) $(PYTHON) -m pytest tests/faults -m 'faults or not faults'

test-slow: .venv/.serve $(CLIENTS) ## Run what takes minutes: the vendor's client with files of more than 100 MB
	SERVER_PYTHON=$(PYTHON) .venv/clients/newest/bin/python -m pytest tests/compat -m slow

serve: .venv/.serve ## Run the server on ./inference-events-data (ARGS="--port 8001" for more)
	$(PYTHON) -m inference_events serve $(ARGS)

generate: .venv/.dev ## Write generated/ from openapi.yaml
	$(PYTHON) -m tools.generate

check-generated: .venv/.dev ## Fail when generated/ is not what openapi.yaml says
	$(PYTHON) -m tools.generate --check

lint: .venv/.dev ## Check style
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: .venv/.dev ## Check types, and the handlers against the contract
	$(PYTHON) -m mypy

review: .venv/.dev $(NODE_MODULES) ## Review openapi.yaml: lint, examples, and what it breaks for clients since BASE=main
	$(NODE_BIN)/spectral lint openapi.yaml --ruleset tools/review/spectral.yaml --fail-severity hint --quiet
	$(NODE_BIN)/redocly lint openapi.yaml --config tools/review/redocly.yaml
	$(PYTHON) -m openapi_spec_validator openapi.yaml
	$(PYTHON) -m tools.review.examples
	$(PYTHON) -m tools.review.breaking $(BASE)

docs: $(NODE_MODULES) ## Build the API reference as one HTML file, build/docs.html
	$(NODE_BIN)/redocly build-docs openapi.yaml --config tools/review/redocly.yaml --inlineBundle --output build/docs.html

wheel: .venv/.dev ## Build the wheel into dist/
	$(PYTHON) -m build --wheel --outdir dist

constraints: .venv/.dev ## Pin what is installed now in constraints.txt
	$(PYTHON) -m pip freeze --exclude-editable > constraints.txt

fuzz: .venv/.dev ## Fuzz a running server with Schemathesis (N=300 SEED=7 for more)
	$(PYTHON) -m tests.contract.fuzz --max-examples $(N) --seed $(SEED)

bench: .venv/.bench ## Measure speed against floors and budgets (ARGS=--quick to try, ARGS="--rows 20000000" for growth)
	$(PYTHON) -m tests.bench $(ARGS)

bench-peers: .venv/.bench $(PEERS) ## Measure speed beside what else one would run (ARGS=--quick, ARGS="--only ours --only mlflow")
	$(PYTHON) -m tests.bench.peers $(ARGS)

clean: ## Remove what can be made anew
	rm -rf .venv build dist tools/review/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	python3 -m venv .venv
	$(PIP) --upgrade pip

.venv/.serve: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable .
	@touch $@

.venv/.demo: .venv/.serve
	$(PIP) --editable '.[demo]'
	@touch $@

.venv/.dev: .venv/.demo
	$(PIP) --group dev
	@touch $@

.venv/.bench: .venv/.serve
	$(PIP) --group bench
	@touch $@

.venv/clients/%: tests/compat/%.txt | .venv/bin/python
	rm -rf $@
	python3 -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.venv/peers/ours: pyproject.toml constraints.txt | .venv/bin/python
	rm -rf $@
	python3 -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/peers/%: tests/bench/peers/%.txt | .venv/bin/python
	rm -rf $@
	python3 -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(RECORDS): build/compat/%.json: .venv/clients/%
	SERVER_PYTHON=$(PYTHON) $</bin/python -m pytest tests/compat --record=$@

$(NODE_MODULES): tools/review/package.json tools/review/package-lock.json
	@command -v npm >/dev/null || { echo "make review and make docs need npm with Node.js 20.19 or newer; everything else runs without"; exit 1; }
	cd tools/review && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
