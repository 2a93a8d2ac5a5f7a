package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// What others change in etcd is put back, and what nobody declares any more goes,
// also if nobody was there to see it deleted.
//
// covers: K02
func TestDriftAndOrphans(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.accounts[0], w.accounts[1]
	w.replica("postern-1")
	o := w.operator()
	for _, account := range w.accounts {
		w.create(aMailbox(account, "support", "support@"+account+".example"), aHelpCenter(account, "acme", account+".example"), aForm(account, "billing", "acme"))
		for _, object := range w.everything(account) {
			w.until(object, v1alpha1.ConditionReady, yes, "")
		}
	}
	w.idle(o, w.everything(a)...)

	ref := wire.Ref{Kind: wire.TicketForms, Name: "billing"}
	key := w.keys.Document(a, ref)
	before, _ := stored[wire.Document](w, key)
	back := func() error {
		if d, _ := stored[wire.Document](w, key); d.Hash != before.Hash || string(d.Body) != string(before.Body) {
			return fmt.Errorf("the document is %+v", d)
		}
		return nil
	}
	if _, err := w.db.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	w.eventually(back)
	if _, err := w.db.Put(t.Context(), key, `{"kind":"TicketForm","hash":"sha256:00"}`); err != nil {
		t.Fatal(err)
	}
	w.eventually(back)
	if _, err := w.db.Delete(t.Context(), w.keys.Host(a+".example")); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() error {
		if claim, _ := stored[wire.Claim](w, w.keys.Host(a+".example")); claim.Namespace != a {
			return fmt.Errorf("the host is held by %+v", claim)
		}
		return nil
	})
	w.idle(o, w.everything(a)...)

	if code := o.stop(); code != exitOK {
		t.Fatalf("it ended with %d", code)
	}
	w.remove(w.everything(a)...)
	w.remove(w.everything(b)...)
	// Who does not look after an account leaves it alone.
	o = w.operatorOf([]string{b})
	w.left(b, true)
	w.left(a, false)
	if code := o.stop(); code != exitOK {
		t.Fatalf("it ended with %d", code)
	}
	o = w.operator()
	w.left(a, true)
	w.eventually(func() error {
		resp, err := w.db.Get(t.Context(), w.keys.Host(a+".example"))
		if err == nil && len(resp.Kvs) > 0 {
			err = errors.New("the host is held still")
		}
		return err
	})
	w.idle(o)
}

// A status that somebody else changes is put back at once, and after that all is
// quiet: what the operator itself writes is no news to it.
//
// covers: K02
func TestStatusIsPutBack(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	o := w.operator()
	w.create(aMailbox(a, "support", "support@acme.example"), aHelpCenter(a, "acme", "help.acme.example"), aForm(a, "billing", "acme"))
	objects := w.everything(a)
	for _, object := range objects {
		w.until(object, v1alpha1.ConditionReady, yes, "")
	}
	w.idle(o, objects...)
	const news = "somebody else has changed a status"
	if strings.Contains(o.logged(), news) {
		t.Error("its own writes are news to it")
	}
	for _, object := range objects {
		w.eventually(func() error {
			w.read(object)
			switch object := object.(type) {
			case *v1alpha1.HelpCenter:
				object.Status = v1alpha1.HelpCenterStatus{}
			case *v1alpha1.TicketForm:
				object.Status = v1alpha1.TicketFormStatus{}
			case *v1alpha1.Mailbox:
				object.Status = v1alpha1.MailboxStatus{}
			}
			return w.kube.Client.Status().Update(t.Context(), object)
		})
		w.until(object, v1alpha1.ConditionReady, yes, "")
	}
	w.idle(o, objects...)
	if told := strings.Count(o.logged(), news); told != len(objects) {
		t.Errorf("of %d statuses that were changed it has told of %d", len(objects), told)
	}
}

