package kube_test

import (
	"context"
	"errors"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/test/kube"
)

// TestOldObjectsLiveWithNewRules makes an object that breaks rules, from a time
// before them. Labels, the status and what is right in it can still be changed;
// only what breaks a rule anew is refused.
//
// covers: K01
func TestOldObjectsLiveWithNewRules(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	group := namespace + ".example"
	kind := unruled(t, cluster, group)
	old := object(t, "HelpCenter", namespace, "old", `{host: HELP.acme.example, locales: {default: en, supported: [de]}}`)
	old.SetAPIVersion(group + "/v1alpha1")
	eventually(t, "the kind without rules is served", func() error {
		return cluster.Client.Create(t.Context(), old)
	})
	addRules(t, cluster, kind)
	fresh := object(t, "HelpCenter", namespace, "fresh", `{host: HELP.acme.example}`)
	fresh.SetAPIVersion(group + "/v1alpha1")
	eventuallyRefused(t, cluster, fresh)

	old.SetLabels(map[string]string{"team": "support"})
	if err := cluster.Client.Update(t.Context(), old); err != nil {
		t.Errorf("a label: %v", err)
	}
	set(t, old, int64(1), "status", "observedGeneration")
	if err := cluster.Client.Status().Update(t.Context(), old); err != nil {
		t.Errorf("the status: %v", err)
	}
	set(t, old, "Acme Help", "spec", "displayName")
	if err := cluster.Client.Update(t.Context(), old); err != nil {
		t.Errorf("what is right: %v", err)
	}
	set(t, old, "HELP.beta.example", "spec", "host")
	check(t, cluster.Client.Update(t.Context(), old), "spec.host", hostWanted)
}

// unruled installs the kind of help centers in a group of its own, without rules.
func unruled(t *testing.T, cluster *kube.Cluster, group string) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	var ours apiextensionsv1.CustomResourceDefinition
	if err := cluster.Client.Get(t.Context(), client.ObjectKey{Name: "helpcenters.postern.dev"}, &ours); err != nil {
		t.Fatal(err)
	}
	kind := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "helpcenters." + group}, Spec: *ours.Spec.DeepCopy()}
	kind.Spec.Group = group
	kind.Spec.Names.ShortNames, kind.Spec.Names.Categories = nil, nil
	withoutRules(kind.Spec.Versions[0].Schema.OpenAPIV3Schema)
	if err := cluster.Client.Create(t.Context(), kind); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Client.Delete(context.WithoutCancel(t.Context()), kind); err != nil {
			t.Logf("remove the kind of the test: %v", err)
		}
	})
	return kind
}

func withoutRules(s *apiextensionsv1.JSONSchemaProps) {
	s.XValidations = nil
	for name, property := range s.Properties {
		withoutRules(&property)
		s.Properties[name] = property
	}
	if s.Items != nil {
		withoutRules(s.Items.Schema)
	}
}

// addRules gives the kind the rules of ours.
func addRules(t *testing.T, cluster *kube.Cluster, kind *apiextensionsv1.CustomResourceDefinition) {
	t.Helper()
	var ours apiextensionsv1.CustomResourceDefinition
	if err := cluster.Client.Get(t.Context(), client.ObjectKey{Name: "helpcenters.postern.dev"}, &ours); err != nil {
		t.Fatal(err)
	}
	before := client.MergeFrom(kind.DeepCopy())
	kind.Spec.Versions[0].Schema = ours.Spec.Versions[0].Schema
	if err := cluster.Client.Patch(t.Context(), kind, before); err != nil {
		t.Fatal(err)
	}
}

func eventuallyRefused(t *testing.T, cluster *kube.Cluster, o *unstructured.Unstructured) {
	t.Helper()
	eventually(t, "the rules hold", func() error {
		if err := cluster.Client.Create(t.Context(), o.DeepCopy(), client.DryRunAll); err == nil {
			return errors.New("accepted")
		}
		return nil
	})
}

func set(t *testing.T, o *unstructured.Unstructured, value any, path ...string) {
	t.Helper()
	if err := unstructured.SetNestedField(o.Object, value, path...); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until something is so: an API server takes up a kind a little
// later.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: not in a minute: %v", what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
