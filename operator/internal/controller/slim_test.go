package controller

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// What is kept of an object is what the controller reads.
func TestSlim(t *testing.T) {
	form := func(word string) *v1alpha1.TicketForm {
		f := &v1alpha1.TicketForm{ObjectMeta: metav1.ObjectMeta{
			Namespace: "acme", Name: "billing", UID: "1", Generation: 2, ResourceVersion: "3", Labels: map[string]string{"team": "a"},
			Annotations:   map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}", ReconcileAt: "now"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		}}
		f.Spec.Title.Default = "Billing"
		f.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: word, Message: word}}
		f.Status.HelpCenters = []v1alpha1.FormHelpCenter{{Name: "acme", Conditions: []metav1.Condition{{Type: v1alpha1.ConditionVisible, Message: word}}}}
		return f
	}
	want := form("a word")
	want.Labels, want.ManagedFields, want.Annotations = nil, nil, map[string]string{ReconcileAt: "now"}
	one, two := form(string([]byte("a word"))), form(string([]byte("a word")))
	for _, f := range []*v1alpha1.TicketForm{one, two} {
		if got, err := Slim(f); err != nil || !cmp.Equal(got, any(want)) {
			t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(any(want), got))
		}
	}
	a, b := one.Status.HelpCenters[0].Conditions[0].Message, two.Status.Conditions[0].Message
	if unsafe.StringData(a) != unsafe.StringData(b) {
		t.Error("the same word is kept twice")
	}
}
