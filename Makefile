# Everything a newcomer needs: `make demo` and `make test` make the environment themselves, from the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Each module is compiled once and kept: a report's processes would else compile them all anew, which takes as long as their work.
unexport PYTHONDONTWRITEBYTECODE
# --no-compile: a module is compiled when it is first imported, which most never are
PIP_OPTIONS := --quiet --disable-pip-version-check --no-compile
PIP := $(BIN)/python -m pip install $(PIP_OPTIONS)

.PHONY: demo test check check-style check-types check-sql bench example study study-methods study-models lock format clean
.DEFAULT_GOAL := demo

demo: $(STAMP)
	$(BIN)/trappen demo

test: $(STAMP)
	OPENBLAS_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# Its parts do not wait for each other: `make -j2 check` makes both environments side by side.
check: check-style check-types check-sql .venv-datacontract/.linted

check-style: $(STAMP)
	$(BIN)/ruff format --check pipelines tests
	$(BIN)/ruff check pipelines tests

check-types: $(STAMP)
	$(BIN)/mypy

check-sql: $(STAMP)
	$(BIN)/sqlfluff lint --processes 2 --nocolor -q sql

bench: $(STAMP)
	$(BIN)/python tests/benchmarks/bench_landing.py
	$(BIN)/python tests/benchmarks/bench_sdq.py
	$(BIN)/python tests/benchmarks/bench_multistate.py
	$(BIN)/python tests/benchmarks/bench_wild_bootstrap.py

# The kept copies of the made-up municipality's reports, which a test holds against a fresh run. The workbook is not kept: it says
# nothing that the page does not.
example: $(STAMP)
	rm -rf build/example && $(BIN)/trappen demo --quiet --out build/example
	for report in udvalgsrapport moedestruktur evaluering; do for kind in html pdf edition.json; do \
		cp build/example/konstrueret/reports/$$report/$$report.$$kind reports/example/ || exit 1; \
	done; done

# The kept studies against known truth: of every method, and of the comparison of the two models with the answers it gives. Begun
# again, each goes on from the blocks that were finished. They are kept whatever they find, and then fail if a method did not do
# what it must. The second has a seed of its own: by which number its controls must fail was settled on draws of the first seed.
STUDY = --quiet --reps 1000 --rerun 10000 --districts 4 --districts 6 --districts 8 --districts 10
study: study-methods study-models

study-methods: $(STAMP)
	$(BIN)/trappen prove --truth-reps 500 $(STUDY) --out build/study; \
	status=$$?; \
	cp build/study/study.json build/study/study.csv build/study/study.svg build/study/study.png reports/study/ && exit $$status

study-models: $(STAMP)
	$(BIN)/trappen prove --study models --seed 2 $(STUDY) --out build/models; \
	status=$$?; \
	cp build/models/models.json build/models/models.csv build/models/models.svg build/models/models.png reports/study/ && exit $$status

format: $(STAMP)
	$(BIN)/ruff check --fix-only pipelines tests
	$(BIN)/ruff format pipelines tests

# The lock is universal and hashed and names no registry; uv is needed only here.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements-datacontract.in -o requirements-datacontract.lock

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv-datacontract/.installed: requirements-datacontract.lock
	test -x .venv-datacontract/bin/python || $(PYTHON) -m venv .venv-datacontract
	.venv-datacontract/bin/python -m pip install $(PIP_OPTIONS) --require-hashes --only-binary :all: -r requirements-datacontract.lock
	touch $@

# The peer's own tool, in its own environment, over every contract that changed since the last time.
.venv-datacontract/.linted: .venv-datacontract/.installed tests/contracts/lint_contracts.py $(wildcard data_contracts/*/*.yaml)
	.venv-datacontract/bin/python tests/contracts/lint_contracts.py
	touch $@

clean:
	rm -rf $(VENV) .venv-datacontract build dist .mypy_cache .ruff_cache .pytest_cache
