# Everything runs in .venv; `make demo` and `make test` need python3 (3.11 or newer) and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Toban needs Python 3.11 or newer; set PYTHON=/path/to/python3.x" >&2; exit 1; }
SCENARIO ?= ordinary-day
SPEED ?= 1
SYSTEMS ?= 1
AT ?=
# Tests of screens wait as long as they compute.
JOBS ?= 4

.DEFAULT_GOAL := help
.PHONY: help demo test lint format hooks coverage gate bench peers emulators lock bump screens casts snapshots test-dates faults faults-all faults-stopped ledger mutations mutants mutants-map explore bursts openings soak logs docs docs-tables i18n release bundle clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## the console on the embedded AWS (SCENARIO=alb-5xx SYSTEMS=3 SPEED=10 AT="2026-04-01 08:55" …)
	@$(BIN)/toban demo --scenario $(SCENARIO) --speed $(SPEED) --systems $(SYSTEMS) $(if $(AT),--at "$(AT)")

test: $(VENV)/.dev ## the tests
	@$(BIN)/python -m compileall -q tui widgets services
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m "not slow"

DATES ?=
test-dates: $(VENV)/.dev ## the tests on nine made-up dates (needs libfaketime; DATES="leap-day -m pty" chooses)
	$(BIN)/python -m tests.tools.dates $(if $(DATES),$(DATES),-n $(JOBS) -m "not slow")

lint: $(VENV)/.dev ## style, types, import contracts, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/lint-imports --no-cache tests/architecture/circles.toml
	$(BIN)/python -m tests.tools.catalogue check

hooks: $(VENV)/.dev ## let git check each commit as `make lint` does (needs pre-commit: pipx install pre-commit)
	@command -v pre-commit >/dev/null || { echo "pre-commit is missing: pipx install pre-commit" >&2; exit 1; }
	pre-commit install

# What a new version of textual, aiobotocore or moto breaks first; `make test` has it too.
gate: $(VENV)/.dev ## the snapshots, the wire to the terminal, the SDK's and moto's internals: before a bump is merged
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m "not slow" tests/tui/terminal tests/tui/test_idle_wire.py tests/tui/pictures \
	  tests/services/aws/client tests/services/demo
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not slow" -k snapshot tests/widgets

TESTS ?= tests --ignore=tests/architecture --ignore=tests/bench
COVERED ?=
coverage: export COVERAGE_FILE = $(CURDIR)/.coverage/data
coverage: $(VENV)/.dev ## which lines the tests run, by folder (TESTS="tests/services/journal" COVERED=services/journal chooses)
	@rm -rf .coverage && mkdir .coverage
