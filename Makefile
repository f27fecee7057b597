# `make run` builds everything and starts Tracemeter; `make test` installs what tests need and runs them all.

ENV := .ci/with-build-env
CARGO := $(ENV) cargo

.PHONY: run build web dist test test-clients test-ansible fmt lint bench types pages prices

run: build
	exec $$($(ENV) sh -c 'echo "$$CARGO_TARGET_DIR"')/release/tracemeter serve

build: web
	$(CARGO) build --release --locked

# npm ci only when the lock file changed since the last time.
web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

web: web/node_modules/.package-lock.json
	cd web && npm run build

# Tarball, .deb, list of contents and checksums in dist/; see packaging/README.md.
dist: web
	packaging/dist.sh

test:
	tests/check.sh

# The clients that are too heavy for every run: n8n, LangFlow, coding programs, older SDKs. See tests/clients/README.md.
test-clients: web
	$(CARGO) build --locked
	python3 tests/clients/run.py --heavy $$($(ENV) sh -c 'echo "$$CARGO_TARGET_DIR"')/debug/tracemeter

# All of tests/ansible, also what `make test` leaves out when nothing of it has changed.
test-ansible: web
	$(CARGO) build --locked
	ANSIBLE_TESTS=always tests/ansible/run.sh $$($(ENV) sh -c 'echo "$$CARGO_TARGET_DIR"')/debug/tracemeter

fmt: web/node_modules/.package-lock.json
	$(CARGO) fmt
	cd web && npm run format

lint: web/node_modules/.package-lock.json
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	cd web && npm run lint && npm run check

# Writes web/src/api/types.ts anew from src/api/types.rs.
types:
	UPDATE_TYPES=1 $(CARGO) test --lib types_are_current

# Writes manual pages and completions in packaging/ anew from the command line's definition.
pages:
	UPDATE_PACKAGING=1 $(CARGO) test --test it pages_and_completions

# Writes the embedded price tables anew from the newest genai-prices and litellm packages.
prices:
	python3 src/interpret/price/prices.py

# Measures the release binary and the raw limit of the machine; see tests/bench/README.md.
bench: build
	$(CARGO) bench --locked --bench bench -- all \
		--binary $$($(ENV) sh -c 'echo "$$CARGO_TARGET_DIR"')/release/tracemeter
