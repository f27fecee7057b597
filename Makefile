# `make run` builds everything and starts Tracemeter; `make test` installs what tests need and runs them all.

ENV := .ci/with-build-env
CARGO := $(ENV) cargo

.PHONY: run build web test fmt lint bench types prices

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

test:
	tests/check.sh

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

# Writes the embedded price table anew from the newest genai-prices package.
prices:
	python3 src/interpret/price/prices.py

# Start time, idle memory, sizes, ingest and query figures of the release binary; see tests/bench/README.md.
bench: build
	python3 tests/bench/bench.py $$($(ENV) sh -c 'echo "$$CARGO_TARGET_DIR"')/release/tracemeter