# From Python 3.12 on measuring costs next to nothing (sysmon); before, half as much again and more.
	@core=$$($(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")'); status=0; \
	  COVERAGE_CORE=$$core $(BIN)/python -m coverage run -m pytest -q -n $(JOBS) --dist loadgroup -m "not slow" $(TESTS) || status=$$?; \
	  $(BIN)/python -m coverage combine -q && $(BIN)/python -m tests.tools.coverage_table $(COVERED) && exit $$status

format: $(VENV)/.dev ## let the formatter write
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## figures and ratios: start, wire, log pane, AWS charges (BENCH=smoke: what can be counted in a minute)
	$(BIN)/python -m tests.bench $(BENCH)

PEERS := posting harlequin toolong awslogs
# posting asks for any tree-sitter, and crashes with 0.26.
WITH_posting := 'tree-sitter<0.26'
WITH_ministack := 'ministack==1.5.33'
peers: $(PEERS:%=.peers/%/.done) ## what `make bench` compares with, each in an environment of its own (.peers/, ignored)

.peers/%/.done:
	@echo "Preparing .peers/$* …"
	@$(PYTHON) -m venv .peers/$*
	@.peers/$*/bin/python -m pip --disable-pip-version-check -q install $* $(WITH_$*)
	@touch $@

emulators: .peers/ministack/.done ## a second emulator of AWS, for the tests of ledgers (in .peers/, as above)

screens: $(VENV)/.dev ## a picture of every screen, and screens/index.html to look through them (SCREENS="--only watch --palette 256 --png")
	$(BIN)/python -m tests.tools.screens $(SCREENS)

casts: $(VENV)/.dev ## record the four stories anew into docs/casts (ten minutes; CASTS="change --lang en")
	$(BIN)/python -m tests.tools.casts $(CASTS)

snapshots: $(VENV)/.dev ## rewrite the snapshots, pictures and texts, after a wanted change
	$(BIN)/python -m pytest -q tests -k snapshot --snapshot-update

SLICE ?=
faults: $(VENV)/.dev ## the slow tests: every fault, whole days, real terminals (twenty minutes; SLICE=2026-12-01: a day's slice, eight)
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m "slow and not soak" $(if $(SLICE),--slice $(SLICE))

faults-all: $(VENV)/.dev ## every variant of every change under every fault, all kills, and a thousand damages (half an hour)
	FAULTS=all $(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup -m slow tests/faults

faults-stopped: $(VENV)/.dev ## consoles stopped (SIGSTOP) between intent and request, for ten real minutes
	STOPPED=real $(BIN)/python -m pytest -q -rP -m slow tests/faults/test_change_stopped.py

ledger: $(VENV)/.dev ## shared journals on every engine under every fault, with 500 kills of writers and 20 of the server, and a table (an hour and a half)
	LEDGER=full $(BIN)/python -m pytest -q -rP -m slow tests/faults/ledger tests/faults/test_change_stopped.py

mutations: $(VENV)/.dev ## every reader and inspection under all damage to AWS's answers (most of an hour)
	MUTATIONS=all $(BIN)/python -m pytest -q -n $(JOBS) -m slow -k mutated

MUTANTS ?= 400
mutants: $(VENV)/.dev .mutants/map.sqlite ## changes of single lines that no test notices (MUTANTS=60 chooses how many; three quarters of an hour)
	$(BIN)/python -m tests.tools.mutants --size $(MUTANTS)

mutants-map: $(VENV)/.dev ## which tests run which lines, for `make mutants` (.mutants/; after larger changes, a quarter of an hour)
	$(BIN)/python -m tests.tools.mutants map -n $(JOBS) --dist loadgroup -m "not slow" $(TESTS)

.mutants/map.sqlite:
	@$(MAKE) mutants-map

explore: $(VENV)/.dev ## the property tests with new random examples, many of them
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not slow and not pty" --hypothesis-profile=explore

bursts: $(VENV)/.dev ## 100,000 random keys in bursts over all screens (half an hour)
	TOBAN_BURST_KEYS=100000 $(BIN)/python -m pytest -q -rP -n 2 -m slow tests/tui/test_key_bursts.py

openings: $(VENV)/.dev ## what each screen leaves in memory, opened twenty times (a quarter of an hour)
	OPENINGS=20 $(BIN)/python -m pytest -q -rP -n $(JOBS) -m slow tests/tui/test_closed_screens.py

soak: $(VENV)/.dev ## a working day at every screen: memory, what closed screens leave (SOAK=real: one hour at speed 1)
	SOAK=$(SOAK) $(BIN)/python -m pytest -q -m soak

logs: $(VENV)/.dev ## four log groups at 1,000 events/s with bursts, late events and faults: every event exactly once (some minutes)
	LOGS=full $(BIN)/python -m pytest -q -rP -m slow tests/faults/test_log_soak.py

docs: .docs/.done ## the documentation as a site in site/ (read it: python3 -m http.server -d site)
	@rm -rf site
	@# Not --quiet: --strict counts the warnings that are printed.
	@NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build --strict
	@NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build --strict --config-file docs/site/en.yml
	@.docs/bin/python -m pagefind --site site --exclude-selectors .headerlink --silent

docs-tables: $(VENV)/.dev ## write the generated parts of the documentation's pages and the man pages anew from the registries
	$(BIN)/python -m tests.tools.docs update

i18n: $(VENV)/.dev ## collect new strings and compile the Japanese catalogue
	$(BIN)/python -m tests.tools.catalogue update

UPGRADE ?= --upgrade
lock: $(VENV)/.dev ## write the lock files anew
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra build --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header $(UPGRADE) -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra build --extra dev -c requirements.lock --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE) -q -o requirements-dev.lock
	$(BIN)/uv pip compile --group docs -c requirements-dev.lock --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE) -q -o requirements-docs.lock
	$(BIN)/uv pip compile pyproject.toml tests/tools/release/bundle.in --extra demo --extra postgresql --extra mcp -c requirements-dev.lock --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE) -q -o tests/tools/release/bundle.lock
	$(BIN)/uv pip compile --group release -c requirements-dev.lock --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(UPGRADE) -q -o requirements-release.lock

bump: $(VENV)/.dev ## the newest version of one package that is pinned exactly, or whatever its pin allows (PACKAGE=textual)
	$(BIN)/python -m tests.tools.bump $(PACKAGE)

release: .release/.done ## lint, tests and all files of a release, in dist/VERSION (RELEASE=--rehearsal: without a tag; "--rehearsal --without-tests")
	@.release/bin/python -m tests.tools.release $(RELEASE)

bundle: .release/.done ## the offline bundle of this checkout, in dist/ (BUNDLE="--platform linux-aarch64")
	@.release/bin/python -m tests.tools.release.bundle $(BUNDLE)

# What makes the documentation and releases, each in an environment of its own (.docs/, .release/, ignored).
.docs/.done .release/.done: .%/.done: requirements-%.lock
	@$(CHECK_PYTHON)
	@echo "Preparing .$* …"
	@$(PYTHON) -m venv .$*
	@.$*/bin/python -m pip --disable-pip-version-check -q install --require-hashes -r $<
	@touch $@

$(VENV)/.python:
	@$(CHECK_PYTHON)
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (Debian: apt install python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "Preparing .venv …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q tui widgets services
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run | $(VENV)/.python
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

clean: ## remove what was generated
	rm -rf $(VENV) .docs .release site screens .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .mutants