// A replica that has an account from before, which is declared no more and which etcd
// does not have either, is told so.
//
// covers: K02, K05
func TestReplicaOfAnotherPast(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	o := w.operator()
	r := w.replica("postern-1")
	r.put(t.Context(), w.keys.Loaded(r.name, a), wire.Loaded{
		Boot: r.boot, Account: "sha256:before", Documents: map[wire.Ref]string{{Kind: wire.Mailboxes, Name: "support"}: "sha256:00"},
	}, r.lease)
	w.eventually(func() error {
		if l, there := stored[wire.Loaded](w, w.keys.Loaded(r.name, a)); there {
			return fmt.Errorf("it serves the account still: %+v", l)
		}
		return nil
	})
	w.left(a, true)
	w.idle(o)
	// What is declared is served, whatever a replica has from before.
	w.create(aMailbox(a, "support", "support@"+a+".example"))
	for _, object := range w.everything(a) {
		w.until(object, v1alpha1.ConditionReady, yes, "")
	}
}

// Only one operator writes: who comes later takes over, and the other one ends.
//
// covers: K02
func TestFencing(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	first := w.operator()
	box := aMailbox(a, "support", "support@acme.example")
	w.create(box)
	w.until(box, v1alpha1.ConditionReady, yes, "")
	second := w.operator()
	if code := first.wait(); code != exitFenced || !strings.Contains(first.logged(), "another operator has taken over") {
		t.Errorf("the first one ended with %d:\n%s", code, first.logged())
	}
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(second, box)
}

// Of several that elect a leader one works; the next takes over when it ends.
//
// covers: K02
func TestLeaderElection(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	w.kube.Allow(t, w.user, a, rulesIn(t, "rbac/program.yaml", "own")...)
	elect := []string{"--leader-elect", "--leader-election-namespace", a}
	first := w.operator(elect...)
	box := aMailbox(a, "support", "support@acme.example")
	w.create(box)
	w.until(box, v1alpha1.ConditionReady, yes, "")
	second := w.operator(elect...)
	w.eventually(func() error { // one that stands by is ready to
		_, err := get("http://" + second.health + "/readyz")
		return err
	})
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.until(box, v1alpha1.ConditionReady, yes, "")
	if code := first.stop(); code != exitOK {
		t.Errorf("the first one ended with %d", code)
	}
	w.edit(box, func() { box.Spec.DisplayName = "Acme Inc." })
	w.until(box, v1alpha1.ConditionReady, yes, "")
	if code := second.stop(); code != exitOK {
		t.Errorf("the second one ended with %d", code)
	}
}

// While etcd is away nothing is lost, statuses say why, and it goes on when etcd is
// back.
//
// covers: K02
func TestEtcdAway(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.etcd.Stop()
	o := w.operator()
	w.eventually(func() error {
		_, err := get("http://" + o.health + "/healthz")
		return err
	})
	if body, err := get("http://" + o.health + "/readyz"); err == nil {
		t.Errorf("it is ready without ever having reached etcd: %s", body)
	}
	w.etcd.Start()
	w.replica("postern-1")
	box := aMailbox(a, "support", "support@acme.example")
	w.create(box)
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.etcd.Stop()
	w.edit(box, func() { box.Spec.DisplayName = "Acme" })
	w.until(box, v1alpha1.ConditionProgrammed, unknown, v1alpha1.ReasonStoreUnavailable)
	if _, err := get("http://" + o.health + "/readyz"); err != nil {
		t.Errorf("it is not ready any more: %v", err)
	}
	w.etcd.Start()
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(o, box)
	if o.counted("postern_operator_objects", `kind="Mailbox"`, `reason="Ready"`) != 1 || o.counted("postern_operator_ack_lag_seconds_count") < 2 {
		body, _ := get("http://" + o.metrics + "/metrics")
		t.Errorf("metrics are\n%s", body)
	}
}

func anEndpointSlice(account, service string, addresses ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: named(account, service+"-1"), AddressType: discoveryv1.AddressTypeIPv4, Endpoints: endpointsAt(addresses...)}
	s.Labels = map[string]string{discoveryv1.LabelServiceName: service}
	return s
}

func endpointsAt(addresses ...string) (endpoints []discoveryv1.Endpoint) {
	for _, a := range addresses {
		endpoints = append(endpoints, discoveryv1.Endpoint{Addresses: []string{a}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}})
	}
	return endpoints
}
