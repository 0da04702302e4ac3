# Two commands do everything: `make report` and `make test`. Both set the environment up first, once.
# the first Python on the path that is new enough; PYTHON=... names another
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CITY := reports/synthetic-city
LANGUAGES ?= zh,en
JOBS ?= 2
MINUTES ?= 11

.PHONY: help report test test-heavy setup lab docs lint format fuzz coverage-check calibrate examples lock audit clean

help:  ## list what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

report: setup  ## reports of the built-in synthetic city; prints the path of index.html last
	@test -f $(CITY)/study/study.toml || $(BIN)/gongzhi simulate $(CITY)/study
	$(BIN)/gongzhi report $(CITY)/study --out $(CITY)/reports --language $(LANGUAGES) --jobs $(JOBS)

test: setup  ## every quick test (under 10 minutes on 2 cores)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --max-worker-restart 1

setup: $(STAMP)  ## the environment alone, in .venv

# uv is quick; where it cannot reach the index that pip is configured for, pip does the same work
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Gongzhi needs Python 3.11 or newer; name one with PYTHON=path"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	grep -A 40 '^uv==' requirements.lock | awk 'NR > 1 && /^[a-z]/ { exit } { print }' > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $(STAMP)

lab: setup  ## JupyterLab with copies of the notebooks in reports/notebooks; LAB="--port 9000" and the like
	$(BIN)/gongzhi lab reports/notebooks $(LAB)

docs: setup  ## the documentation site; prints the path of index.html last
	rm -rf reports/docs docs/api/names
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d reports/docs/.doctrees docs reports/docs
	@echo $(CURDIR)/reports/docs/index.html

lint: setup  ## style of code and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup  ## put code into the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage-check: setup  ## slow: is the truth of 100 synthetic cities inside the intervals?
	$(BIN)/python -m pytest -m slow -s -o faulthandler_timeout=0

test-heavy: setup  ## whole batches with faults, kills, clusters, a real browser; many minutes
	$(BIN)/python -m pytest -m heavy -n $(JOBS) --dist loadfile -o faulthandler_timeout=3000

fuzz: setup  ## bytes nobody thought of into every reader, for MINUTES (11) in all; needs atheris beside the tools
	$(BIN)/python tests/fuzz/run.py --minutes $(MINUTES)

calibrate: setup  ## slow: bias, coverage and power of the estimators under seven truths; docs/methods/calibration.md
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/calibration.py --jobs $(JOBS)

examples: setup  ## write data/examples and the generated pages anew
	rm -rf data/examples/small-city
	$(BIN)/gongzhi simulate data/examples/small-city --districts 2 --communities 4 --months 24 --seed 7
	$(BIN)/python -m analysis.tables.dictionary
	$(BIN)/python tests/systems/test_document.py

lock: setup  ## compile requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra dev --extra privacy pyproject.toml -o requirements.lock

audit: setup  ## every pinned package against the public database of vulnerabilities (needs the network)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock

clean:  ## remove the environment, reports and caches
	rm -rf $(VENV) reports/synthetic-city .pytest_cache .ruff_cache .hypothesis
	find src tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
