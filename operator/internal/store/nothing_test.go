package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/test/etcd"
)

// says has a replica say what it serves of an account; nil that it serves nothing and
// knows of nothing.
func says(t *testing.T, client *clientv3.Client, s *running, replica, account string, list *wire.Account, helpCenters ...string) {
	t.Helper()
	key := keys.Loaded(replica, account)
	if list == nil {
		if _, err := client.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	} else {
		l := wire.Loaded{Boot: "boot", Account: list.Hash, Documents: map[wire.Ref]string{}}
		for _, name := range helpCenters {
			l.Documents[wire.Ref{Kind: wire.HelpCenters, Name: name}] = "sha256:00"
		}
		mustPut(t, client, keys.Session(replica), wire.Session{Boot: "boot"})
		mustPut(t, client, key, l)
	}
	etcd.Eventually(t, "the store knows what the replica says", func() bool {
		raw, _, there := s.replicas.Get(key)
		if list == nil || !there {
			return !there == (list == nil)
		}
		l, err := wire.Decode[wire.Loaded](raw)
		return err == nil && l.Account == list.Hash && len(s.Replicas(account)) > 0
	})
}

// An account that is not declared any more has a list of nothing, until no replica
// goes by another one.
//
// covers: K02, K05
func TestReplicasAreToldOfNothing(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	d := helpCenter("acme", "a.example")
	s.mustWrite("acme", d)
	says(t, client, s, "r1", "acme", d.Account, "main")
	says(t, client, s, "r2", "acme", d.Account, "main")
	told := func(want bool) {
		t.Helper()
		s.mustWrite("acme", plan.Desired{})
		keep := []string{"declared/acme/account"}
		if !want {
			keep = nil
		}
		var left []string
		for _, key := range keysOf(t, client) {
			if key == "declared/acme/account" || key == "declared/acme/helpcenters/main" || key == "operator/host/a.example" {
				left = append(left, key)
			}
		}
		if diff := cmp.Diff(keep, left); diff != "" {
			t.Fatal(diff)
		}
		if raw, _, there := s.declared.Get(keys.Account("acme")); there {
			if list, err := wire.Decode[wire.Account](raw); err != nil || len(list.Documents) > 0 || list.Hash != wire.Nothing("acme").Hash || list.Epoch != 1 {
				t.Fatalf("the list is %+v, %v", list, err)
			}
		}
	}
	told(true)
	before := mod(t, client, keys.Account("acme"))
	says(t, client, s, "r1", "acme", wire.Nothing("acme"))
	told(true) // one does not know yet
	if now := mod(t, client, keys.Account("acme")); now != before {
		t.Error("the list is written again")
	}
	says(t, client, s, "r2", "acme", wire.Nothing("acme"))
	told(false)
	if s.Serves("acme") {
		t.Error("a replica that goes by nothing serves something")
	}
	says(t, client, s, "r1", "acme", nil)

	// One that was away has it from its disk: it is told as well.
	at := s.told("acme")
	says(t, client, s, "r3", "acme", d.Account, "main")
	etcd.Eventually(t, "the account is to be looked at", func() bool { return s.told("acme") > at })
	told(true)
	says(t, client, s, "r3", "acme", wire.Nothing("acme"))
	told(false)
}

// What replicas serve and etcd does not have is held back as well: most accounts of a
// lost etcd are not to vanish because their definitions are not there.
//
// covers: K05
func TestBrakeCountsWhatOnlyReplicasHave(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	all := names(brakeSpare + 5)
	for _, account := range all {
		says(t, client, s, "r1", account, desired(account, document(account, config.KindHelpCenter, "main", "x")).Account, "main")
	}
	held := 0
	for _, account := range all {
		err := s.Write(t.Context(), account, plan.Desired{}, noSecrets)
		if _, _, told := s.declared.Get(keys.Account(account)); IsHeld(err) == told {
			t.Errorf("%s: %v, and that nothing is declared is told: %t", account, err, told)
		}
		if IsHeld(err) {
			held++
		}
	}
	if held != 5 {
		t.Errorf("%d of %d accounts are held back", held, len(all))
	}
	if w := s.waiting(); len(w) != held {
		t.Errorf("%d wait", len(w))
	}
}

// Of a lost etcd the first account that is looked at may be one that was deleted: it is
// not to wait for ever because the others were not there yet.
func TestBrakeCountsThoseThatComeLater(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	all := names(brakeSpare + 2)
	says(t, client, s, "r1", "gone", desired("gone", document("gone", config.KindHelpCenter, "main", "x")).Account, all...)
	if err := s.Write(t.Context(), "gone", plan.Desired{}, noSecrets); !IsHeld(err) {
		t.Fatalf("error %v", err)
	}
	told := s.told("gone")
	s.mustWrite("acme", centers("acme", 2*len(all), "x"))
	if s.told("gone") == told {
		t.Error("who waits is not looked at again when there are more")
	}
	s.mustWrite("gone", plan.Desired{})
}
