# Two commands do everything from a clean clone: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || echo python3)
BIN := .venv/bin
STAMP := .venv/.installed

export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test lint serve worker bench bench-evaluator bench-simulator clean install

install: $(STAMP)

$(STAMP): requirements.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" || { echo "Python 3.11 is needed, $(PYTHON) is another or missing."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $(STAMP)

demo: install  ## practice runs in four domains on a worker of its own: shows the ranked tables, serves the boards
	$(BIN)/python manage.py demo general-mini finance-mini medical-mini code-mini

test: install  ## the default suite: no network, no GPU
	$(BIN)/python -m pytest -n auto --dist loadgroup

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

serve: install  ## the web site on port 8000
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	$(BIN)/gunicorn leaderboard.wsgi --bind 127.0.0.1:$${PORT:-8000} --workers 2 --no-control-socket

worker: install  ## one worker: takes runs from the queue; start as many as there are machines
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/celery -A leaderboard worker --beat --pool threads --loglevel INFO

bench: install  ## all but the simulator's, which takes most of an hour
	for script in $(filter-out %bench_simulator.py,$(wildcard tests/benchmarks/bench_*.py)); do PYTHONPATH=. $(BIN)/python $$script || exit 1; done

bench-evaluator: install  ## ours, lm-eval's HFLM and a plain loop on the same questions
	PYTHONPATH=. $(BIN)/python tests/benchmarks/bench_evaluator.py

bench-simulator: install  ## ours, stock Flower, pfl-research and a bare loop on the same rounds
	PYTHONPATH=. $(BIN)/python tests/benchmarks/bench_simulator.py

clean:
	rm -rf var staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis
