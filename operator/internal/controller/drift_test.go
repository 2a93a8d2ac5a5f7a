package controller

import (
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// What somebody else makes of a status is looked at; what was written here, and what
// is no change of the status, is not.
func TestDrifted(t *testing.T) {
	object := func(uid string, conditions ...metav1.Condition) *v1alpha1.Mailbox {
		m := &v1alpha1.Mailbox{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "support", UID: types.UID(uid)}}
		m.Status.ObservedGeneration, m.Status.Conditions = 1, conditions
		return m
	}
	ready, accepted := metav1.Condition{Type: "Ready", Status: "True"}, metav1.Condition{Type: "Accepted", Status: "True"}
	c := &Controller{log: quiet}
	says, err := plain(&object("u", ready, accepted).Status)
	if err != nil {
		t.Fatal(err)
	}
	d, err := digestOf(says)
	if err != nil {
		t.Fatal(err)
	}
	c.written.add("a", "u", d)
	others := metav1.Condition{Type: "acme.example/Audited", Status: "True"}
	labelled := object("u", ready)
	labelled.Labels = map[string]string{"a": "b"}
	for _, tt := range []struct {
		name     string
		old, now *v1alpha1.Mailbox
		want     bool
	}{
		{"as it was written", object("u"), object("u", ready, accepted), false},
		{"in another order", object("u"), object("u", accepted, ready), false},
		{"wiped", object("u", ready, accepted), object("u"), true},
		{"changed", object("u", ready, accepted), object("u", accepted), true},
		{"with a condition of somebody else", object("u", ready, accepted), object("u", others, ready, accepted), false},
		{"only its labels", object("u", ready), labelled, false},
		{"of one that was never written", object("v"), object("v", ready, accepted), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := c.drifted(event.UpdateEvent{ObjectOld: tt.old, ObjectNew: tt.now}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if c.written.keep("a", map[types.UID]bool{"u": true}); !c.written.is("a", "u", d) {
		t.Error("what is listed is forgotten")
	}
	if c.written.keep("a", nil); c.written.is("a", "u", d) {
		t.Error("what is not listed is kept")
	}
}

// A condition of somebody else's type is no reason to write a status: it would be as
// before after that.
func TestConditionsOfOthersAreLeft(t *testing.T) {
	conditions := func(types ...string) (list []metav1.Condition) {
		for _, name := range types {
			list = append(list, metav1.Condition{Type: name, Status: "True"})
		}
		return list
	}
	status := func(form, entry []metav1.Condition) *v1alpha1.TicketFormStatus {
		return &v1alpha1.TicketFormStatus{Conditions: form, HelpCenters: []v1alpha1.FormHelpCenter{{Name: "acme", Conditions: entry}}}
	}
	says := status(conditions("Ready", "Accepted"), conditions("Visible"))
	said := status(conditions("acme.example/Audited", "Accepted", "Ready"), conditions("Visible", "acme.example/Seen"))
	if writes, err := unsaid(said, says); err != nil || writes != nil {
		t.Errorf("%v is written, error %v", writes, err)
	}
	if writes, err := unsaid(status(conditions("acme.example/Audited", "Ready"), conditions("Visible")), says); err != nil || writes == nil {
		t.Errorf("what is missing is not written, error %v", err)
	}
	for kind, list := range map[string]any{"conditions": says.Conditions, "helpCenters": says.HelpCenters} {
		if m, err := plain(says); err != nil || len(m[kind].([]any)) != reflect.ValueOf(list).Len() {
			t.Errorf("of %v is left %v, error %v", list, m[kind], err)
		}
	}
}

// Nobody has to do something about an object that is gone.
func TestTroubledIsForgotten(t *testing.T) {
	var k troubled
	k.add("a", "u")
	k.add("a", "v")
	k.add("b", "w")
	k.keep("a", map[types.UID]bool{"v": true})
	k.forget("b")
	if k.remove("a", "u") || !k.remove("a", "v") || k.remove("b", "w") || len(k.objects) != 0 {
		t.Errorf("it is known of %v", k.objects)
	}
}
