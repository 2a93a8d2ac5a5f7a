package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// A host and an address belong to one object of all accounts. Who comes later says
// so, and gets them as soon as they are given back.
//
// covers: K02
func TestHostConflict(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.accounts[0], w.accounts[1]
	w.replica("postern-1")
	o := w.operator()
	first, second := aHelpCenter(a, "acme", "help.acme.example"), aHelpCenter(b, "acme", "help.acme.example")
	box, rival := aMailbox(a, "support", "support@acme.example"), aMailbox(b, "support", "Support@acme.example")
	w.create(box, first)
	w.until(first, v1alpha1.ConditionReady, yes, "")
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.create(second, rival)
	w.until(second, v1alpha1.ConditionAccepted, no, v1alpha1.ReasonHostConflicted)
	w.until(second, v1alpha1.ConditionStalled, yes, v1alpha1.ReasonHostConflicted)
	w.until(rival, v1alpha1.ConditionAccepted, no, v1alpha1.ReasonAddressConflicted)
	w.events(second, "Warning HostConflicted")
	w.idle(o, first, second, box, rival)

	// Given back by another host.
	w.edit(first, func() { first.Spec.Host = "support.acme.example" })
	w.until(first, v1alpha1.ConditionReady, yes, "")
	w.until(second, v1alpha1.ConditionAccepted, yes, "")
	w.until(second, v1alpha1.ConditionProgrammed, yes, v1alpha1.ReasonProgrammed)
	if claim, _ := stored[wire.Claim](w, w.keys.Host("help.acme.example")); claim.Namespace != b {
		t.Errorf("the host is held by %+v", claim)
	}
	// Back again: now the other one is established.
	w.edit(first, func() { first.Spec.Host = "help.acme.example" })
	w.until(first, v1alpha1.ConditionAccepted, no, v1alpha1.ReasonHostConflicted)
	w.until(second, v1alpha1.ConditionProgrammed, yes, v1alpha1.ReasonProgrammed)
	// Given back by a deletion.
	w.remove(second)
	w.until(first, v1alpha1.ConditionReady, yes, "")
	w.remove(box)
	w.until(rival, v1alpha1.ConditionReady, yes, "")
	if claim, _ := stored[wire.Claim](w, w.keys.Address("support@acme.example")); claim.Namespace != b {
		t.Errorf("the address is held by %+v", claim)
	}
}

// Sign-up is the account's: the first that declares it holds it, and a deletion
// does not make it wider.
//
// covers: K02
func TestSignUpConflict(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	o := w.operator()
	box, first, second := aMailbox(a, "support", "support@acme.example"), aHelpCenter(a, "first", "first.acme.example"), aHelpCenter(a, "second", "second.acme.example")
	first.Spec.SignUp = &config.SignUp{Mode: config.SignUpInviteOnly, Methods: []config.SignUpMethod{config.MethodPassword}}
	second.Spec.SignUp = &config.SignUp{Mode: config.SignUpOpen, Methods: []config.SignUpMethod{config.MethodPassword, config.MethodEmailCode}}
	w.create(box, first)
	w.until(first, v1alpha1.ConditionSignUpApplied, yes, v1alpha1.ReasonApplied)
	w.create(second)
	w.until(second, v1alpha1.ConditionSignUpApplied, no, v1alpha1.ReasonConflicted)
	w.until(second, v1alpha1.ConditionReady, yes, "") // its portal works
	w.events(second, "Warning SignUpConflicted")
	w.idle(o, box, first, second)

	w.remove(first)
	w.eventually(func() error {
		account, _ := stored[wire.Account](w, w.keys.Account(a))
		if s := account.SignUp; s == nil || s.Holder != "second" || s.Applied.Mode != config.SignUpInviteOnly || len(s.Applied.Methods) != 1 {
			return fmt.Errorf("after the deletion sign-up is %+v", s)
		}
		return nil
	})
	w.edit(second, func() { second.Spec.SignUp.Methods = second.Spec.SignUp.Methods[:1] }) // that is a decision
	w.until(second, v1alpha1.ConditionSignUpApplied, yes, v1alpha1.ReasonApplied)
}

// A form that goes to another help center leaves the one that it was at.
//
// covers: K02
func TestReparent(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	o := w.operator()
	box, one, two := aMailbox(a, "support", "support@acme.example"), aHelpCenter(a, "one", "one.acme.example"), aHelpCenter(a, "two", "two.acme.example")
	form := aForm(a, "billing", "one")
	w.create(box, one, two, form)
	w.until(one, v1alpha1.ConditionSubmissionVisible, yes, v1alpha1.ReasonFormsPublished)
	w.until(two, v1alpha1.ConditionSubmissionVisible, no, v1alpha1.ReasonNoPublishedForm)
	w.edit(form, func() { form.Spec.HelpCenterRefs[0].Name = "two" })
	w.until(two, v1alpha1.ConditionSubmissionVisible, yes, v1alpha1.ReasonFormsPublished)
	w.until(one, v1alpha1.ConditionSubmissionVisible, no, v1alpha1.ReasonNoPublishedForm)
	w.until(form, v1alpha1.ConditionReady, yes, "")
	if at := form.Status.HelpCenters; len(at) != 1 || at[0].Name != "two" {
		t.Errorf("the form says of help centers: %+v", at)
	}
	w.edit(form, func() { form.Spec.HelpCenterRefs[0].Name = "three" })
	w.until(form, v1alpha1.ConditionResolvedRefs, no, v1alpha1.ReasonHelpCenterNotFound)
	three := aHelpCenter(a, "three", "three.acme.example")
	w.create(three)
	w.until(form, v1alpha1.ConditionReady, yes, "")
	w.until(three, v1alpha1.ConditionSubmissionVisible, yes, "")
	w.idle(o, box, one, two, three, form)
}

