# Needs make and Python 3.11 or newer. Everything is installed inside $(VENV), and again only when this file's inputs change.
#   make demo PYTHON=python3.12 VENV=.venv-3.12      another interpreter in another place
#   make test ARGS="tests/graph -x"                  arguments of pytest
#   make benchmark ARGS="--methods WNN --seeds 0"    arguments of benchmarks/run.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
# Packages are installed without bytecode: the first that imports one has to keep it, or every process compiles it again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo test docs notebooks benchmark lint types build clean

VENV ?= .venv
RIVALS ?= $(VENV)-rivals
ARGS ?=

RECENT := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
ifndef PYTHON
  PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
    $$python $(RECENT) 2>/dev/null && echo $$python && break; done)
endif
# an environment that is there decides, whatever PYTHON says
VERSION := $(shell $(if $(wildcard $(VENV)/.created),$(VENV)/bin/python,$(PYTHON)) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
CONSTRAINTS := $(if $(filter 3.11,$(VERSION)),constraints.txt,constraints-3.12.txt)

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --no-compile $(if $(CI),--quiet) --constraint $(CONSTRAINTS)

help:
	@echo "make demo       simulate a tissue, find its domains, score them (writes build/demo)"
	@echo "make test       run the tests and measure what they cover (ARGS=... goes to pytest)"
	@echo "make docs       build the documentation (writes docs/_build/html)"
	@echo "make notebooks  run the tutorials and the demo again and store what README and documentation show of them"
	@echo "make benchmark  compare with other methods on all tissue of SPAMCA_TEST_DATA (writes build/benchmark; hours)"
	@echo "make lint       check style, formatting and the direction of imports"
	@echo "make types      check types"
	@echo "make build      build the wheel and the source archive (writes dist)"
	@echo "make clean      remove the environment and everything built"
	@echo "Each first builds what it needs in $(VENV) (PYTHON=... and VENV=... choose otherwise)."

demo: $(VENV)/.package
	@echo "== Running the demo"
	$(BIN)/python tutorials/demo.py build/demo

test: $(VENV)/.group-test
	@echo "== Running the tests with Python $(VERSION)"
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term $(ARGS)

docs: $(VENV)/.group-doc
	@echo "== Building the documentation"
	$(BIN)/python -m sphinx -M html docs docs/_build --fail-on-warning --keep-going
	$(BIN)/python docs/check_links.py docs/_build/html
	@echo "== Open docs/_build/html/index.html"

notebooks: $(VENV)/.group-test
	@echo "== Running the tutorials and the demo"
	$(BIN)/python tutorials/execute.py
	$(BIN)/python tutorials/demo.py build/demo
	cp build/demo/domains.png docs/_static/domains.png
	$(if $(SPAMCA_TEST_DATA),$(BIN)/python docs/figures/gallery.py,@echo "== SPAMCA_TEST_DATA is not set: pictures of real tissue stay as they are")

benchmark: $(VENV)/.package $(RIVALS)/.created
	@echo "== Running what is not yet run of the benchmark"
	$(BIN)/python -W ignore -m benchmarks.run --rivals $(RIVALS)/bin/python $(ARGS)

lint: $(VENV)/.tool-lint
	@echo "== Checking style, formatting and the direction of imports"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=src $(BIN)/lint-imports --no-cache

types: $(VENV)/.group-test $(VENV)/.tool-lint
	@echo "== Checking types"
	$(BIN)/mypy

build: $(VENV)/.tool-build
	@echo "== Building the wheel and the source archive"
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

clean:
	@echo "== Removing $(VENV), $(RIVALS), build, dist and docs/_build"
	rm -rf $(VENV) $(RIVALS) build dist docs/_build docs/generated docs/tutorials

$(VENV)/.created:
	@if ! $(or $(PYTHON),false) $(RECENT); then \
	  echo "spamca needs Python 3.11 or newer, found: $(or $(VERSION),none). Name one: make $(MAKECMDGOALS) PYTHON=..." >&2; \
	  exit 1; fi
	@echo "== Creating an environment with Python $(VERSION) in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade "pip>=25.1"
	@touch $@

$(VENV)/.package: pyproject.toml $(CONSTRAINTS) $(VENV)/.created
	@echo "== Installing spamca and what it builds on into $(VENV) (a few minutes the first time)"
	$(INSTALL) --editable .
	@touch $@

# What does not install costs the rows of its method only.
$(RIVALS)/.created: benchmarks/rivals.txt $(CONSTRAINTS)
	@echo "== Installing the methods of the benchmark into $(RIVALS) (a few minutes the first time)"
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	@grep --invert-match '^#' benchmarks/rivals.txt | while read -r package; do \
	  $(RIVALS)/bin/python -m pip install --quiet --constraint $(CONSTRAINTS) "$$package" \
	  || echo "== Not installed: $$package"; done
	@touch $@

$(VENV)/.group-%: $(VENV)/.package
	@echo "== Installing what '$*' needs into $(VENV)"
	$(INSTALL) --group $*
	@touch $@

$(VENV)/.tool-%: pyproject.toml $(CONSTRAINTS) $(VENV)/.created
	@echo "== Installing what '$*' needs into $(VENV)"
	$(INSTALL) --group $*
	@touch $@
