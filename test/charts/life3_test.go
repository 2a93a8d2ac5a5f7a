package charts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/kube"
)

// TestLifeByHelm3 holds that what must never be made anew is not by Helm 3 either.
//
// covers: K04
func TestLifeByHelm3(t *testing.T) {
	cluster := kube.Start(t)
	h := helmOf(t, findHelm3, "KUBECONFIG="+cluster.Kubeconfig)
	namespace := restricted(t, cluster)
	upgrade := []string{"upgrade", "--install", "postern", postern, "-n", namespace, "--set", "crds.enabled=false"}
	h.run(upgrade...)
	key, server := secret(t, cluster, namespace, "postern-key"), secret(t, cluster, namespace, "postern-etcd-server")
	h.run(append(upgrade, "--set", "hostname=mx.acme.example")...)
	if diff := cmp.Diff(server, secret(t, cluster, namespace, "postern-etcd-server")); diff != "" {
		t.Error("an upgrade has made other certificates")
	}
	h.run("uninstall", "postern", "-n", namespace)
	h.run(upgrade...)
	if diff := cmp.Diff(key, secret(t, cluster, namespace, "postern-key")); diff != "" {
		t.Error("installed again, there is another key")
	}
	// Helm 4 goes on with a release of Helm 3.
	four := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	four.run(append(upgrade, "--set", "hostname=mx.acme.example,operator.replicas=2")...)
	if diff := cmp.Diff(key, secret(t, cluster, namespace, "postern-key")); diff != "" {
		t.Error("with Helm 4 there is another key")
	}
}
