# make run                       reads the sample clips and ends by printing where the report lies
# make run CLIPS="a.gif b.gif"   reads your own (no spaces in the names; use `.venv/bin/gifect read` for those)
# make test | lint | bench | docs | samples | clean
#
# Needs python3 (3.11 or later), git and make, and a folder without spaces in its path. Another interpreter:
# make run PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
INPUTS := pyproject.toml constraints.txt
CODE := benchmarks samples src tests

SAMPLES := $(addprefix samples/,laugh.gif gasp.gif tears.gif glare.gif yuck.gif calm.gif)
PHOTO := out/photo.gif
REPORT := out/reading.html
CLIPS ?= $(SAMPLES) $(PHOTO)
export CLIPS

.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: run test lint bench docs samples clean

# A stamp is younger than what it was installed from; each set of packages has its own, in one environment.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "gifect needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo missing). Try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/for-reading: $(VENV)/made $(INPUTS)
	$(PIP) -e . matplotlib
	@touch $@

$(VENV)/for-tests: $(VENV)/made $(INPUTS)
	$(PIP) -e '.[dev,train,captions]'
	@touch $@

$(VENV)/for-docs: $(VENV)/made $(INPUTS)
	$(PIP) -e '.[docs]'
	@touch $@

samples/%.gif: | $(VENV)/for-reading
	$(BIN)/python samples/draw.py $*

out/photo.gif: samples/photo.py | $(VENV)/for-reading
	$(BIN)/python samples/photo.py $@

run: $(VENV)/for-reading $(if $(filter file,$(origin CLIPS)),$(SAMPLES) $(PHOTO))
	@mkdir -p out
	@$(BIN)/gifect read $$CLIPS --html $(REPORT)
	@echo
	@echo "The report: file://$(CURDIR)/$(REPORT)"

test: $(VENV)/for-tests
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m 'not slow'

lint: $(VENV)/for-tests
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy

bench: $(VENV)/for-tests
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; OMP_NUM_THREADS=1 $(BIN)/python $$script; done

docs: $(VENV)/for-docs
	$(BIN)/mkdocs build --strict

samples: $(VENV)/for-reading
	$(BIN)/python samples/draw.py

clean:
	rm -rf $(VENV) out site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests samples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
