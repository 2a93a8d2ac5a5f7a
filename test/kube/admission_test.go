package kube_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/test/kube"
)

// TestRefusals tries specs that no kind accepts, and that every rule of the kinds is
// among what is told.
//
// covers: K01
func TestRefusals(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	all, told := rules(t, cluster), map[rule]bool{}
	note := func(kind string, err error) {
		for _, r := range broken(all, kind, err) {
			told[r] = true
		}
	}
	for kind, cases := range map[string][]refusal{"HelpCenter": refusedHelpCenters, "Mailbox": refusedMailboxes, "TicketForm": refusedForms} {
		for _, test := range cases {
			t.Run(kind+" "+short(test.spec), func(t *testing.T) {
				err := cluster.Client.Create(t.Context(), object(t, kind, namespace, "acme", test.spec), client.DryRunAll)
				check(t, err, test.field, test.want)
				note(kind, err)
			})
		}
	}
	for i, test := range changes {
		t.Run(test.kind+" changed to "+short(test.after), func(t *testing.T) {
			name := fmt.Sprintf("change-%d", i)
			before := object(t, test.kind, namespace, name, test.before)
			if err := cluster.Client.Create(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			after := object(t, test.kind, namespace, name, test.after)
			after.SetResourceVersion(before.GetResourceVersion())
			err := cluster.Client.Update(t.Context(), after)
			if test.want == "" && err != nil {
				t.Errorf("refused: %v", err)
			} else if test.want != "" {
				check(t, err, test.field, test.want)
			}
			note(test.kind, err)
		})
	}
	for _, kind := range []string{"HelpCenter", "Mailbox", "TicketForm"} {
		err := cluster.Client.Create(t.Context(), object(t, kind, namespace, "acme.help", `{}`), client.DryRunAll)
		check(t, err, "", "metadata.name must be 1 to 63 lower-case letters, digits and hyphens")
		note(kind, err)
	}
	for _, r := range all {
		if !told[r] {
			t.Errorf("no case breaks the rule of %s: %s: %s", r.kind, r.field, r.message)
		}
	}
}

// short is enough of a spec to know a case by.
func short(spec string) string {
	spec = strings.ReplaceAll(spec, long64, "a…")
	return spec[:min(len(spec), 100)]
}

// object is the least one of its kind with a merge patch.
func object(t *testing.T, kind, namespace, name, patch string) *unstructured.Unstructured {
	t.Helper()
	spec := merged(read(t, least[kind]), read(t, patch))
	o := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	o.SetAPIVersion(config.APIVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}

func read(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return m
}

// merged applies a merge patch (RFC 7396).
func merged(target, patch map[string]any) map[string]any {
	result := maps.Clone(target)
	for name, value := range patch {
		below, ok := value.(map[string]any)
		under, both := result[name].(map[string]any)
		switch {
		case value == nil:
			delete(result, name)
		case ok && both:
			result[name] = merged(under, below)
		default:
			result[name] = value
		}
	}
	return result
}

// causes are what the API server says is wrong, by field.
func causes(err error) []metav1.StatusCause {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	return status.Status().Details.Causes
}

func check(t *testing.T, err error, field, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("accepted; want %s: %s", field, want)
		return
	}
	if !slices.ContainsFunc(causes(err), func(c metav1.StatusCause) bool {
		return strings.TrimPrefix(c.Field, "<nil>") == field && strings.Contains(c.Message, want)
	}) {
		t.Errorf("want %s: %s\n%v\n%+v", field, want, err, causes(err))
	}
}

var (
	anIndex   = regexp.MustCompile(`\[[0-9]+\]`)
	firstText = regexp.MustCompile(`'([^']{8,})'`) // a literal that is a message
)

// A rule in CEL of a kind, by the place that it tells.
type rule struct{ kind, field, message string }

// broken are the rules that were told.
func broken(all []rule, kind string, err error) []rule {
	var found []rule
	for _, c := range causes(err) {
		field := strings.TrimPrefix(anIndex.ReplaceAllString(c.Field, ""), "<nil>")
		for _, r := range all {
			if r.kind == kind && r.field == field && strings.Contains(c.Message, r.message) {
				found = append(found, r)
			}
		}
	}
	return found
}

// rules lists the rules in CEL of all kinds.
func rules(t *testing.T, cluster *kube.Cluster) []rule {
	t.Helper()
	var kinds apiextensionsv1.CustomResourceDefinitionList
	if err := cluster.Client.List(t.Context(), &kinds); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, kind := range kinds.Items {
		if kind.Spec.Group == config.Group {
			all = append(all, rulesBelow(kind.Spec.Names.Kind, "", *kind.Spec.Versions[0].Schema.OpenAPIV3Schema)...)
		}
	}
	if len(all) < 60 {
		t.Fatalf("the kinds have only %d rules", len(all))
	}
	return all
}

func rulesBelow(kind, field string, s apiextensionsv1.JSONSchemaProps) []rule {
	var all []rule
	for _, r := range s.XValidations {
		message := r.Message
		if message == "" {
			message = strings.TrimSpace(firstText.FindStringSubmatch(r.MessageExpression)[1])
		}
		all = append(all, rule{kind, strings.TrimPrefix(field+r.FieldPath, "."), message})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		all = append(all, rulesBelow(kind, strings.TrimPrefix(field+"."+name, "."), s.Properties[name])...)
	}
	if s.Items != nil {
		all = append(all, rulesBelow(kind, field, *s.Items.Schema)...)
	}
	return all
}
