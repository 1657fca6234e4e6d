# The four commands of a newcomer: make demo, make check, make test, make bench. Each makes its environment when needed.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin

.PHONY: demo demo-board check test test-faults demo-kafka bench bench-quick bench-kafka bench-years bench-research docs clean

$(READY): pyproject.toml
	@began=$$(date +%s); \
	$(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --upgrade pip && PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable '.[dev]' \
	&& echo "Environment made in $$(( $$(date +%s) - began )) s" && touch $(READY)

demo: $(READY)
	$(BIN)/ocmw demo

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(READY)
	scripts/servers.sh
	$(BIN)/pytest --numprocesses 3 --dist worksteal

demo-board: $(READY)
	@test -d demo/store || $(BIN)/ocmw demo
	$(BIN)/ocmw serve --store demo/store

demo-kafka: $(READY)
	rm -rf demo/kafka
	$(BIN)/ocmw demo-kafka --out demo/kafka

test-faults: $(READY)
	scripts/servers.sh
	$(BIN)/pytest -m faults --capture=no

bench-kafka: $(READY)
	scripts/servers.sh
	$(BIN)/python -m bench.kafka
	$(BIN)/python -m bench.social_reports

docs: $(READY)
	$(BIN)/python tests/house/documents.py

bench: $(READY)
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.edge
	$(BIN)/python -m bench.services
	$(BIN)/python -m bench.questions

bench-quick: $(READY)
	$(BIN)/python -m bench.run --persons 40000

bench-years: $(READY)
	scripts/servers.sh
	$(BIN)/python -m bench.years

bench-research: $(READY)
	$(BIN)/python -m bench.extraction

clean:
	rm -rf $(VENV) demo bench/out .mypy_cache .pytest_cache .ruff_cache .hypothesis
