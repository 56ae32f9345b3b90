# make help lists what there is.
GO      ?= go
BIN     := bin/danescan
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
PKGS    := ./...
FUZZTIME ?= 20s

.PHONY: help build test check interop demo bench bench-scale fuzz clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

build: ## the static binary, bin/danescan
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/danescan

test: ## all tests that need only Go
	$(GO) test $(PKGS)

check: ## gofmt, vet, staticcheck, and the tests with the race detector
	@unformatted=$$(gofmt -l cmd scanner report datasets); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PKGS)
	$(GO) tool staticcheck $(PKGS)
	$(GO) test -race -shuffle=on -timeout 30m $(PKGS)

interop: ## tests against installed servers and tools (Unbound, NSD, Postfix, OpenSSL, DuckDB, Chromium)
	$(GO) test -tags interop -count=1 -timeout 30m -run Interop -v $(PKGS)

# The pacing of the demo, in plain sight: every peer is the lab on this machine. The
# time-outs are long enough for a busy machine: what is slow must not look silent.
DEMO      := out/demo
DEMO_PACE := --dns-rate 0 --dns-rate-per-server 0 --timeout 1s --retries 1 \
	--smtp-rate 0 --smtp-gap 0 --smtp-per-net 0 --smtp-per-provider 0 --retry-delay 1s --confirm 1s --connect-timeout 5s --greeting-timeout 5s --command-timeout 5s

demo: build ## scan 1,000 domains of the lab, write the report, compare with the truth
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	$(BIN) lab --seed 1 --domains 1000 --dir $(DEMO)/lab \
	  $(BIN) scan -o $(DEMO)/run --contact 'the demo: nobody outside is asked' $(DEMO_PACE) $(DEMO)/lab/list.csv
	$(BIN) report $(DEMO)/run -o $(DEMO)/report
	$(BIN) lab --seed 1 --domains 1000 --dir $(DEMO)/lab --compare $(DEMO)/run

bench: ## benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $(PKGS)

# The pacing of the scale benchmark, in plain sight: every peer is the lab on this
# machine, and nothing is held back. 400 domains at a time keep two cores busy, with
# a LATENCY of 20ms, too; each more takes some 40 kB.
DOMAINS    ?= 100000
LATENCY    ?= 0s
SCALE      := out/scale
SCALE_PACE := --dns-concurrency 400 --dns-rate 0 --dns-rate-per-server 0 --timeout 400ms --retries 1 --smtp-rate 0 --smtp-gap 0 \
	--retry-delay 1s --confirm 0 --connect-timeout 1s --greeting-timeout 1s --command-timeout 1s
SCALE_TOLD := s/^Work: ([0-9]+) DNS queries, ([0-9]+) signatures verified, ([0-9]+) sessions.*/\1 \2 \3/p

bench-scale: build ## scan DOMAINS of the lab at LATENCY and print what the scanner took (needs GNU time)
	@rm -rf $(SCALE) && mkdir -p $(SCALE)
	$(BIN) lab --seed 1 --domains $(DOMAINS) --latency $(LATENCY) --dns-port 0 --smtp-port 0 --dir $(SCALE)/lab \
	  /usr/bin/time -f '%e %U %S %M' -o $(SCALE)/time \
	  $(BIN) scan -o $(SCALE)/run --contact 'a benchmark: nobody outside is asked' --progress none --seed 1 \
	  $(SCALE_PACE) $(SCALE)/lab/list.csv 2> $(SCALE)/log
	@echo "$$(tail -n 1 $(SCALE)/time) $$(sed -nE '$(SCALE_TOLD)' $(SCALE)/log) $$(du -sb $(SCALE)/run | cut -f1)" | awk '{ \
	  print "| domains | wall s | CPU s (user + system) | CPU us/domain | peak RSS MB | DNS queries | signatures verified | sessions | MB written |"; \
	  print "|---|---|---|---|---|---|---|---|---|"; \
	  printf "| %d | %.0f | %.1f | %.0f | %.0f | %d | %d | %d | %.1f |\n", $(DOMAINS), $$1, $$2 + $$3, \
	    ($$2 + $$3) * 1e6 / $(DOMAINS), $$4 / 1024, $$5, $$6, $$7, $$8 / 1e6 }'
	@openssl speed -seconds 1 ecdsap256 2>/dev/null | awk '/nistp256/ { \
	  printf "how fast this machine is at the moment: a P-256 verification takes OpenSSL %.0f us\n", 1e6 / $$NF }' || true
	$(BIN) lab --seed 1 --domains $(DOMAINS) --dir $(SCALE)/lab --compare $(SCALE)/run

fuzz: ## each fuzz test for FUZZTIME
	@set -e; for pkg in $$($(GO) list $(PKGS)); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

clean: ## remove what was built
	rm -rf bin out
