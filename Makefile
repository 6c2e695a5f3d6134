# Plimsoll: `make run` starts it, `make test` tests it; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# ziutek/rrd passes const strings where librrd's header has none: harmless, and
# an error only from gcc 14 on.
export CGO_CFLAGS := -O2 -g -Wno-discarded-qualifiers -Wno-incompatible-pointer-types

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOFUMPT  := go run mvdan.cc/gofumpt@v0.12.0
WEB      := dashboard/web

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: run
run: build ## install what is missing, build, and serve on http://127.0.0.1:8680
	exec bin/plimsoll serve $(ARGS)

.PHONY: build
build: need-run ## build bin/plimsoll and bin/plimsoll-agent
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/plimsoll ./cmd/plimsoll
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/plimsoll-agent ./cmd/plimsoll-agent

.PHONY: test
test: need-test build web clients ## install the real peers and run every test
	go test -race -timeout 20m ./...
	cd rrdstore/compliance && go test -timeout 10m ./...
	cd $(WEB) && npm test --silent && npm run --silent vendor:check

.PHONY: check
check: need-test web ## format, vet, lint, architecture, types of the web modules
	@bad=$$($(GOFUMPT) -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted (run make fmt): $$bad"; exit 1; }
	go mod tidy -diff
	go vet ./...
	cd rrdstore/compliance && go vet ./...
	$(GOLANGCI) run ./...
	go test ./internal/arch
	cd $(WEB) && npm run --silent check

.PHONY: fmt
fmt: ## format the Go code
	$(GOFUMPT) -w $$(git ls-files '*.go')

.PHONY: bench
bench: need-test ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-counterd
bench-counterd: build ## measure the counter daemon against its peers, in one run (10 minutes)
	go run ./internal/bench/counterd $(ARGS)

.PHONY: bench-rrdstore
bench-rrdstore: build need-bench ## measure the store against rrdcached, librrd, gmetad and Prometheus, in one run (16 minutes)
	go run ./internal/bench/rrdstore $(ARGS)

.PHONY: bench-snmp
bench-snmp: need-bench ## measure the poller of SNMP beside snmp_exporter, in one run (4 minutes)
	go run ./internal/bench/snmp $(ARGS)

.PHONY: bench-alerting
bench-alerting: build need-bench ## measure 10,000 rules over 100,000 series beside Prometheus, in one run (4 minutes)
	go run ./internal/bench/alerting $(ARGS)

.PHONY: bench-agent
bench-agent: build need-bench ## measure what the agent costs a host, beside node_exporter and gmond, over the same minutes (2.5 minutes)
	go run ./internal/bench/agent $(ARGS)

FUZZTIME ?= 20s
.PHONY: fuzz
fuzz: need-run ## run each fuzz target for FUZZTIME (20s)
	@set -e; for pkg in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: torture
torture: need-test ## the long fault runs: 1,000 kills of the service, 200 of the store, 100 upgrades, 100,000 archives, a hundred times the cases against librrd
	PLIMSOLL_TORTURE=1 go test -race -count=1 -timeout 3h ./rrdstore/...
	PLIMSOLL_TORTURE=1 go test -race -count=1 -timeout 3h -v -run 'Kill9|Killed|Upgrade|Outage' ./internal/e2e
	$(MAKE) test-cluster

.PHONY: test-cluster
test-cluster: need-run ## run the tests against a VictoriaMetrics cluster, built here at first
	scripts/vmcluster build/vmcluster
	PLIMSOLL_CLUSTER=$(CURDIR)/build/vmcluster go test -race -count=1 -tags cluster -run Cluster ./internal/remote ./cmd/plimsoll

.PHONY: screenshot
screenshot: need-test web ## make the pictures in docs/ from a running system (3 minutes)
	@dir=$$(mktemp -d) && PLIMSOLL_SCREENSHOTS=$$dir go test -count=1 -run TestPagesAtEveryWidth ./internal/e2e && \
	  cp $$dir/overview-1280-light.png docs/overview.png && cp $$dir/counters-1280-dark.png docs/counters.png && \
	  echo "all pictures are in $$dir"

.PHONY: web
web: $(WEB)/node_modules/.package-lock.json
$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	cd $(WEB) && npm ci --silent --no-fund --no-audit

# Clients that the end-to-end tests send with; without native modules.
CLIENTS := internal/e2e/clients
.PHONY: clients
clients: $(CLIENTS)/node_modules/.package-lock.json
$(CLIENTS)/node_modules/.package-lock.json: $(CLIENTS)/package.json $(CLIENTS)/package-lock.json
	cd $(CLIENTS) && npm ci --omit=optional --silent --no-fund --no-audit

.PHONY: need-run need-test need-bench
need-run:
	@scripts/need run
need-test:
	@scripts/need test
need-bench:
	@scripts/need bench

.PHONY: clean
clean: ## remove what was built (not ./data)
	rm -rf bin $(WEB)/node_modules $(CLIENTS)/node_modules
