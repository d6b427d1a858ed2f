SHELL := bash
PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip --quiet --disable-pip-version-check
INSTALL := install --constraint constraints.txt
# Two environments contain the built wheels, as users install them: one lacks pandas, because pyarrow behaves differently
# with it; the other one has pandas and what else the demo needs.
TEST_PYTHON := .venv/test/bin/python
DEMO_PYTHON := .venv/test-demo/bin/python
# Directories too: their time changes if a file is deleted.
PACKAGES := $(shell find server generated/api generated/client \( -name __pycache__ -o -name '.*_cache' -o -name node_modules \) -prune -o -print)
TURKISH := build/locale/turkish.UTF-8
# These wait for servers most of the time, so three of them run at once. The longest ones start first.
SIDE_BY_SIDE := test-other test-contract test-e2e test-stores test-cluster compat test-crashes test-locale test-demo
# The attacks measure how long others wait, so they run alone.
ATTACKS := $(addprefix tests/faults/,test_attacks.py test_attacks_files.py test_connections.py test_overload.py)
CLUSTER_SHORT := $(addprefix tests/contract/,test_files.py test_quality_report.py test_ranking.py)
CLUSTER_LONG := $(CLUSTER_SHORT) $(addprefix tests/contract/,test_client.py test_custom_metrics.py test_definitions.py test_downloads.py test_fuzz.py test_lists.py test_segments.py test_uploads.py)
# Debian has it where only root looks. Without it, what needs a pooler is not tested.
PGBOUNCER := $(shell PATH="$$PATH:/usr/sbin" command -v pgbouncer)
POOLED_SHORT := $(addprefix tests/stores/contract/,test_jobs.py test_records.py)
NODE_MODULES := tools/review/node_modules/.package-lock.json
NODE_BIN := tools/review/node_modules/.bin
N ?= 50
SEED ?= 1
CONSOLE_PYTHON := .venv/console/bin/python
CONSOLE_TESTS = SERVER_PYTHON=$(abspath $(TEST_PYTHON)) CLIENT_PYTHON=$(abspath .venv/clients/newest/bin/python) \
	REFERENCE_PYTHON=$(abspath $(PYTHON))
KILLS ?= 100
EVENTS ?= 10000000
CLIENTS := .venv/clients/newest .venv/clients/oldest
PEERS := $(addprefix .venv/peers/,ours fastapi phoenix mlflow datasette influxdb)
RECORDS := $(CLIENTS:.venv/clients/%=build/compat/%.json)

.DEFAULT_GOAL := help
.PHONY: help demo demo-cluster test environments checks test-unit $(SIDE_BY_SIDE) test-attacks test-faults test-notebooks test-slow serve compatibility generate check-generated check-typescript check-contract release-contract lint types review validate docs console console-dev console-pictures test-console fuzz mutants bench bench-peers wheel release-files constraints clean $(RECORDS)

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

demo: .venv/.demo ## Publish a year of real flights to a new server, count them all again, and let an alert fire
	$(PYTHON) -m examples.flights

demo-cluster: .venv/.demo-cluster .venv/servers ## The same with three replicas on PostgreSQL and a bucket, one of which is killed
	$(PYTHON) -m examples.cluster

