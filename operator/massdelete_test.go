package main

import (
	"fmt"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// Most help centers are deleted at once: replicas keep them, also when the operator
// is started anew, and it is told. They go when somebody allows it.
//
// covers: K05
func TestMassDelete(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.accounts[0], w.accounts[1]
	w.replica("postern-1")
	o := w.operator()
	box := aMailbox(a, "support", "support@"+a+".example")
	w.create(box, aMailbox(b, "support", "support@"+b+".example"))
	for i := range 12 {
		w.create(aHelpCenter(a, fmt.Sprint("brand-", i), fmt.Sprint(i, ".", a, ".example")))
	}
	for i := range 8 {
		w.create(aHelpCenter(b, fmt.Sprint("brand-", i), fmt.Sprint(i, ".", b, ".example")))
	}
	kept, form := aHelpCenter(a, "kept", "kept."+a+".example"), aForm(a, "billing", "kept")
	w.create(kept, form)
	w.serves(a, 13)
	w.serves(b, 8)
	w.until(form, v1alpha1.ConditionReady, yes, "")

	w.remove(aHelpCenter(b, "brand-0", ""), aHelpCenter(b, "brand-1", "")) // few may go
	w.serves(b, 6)
	w.end(o)
	for i := range 12 {
		w.remove(aHelpCenter(a, fmt.Sprint("brand-", i), ""))
	}
	o = w.operator()
	w.events(kept, "Warning DeletionsHeld")
	if n := o.counted("postern_operator_store_held_accounts"); n != 1 {
		t.Errorf("%v accounts wait, says the metric", n)
	}
	if log := o.logged(); !strings.Contains(log, "deletions are held back") || !strings.Contains(log, "--allow-mass-delete") {
		t.Error("the log does not say what to do")
	}
	w.idle(o, box)
	w.serves(a, 13)
	w.until(box, v1alpha1.ConditionReady, yes, "") // as all of it is served
	// A form that is to be withdrawn waits as well, and says so.
	w.edit(form, func() { form.Spec.Publication = config.Draft })
	w.until(form, v1alpha1.ConditionReady, no, v1alpha1.ReasonDeletionsHeld)
	w.until(form, v1alpha1.ConditionStalled, yes, v1alpha1.ReasonDeletionsHeld)
	// What else changes goes through meanwhile.
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.eventually(func() error {
		d, _ := stored[wire.Document](w, w.keys.Document(a, wire.Ref{Kind: wire.Mailboxes, Name: "support"}))
		if d.Generation != box.Generation {
			return fmt.Errorf("the mailbox is there in generation %d", d.Generation)
		}
		return nil
	})

	// Another operator lets no more go than the one before.
	w.end(o)
	o = w.operator()
	w.listed(o)
	w.eventually(func() error {
		if n := o.counted("postern_operator_store_held_accounts"); n != 1 {
			return fmt.Errorf("%v accounts wait, says the metric", n)
		}
		return nil
	})
	w.idle(o, box)
	w.serves(a, 13)
	w.serves(b, 6)
	w.end(o)
	o = w.operator("--allow-mass-delete")
	w.serves(a, 1)
	w.serves(b, 6)
	w.until(form, v1alpha1.ConditionReady, yes, "")
	w.events(kept, "Warning DeletionsHeld")
	w.events(form, "Warning DeletionsHeld", "Normal Draft")
	w.idle(o, box)
}

// What had to wait for others goes by itself when these have been gone for long, if it
// is not most of what is left.
//
// covers: K05
func TestHeldDeletionsGoWithTime(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.accounts[0], w.accounts[1]
	w.replica("postern-1")
	o := w.operator()
	box := aMailbox(b, "support", "support@"+b+".example")
	kept, gone := aHelpCenter(b, "kept", "kept."+b+".example"), aHelpCenter(b, "gone", "gone."+b+".example")
	w.create(aMailbox(a, "support", "support@"+a+".example"), box, kept, gone)
	for i := range 10 {
		w.create(aHelpCenter(a, fmt.Sprint("brand-", i), fmt.Sprint(i, ".", a, ".example")))
	}
	w.serves(a, 10)
	w.serves(b, 2)
	w.kube.Kubectl(t, "delete", "helpcenters", "--all", "-n", a)
	w.serves(a, 0)
	w.end(o)
	w.remove(gone)
	o = w.operator()
	w.events(kept, "Warning DeletionsHeld")
	w.idle(o, box)
	w.serves(b, 2)
	if n := w.vanished(); n < 10 {
		t.Fatalf("%d help centers have vanished, it is noted", n)
	}
	// Ten minutes pass: etcd ends the leases.
	leases, err := w.db.Leases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leases.Leases {
		told, err := w.db.TimeToLive(t.Context(), l.ID, clientv3.WithAttachedKeys())
		if err != nil {
			t.Fatal(err)
		}
		if len(told.Keys) == 0 || !strings.HasPrefix(string(told.Keys[0]), w.keys.Vanisheds()) {
			continue // a replica's
		}
		if told.GrantedTTL != 600 {
			t.Errorf("a lease is for %d s", told.GrantedTTL)
		}
		if _, err := w.db.Revoke(t.Context(), l.ID); err != nil {
			t.Fatal(err)
		}
	}
	w.serves(b, 1)
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(o, box)
}

// end ends an operator in good order.
func (w *world) end(o *operator) {
	w.t.Helper()
	if code := o.stop(); code != exitOK {
		w.t.Errorf("it ended with %d:\n%s", code, o.logged())
	}
}

// listed waits until an operator has listed everything.
func (w *world) listed(o *operator) {
	w.t.Helper()
	w.eventually(func() error {
		_, err := get("http://" + o.health + "/readyz")
		return err
	})
}

// serves waits until the replica serves so many help centers of an account.
func (w *world) serves(account string, helpCenters int) {
	w.t.Helper()
	w.eventually(func() error {
		resp, err := w.db.Get(w.t.Context(), w.keys.Loaded("postern-1", account))
		if err != nil {
			return err
		}
		if len(resp.Kvs) == 0 {
			return fmt.Errorf("it has not loaded %s", account)
		}
		loaded, err := wire.Decode[wire.Loaded](resp.Kvs[0].Value)
		if err != nil {
			return err
		}
		n := 0
		for ref := range loaded.Documents {
			if ref.Kind == wire.HelpCenters {
				n++
			}
		}
		if n != helpCenters {
			return fmt.Errorf("it serves %d help centers of %s, want %d", n, account, helpCenters)
		}
		return nil
	})
}

// vanished is how many help centers are noted as such.
func (w *world) vanished() int64 {
	w.t.Helper()
	resp, err := w.db.Get(w.t.Context(), w.keys.Vanisheds(), clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.Count
}
