// Package controller brings accounts from the API server to etcd and back: what is
// declared there, what has become of it here.
package controller

import (
	_ "k8s.io/client-go/kubernetes" // to be used
	_ "sigs.k8s.io/controller-runtime"
	_ "sigs.k8s.io/controller-runtime/pkg/envtest"
	_ "sigs.k8s.io/controller-runtime/pkg/metrics/filters"
)
