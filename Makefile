# Everything a developer or a newcomer runs. PYTHON chooses the interpreter that makes the environment.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install -c constraints.txt

.PHONY: install serve test lint docs screenshots bench fuzz sbom elasticsearch clean

install: .venv/.installed
.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: setup.cfg pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e .
	touch $@

# Most of this never runs: what does is compiled when it first runs, and the tests let that be kept.
.venv/.tested: setup.cfg pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) --no-compile -e ".[lint,test]"
	touch .venv/.installed $@

# Loads RELEASE if one is named, else the sample where nothing is loaded yet; then serves.
serve: install
	@if [ -n "$(RELEASE)" ]; then $(BIN)/ods-indexer load "$(RELEASE)"; elif $(BIN)/ods-indexer status --json 2>/dev/null | grep -q '"release": null'; then $(BIN)/ods-indexer load --demo; fi
	@$(BIN)/ods-server

# The tests wait as much as they compute: four processes keep two cores busy.
test: .venv/.tested
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

lint: .venv/.tested
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy

# Writes the tables of the README and of docs/ anew from what the code says.
docs: .venv/.tested
	$(BIN)/python -m tests.tables

# Takes the pictures of the pages in docs/ with Chromium.
screenshots: .venv/.tested
	$(BIN)/python -m tests.screenshots

# With LOOKUP=folder, of a register and corpora: only how well lookups find.
bench: .venv/.tested
	$(BIN)/python -m $(if $(LOOKUP),tests.bench.lookup $(LOOKUP),tests.bench.run --report docs/benchmarks.md)

# Generated requests to a server over the sample, other ones in each run; make test sends some too.
fuzz: .venv/.tested
	$(BIN)/python -m tests.fuzz $(or $(SECONDS),60)

# Lists what the software is made of, with the versions of constraints.txt and without what only tests need.
sbom: .venv/.tested
	$(PYTHON) -m venv --clear --without-pip var/sbom && $(PIP) --python var/sbom install -c constraints.txt .
	$(BIN)/cyclonedx-py environment --output-reproducible --output-file var/sbom.json var/sbom

# One Elasticsearch node on http://127.0.0.1:9200 in the foreground, its data in var/elasticsearch.
elasticsearch: .venv/.tested
	@$(BIN)/python -m tests.nodes

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
