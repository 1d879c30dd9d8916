# danq: `make run` sets up and runs the built-in example, `make test` sets up and passes the tests.

VENV := .venv
DOWNSTREAM := .venv-downstream
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# TensorFlow's start-up notes.
export TF_CPP_MIN_LOG_LEVEL ?= 3

# The first Python that runs and that TensorFlow has wheels for.
define find_python
for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	then found=$$python; break; fi; \
done; \
test -n "$$found" || { echo "danq needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python" >&2; exit 1; }
endef

.PHONY: help env test-env run test test-fast fuzz test-backends test-downstream lint docs dry-run gallery bench conformance newcomer clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

env: $(VENV)/.complete  ## Make the environment in .venv (needs a network)

$(VENV)/.complete: requirements.lock pyproject.toml
	@$(find_python); echo "making $(VENV) with $$($$found --version):" \
		"about 1 GB to fetch, 3 GB on disk, a few minutes in which pip says nothing"; $$found -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

test-env: $(VENV)/.test-complete  ## Add what only tests need: PyTorch, JAX, ONNX, Playwright (needs a network)

$(VENV)/.test-complete: $(VENV)/.complete requirements-test.lock
	@echo "adding what only tests need: 1.5 GB on disk, a few minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	@touch $@

docs: $(VENV)/.docs-complete  ## Build the site of the documentation in site/ (needs a network the first time)
	NO_MKDOCS_2_WARNING=1 mkdocs build --quiet
	@echo "made site/index.html; to search in it: python -m http.server --directory site"

$(VENV)/.docs-complete: $(VENV)/.complete requirements-docs.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.lock
	@touch $@

run: env  ## Run the workflow on the built-in example, on all cores
	snakemake --cores all

test: test-env  ## Run the test suite
	pytest -n 2 --dist loadfile

test-fast: test-env  ## Run what takes under 90 seconds of the suite, while at work
	pytest -n 2 --dist loadfile -q -m "not slow"

fuzz: test-env  ## Damage the input of every reader 100,000 times (CASES=N for another number)
	DANQ_FUZZ_CASES=$(or $(CASES),100000) pytest -n 2 tests/fuzz

test-backends: test-env  ## Run the tests that build and train networks on JAX and on PyTorch
	for backend in jax torch; do \
		KERAS_BACKEND=$$backend pytest -n 2 --dist loadfile tests/core tests/training \
		tests/models/test_networks.py tests/models/test_files.py tests/models/test_adopt.py tests/models/test_sharing.py \
		tests/test_prediction.py || exit 1; \
	done

test-downstream: test-env $(DOWNSTREAM)/.complete  ## Run the programs of others on our files (needs a network the first time)
	DANQ_DOWNSTREAM=$(DOWNSTREAM) pytest tests/interpretation/test_downstream.py

$(DOWNSTREAM)/.complete: requirements-downstream.lock
	@echo "making $(DOWNSTREAM) with modisco and finemo, which bring PyTorch: up to 6 GB on disk, a few minutes"
	@$(find_python); $$found -m venv --clear $(DOWNSTREAM)
	$(DOWNSTREAM)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-downstream.lock
	@touch $@

lint: env  ## Check style, types and the workflow
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint

newcomer: env  ## Follow the README's steps for own data, to the letter, on a small genome of its own
	python -m tests.newcomer

dry-run: env  ## List what the workflow would do
	snakemake --cores 1 --dry-run

gallery: env  ## Run the gallery of docs/gallery, about 10 minutes on 2 cores
	python docs/gallery/gallery.py

bench: env  ## Run the benchmarks (hours on a CPU); what lacks its data or its peer says so
	@for script in benchmarks/*.py; do echo "== $$script"; python $$script || exit 1; done

conformance: env  ## Score the VCF files of hts-specs in ../shared: files by outcome, alleles by reason
	python -m tests.scoring.conformance

clean:  ## Remove the environment and the results
	rm -rf $(VENV) $(DOWNSTREAM) results site .snakemake
