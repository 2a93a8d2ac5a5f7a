package charts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/kube"
)

// restricted makes a namespace that refuses pods, and warns of what makes pods, that are
// not restricted as Kubernetes means it.
func restricted(t *testing.T, cluster *kube.Cluster) string {
	t.Helper()
	namespace := cluster.Namespace(t)
	cluster.Kubectl(t, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")
	return namespace
}

// TestAccepted holds that a real API server takes all that is rendered: no field that it
// does not know, and no pod that is not restricted.
//
// covers: K04
func TestAccepted(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	installForeign(t, cluster)
	for name, file := range allValues(t) {
		t.Run(name, func(t *testing.T) {
			namespace := restricted(t, cluster)
			var objects, pods []map[string]any
			for _, o := range decode(t, h.run("template", "postern", postern, "-n", namespace, "-f", file, "--set", "operator.watchNamespaces={"+namespace+"},crds.enabled=false")) {
				if o["kind"] == "Deployment" || o["kind"] == "StatefulSet" {
					pods = append(pods, podFrom(o, namespace))
				}
				objects = append(objects, o)
			}
			if len(pods) != 2 {
				t.Fatalf("%d kinds of pods are rendered, want the daemon's and the operator's", len(pods))
			}
			out, told, err := cluster.TryKubectl(t, jsonList(t, append(objects, pods...)), "apply", "--server-side", "--dry-run=server", "--validate=strict", "-n", namespace, "-f", "-")
			if err != nil || told != "" {
				t.Errorf("the API server says: %v\n%s\n%s", err, told, out)
			}
			if n := strings.Count(out, "serverside-applied"); n != len(objects)+len(pods) {
				t.Errorf("%d of %d were taken:\n%s", n, len(objects)+len(pods), out)
			}
		})
	}
}

// podFrom is the pod that a controller would make. A claim is made by another one.
func podFrom(workload map[string]any, namespace string) map[string]any {
	pod := podOf(workload)
	spec := pod["spec"].(map[string]any)
	if workload["kind"] == "StatefulSet" {
		spec["volumes"] = append(spec["volumes"].([]any), map[string]any{"name": "state", "emptyDir": map[string]any{}})
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod", "spec": spec,
		"metadata": map[string]any{"name": "pod-" + text(workload["metadata"].(map[string]any)["name"]), "namespace": namespace, "labels": pod["metadata"].(map[string]any)["labels"]},
	}
}

func jsonList(t *testing.T, items []map[string]any) string {
	t.Helper()
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		t.Fatal(err)
	}
	return string(list)
}

// TestAccountAccepted holds that the API server takes what the examples of an account
// declare, by all rules of its kinds.
//
// covers: K01, K04
func TestAccountAccepted(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	for name, file := range valueSets(t, "account*.yaml") {
		t.Run(name, func(t *testing.T) {
			namespace := cluster.Namespace(t)
			h.run("install", "desk", account, "-n", namespace, "-f", file)
			rendered := decode(t, h.run("get", "manifest", "desk", "-n", namespace))
			there := strings.Fields(cluster.Kubectl(t, "get", "postern", "-n", namespace, "-o", "name"))
			if len(there) != len(rendered) || len(there) < 3 {
				t.Errorf("there is %v of %d objects", there, len(rendered))
			}
			h.run("upgrade", "desk", account, "-n", namespace, "-f", file)
			if out := cluster.Kubectl(t, "get", "postern", "-n", namespace, "-o", "jsonpath={.items[*].metadata.generation}"); strings.Trim(out, "1 ") != "" {
				t.Errorf("installed again, the generations are %s", out)
			}
			h.run("uninstall", "desk", "-n", namespace)
			if left := cluster.Kubectl(t, "get", "postern", "-n", namespace, "-o", "name"); left != "" {
				t.Errorf("uninstalled, there is still %s", left)
			}
		})
	}
}

