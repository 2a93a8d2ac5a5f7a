// Modules whose manifests of kinds the tests of the charts apply: nothing of them is
// compiled, so go mod tidy would remove them.
module github.com/posterndesk/postern/hack/kinds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.3
)
