# make prints this help; make run and make test are all that a newcomer needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
TOOL := go tool -modfile=hack/tools/go.mod
ARGS ?=

# What is compiled does not depend on the folder, so that another clone finds it made.
export GOFLAGS += -trimpath

.PHONY: help run build test check unit mailcheck talk bench e2e chaos vuln fuzz generate screenshots setup kube helm promtool fixture clean

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build and start everything on this machine, ready to be tried (ARGS="--dir DIR" and so on)
	@exec bin/postern dev $(ARGS)

build: ## build both programs into bin/
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -tags grpcnotrace -ldflags '$(LDFLAGS)' -o bin/postern ./daemon
	CGO_ENABLED=0 go build -trimpath -tags grpcnotrace -ldflags '$(LDFLAGS)' -o bin/postern-operator ./operator

test: setup check kube helm promtool unit ## install what tests need, check the code, run all tests

check: ## formatting, vet, staticcheck, checksums of modules
	@unformatted=$$(gofmt -l config daemon operator examples test); \
	  if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(TOOL) staticcheck ./...
	go mod verify

# Public mail samples with a scorer, if they lie beside this folder.
MAILCHECK ?= $(abspath $(wildcard ../shared/mailcheck))
export MAILCHECK

mailcheck: ## score the reading of mail against public samples (MAILCHECK= their folder)
	go test -count=1 -v ./test/mailcheck

CONVERSATIONS ?= 5000
WRITE ?=
talk: ## play CONVERSATIONS with robots and attackers against the program and count what goes wrong (WRITE=docs/trust.md)
	go test -count=1 -timeout 2h -v -run 'TestConversations$$' ./test/conversations -conversations $(CONVERSATIONS) $(if $(WRITE),-write $(abspath $(WRITE)))

# Many tests wait for other programs, so one more package than there are cores.
unit: ## all tests, with the race detector
	go test -race -shuffle=on -timeout 30m -p $$(( $$(nproc) + 1 )) ./...

DAEMON_IMAGE ?=
OPERATOR_IMAGE ?=
e2e: helm ## install in the cluster of KUBECONFIG, which has DAEMON_IMAGE and OPERATOR_IMAGE, and use it
	go test -count=1 -v -timeout 60m ./test/cluster -daemon-image "$(DAEMON_IMAGE)" -operator-image "$(OPERATOR_IMAGE)"

bench: setup ## measure: mails a second against Postfix on this machine, latency, memory
	hack/bench

chaos: setup ## send 10,000 mails by each way in while the daemon is killed five times, and count them
	POSTERN_CHAOS=1 go test -count=1 -timeout 60m -v -run 'KillNine|Chaos' ./daemon ./test/interop

VULNDB ?= https://vuln.go.dev
vuln: ## look for known weaknesses in what is used (VULNDB= another database)
	$(TOOL) govulncheck -db $(VULNDB) ./...

FUZZTIME ?= 30s
fuzz: ## run each fuzz target for FUZZTIME
	hack/fuzz $(FUZZTIME)

generate: ## make generated files anew
	go test ./test/house -run 'Generated|Reference|Requirements' -update

SCREENSHOTS ?= docs/screenshots
OF ?=
screenshots: setup ## make the pictures of every page anew (SCREENSHOTS= another folder, OF= pages by a regular expression)
	@mkdir -p $(SCREENSHOTS)
	go test -count=1 -v ./test/browser -run 'Pictures$$' -pictures $(abspath $(SCREENSHOTS)) -of "$(OF)"

setup: ## install the Debian packages that tests use
	@hack/setup

kube: ## build the Kubernetes API server that tests run, once for each version (KUBEBUILDER_ASSETS= a folder that has it)
	@hack/kube/build
	@hack/kube/clean

helm: ## build both helms that tests of the charts run, once for each version (POSTERN_HELM=, POSTERN_HELM3= ones that are there)
	@hack/helm/build
	@hack/helm/build 3

promtool: ## build the promtool that tests of alerts run, once for each version (POSTERN_PROMTOOL= one that is there)
	@hack/prometheus/build

fixture: ## write anew what a release leaves in its folder, for tests of upgrades (OF= its tag or commit)
	@[ -n "$(OF)" ] || { echo "say of which release: make fixture OF=v0.1.0"; exit 2; }
	go test -count=1 -v ./test/upgrade -run 'MakeFixture$$' -of "$(OF)"

clean: ## remove what was built
	rm -rf bin
