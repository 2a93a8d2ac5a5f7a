package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// The API server ends and is started again: replicas go on with what they have, the
// operator takes nothing away, and what is declared afterwards is served. Nothing is
// written that says the same as before.
//
// covers: K05
func TestAPIServerAway(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	o := w.operator()
	box, help, form := aMailbox(a, "support", "support@"+a+".example"), aHelpCenter(a, "acme", a+".example"), aForm(a, "billing", "acme")
	w.create(box, help, form)
	for _, object := range w.everything(a) {
		w.until(object, v1alpha1.ConditionReady, yes, "")
	}
	w.idle(o, box, help, form)
	revision, written, touched := w.revision(), o.written(), o.counted("postern_operator_store_written_total")

	w.kube.KillServer(t)
	for range 20 { // longer than watches and retries need to notice
		time.Sleep(250 * time.Millisecond)
		if _, err := get("http://" + o.health + "/healthz"); err != nil {
			t.Fatalf("without the API server the operator is not healthy: %v", err)
		}
	}
	if now := w.revision(); now != revision {
		t.Errorf("without the API server etcd went from revision %d to %d", revision, now)
	}
	w.serves(a, 1)
	// What is changed in etcd meanwhile is put back: what is declared is known.
	if _, err := w.db.Delete(t.Context(), w.keys.Host(a+".example")); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() error {
		resp, err := w.db.Get(t.Context(), w.keys.Host(a+".example"))
		if err == nil && len(resp.Kvs) == 0 {
			err = fmt.Errorf("nobody holds the host")
		}
		return err
	})
	w.kube.StartServer(t)
	w.idle(o, box, help, form)
	if now := o.written(); now != written {
		t.Errorf("%v writes to the API server though nothing was declared", now-written)
	}
	if now := o.counted("postern_operator_store_written_total"); now != touched+1 {
		t.Errorf("%v keys were written to etcd; want the host alone", now-touched)
	}
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.remove(form, help)
	w.serves(a, 0)
	w.idle(o, box)
	w.end(o)
}

// An operator that is started while the API server is away waits for it, and takes
// nothing away; one that leads by a lease ends when it cannot hold that, to be
// started again.
//
// covers: K05
func TestStartedWithoutAPIServer(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	w.kube.Allow(t, w.user, a, rulesIn(t, "rbac/program.yaml", "own")...)
	elect := []string{"--leader-elect", "--leader-election-namespace", a}
	o := w.operator(elect...)
	box, help := aMailbox(a, "support", "support@"+a+".example"), aHelpCenter(a, "acme", a+".example")
	w.create(box, help)
	w.until(help, v1alpha1.ConditionReady, yes, "")
	w.kube.KillServer(t)
	if code := o.wait(); code != exitFailed {
		t.Errorf("without its lease it ended with %d", code)
	}
	revision := w.revision()
	o = w.operator(elect...)
	code := o.wait() // within the time that it needs to learn of the kinds
	if code != exitFailed {
		t.Errorf("started without the API server it ended with %d:\n%s", code, o.logged())
	}
	if now := w.revision(); now != revision {
		t.Errorf("started without the API server it wrote to etcd: revision %d, not %d", now, revision)
	}
	w.serves(a, 1)
	w.kube.StartServer(t)
	o = w.operator(elect...)
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.serves(a, 1)
	w.idle(o, box, help)
}
