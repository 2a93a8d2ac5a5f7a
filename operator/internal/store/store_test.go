package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/test/etcd"
)

var keys = wire.KeysOf("test")

// running is a store that runs.
type running struct {
	*Store
	t     *testing.T
	ended chan error // what Run has returned

	mu      sync.Mutex
	changed map[string]int
}

// run runs a store until the test ends.
func run(t *testing.T, client *clientv3.Client, change ...func(*Options)) *running {
	t.Helper()
	r := &running{t: t, ended: make(chan error, 1), changed: map[string]int{}}
	o := Options{Client: client, Keys: keys, Writer: "test", Changed: func(account string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed[account]++
	}}
	for _, c := range change {
		c(&o)
	}
	r.Store = newStore(o, 100*time.Millisecond, 0)
	ctx, cancel := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	loop.Go(func() { r.ended <- r.Run(ctx) })
	t.Cleanup(func() { cancel(); loop.Wait() })
	return r
}

// lead runs a store that leads.
func lead(t *testing.T, client *clientv3.Client, change ...func(*Options)) *running {
	t.Helper()
	r := run(t, client, change...)
	ctx, cancel := context.WithTimeout(t.Context(), etcd.Patience)
	defer cancel()
	if err := r.Lead(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *running) told(account string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed[account]
}

func (r *running) mustWrite(account string, d plan.Desired) {
	r.t.Helper()
	if err := r.Write(r.t.Context(), account, d, noSecrets); err != nil {
		r.t.Fatal(err)
	}
}

// noSecrets is the Seal of who has none.
func noSecrets(context.Context, string, []string, string) (map[string][]byte, error) {
	return nil, errors.New("nothing is to be sealed")
}

// document makes one of a kind whose content is text.
func document(account string, kind, name, text string) wire.Document {
	spec := config.TicketFormSpec{Title: config.LocalizedText{Default: text}}
	return wire.DocumentOf(kind, config.Metadata{Namespace: account, Name: name, UID: "uid-" + name}, 1, spec)
}

// desired makes what an account is to have of documents.
func desired(account string, documents ...wire.Document) plan.Desired {
	d := plan.Desired{
		Account: &wire.Account{Namespace: account, Documents: map[wire.Ref]string{}}, Documents: map[wire.Ref]wire.Document{},
		Secrets: map[string]plan.SealedSecret{}, Hosts: map[string]wire.Claim{}, Addresses: map[string]wire.Claim{},
	}
	for _, doc := range documents {
		d.Documents[doc.Ref()] = doc
		d.Account.Documents[doc.Ref()] = doc.Hash
	}
	d.Account.Seal()
	return d
}

// helpCenter is what is desired of an account with one help center.
func helpCenter(account, host string) plan.Desired {
	d := desired(account, document(account, config.KindHelpCenter, "main", host))
	d.Hosts[host] = wire.Claim{Namespace: account, Name: "main", UID: "uid-main"}
	return d
}

// dump returns all keys of the installation with their values, and the revision.
func dump(t *testing.T, client *clientv3.Client) (map[string]string, int64) {
	t.Helper()
	r, err := client.Get(t.Context(), "/postern/test/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, kv := range r.Kvs {
		all[strings.TrimPrefix(string(kv.Key), "/postern/test/")] = string(kv.Value)
	}
	return all, r.Header.Revision
}

func keysOf(t *testing.T, client *clientv3.Client) []string {
	t.Helper()
	all, _ := dump(t, client)
	return slices.Sorted(maps.Keys(all))
}

func mustPut(t *testing.T, client *clientv3.Client, key string, value any) {
	t.Helper()
	raw, err := wire.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Put(t.Context(), key, string(raw)); err != nil {
		t.Fatal(err)
	}
}

// covers: K02
func TestWrite(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	d := helpCenter("acme", "help.example")
	d.Addresses["help@example.com"] = wire.Claim{Namespace: "acme", Name: "box", UID: "u"}
	_, before := dump(t, client)
	s.mustWrite("acme", d)
	_, after := dump(t, client)
	if after != before+1 {
		t.Errorf("it took %d transactions", after-before)
	}
	want := []string{"declared/acme/account", "declared/acme/helpcenters/main", "operator/address/help@example.com", "operator/epoch", "operator/host/help.example"}
	if diff := cmp.Diff(want, keysOf(t, client)); diff != "" {
		t.Error(diff)
	}
	stored := s.Stored("acme", nil, nil)
	if stored.Account == nil || stored.Account.Epoch != 1 || stored.Account.Writer != "test" || stored.Account.Hash != d.Account.Hash {
		t.Errorf("the account is %+v", stored.Account)
	}
	if doc := stored.Documents[wire.Ref{Kind: wire.HelpCenters, Name: "main"}]; doc.Epoch != 1 || doc.Writer != "test" || doc.UID != "uid-main" {
		t.Errorf("the document is %+v", doc)
	}
	if diff := cmp.Diff(d.Hosts, stored.Hosts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(d.Addresses, stored.Addresses); diff != "" {
		t.Error(diff)
	}
	if got := s.Accounts(); !slices.Equal(got, []string{"acme"}) {
		t.Errorf("accounts %v", got)
	}
}

func TestEqualIsNotWritten(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	d := helpCenter("acme", "help.example")
	d.Documents[wire.Ref{Kind: wire.TicketForms, Name: "f"}] = document("acme", config.KindTicketForm, "f", "<b> & é")
	d.Account.Documents[wire.Ref{Kind: wire.TicketForms, Name: "f"}] = d.Documents[wire.Ref{Kind: wire.TicketForms, Name: "f"}].Hash
	d.Account.Seal()
	s.mustWrite("acme", d)
	_, before := dump(t, client)
	s.mustWrite("acme", d)
	next := lead(t, client, func(o *Options) { o.Writer = "next version" })
	next.mustWrite("acme", d)
	touched := d.Documents[wire.Ref{Kind: wire.HelpCenters, Name: "main"}]
	touched.Generation++
	d.Documents[touched.Ref()] = touched
	next.mustWrite("acme", d)
	if _, after := dump(t, client); after != before+1 { // the epoch
		t.Errorf("equal was written: %d revisions", after-before)
	}
	touched.UID = "made anew"
	d.Documents[touched.Ref()] = touched
	next.mustWrite("acme", d)
	if got := next.Stored("acme", nil, nil).Documents[touched.Ref()]; got.UID != "made anew" || got.Generation != 2 {
		t.Errorf("an object that was made anew is stored as %+v", got)
	}
}

func TestNothingIsWrittenBeforeLead(t *testing.T) {
	client := etcd.Start(t).Client()
	s := run(t, client)
	etcd.Eventually(t, "synced", s.Synced)
	if err := s.Write(t.Context(), "acme", helpCenter("acme", "h.example"), noSecrets); !errors.Is(err, ErrNotLeading) {
		t.Errorf("error %v", err)
	}
	if err := s.Promote(t.Context(), "acme", nil); !errors.Is(err, ErrNotLeading) {
		t.Errorf("error %v", err)
	}
	if got := keysOf(t, client); len(got) != 0 {
		t.Errorf("written: %v", got)
	}
}

func TestIncompleteIsNotWritten(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	for name, change := range map[string]func(*plan.Desired){
		"a document is missing":  func(d *plan.Desired) { clear(d.Documents) },
		"another hash":           func(d *plan.Desired) { d.Account.Documents[wire.Ref{Kind: wire.HelpCenters, Name: "main"}] = "x" },
		"another account":        func(d *plan.Desired) { d.Account.Namespace = "other" },
		"a claim of another":     func(d *plan.Desired) { d.Hosts["h.example"] = wire.Claim{Namespace: "other", Name: "main"} },
		"an account that is nil": func(d *plan.Desired) { d.Account = nil },
	} {
		d := helpCenter("acme", "h.example")
		change(&d)
		if err := s.Write(t.Context(), "acme", d, noSecrets); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if got := keysOf(t, client); !slices.Equal(got, []string{"operator/epoch"}) {
		t.Errorf("written: %v", got)
	}
}

// covers: K02
func TestWhatIsNotDesiredGoes(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	d := helpCenter("acme", "old.example")
	s.mustWrite("acme", d)
	s.mustWrite("other", helpCenter("other", "other.example"))
	if err := s.Promote(t.Context(), "acme", []wire.Ref{{Kind: wire.HelpCenters, Name: "main"}}); err != nil {
		t.Fatal(err)
	}
	// What nobody of today has written goes as well.
	for _, key := range []string{keys.AccountPrefix("acme") + "futurekind/x", keys.AccountPrefix("acme") + "garbage", keys.LastGood() + "acme/ticketforms/gone"} {
		mustPut(t, client, key, wire.Document{})
	}
	etcd.Eventually(t, "the store knows", func() bool { return len(s.index.of("acme")) == 7 })
	s.mustWrite("acme", desired("acme", document("acme", config.KindTicketForm, "f", "x")))
	want := []string{
		"declared/acme/account", "declared/acme/ticketforms/f",
		"declared/other/account", "declared/other/helpcenters/main", "operator/epoch", "operator/host/other.example",
		"operator/vanished/acme/main", // for ten minutes
	}
	if diff := cmp.Diff(want, keysOf(t, client)); diff != "" {
		t.Error(diff)
	}
	s.mustWrite("acme", plan.Desired{})
	if diff := cmp.Diff(want[2:], keysOf(t, client)); diff != "" {
		t.Error(diff)
	}
	if got := s.Accounts(); !slices.Equal(got, []string{"other"}) {
		t.Errorf("accounts %v", got)
	}
}

// A claim of an earlier version names the host with its port. It counts for its
// account, even if that cannot be written as it is declared now, until it is replaced.
//
// covers: K02
func TestClaimWithAPortIsReplaced(t *testing.T) {
	client := etcd.Start(t).Client()
	mine, other := wire.Claim{Namespace: "acme", Name: "main", UID: "uid-main"}, wire.Claim{Namespace: "other", Name: "main"}
	mustPut(t, client, keys.Host("h.example:8443"), mine)
	mustPut(t, client, keys.Host("lost.example:8443"), mine)
	mustPut(t, client, keys.Host("lost.example"), other)
	s := lead(t, client)
	want := map[string]wire.Claim{"h.example": mine, "lost.example": other}
	if diff := cmp.Diff(want, s.Stored("acme", []string{"h.example", "lost.example"}, nil).Hosts); diff != "" {
		t.Error(diff)
	}
	s.mustWrite("acme", helpCenter("acme", "h.example"))
	left := []string{"declared/acme/account", "declared/acme/helpcenters/main", "operator/epoch", "operator/host/h.example", "operator/host/lost.example"}
	if diff := cmp.Diff(left, keysOf(t, client)); diff != "" {
		t.Error(diff)
	}
}

func TestOrphanedClaimGoes(t *testing.T) {
	client := etcd.Start(t).Client()
	mustPut(t, client, keys.Host("lost.example"), wire.Claim{Namespace: "gone", Name: "main"})
	s := lead(t, client)
	if got := s.Accounts(); !slices.Equal(got, []string{"gone"}) {
		t.Fatalf("accounts %v", got)
	}
	s.mustWrite("gone", plan.Desired{})
	if got := keysOf(t, client); !slices.Equal(got, []string{"operator/epoch"}) {
		t.Errorf("left: %v", got)
	}
}

// covers: K02
func TestTwoLeaders(t *testing.T) {
	client := etcd.Start(t).Client()
	first := lead(t, client)
	first.mustWrite("acme", helpCenter("acme", "a.example"))
	// So slow that it does not hear of the second one.
	slow := lead(t, client)
	if err := <-first.ended; !errors.Is(err, ErrFenced) {
		t.Errorf("the first operator ended with %v", err)
	}
	second := lead(t, client)
	_, before := dump(t, client)
	for _, s := range []*running{first, slow} {
		for range 2 {
			if err := s.Write(t.Context(), "acme", helpCenter("acme", "b.example"), noSecrets); !errors.Is(err, ErrFenced) {
				t.Errorf("error %v", err)
			}
		}
		if err := s.Promote(t.Context(), "acme", []wire.Ref{{Kind: wire.HelpCenters, Name: "main"}}); !errors.Is(err, ErrFenced) {
			t.Errorf("error %v", err)
		}
	}
	if _, after := dump(t, client); after != before {
		t.Errorf("an old operator has written %d times", after-before)
	}
	second.mustWrite("acme", helpCenter("acme", "c.example"))
}

// TestFenceHoldsWithoutWatch has an operator that never hears of the next one: the
// guard of its transaction tells it.
func TestFenceHoldsWithoutWatch(t *testing.T) {
	server := etcd.Start(t)
	s := newStore(Options{Client: server.Client(), Keys: keys}, 0, 0)
	ctx, stop := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	loop.Go(func() { _ = s.Run(ctx) })
	if err := s.Lead(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	loop.Wait()
	lead(t, server.Client())
	if err := s.Write(t.Context(), "acme", helpCenter("acme", "a.example"), noSecrets); !errors.Is(err, ErrFenced) {
		t.Errorf("error %v", err)
	}
	if got := keysOf(t, server.Client()); !slices.Equal(got, []string{"operator/epoch"}) {
		t.Errorf("written: %v", got)
	}
}

// covers: K02
func TestClaimsRaced(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	results := make(chan error, 2)
	for _, account := range []string{"a", "b"} {
		s.Stored(account, []string{"wanted.example"}, nil)
		go func() { results <- s.Write(t.Context(), account, helpCenter(account, "wanted.example"), noSecrets) }()
	}
	one, two := <-results, <-results
	if (one == nil) == (two == nil) || !errors.Is(errors.Join(one, two), ErrChanged) {
		t.Fatalf("errors %v and %v: one must win", one, two)
	}
	accounts := s.Accounts()
	if len(accounts) != 1 {
		t.Fatalf("both have written: %v", accounts)
	}
	winner, loser := accounts[0], map[string]string{"a": "b", "b": "a"}[accounts[0]]
	if got := s.Stored(loser, []string{"wanted.example"}, nil).Hosts["wanted.example"].Namespace; got != winner {
		t.Errorf("the loser sees that %q holds the host", got)
	}
	before := s.told(loser)
	s.mustWrite(winner, plan.Desired{})
	etcd.Eventually(t, "the loser is told that the host is free", func() bool { return s.told(loser) > before })
	s.mustWrite(loser, helpCenter(loser, "wanted.example"))
}

// covers: K02
func TestDrift(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	etcd.Eventually(t, "the watch is past it", func() bool { _, now := dump(t, client); return s.declared.Revision() >= now })
	if n := s.told("acme"); n != 0 || testutil.ToFloat64(s.drifted) != 0 {
		t.Errorf("what it wrote itself is told %d times", n)
	}
	// The watch tells of a write after its turn has ended.
	_, own, _ := s.declared.Get(keys.Account("acme"))
	s.seeForeign(foreign{keys.Account("acme"), []string{"acme"}, own}, false)
	if n := s.told("acme"); n != 0 || testutil.ToFloat64(s.drifted) != 0 {
		t.Errorf("what it wrote itself is told late, %d times", n)
	}
	all, _ := dump(t, client)
	for _, key := range []string{keys.Document("acme", wire.Ref{Kind: wire.HelpCenters, Name: "main"}), keys.Account("acme"), keys.Host("a.example")} {
		before, drifted := s.told("acme"), testutil.ToFloat64(s.drifted)
		if _, err := client.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		etcd.Eventually(t, key+" is told", func() bool { return s.told("acme") > before && testutil.ToFloat64(s.drifted) == drifted+1 })
		s.mustWrite("acme", helpCenter("acme", "a.example"))
	}
	ref := wire.Ref{Kind: wire.HelpCenters, Name: "main"}
	if !s.Stored("acme", nil, nil).Made[ref] {
		t.Error("a document that was written is made anew")
	}
	// The same hash with another content.
	raw := strings.Replace(all["declared/acme/helpcenters/main"], "a.example", "evil.example", 1)
	before := s.told("acme")
	if _, err := client.Put(t.Context(), keys.Document("acme", wire.Ref{Kind: wire.HelpCenters, Name: "main"}), raw); err != nil {
		t.Fatal(err)
	}
	etcd.Eventually(t, "it is told", func() bool { return s.told("acme") > before })
	if s.Stored("acme", nil, nil).Made[ref] {
		t.Error("what somebody else has written is believed")
	}
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	if after, _ := dump(t, client); after["declared/acme/helpcenters/main"] != all["declared/acme/helpcenters/main"] {
		t.Errorf("it is not as it was: %v", after)
	}
}

// covers: K02
func TestPromote(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	ref := wire.Ref{Kind: wire.HelpCenters, Name: "main"}
	refs := []wire.Ref{ref, {Kind: wire.TicketForms, Name: "absent"}}
	for range 2 {
		if err := s.Promote(t.Context(), "acme", refs); err != nil {
			t.Fatal(err)
		}
	}
	all, revision := dump(t, client)
	if all["lastgood/acme/helpcenters/main"] != all["declared/acme/helpcenters/main"] || revision != 4 {
		t.Errorf("at revision %d: %v", revision, all)
	}
	good := s.Stored("acme", nil, nil).LastGood
	s.mustWrite("acme", helpCenter("acme", "b.example"))
	if diff := cmp.Diff(good, s.Stored("acme", nil, nil).LastGood); diff != "" || good[ref] == "" {
		t.Error("the last good one has changed with the document:", diff)
	}
	// Somebody writes in between: what was looked at is not what would be copied.
	s.declared.Note(1<<40, nil)
	key := keys.Document("acme", ref)
	raw, seen, _ := s.declared.Get(key)
	err := s.commit(t.Context(), "", []op{{key: keys.LastGoodDocument("acme", ref), value: raw, seen: mod(t, client, keys.LastGoodDocument("acme", ref)), from: key, fromSeen: seen - 1}})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("error %v", err)
	}
}

func mod(t *testing.T, client *clientv3.Client, key string) int64 {
	t.Helper()
	r, err := client.Get(t.Context(), key)
	if err != nil || len(r.Kvs) == 0 {
		t.Fatal(key, err)
	}
	return r.Kvs[0].ModRevision
}

// covers: K02
func TestReplicas(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	mustPut(t, client, keys.Session("one"), wire.Session{Boot: "b1", Phase: wire.Serving})
	mustPut(t, client, keys.Session("two"), wire.Session{Boot: "b2", Phase: wire.Starting})
	mustPut(t, client, keys.Loaded("one", "acme"), wire.Loaded{Boot: "b1", Account: "x"})
	mustPut(t, client, keys.Loaded("two", "acme"), wire.Loaded{Boot: "the run before", Account: "x"})
	want := []plan.Replica{
		{Name: "one", Session: wire.Session{Boot: "b1", Phase: wire.Serving}, Loaded: &wire.Loaded{Boot: "b1", Account: "x"}},
		{Name: "two", Session: wire.Session{Boot: "b2", Phase: wire.Starting}},
	}
	etcd.Eventually(t, "replicas are known", func() bool { return cmp.Equal(want, s.Replicas("acme")) })
	before := s.told("acme")
	mustPut(t, client, keys.Loaded("one", "acme"), wire.Loaded{Boot: "b1", Account: "y"})
	etcd.Eventually(t, "an acknowledgement is told", func() bool { return s.told("acme") > before })
	before = s.told("acme")
	if _, err := client.Delete(t.Context(), keys.Session("two")); err != nil {
		t.Fatal(err)
	}
	etcd.Eventually(t, "the end of a session is told", func() bool { return s.told("acme") > before && len(s.Replicas("acme")) == 1 })
	if n := testutil.ToFloat64(s.drifted); n != 0 {
		t.Errorf("what replicas say counts as drift: %v", n)
	}
}

func TestMetricsCanBeRegistered(t *testing.T) {
	if problems, err := testutil.CollectAndLint(New(Options{Keys: keys})); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("n%04d", i)
	}
	return all
}
