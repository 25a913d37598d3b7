# onearm: `make` alone prints what can be made.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
JOBS   ?= 2
AGAIN  ?= notebooks
BIN    := .venv/bin
NBVAL  := $(BIN)/pytest -q -p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout=300 -n $(JOBS) --dist loadfile

# Every kernel would compile the package again where the environment forbids keeping it compiled.
unexport PYTHONDONTWRITEBYTECODE

# Fits are kept between runs by their content; here, so that nothing outside the project is used.
export ONEARM_CACHE ?= $(CURDIR)/.cache

.DEFAULT_GOAL := help
.PHONY: help setup report check lab notebooks test lint browser unit nbval bench lock clean

help: ## print this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## make the virtual environment from the lock (about a minute, once)

.venv/.ready: requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh $(PYTHON) .venv

report: setup ## check the evidence, execute the notebooks, publish reports/
	@$(BIN)/onearm report --data data --out reports --jobs $(JOBS)

check: setup ## print what the audit says of data/
	@$(BIN)/onearm check --data data

lab: setup ## open the notebooks in JupyterLab
	@$(BIN)/jupyter trust notebooks/*.ipynb >/dev/null  # or stored figures would show as words
	$(BIN)/jupyter lab notebooks

notebooks: setup ## run notebooks/ in place, so that their stored outputs are current
	@$(BIN)/onearm refresh --notebooks notebooks

# The tests last, so that what pytest says of skipped ones is the end of it.
test: lint nbval unit ## everything that must hold (minutes)

lint: setup ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: setup ## a Chromium for tests/browser, by apt where it may; else say what is left out
	@tools/chromium.sh $(BIN)/python

unit: setup browser ## the tests of tests/, a rebuild of the report among them
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile tests

# Twice in a row, and from another working directory: a notebook may depend on neither. The
# second pass takes the sources, of which those in reports/ are copies with other parameters;
# the rebuild among the tests runs each copy again too, and compares it byte for byte.
# `make nbval AGAIN="notebooks reports"` runs everything twice by nbval itself.
nbval: setup ## strict nbval on notebooks/ and on the executed notebooks in reports/
	$(NBVAL) notebooks reports
	cd / && $(CURDIR)/$(NBVAL) --rootdir $(CURDIR) $(addprefix $(CURDIR)/,$(AGAIN))

bench: setup ## time the models beside R's metafor, in one run (installs it by apt if it can)
	@command -v Rscript >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq r-cran-metafor r-cran-lme4 >/dev/null; } || echo "R is not here and cannot be installed: onearm is timed alone" >&2
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.calibration
	@$(BIN)/python -m benchmarks.exact
	@$(BIN)/python -m benchmarks.evidence

lock: ## resolve pyproject.toml again into requirements.lock (needs uv)
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra dev --no-emit-find-links --no-emit-index-url --no-header pyproject.toml -o requirements.lock

clean: ## remove what make made, but not the report
	rm -rf .cache .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis reports.failed
