package live

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

func forms(d *Declared, account, center string) int {
	h, _ := d.Live().HelpCenter(account, center)
	return len(h.Forms)
}

func hashes(documents map[wire.Ref]wire.Document) map[wire.Ref]string {
	all := map[wire.Ref]string{}
	for ref, d := range documents {
		all[ref] = d.Hash
	}
	return all
}

// What is declared is served and acknowledged; what is deleted is not any more.
//
// covers: K02
func TestDeclared(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	if len(d.Live().Accounts()) != 0 {
		t.Fatal("something is served of nothing")
	}
	documents := op.Documents(center("a", "one", ""), mailbox("a", "support", ""))
	list := op.Declare("a", documents)
	eventually(t, "the account is acknowledged", func() bool {
		l := op.Loaded("replica-1", "a")
		return l != nil && l.Account == list.Hash
	})
	if diff := cmp.Diff(hashes(documents), op.Loaded("replica-1", "a").Documents); diff != "" {
		t.Errorf("acknowledged (-want +got):\n%s", diff)
	}
	if h, ok := d.Live().HelpCenterByHost("one.example"); !ok || h.SubmissionVisible() {
		t.Errorf("help center: %t, submission visible %t; want one without", ok, h.SubmissionVisible())
	}

	maps.Copy(documents, op.Documents(form("a", "f", "Published", "{name: one}")))
	list = op.Declare("a", documents)
	eventually(t, "the form is served", func() bool { return forms(d, "a", "one") == 1 })
	eventually(t, "the form is acknowledged", func() bool { return op.Loaded("replica-1", "a").Account == list.Hash })

	list = op.Declare("a", nil)
	eventually(t, "that nothing is declared is acknowledged", func() bool { return op.Loaded("replica-1", "a").Account == list.Hash })
	if _, ok := d.Live().MailboxByAddress(helpdesk.MustAddress("support@a.example")); ok {
		t.Error("the mailbox of a deleted account takes mail")
	}
	op.Put(map[string]string{testKeys.Account("a"): ""})
	eventually(t, "the account is gone", func() bool { return len(d.Live().Accounts()) == 0 && op.Loaded("replica-1", "a") == nil })
}

// A replica says that it is there, what it is doing, and goes at once when it ends.
//
// covers: K02
func TestSession(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	d, stop := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	eventually(t, "there is a session", func() bool { s, _ := op.Session("replica-1"); return s != nil })
	s, _ := op.Session("replica-1")
	if s.Phase != wire.Starting || s.Schema != config.Schema || s.Version != "test" || s.Boot == "" || len(s.Addresses) != 1 {
		t.Errorf("session = %+v", s)
	}
	for _, phase := range []wire.Phase{wire.Serving, wire.Draining} {
		d.Phase(phase)
		eventually(t, "it says "+string(phase), func() bool { s, _ := op.Session("replica-1"); return s.Phase == phase })
	}
	resp, err := client.Get(t.Context(), testKeys.Sealing())
	if err != nil || len(resp.Kvs) != 1 || resp.Kvs[0].Lease != 0 {
		t.Fatalf("the key to seal with is not there, or goes with the replica: %v, %v", resp, err)
	}
	stop()
	if s, _ := op.Session("replica-1"); s != nil {
		t.Error("a replica that ended is still there")
	}
}

// A lease that was lost is replaced, and all is said again.
//
// covers: K02
func TestLeaseIsLost(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	list := op.Declare("a", op.Documents(center("a", "one", ""), mailbox("a", "support", "")))
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	d.Phase(wire.Serving)
	serves := func() bool {
		s, _ := op.Session("replica-1")
		l := op.Loaded("replica-1", "a")
		return s != nil && s.Phase == wire.Serving && l != nil && l.Account == list.Hash
	}
	eventually(t, "it serves", serves)
	_, lease := op.Session("replica-1")
	if _, err := client.Revoke(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it serves under another lease", func() bool {
		_, now := op.Session("replica-1")
		return now != 0 && now != lease && serves()
	})
}

