# MemoryHub. `make run` needs nothing but Python 3.11 or later: database and queue come along.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PY := .venv/bin/python
# --no-deps: the lock is complete; dependencies that it overrides away must not come back
INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile \
	-r requirements/$(1).txt && $(PY) -m compileall -q -j 0 -x '$(SELDOM)' .venv/lib
# what a hub hardly imports: as bytecode it would cost 75 MB and 12 s
SELDOM := /(pip|setuptools|openai|huggingface_hub|pygments|prompt_toolkit|tests|litellm/(proxy|integrations|llms))/
COMPILE := .venv/bin/uv pip compile -q --python-version 3.11 \
	--python-platform x86_64-manylinux_2_28 --no-emit-index-url --no-emit-find-links \
	--generate-hashes --custom-compile-command "make lock" --override requirements/overrides.txt
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.PHONY: help
help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/base ## Start everything and print where it is; ARGS="--port 9000" and more with ARGS=--help
	@exec $(PY) -m memoryhub.supervisor $(ARGS)

.PHONY: test
test: .venv/dev ## Run all tests but the browser's; ARGS="-k recall -x" goes to pytest
	@$(PY) -m pytest -m "not e2e" $(SIDE_BY_SIDE) $(ARGS)

# Every process has services of its own; ARGS="-n 0" keeps to one
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# The folder, what is marked, and the promises of other rooms that stand where they belong
SECURITY = tests/security tests/audit tests/accounts tests/sso tests/scim tests/governance tests/vault \
	tests/api/test_permission_table.py tests/api/test_hidden_existence.py \
	$(wildcard tests/desk/test_attempts.py tests/desk/test_tokens.py tests/desk/test_hostile_text.py tests/desk/test_content_policy.py)

.PHONY: pictures
pictures: .venv/dev ## Draw the pictures of the reviewers' manual anew, in docs/images; needs Chromium
	@DESK_PICTURES=docs/images $(PY) -m pytest -m e2e tests/e2e/test_faces.py -k 1280

.PHONY: messages
messages: .venv/dev ## Bring the catalogues of all languages up to date and compile them; tells what to translate
	@$(PY) -m tests.catalogues --write

.PHONY: test-security
test-security: .venv/dev ## Run what proves isolation, audit, sign-in, erasure and hardening; ARGS goes to pytest
	@$(PY) -m pytest -m "not e2e" $(SIDE_BY_SIDE) $(SECURITY) $$(grep -rl "mark\.security" tests --include='test_*.py') $(ARGS)

.PHONY: check
check: .venv/dev ## Format, lint, types, imports, migrations, API snapshot: what CI checks
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@if find apps memoryhub -name '*.html' | grep -q .; then .venv/bin/djlint --quiet --check --lint apps memoryhub; fi
	@$(PY) -m mypy .
	@.venv/bin/lint-imports
	@DATABASE_URL=postgresql://127.0.0.1:1/none $(PY) -W ignore manage.py makemigrations --check --dry-run  # compares files, needs no database
	@mkdir -p var
	@$(PY) manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml
	@diff -u docs/openapi.yaml var/openapi.yaml || { echo "The API differs from docs/openapi.yaml: run make openapi and review the change."; exit 1; }
	@echo "all checks passed"

.PHONY: format
format: .venv/dev ## Format the code and the templates
	@$(PY) -m ruff check --quiet --fix-only .
	@$(PY) -m ruff format --quiet .
	@if find apps memoryhub -name '*.html' | grep -q .; then .venv/bin/djlint --quiet --reformat apps memoryhub || true; fi

