package main

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

const (
	yes = metav1.ConditionTrue
	no  = metav1.ConditionFalse
	// so-so: nobody knows.
	unknown = metav1.ConditionUnknown
)

// What is declared is served by every replica, and says so. Afterwards nothing is
// written any more, neither to the API server nor to etcd.
//
// covers: K02
func TestConverge(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	one, two := w.replica("postern-1"), w.replica("postern-2")
	o := w.operator()
	mailbox, help, form := aMailbox(a, "support", "support@acme.example"), aHelpCenter(a, "acme", "help.acme.example"), aForm(a, "billing", "acme")
	w.create(mailbox, help, form)
	for _, object := range []client.Object{mailbox, help, form} {
		w.until(object, v1alpha1.ConditionReady, yes, v1alpha1.ReasonReady)
	}
	w.until(help, v1alpha1.ConditionSubmissionVisible, yes, v1alpha1.ReasonFormsPublished)
	if p := help.Status.Programmed; p == nil || p.Hash == "" || p.Replicas != nil || help.Status.URL != "https://help.acme.example/" {
		t.Errorf("status is %+v", help.Status)
	}
	account, ok := stored[wire.Account](w, w.keys.Account(a))
	if !ok || len(account.Documents) != 3 {
		t.Errorf("etcd has %+v of the account", account)
	}
	if claim, _ := stored[wire.Claim](w, w.keys.Host("help.acme.example")); claim.UID != string(help.UID) {
		t.Errorf("the host is held by %+v", claim)
	}
	w.eventually(func() error { // the last good ones are kept after statuses are told
		d, _ := stored[wire.Document](w, w.keys.LastGoodDocument(a, wire.Ref{Kind: wire.TicketForms, Name: "billing"}))
		if d.Hash != config.Hash(form.Spec) && d.Hash != account.Documents[wire.Ref{Kind: wire.TicketForms, Name: "billing"}] {
			return fmt.Errorf("the last good form is %+v", d)
		}
		return nil
	})
	w.idle(o, mailbox, help, form)
	if o.written() < 3 {
		t.Errorf("three objects have statuses, and %v writes were counted", o.written())
	}

	// A draft is withdrawn, which hides submission; both are healthy.
	w.edit(form, func() { form.Spec.Publication = config.Draft })
	w.until(form, v1alpha1.ConditionProgrammed, yes, v1alpha1.ReasonWithdrawn)
	w.until(form, v1alpha1.ConditionReady, yes, v1alpha1.ReasonDraft)
	w.until(help, v1alpha1.ConditionSubmissionVisible, no, v1alpha1.ReasonNoPublishedForm)
	w.until(help, v1alpha1.ConditionReady, yes, v1alpha1.ReasonReady)

	// One that lags keeps what has changed from being Programmed.
	two.lag()
	w.edit(form, func() { form.Spec.Publication = config.Published })
	w.until(form, v1alpha1.ConditionProgrammed, no, v1alpha1.ReasonPending)
	two.catchUp()
	w.until(form, v1alpha1.ConditionProgrammed, yes, v1alpha1.ReasonProgrammed)
	w.until(help, v1alpha1.ConditionSubmissionVisible, yes, v1alpha1.ReasonFormsPublished)

	// One that refuses it has its words told, once as an event.
	ref := wire.Ref{Kind: wire.TicketForms, Name: "billing"}
	one.refuse(a, ref, "no such field type")
	w.until(form, v1alpha1.ConditionReady, no, v1alpha1.ReasonRejected)
	w.until(form, v1alpha1.ConditionStalled, yes, v1alpha1.ReasonRejected)
	w.events(form, "Warning Rejected")
	one.refuse(a, ref, "")
	w.until(form, v1alpha1.ConditionReady, yes, v1alpha1.ReasonReady)
	w.events(form, "Warning Rejected", "Normal Ready")

	// A replica more or less changes no status; without any, nothing is Programmed.
	w.idle(o, mailbox, help, form)
	three := w.replica("postern-3")
	w.idle(o, mailbox, help, form)
	before := o.written()
	one.vanish()
	three.vanish()
	w.idle(o, mailbox, help, form)
	if after := o.written(); after != before {
		t.Errorf("two replicas less made it write %v times", after-before)
	}
	two.vanish()
	w.until(help, v1alpha1.ConditionReady, no, v1alpha1.ReasonNoReplicas)
	w.replica("postern-4")
	w.until(help, v1alpha1.ConditionReady, yes, v1alpha1.ReasonReady)
	w.idle(o, mailbox, help, form)
	if code := o.stop(); code != exitOK {
		t.Errorf("it ended with %d", code)
	}
}

// written counts what was written to the API server.
func (o *operator) written() float64 {
	o.w.t.Helper()
	return o.counted("rest_client_requests_total", `method="PATCH"`) + o.counted("rest_client_requests_total", `method="POST"`)
}

// idle sees that nothing happens for some seconds.
func (w *world) idle(o *operator, objects ...client.Object) {
	w.t.Helper()
	const still = 3 * time.Second
	var revision int64
	var passes, writes float64
	var versions []string
	look := func() (int64, float64, float64, []string) {
		var versions []string
		for _, object := range objects {
			w.read(object)
			versions = append(versions, object.GetResourceVersion())
		}
		return w.revision(), o.counted("controller_runtime_reconcile_total"), o.written(), versions
	}
	since := time.Now()
	w.eventually(func() error {
		r, p, q, v := look()
		if r != revision || p != passes || q != writes || fmt.Sprint(v) != fmt.Sprint(versions) {
			what := fmt.Sprintf("etcd from revision %d to %d, passes from %v to %v, writes from %v to %v, objects from %v to %v", revision, r, passes, p, writes, q, versions, v)
			revision, passes, writes, versions, since = r, p, q, v, time.Now()
			return fmt.Errorf("it is not idle: %s", what)
		}
		if time.Since(since) < still {
			return fmt.Errorf("it is idle, but not for %s yet", still)
		}
		return nil
	})
}