test: ## Check style, types, generated code and every promise, and print how long each part took
	@rm -rf build/times && mkdir -p build/times
	@SECONDS=0; run="$(MAKE) --no-print-directory"; \
		$$run --jobs=3 --output-sync=target timed-environments && $$run timed-checks && \
		$$run --jobs=3 --output-sync=target $(SIDE_BY_SIDE:%=timed-%) && \
		$$run timed-test-attacks || exit; \
		cat build/times/*; printf '%-14s %4d s\n' sum $$SECONDS

timed-%:
	@SECONDS=0; $(MAKE) --no-print-directory $* || exit; \
		echo "$* took $$SECONDS s"; printf '%-14s %4d s\n' $* $$SECONDS > build/times/$*

environments: .venv/.dev .venv/test/.wheel .venv/test-demo/.wheel $(CLIENTS) .venv/servers $(TURKISH)

checks:
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types check-generated check-contract

test-unit: .venv/test/.wheel
	$(if $(ARGS),$(TEST_PYTHON) -m pytest $(ARGS),$(MAKE) --no-print-directory --jobs=3 --output-sync=target test-contract test-other test-e2e)

test-contract:
	$(TEST_PYTHON) -m pytest tests/contract

test-other:
	$(TEST_PYTHON) -m pytest --ignore=tests/contract --ignore=tests/stores --ignore=tests/faults --ignore=tests/e2e

test-e2e:
	$(TEST_PYTHON) -m pytest tests/e2e

test-locale: .venv/test/.wheel $(TURKISH)
	TZ=America/New_York LOCPATH=$(abspath $(dir $(TURKISH))) LANG=C LC_ALL= \
		LC_CTYPE=$(notdir $(TURKISH)) LC_NUMERIC=$(notdir $(TURKISH)) LC_TIME=$(notdir $(TURKISH)) \
		$(TEST_PYTHON) -m pytest -p tests.locale.plugin \
		tests/unit/test_ingest*.py tests/unit/test_catalog_listing.py tests/unit/test_downloads.py tests/unit/test_cli.py \
		tests/contract/test_downloads.py tests/contract/test_quality_report.py

test-stores: .venv/test/.wheel
	$(TEST_PYTHON) -m pytest tests/stores

test-attacks: .venv/test/.wheel
	$(TEST_PYTHON) -m pytest $(ATTACKS)

test-crashes: .venv/test/.wheel
	$(TEST_PYTHON) -m pytest tests/faults $(ATTACKS:%=--ignore=%)

# Some of the contract, and what only several replicas promise. CLUSTER=long adds the rest and the vendor's newest client.
test-cluster: .venv/test/.wheel .venv/servers $(CLUSTER:long=.venv/clients/newest) ## Test two replicas on PostgreSQL and a bucket (CLUSTER=long for all)
	$(TEST_PYTHON) -m pytest tests/cluster $(if $(CLUSTER),-m 'faults or not faults') $(if $(PGBOUNCER),,--ignore=tests/cluster/test_pooler.py)
	$(if $(PGBOUNCER),$(TEST_PYTHON) -m pytest $(if $(CLUSTER),tests/stores/contract,$(POOLED_SHORT)) -m faults -k pooled,@echo "PgBouncer is not installed: nothing ran through a pooler")
	$(TEST_PYTHON) -m tests.servers 2 $(TEST_PYTHON) -m pytest $(if $(CLUSTER),$(CLUSTER_LONG),$(CLUSTER_SHORT))
	$(if $(CLUSTER),$(TEST_PYTHON) -m tests.servers 2 .venv/clients/newest/bin/python -m pytest tests/compat)

test-demo: .venv/test-demo/.wheel
	$(DEMO_PYTHON) -m pytest tests/demo tests/monitoring/metrics/test_libraries.py
	$(DEMO_PYTHON) -m pytest tests/unit/test_ingest*.py

compat: .venv/test/.wheel $(CLIENTS) ## Run the vendor's newest and oldest client against the server
	$(MAKE) --jobs=2 $(RECORDS)
	$(TEST_PYTHON) -m tests.compat.table --check $(RECORDS)

compatibility: .venv/test/.wheel $(CLIENTS) ## The same, and write tests/compat/COMPATIBILITY.md
	$(MAKE) --jobs=2 $(RECORDS)
	$(TEST_PYTHON) -m tests.compat.table $(RECORDS)

test-faults: .venv/test/.wheel .venv/servers ## Kill, starve and flood the server, and read everything back (KILLS=10 EVENTS=100000 SEED=7 for less)
	KILLS=$(KILLS) EVENTS=$(EVENTS) SEED=$(SEED) $(TEST_PYTHON) -m pytest tests/faults tests/formats tests/e2e/test_uploads_bucket.py tests/stores/contract tests/monitoring/partials -m 'faults or not faults'
	KILLS=$(KILLS) EVENTS=$(EVENTS) SEED=$(SEED) $(TEST_PYTHON) -m pytest tests/cluster -m 'faults or not faults'

test-notebooks: .venv/test/.wheel $(CLIENTS) ## Run all of the vendor's notebooks with the newest and the oldest client (make test runs some)
	@for client in $(CLIENTS); do echo "$$client"; SERVER_PYTHON=$(TEST_PYTHON) \
		$$client/bin/python -m pytest tests/compat/notebooks -m 'slow or not slow' -rs || exit; done

test-slow: .venv/test/.wheel $(CLIENTS) ## Run what takes minutes: the vendor's client with files of more than 100 MB
	SERVER_PYTHON=$(TEST_PYTHON) .venv/clients/newest/bin/python -m pytest tests/compat --ignore=tests/compat/notebooks -m slow

serve: .venv/.serve ## Run the server on ./inference-events-data (ARGS="--port 8001" for more)
	$(PYTHON) -m inference_events serve $(ARGS)

generate: .venv/.dev ## Write generated/ from openapi.yaml (the TypeScript client if npm is installed)
	$(PYTHON) -m tools.generate

check-generated: .venv/.dev ## Fail when generated/ is not what openapi.yaml says
	$(PYTHON) -m tools.generate --check

# Not a part of `make test`, which runs without Node.js and compares digests instead.
check-typescript: .venv/test/.wheel ## Generate and compile the TypeScript client, and run its example (needs Node.js)
	@command -v npm >/dev/null || { echo "make check-typescript needs npm with Node.js 20.19 or newer; make test runs without"; exit 1; }
	$(TEST_PYTHON) -m pytest tests/typescript

console: .venv/.dev ## Build the web console into the server's package (needs Node.js)
	$(PYTHON) -m tools.console

console-dev: .venv/.dev ## Serve the console's sources, with the API of a running server (SERVER_URL=http://127.0.0.1:8000)
	$(PYTHON) -m tools.console --dev

# Not a part of `make test`, which checks the console without a browser and without Node.js.
test-console: .venv/test/.wheel .venv/console .venv/clients/newest .venv/.demo ## Rebuild the console, and test it in Chromium (needs Node.js)
	$(TEST_PYTHON) -m tools.console --check
	$(CONSOLE_TESTS) $(CONSOLE_PYTHON) -m pytest tests/console --numprocesses=2 --dist=loadfile $(ARGS)

console-pictures: .venv/test/.wheel .venv/console .venv/.demo ## Take the screenshots of docs/console.md, and of the demo for README.md
	$(CONSOLE_TESTS) $(CONSOLE_PYTHON) -m tests.console.screenshots docs/console
	$(PYTHON) -m examples.flights --data-dir build/demo
	$(CONSOLE_TESTS) $(CONSOLE_PYTHON) -m tests.console.screenshots docs/console --demo build/demo

check-contract: .venv/.dev ## Fail if openapi.yaml breaks clients of the last release in contract/
	$(PYTHON) -m tools.review.breaking

release-contract: .venv/.dev ## Keep openapi.yaml as the released contract of its version in contract/
	$(PYTHON) -m tools.review.release

lint: .venv/.dev ## Check style
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: .venv/.dev ## Check types, and the handlers against the contract
	$(PYTHON) -m mypy

review: .venv/.dev $(NODE_MODULES) ## Review openapi.yaml: lint, examples, what it breaks for clients, and with Java, a generator
	$(NODE_BIN)/spectral lint openapi.yaml --ruleset tools/review/spectral.yaml --fail-severity hint --quiet
	$(NODE_BIN)/redocly lint openapi.yaml --config tools/review/redocly.yaml
	$(PYTHON) -m openapi_spec_validator openapi.yaml
	$(PYTHON) -m tools.review.examples
	@if java -version 2>/dev/null; then $(MAKE) --no-print-directory validate; else \
		echo "openapi-generator does not validate openapi.yaml, because there is no Java"; fi
	$(MAKE) --no-print-directory check-contract

validate: .venv/.review
	.venv/bin/openapi-generator-cli validate --input-spec openapi.yaml

docs: $(NODE_MODULES) ## Build the API reference as one HTML file, build/docs.html
	$(NODE_BIN)/redocly build-docs openapi.yaml --config tools/review/redocly.yaml --inlineBundle --output build/docs.html

wheel: dist/.built ## Build the wheels of the server and of its Python client into dist/

release-files: dist/.built .venv/.dev ## Build the wheels and source distributions of a release into dist/
	$(PYTHON) -m hatchling build --target sdist --directory dist
	cd generated/client && $(abspath $(PYTHON)) -m hatchling build --target sdist --directory $(abspath dist)

constraints: .venv/.dev .venv/.bench .venv/.review ## Pin what is installed now in constraints.txt
	$(PYTHON) -m pip freeze --exclude-editable > constraints.txt

fuzz: .venv/test/.wheel ## Check promises with random requests to a running server, and fuzz it with Schemathesis (N=300 SEED=7 for more)
	$(TEST_PYTHON) -m tests.contract.fuzz --max-examples $(N) --seed $(SEED)

mutants: .venv/.dev ## Plant bugs in copies of the server and print which check catches each (ARGS="NAME --jobs 1" for some)
	$(PYTHON) -m tools.mutants $(ARGS)

bench: .venv/.bench .venv/servers ## Measure speed against references and budgets (ARGS=--quick to try, ARGS="--rows 20000000" for growth)
	$(PYTHON) -m tests.bench $(ARGS)

bench-peers: .venv/.bench $(PEERS) ## Measure speed beside what else one would run (ARGS=--quick, ARGS="--only ours --only mlflow")
	$(PYTHON) -m tests.bench.peers $(ARGS)

clean: ## Remove everything that make can make again
	rm -rf .venv build dist server/console/node_modules tools/review/node_modules tools/generate/typescript-templates/node_modules \
		generated/typescript/node_modules generated/typescript/dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	python3 -m venv .venv
	$(PIP) $(INSTALL) --upgrade pip

.venv/.serve: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) $(INSTALL) --editable .
	@touch $@

.venv/.demo: .venv/.serve
	$(PIP) $(INSTALL) --group demo
	@touch $@

.venv/.demo-cluster: .venv/.demo
	$(PIP) $(INSTALL) --editable '.[cluster]'
	@touch $@

.venv/.dev: .venv/.demo
	$(PIP) $(INSTALL) --group dev
	@touch $@

.venv/.bench: .venv/.serve
	$(PIP) $(INSTALL) --editable '.[cluster]' --group bench
	@touch $@

.venv/.review: .venv/.serve
	$(PIP) $(INSTALL) --group review
	@touch $@

dist/.built: pyproject.toml constraints.txt openapi.yaml $(PACKAGES) | .venv/bin/python
	rm -rf $(@D)
	$(PIP) wheel --no-deps --build-constraint constraints.txt --wheel-dir $(@D) . ./generated/client
	@touch $@

.PRECIOUS: .venv/%/.tools
.venv/%/.tools: pyproject.toml constraints.txt | .venv/bin/python
	rm -rf $(@D)
	python3 -m venv --without-pip $(@D)
	$(PIP) --python $(@D)/bin/python $(INSTALL) --group $*
	@touch $@

# The second command is needed because pip keeps an installed wheel if the new one has the same version.
.venv/%/.wheel: dist/.built .venv/%/.tools
	$(PIP) --python $(@D)/bin/python $(INSTALL) dist/inference_events-*.whl dist/inference_events_client-*.whl
	$(PIP) --python $(@D)/bin/python $(INSTALL) --no-deps --force-reinstall dist/*.whl
	@touch $@

# localedef exits with 1 because some categories are missing. The plugin checks that those of the test are active.
$(TURKISH): tests/locale/turkish.txt tests/locale/charmap.txt
	rm -rf $@
	mkdir -p $(@D)
	localedef --quiet --force --inputfile=tests/locale/turkish.txt --charmap=tests/locale/charmap.txt ./$@ || test -e $@/LC_TIME

# PostgreSQL and an S3 server, which the tests of the cluster start. Their pins and those of the server exclude each other.
.venv/servers: tests/servers/requirements.txt | .venv/bin/python
	rm -rf $@
	python3 -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Playwright, which drives the installed Chromium and downloads no browser.
.venv/console: tests/console/requirements.txt | .venv/bin/python
	rm -rf $@
	python3 -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
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

.venv/peers/influxdb: | .venv/bin/python
	@rm -rf $@ && mkdir -p $@
	@cd $@ && apt-get download --quiet influxdb && dpkg-deb --extract influxdb_*.deb . || \
		echo "InfluxDB is skipped: Debian's package of it cannot be downloaded"

.venv/peers/%: tests/bench/peers/%.txt | .venv/bin/python
	rm -rf $@
	python3 -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(RECORDS): build/compat/%.json: .venv/clients/%
	SERVER_PYTHON=$(TEST_PYTHON) $</bin/python -m pytest tests/compat --record=$@

$(NODE_MODULES): tools/review/package.json tools/review/package-lock.json
	@command -v npm >/dev/null || { echo "make review and make docs need npm with Node.js 20.19 or newer; everything else runs without"; exit 1; }
	cd tools/review && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