// TestWaitJudgesByStatus holds that helm's --wait fails with the reason when an object
// cannot come to be served, and returns when it is.
//
// covers: K02, K04
func TestWaitJudgesByStatus(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	namespace := cluster.Namespace(t)
	status := func(conditions string) {
		t.Helper()
		cluster.Kubectl(t, "patch", "helpcenter", "acme", "-n", namespace, "--subresource=status", "--type=merge", "-p", `{"status":{"observedGeneration":1,"conditions":[`+conditions+`]}}`)
	}
	const at = `"lastTransitionTime":"2026-01-01T00:00:00Z","observedGeneration":1`
	set := "helpCenters.acme.displayName=Acme,helpCenters.acme.host=help.acme.example,helpCenters.acme.portal.ticketSubmission=Disabled,helpCenters.acme.mailboxRef.name=support"
	h.run("install", "desk", account, "-n", namespace, "--set", set)
	status(`{"type":"Ready","status":"False","reason":"HostConflicted","message":"somebody has help.acme.example",` + at + `},{"type":"Stalled","status":"True","reason":"HostConflicted","message":"somebody has help.acme.example",` + at + `}`)
	if _, told, err := h.try("upgrade", "desk", account, "-n", namespace, "--set", set, "--wait", "--timeout", "60s"); err == nil || !strings.Contains(told, "somebody has help.acme.example") {
		t.Errorf("with a host that another one has it says: %v\n%s", err, told)
	}
	status(`{"type":"Ready","status":"True","reason":"Ready","message":"",` + at + `}`)
	h.run("upgrade", "desk", account, "-n", namespace, "--set", set, "--wait", "--timeout", "60s")
}

// TestLifeOfARelease installs, upgrades, rolls back, renews and uninstalls: what must never be made
// anew is not.
//
// covers: K04
func TestLifeOfARelease(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	namespace := restricted(t, cluster)
	at := []string{"postern", postern, "-n", namespace, "--set", "crds.enabled=false"}
	release := func(do string, more ...string) { t.Helper(); h.run(append(append([]string{do}, at...), more...)...) }
	release("install")
	key, server := secret(t, cluster, namespace, "postern-key"), secret(t, cluster, namespace, "postern-etcd-server")
	daemon, operator := podAnnotations(t, cluster, namespace, "statefulset/postern"), podAnnotations(t, cluster, namespace, "deployment/postern-operator")
	if len(key["key"]) != 32 {
		t.Fatalf("the key has %d bytes, the daemon takes 32", len(key["key"]))
	}
	release("upgrade", "--set", "hostname=mx.acme.example,operator.replicas=2")
	if diff := cmp.Diff(key, secret(t, cluster, namespace, "postern-key")); diff != "" {
		t.Error("an upgrade has made another key")
	}
	if diff := cmp.Diff(server, secret(t, cluster, namespace, "postern-etcd-server")); diff != "" {
		t.Error("an upgrade has made other certificates")
	}
	if diff := cmp.Diff(daemon, podAnnotations(t, cluster, namespace, "statefulset/postern")); diff != "" {
		t.Errorf("an upgrade restarts the daemon for nothing (-before +after):\n%s", diff)
	}
	h.run("rollback", "postern", "-n", namespace)
	if out := cluster.Kubectl(t, "get", "deployment/postern-operator", "-n", namespace, "-o", "jsonpath={.spec.replicas}"); out != "1" {
		t.Errorf("rolled back, there are %s operators", out)
	}
	if !cmp.Equal(key, secret(t, cluster, namespace, "postern-key")) || !cmp.Equal(server, secret(t, cluster, namespace, "postern-etcd-server")) {
		t.Error("rolling back has made another key, or other certificates")
	}

	// Near their end they are renewed, both, and programs read the authority at their start.
	cluster.Kubectl(t, "annotate", "secret", "postern-etcd-server", "-n", namespace, "--overwrite", "postern.dev/renew-after=1")
	release("upgrade", "--force-conflicts")
	renewed, client := secret(t, cluster, namespace, "postern-etcd-server"), secret(t, cluster, namespace, "postern-etcd-client")
	if bytes.Equal(renewed["tls.crt"], server["tls.crt"]) || !bytes.Equal(renewed["ca.crt"], client["ca.crt"]) {
		t.Error("certificates near their end are not renewed, or not together")
	}
	if cmp.Equal(daemon, podAnnotations(t, cluster, namespace, "statefulset/postern")) || cmp.Equal(operator, podAnnotations(t, cluster, namespace, "deployment/postern-operator")) {
		t.Error("with another authority the daemon, or the operator, is not started again")
	}

	// Without the cluster at hand another key would be made: it is refused.
	_, told, err := cluster.TryKubectl(t, h.run(append([]string{"template"}, at...)...), "apply", "-n", namespace, "-f", "-")
	if err == nil || !strings.Contains(told, "immutable") {
		t.Errorf("another key says: %v\n%s", err, told)
	}

	h.run("uninstall", "postern", "-n", namespace)
	if diff := cmp.Diff(key, secret(t, cluster, namespace, "postern-key")); diff != "" {
		t.Error("uninstalled, the key is gone")
	}
	release("install")
	if diff := cmp.Diff(key, secret(t, cluster, namespace, "postern-key")); diff != "" {
		t.Error("installed again, there is another key")
	}
}