// What was written by half is not served; what was there before stays.
//
// covers: K02
func TestHalfWrittenIsNotServed(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	before := op.Documents(center("a", "one", ""), mailbox("a", "support", ""))
	old := op.Declare("a", before)
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)

	after := op.Documents(center("a", "one", ", view: SignedIn"), mailbox("a", "support", ""), form("a", "f", "Published", "{name: one}"))
	list := op.List("a", after)
	center, formRef := wire.Ref{Kind: wire.HelpCenters, Name: "one"}, wire.Ref{Kind: wire.TicketForms, Name: "f"}
	other := op.Declare("b", op.Documents(mailbox("b", "support", "")))
	steps := []map[string]string{
		{testKeys.Document("a", center): peers.Encode(t, after[center])}, // newer than its list
		{testKeys.Account("a"): peers.Encode(t, list)},                   // a list that names what is not there
	}
	for i, step := range steps {
		op.Put(step)
		other = op.Declare("b", op.Documents(mailbox("b", strings.Repeat("x", i+1), ""))) // that it has seen the step
		eventually(t, "another account is served", func() bool {
			l := op.Loaded("replica-1", "b")
			return l != nil && l.Account == other.Hash
		})
		if h, _ := d.Live().HelpCenter("a", "one"); h.View != helpdesk.ViewWithLink || len(h.Forms) > 0 || op.Loaded("replica-1", "a").Account != old.Hash {
			t.Fatalf("step %d is served by half: %+v", i, h)
		}
	}
	op.Put(map[string]string{testKeys.Document("a", formRef): peers.Encode(t, after[formRef])})
	eventually(t, "the whole is served", func() bool {
		h, _ := d.Live().HelpCenter("a", "one")
		return h.View != helpdesk.ViewWithLink && len(h.Forms) == 1
	})
}

// breakDocument is the same document, changed.
func breakDocument(d wire.Document, how string) wire.Document {
	switch how {
	case "newer":
		d.Body = []byte(strings.Replace(string(d.Body), `"schema":1`, `"schema":2`, 1))
		d.Hash = "sha256:newer"
	case "invalid":
		d.Body = []byte(strings.Replace(string(d.Body), `"name":"one"`, `"name":"No One"`, 1))
		d.Hash = "sha256:invalid"
	case "changed by hand":
		d.Body = []byte(strings.Replace(string(d.Body), `"default":"f"`, `"default":"g"`, 1))
	}
	return d
}

// What cannot be served is refused with words, in this process and in the next. The
// last good one is served in its place, nothing else is disturbed, and what never was
// good stays away.
//
// covers: K02, K05
func TestRefused(t *testing.T) {
	ref := wire.Ref{Kind: wire.TicketForms, Name: "f"}
	for _, how := range []struct{ name, words string }{
		{"newer", "schema 2 is not known here"},
		{"invalid", "must be 1 to 63 lower-case letters"},
		{"changed by hand", "its content is not what its hash says"},
		{"no JSON", "it cannot be read"},
	} {
		t.Run(how.name, func(t *testing.T) {
			client := startEtcd(t)
			op := newOperator(t, client, 1)
			dir := t.TempDir()
			good := op.Documents(center("a", "one", ""), mailbox("a", "support", ""), form("a", "f", "Published", "{name: one}"))
			op.Declare("a", good)
			d, stop := follow(t, client, dir)
			awaitLoaded(t, d)
			if forms(d, "a", "one") != 1 {
				t.Fatal("the good form is not served")
			}
			bad := op.Documents(center("a", "one", ", view: SignedIn"), mailbox("a", "support", ""), form("a", "f", "Published", "{name: one}"))
			bad[ref] = breakDocument(bad[ref], how.name)
			list := op.Declare("a", bad)
			if how.name == "no JSON" {
				op.Put(map[string]string{testKeys.Document("a", ref): "{"})
			}
			check := func(d *Declared, want wire.Ref, served string) {
				t.Helper()
				eventually(t, "it is refused", func() bool {
					l := op.Loaded("replica-1", "a")
					return l != nil && l.Account == list.Hash && l.Refused[want].Error != ""
				})
				l := op.Loaded("replica-1", "a")
				if r := l.Refused[want]; r.Hash != list.Documents[want] || !strings.Contains(r.Error, how.words) || l.Documents[want] != served {
					t.Errorf("refused as %+v while %q is served, want it to say %q of %s", r, l.Documents[want], how.words, list.Documents[want])
				}
				if h, _ := d.Live().HelpCenter("a", "one"); h.View == helpdesk.ViewWithLink {
					t.Error("the rest of the account is not served as it is now")
				}
				objects := d.Live().Loading().Objects
				if len(objects) != 1 || objects[0].Object != want.String() || objects[0].Serving != (served != "") {
					t.Errorf("told: %+v", objects)
				}
			}
			check(d, ref, good[ref].Hash)
			if forms(d, "a", "one") != 1 {
				t.Error("the last good form is not served")
			}
			stop()
			again, stop := follow(t, client, dir)
			awaitLoaded(t, again)
			check(again, ref, good[ref].Hash)
			stop()

			// A replica that has nothing on its disk asks etcd for what was loaded by all.
			op.Put(map[string]string{testKeys.LastGoodDocument("a", ref): peers.Encode(t, good[ref])})
			fresh, stop := follow(t, client, t.TempDir())
			awaitLoaded(t, fresh)
			check(fresh, ref, good[ref].Hash)
			stop()
			op.Put(map[string]string{testKeys.LastGoodDocument("a", ref): ""})
			none, _ := follow(t, client, t.TempDir())
			awaitLoaded(t, none)
			check(none, ref, "")
			if h, _ := none.Live().HelpCenter("a", "one"); h.SubmissionVisible() {
				t.Error("submission is open without the form")
			}
		})
	}
}