.PHONY: openapi
openapi: .venv/dev ## Write docs/openapi.yaml from the code
	@$(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

.PHONY: demo
demo: .venv/base ## Watch an organisation learn, on a hub of its own; DATA=folder to bring yours
	@$(PY) -m memoryhub.demo $(if $(DATA),--data "$(DATA)") $(ARGS)

# What a benchmark reads and where its figures go
BENCH = $(PY) -m bench.$(1) $(if $(DATA),--data "$(DATA)") --out "$(or $(OUT),bench/results/$(1).json)" $(ARGS)

.PHONY: bench-promotion
bench-promotion: .venv/base ## Judge the promotion engine by a labelled organisation; DATA=folder OUT=file.json
	@$(call BENCH,promotion)

.PHONY: bench-dedup
bench-dedup: .venv/base ## Tell same facts from near misses on labelled pairs; DATA=folder OUT=file.json
	@$(call BENCH,dedup)

.PHONY: bench-screen
bench-screen: .venv/base ## Tell planted instructions, secrets and personal data from ordinary notes; DATA=folder OUT=file.json
	@$(call BENCH,screen)

.PHONY: bench-growth
bench-growth: .venv/base ## Time curation runs over growing numbers of memories; SIZES=1000,10000,100000 OUT=file.json
	@$(PY) -m bench.growth $(if $(SIZES),--sizes "$(SIZES)") --out "$(or $(OUT),bench/results/growth.json)"

.PHONY: bench-consolidation
bench-consolidation: .venv/base ## Tidy a space with 20 % duplicates; SIZES=1000,10000 DATA=folder of bench-recall-quality OUT=file.json
	@$(PY) -m bench.consolidation $(if $(SIZES),--sizes "$(SIZES)") $(if $(DATA),--data "$(DATA)") --out "$(or $(OUT),bench/results/consolidation.json)"

.PHONY: bench-recall-quality
bench-recall-quality: .venv/base ## Judge search by questions with known answers; DATA=folder OUT=file.json
	@$(call BENCH,recall_quality)

.PHONY: bench-service
bench-service: .venv/base ## Time the service and its peers over HTTP; ROWS=10000,100000 OUT=file.json ARGS=--help
	@$(PY) -m bench.service $(if $(ROWS),--rows "$(ROWS)") --out "$(or $(OUT),bench/results/service.json)" $(ARGS)

.PHONY: bench-isolation
bench-isolation: .venv/base ## What row-level security costs a recall and a write; OUT=file.json ARGS=--help
	@$(call BENCH,isolation)

.PHONY: bench-decay
bench-decay: .venv/base ## What a night of decay costs in time, rows written and WAL; ROWS=1000000 OUT=file.json
	@$(PY) -m bench.decay $(if $(ROWS),--rows "$(ROWS)") --out "$(or $(OUT),bench/results/decay.json)"

.PHONY: bench-desk
bench-desk: .venv/base ## How long the desk's queue takes with 100,000 requests; OUT=file.json ARGS=--help
	@$(call BENCH,desk)

.PHONY: bench-graph
bench-graph: .venv/base ## Time walks through 100,000 entities and 500,000 relations; OUT=file.json ARGS=--help
	@$(call BENCH,graph)

.PHONY: bench-multi-hop
bench-multi-hop: .venv/base ## Find answers some relations away from what is asked; OUT=file.json ARGS=--help
	@$(call BENCH,multi_hop)

.PHONY: bench-serving
bench-serving: .venv/base ## Compare web servers, workers and database connections; OUT=file.json ARGS=--help
	@$(PY) -m bench.service.serving --out "$(or $(OUT),bench/results/serving.json)" $(ARGS)

.PHONY: lock
lock: .venv/dev ## Compile requirements/*.in to *.txt with hashes
	@$(COMPILE) requirements/base.in -o requirements/base.txt
	@$(COMPILE) requirements/dev.in -o requirements/dev.txt

.PHONY: clean
clean: ## Remove caches and the virtual environment; data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage coverage.xml var/tests
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d var ]; then echo "kept var/ (your data); make clean-data removes it"; fi

.PHONY: clean-data
clean-data: ## Remove var/ with all memories, after asking; YES=1 answers
	@[ -d var ] || { echo "there is no var/"; exit 0; }; \
	if [ -e var/supervisor.json ] && kill -0 "$$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' var/supervisor.json)" 2>/dev/null; then \
		echo "a hub is running here: stop it first"; exit 1; fi; \
	if [ "$(YES)" != 1 ]; then \
		printf "Remove var/ with the database and all memories in it? Type yes: "; \
		read -r answer; [ "$$answer" = yes ] || { echo "kept"; exit 1; }; fi; \
	rm -rf var

.venv/bin/python:
	@python=$$(for name in python3.11 python3 python3.12 python3.13 python; do \
		if command -v $$name >/dev/null && $$name -c '$(NEW_ENOUGH)' 2>/dev/null; then echo $$name; break; fi; done); \
	[ -n "$$python" ] || { echo "MemoryHub needs Python 3.11 or later; none was found on PATH." >&2; exit 1; }; \
	echo "making .venv with $$($$python --version)"; \
	$$python -m venv .venv || { echo "$$python cannot make virtual environments (on Debian: apt install python3-venv)." >&2; rm -rf .venv; exit 1; }

.venv/base: requirements/base.txt | .venv/bin/python
	@echo "installing packages (once, about a minute)"
	@$(call INSTALL,base)
	@touch $@

# dev.txt contains all of base.txt
.venv/dev: requirements/dev.txt | .venv/bin/python
	@echo "installing packages for development (once)"
	@$(call INSTALL,dev)
	@touch .venv/base $@
