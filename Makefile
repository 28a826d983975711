# The only commands that a newcomer needs. Each sets up by itself what it runs on; see CONTRIBUTING.md.
#   make demo            the replayed history, then the pages on 127.0.0.1:8000 (PORT=... changes the port)
#   make demo SERVE=0    the same without serving: prints the summary and stops
#   make test            all tests (ARGS="tests/credits -k memo" narrows)
#   make lint            every check that is not a test
#   make bench           one line per figure: name, value, aim, separated by tabs
#   make agreements      published agreements against their worked cases (ARGS="gcp-pubsub" narrows)

.PHONY: demo test lint bench agreements clean
.DEFAULT_GOAL := demo

demo:
	@bin/setup && exec .venv/bin/python -m config.launch demo

test:
	@bin/setup && exec .venv/bin/python -m pytest -n auto --maxprocesses 4 $(ARGS)

lint:
	@bin/setup && exec bin/lint

bench:
	@bin/setup && exec .venv/bin/python -m config.launch bench

agreements:
	@bin/setup && exec .venv/bin/python -m agreements $(ARGS)

# Everything that the other commands made: the demo's data, the environment, the tools.
clean:
	@exec bin/clean