// What is told of mailboxes is what is polled here and served, and at most every few
// seconds, as each word wakes the operator.
//
// covers: P01
func TestPollsAreTold(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	documents := op.Documents(center("a", "one", ""), mailbox("a", "support", ""))
	list := op.Declare("a", documents)
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	eventually(t, "the account is acknowledged", func() bool {
		l := op.Loaded("replica-1", "a")
		return l != nil && l.Account == list.Hash
	})
	told := func() map[string]wire.Poll { return op.Loaded("replica-1", "a").Mail }
	if len(told()) != 0 {
		t.Errorf("of no mailbox that is polled: %v", told())
	}
	d.Poll("a", "support", &wire.Poll{State: wire.PollConnected})
	d.Poll("a", "other", &wire.Poll{State: wire.PollConnected})
	d.Poll("b", "support", &wire.Poll{State: wire.PollRefused})
	eventually(t, "it is connected", func() bool { return len(told()) > 0 })
	if diff := cmp.Diff(map[string]wire.Poll{"support": {State: wire.PollConnected}}, told()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	before := keyValue(t, client, testKeys.Loaded("replica-1", "a"))
	for range 3 { // a server that comes and goes
		d.Poll("a", "support", &wire.Poll{State: wire.PollUnreachable, Message: "TCP: refused"})
		d.Poll("a", "support", &wire.Poll{State: wire.PollConnected})
	}
	d.Poll("a", "support", &wire.Poll{State: wire.PollRefused, Message: "wrong password"})
	eventually(t, "it is refused", func() bool {
		return told()["support"] == wire.Poll{State: wire.PollRefused, Message: "wrong password"}
	})
	after := keyValue(t, client, testKeys.Loaded("replica-1", "a"))
	if after.Version != before.Version+1 {
		t.Errorf("what changed within a moment was told in %d writes", after.Version-before.Version)
	}
	if l := op.Loaded("replica-1", "a"); l.Account != list.Hash || len(l.Documents) != len(documents) {
		t.Errorf("with it is told: %+v", l)
	}
	d.Poll("a", "support", nil) // another replica polls it from now on
	eventually(t, "it is not told any more", func() bool { return len(told()) == 0 })
}

func keyValue(t *testing.T, client *clientv3.Client, key string) *mvccpb.KeyValue {
	t.Helper()
	resp, err := client.Get(t.Context(), key)
	if err != nil || len(resp.Kvs) != 1 {
		t.Fatalf("%s: %v, %v", key, resp, err)
	}
	return resp.Kvs[0]
}