// TestLostKey holds that no other key is made for a Postern that runs: it could open
// nothing.
//
// covers: K04
func TestLostKey(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	for _, values := range []string{"crds.enabled=false", "crds.enabled=false," + outside} {
		namespace := restricted(t, cluster)
		upgrade := []string{"upgrade", "--install", "postern", postern, "-n", namespace, "--set", values}
		h.run(upgrade...)
		cluster.Kubectl(t, "get", "secret", "postern-key", "-n", namespace)
		cluster.Kubectl(t, "delete", "secret", "postern-key", "-n", namespace)
		if _, told, err := h.try(upgrade...); err == nil || !strings.Contains(told, "postern-key is gone") {
			t.Errorf("without the key, with %s, it says: %v\n%s", values, err, told)
		}
		cluster.Kubectl(t, "create", "secret", "generic", "copy", "-n", namespace, "--from-literal=key=0123456789abcdef0123456789abcdef")
		h.run(append(upgrade, "--set", "key.existingSecret=copy")...)
		h.run("uninstall", "postern", "-n", namespace)
	}
}

// TestKindsStay holds that kinds and volumes outlive the release.
//
// covers: K04
func TestKindsStay(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	namespace := restricted(t, cluster)
	// The tests have installed the kinds already, as kubectl would have.
	h.run("install", "kinds", postern, "-n", namespace, "--take-ownership", "--force-conflicts")
	retention := cluster.Kubectl(t, "get", "statefulset", "-n", namespace, "-o", "jsonpath={.items[*].spec.persistentVolumeClaimRetentionPolicy}")
	if retention != `{"whenDeleted":"Retain","whenScaled":"Retain"}` {
		t.Errorf("volumes are kept by %s", retention)
	}
	h.run("uninstall", "kinds", "-n", namespace)
	if kinds := strings.Fields(cluster.Kubectl(t, "get", "crd", "-o", "name")); len(kinds) < 3 {
		t.Errorf("uninstalled, the kinds are %v", kinds)
	}
	if left := cluster.Kubectl(t, "get", "statefulsets,deployments,services,configmaps", "-n", namespace, "-l", "app.kubernetes.io/instance=kinds", "-o", "name"); left != "" {
		t.Errorf("uninstalled, there is still %s", left)
	}
	if left := cluster.Kubectl(t, "get", "clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/instance=kinds", "-o", "name"); left != "" {
		t.Errorf("uninstalled, there is still %s", left)
	}
}

func secret(t *testing.T, cluster *kube.Cluster, namespace, name string) map[string][]byte {
	t.Helper()
	var s corev1.Secret
	get(t, cluster, &s, namespace, name)
	return s.Data
}

func get(t *testing.T, cluster *kube.Cluster, into client.Object, namespace, name string) {
	t.Helper()
	if err := cluster.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: name}, into); err != nil {
		t.Fatal(err)
	}
}

// podAnnotations are those of a workload's pods: another value starts them again.
func podAnnotations(t *testing.T, cluster *kube.Cluster, namespace, workload string) map[string]string {
	t.Helper()
	out := cluster.Kubectl(t, "get", workload, "-n", namespace, "-o", "jsonpath={.spec.template.metadata.annotations}")
	annotations := map[string]string{}
	if err := json.Unmarshal([]byte(out), &annotations); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return annotations
}