// Of a silent replica nobody knows what it serves.
//
// covers: K02
func TestSilentReplica(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1") // at 192.0.2.1
	w.kube.Allow(t, w.user, a, rulesIn(t, "rbac/program.yaml", "daemon")...)
	o := w.operator("--daemon-service", a+"/postern")
	box := aMailbox(a, "support", "support@acme.example")
	w.create(box)
	w.until(box, v1alpha1.ConditionReady, yes, "")
	slice := anEndpointSlice(a, "postern", "192.0.2.1")
	w.create(slice)
	w.idle(o, box)
	slice.Endpoints = endpointsAt("192.0.2.1", "192.0.2.2")
	if err := w.kube.Client.Update(t.Context(), slice); err != nil {
		t.Fatal(err)
	}
	w.until(box, v1alpha1.ConditionProgrammed, unknown, v1alpha1.ReasonReplicaSilent)
	w.replica("postern-2")
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(o, box)
}

// everything reads all that is declared in an account.
func (w *world) everything(account string) (objects []client.Object) {
	w.t.Helper()
	var helpCenters v1alpha1.HelpCenterList
	var forms v1alpha1.TicketFormList
	var mailboxes v1alpha1.MailboxList
	for _, list := range []client.ObjectList{&helpCenters, &forms, &mailboxes} {
		if err := w.kube.Client.List(w.t.Context(), list, client.InNamespace(account)); err != nil {
			w.t.Fatal(err)
		}
	}
	for i := range helpCenters.Items {
		objects = append(objects, &helpCenters.Items[i])
	}
	for i := range forms.Items {
		objects = append(objects, &forms.Items[i])
	}
	for i := range mailboxes.Items {
		objects = append(objects, &mailboxes.Items[i])
	}
	return objects
}

// left waits until nothing is left of an account in etcd.
func (w *world) left(account string, none bool) {
	w.t.Helper()
	w.eventually(func() error {
		if _, ok := stored[wire.Account](w, w.keys.Account(account)); ok == none {
			return fmt.Errorf("of the account %s there is something in etcd: %v", account, ok)
		}
		return nil
	})
}

// A name that an account holds which nobody looks after is told to be taken, without
// a word of whom by; who claims it gets it when it is given back.
//
// covers: K02
func TestHeldElsewhere(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.accounts[0], w.accounts[1]
	w.replica("postern-1")
	o := w.operator()
	first, theirs := aHelpCenter(a, "secret-brand", "help.acme.example"), aMailbox(a, "secret-box", "support@acme.example")
	first.Spec.MailboxRef.Name = theirs.Name
	w.create(theirs, first)
	w.until(first, v1alpha1.ConditionReady, yes, "")
	w.end(o)
	o = w.operatorOf([]string{b})
	second, box := aHelpCenter(b, "acme", "help.acme.example"), aMailbox(b, "support", "Support@acme.example")
	w.create(second, box)
	for object, reason := range map[client.Object]string{second: v1alpha1.ReasonHostConflicted, box: v1alpha1.ReasonAddressConflicted} {
		w.until(object, v1alpha1.ConditionAccepted, no, reason)
		w.until(object, v1alpha1.ConditionStalled, yes, reason)
		w.events(object, "Warning "+reason)
		conditions, _ := statusOf(object)
		if said := fmt.Sprint(conditions); !strings.Contains(said, "does not look after") || strings.Contains(said, a) || strings.Contains(said, "secret-") {
			t.Errorf("%s says %s", object.GetName(), said)
		}
	}
	w.idle(o, second, box)
	w.end(o)
	o = w.operator() // which looks after both
	w.remove(first, theirs)
	w.until(second, v1alpha1.ConditionReady, yes, "")
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(o, second, box)
}

// Replicas that do not load something for long are told of by an event: once.
//
// covers: K02
func TestPendingForLong(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	r := w.replica("postern-1")
	o := w.operator()
	box := aMailbox(a, "support", "support@acme.example")
	w.create(box)
	w.until(box, v1alpha1.ConditionReady, yes, "")
	r.lag()
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.until(box, v1alpha1.ConditionReconciling, yes, v1alpha1.ReasonPending)
	w.end(o)
	w.eventually(func() error { // six minutes pass
		w.read(box)
		c := meta.FindStatusCondition(box.Status.Conditions, v1alpha1.ConditionReconciling)
		c.LastTransitionTime = metav1.NewTime(time.Now().Add(-6 * time.Minute))
		return w.kube.Client.Status().Update(t.Context(), box)
	})
	for range 2 { // an operator that is started anew knows that it was told
		o = w.operator()
		w.listed(o)
		w.events(box, "Warning Pending")
		w.idle(o, box)
		w.end(o)
	}
	if c := meta.FindStatusCondition(box.Status.Conditions, v1alpha1.ConditionReady); !strings.Contains(c.Message, "after more than 5 minutes 0 of 1 serving replicas") {
		t.Errorf("it says %q", c.Message)
	}
	o = w.operator()
	r.catchUp()
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(o, box)
	w.events(box, "Warning Pending")
}
