# Twinwright. `make demo` and `make test` need only Python 3.11+, make and git: they build .venv from the hashed locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
FAULT ?= cavitation
SEED ?= 1
FOLDER ?= demo-plant

.PHONY: help demo test lint types bench bench-scale bench-twins bench-diagnosis gate-diff gate-proof gate-nightly demo-gate
.PHONY: demo-orders
.PHONY: screenshots lock clean
help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Twinwright needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 demo")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) (once; a minute or two) ..."
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.demo
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	$(PIP) --require-hashes -r requirements-bench.lock
	@touch $@

demo: $(VENV)/.demo ## make the demo plant, break something in it, investigate, draft the work order, write the report
	$(BIN)/twinwright demo --fault $(FAULT) --seed $(SEED) --folder $(FOLDER) $(if $(FORCE),--force)

test: lint types ## lint, types and tests
	$(BIN)/python -m pytest --numprocesses auto --block-network --allowed-hosts '127\.0\.0\.1,localhost,::1'

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

bench: $(VENV)/.bench ## every benchmark, against named alternatives in the same run
	$(BIN)/python -m twinwright_evals.bench
	$(BIN)/python -m twinwright_evals.bench_scale
	$(BIN)/python -m twinwright_evals.bench_twins
	$(BIN)/python -m twinwright_evals.bench_agent
	$(BIN)/python -m twinwright_evals.bench_orders --runs 1000
	$(BIN)/python -m twinwright_evals.bench_incidents

bench-scale: $(VENV)/.bench ## `diagnose` on synthetic plants of 25 to 10,000 signals, beside other methods
	$(BIN)/python -m twinwright_evals.bench_scale

bench-twins: $(VENV)/.bench ## twin queries on 10,000 to 1,000,000 twins, beside networkx, PostgreSQL and LadybugDB
	$(BIN)/python -m twinwright_evals.bench_twins

bench-diagnosis: $(VENV)/.dev ## `diagnose` over every case of the data packs and the demo plant's faults
	$(BIN)/python -m twinwright_evals.bench_diagnosis

gate-diff: $(VENV)/.dev ## the gate against the reference gate on 100,000 drawn requests, and how long an evaluation takes
	$(BIN)/python -m tests.gate.differential --count 100000 --seed 1
	$(BIN)/python -m tests.gate.bench_evaluate

gate-proof: $(VENV)/.dev ## what the safety layer claims, shown in one table
	$(BIN)/python -m tests.gate.proof

gate-nightly: $(VENV)/.dev ## the long runs of the same (a million drawn requests, seeded by the date), and mutants of rules and state machine
	$(BIN)/python -m tests.gate.proof --nightly
	$(BIN)/python -m tests.gate.mutants --drawn 2000
	$(BIN)/python -m tests.gate.machine_mutants

demo-gate: $(VENV)/.demo ## the whole circle on the simulated plant: cause, approvals, write, telemetry, relinquish
	$(BIN)/python -m twinwright_cli.gate_demo

demo-orders: $(VENV)/.demo ## a real Request Tracker here: question, cause, draft, a yes, the order in it, its status back
	$(BIN)/python -m twinwright_cli.orders_demo $(if $(PICTURE),--picture $(PICTURE))

screenshots: $(VENV)/.dev ## the pictures of README and docs, from fresh demos (needs Chromium and Request Tracker)
	$(BIN)/python -m twinwright_cli.orders_demo --picture docs/order-in-rt.png
	$(BIN)/twinwright demo --fault cavitation --seed 1 --report demo-plant/report.html
	$(BIN)/python tests/agent/report/make_picture.py demo-plant/report.html docs/report.png

lock: ## solve the dependencies again (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --extra plot --group demo --output-file requirements.lock --quiet
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --all-extras --group demo --group dev --constraints requirements.lock --output-file requirements-dev.lock --quiet
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --group bench --constraints requirements-dev.lock --output-file requirements-bench.lock --quiet
	printf 'cryptography>=46\npydantic>=2.9\npyyaml>=6\nrfc8785>=0.1.4\ntzdata>=2025.1\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --constraints requirements.lock --output-file requirements-gate.lock --quiet

clean: ## throw away the environment and the demo plants
	rm -rf $(VENV) demo-plant demo-plant-gate demo-plant-orders
