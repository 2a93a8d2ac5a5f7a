package inbound

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// all counts tickets and entries of the account.
func (b *bench) all() (tickets, entries int) {
	b.t.Helper()
	list, err := b.db.Tickets(b.t.Context(), "support", 0, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, t := range list {
		entries += len(b.entries(helpdesk.Outcome{Account: "support", Ticket: t.ID}))
	}
	return len(list), entries
}

// covers: P05
func TestSameMail(t *testing.T) {
	b := newBench(t)
	for i, tt := range []struct {
		name        string
		first, then string
		want        helpdesk.Result
	}{
		{"twice", mail(alice, "<1@x>", "one"), mail(alice, "<1@x>", "one"), helpdesk.Duplicate},
		{"by another path", mail(alice, "<2@x>", "two"), "Received: from a by b\r\n" + mail(alice, "<2@x>", "two"), helpdesk.Duplicate},
		{"without an id", mail(alice, "", "three"), mail(alice, "", "three"), helpdesk.Duplicate},
		{"same id, other body", mail(alice, "<4@x>", "four"), mail(alice, "<4@x>", "vier"), helpdesk.Created},
		{"same id, other writer", mail(alice, "<5@x>", "five"), mail(mary, "<5@x>", "five"), helpdesk.Created},
		{"same body, other id", mail(alice, "<6@x>", "six"), mail(alice, "<6b@x>", "six"), helpdesk.Created},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := b.with(t, func(*Pipeline) {})
			tickets, _ := b.all()
			first, then := b.accept(tt.first, "support@acme.example"), b.accept(tt.then, "support@acme.example")
			if first.Result != helpdesk.Created || then.Result != tt.want {
				t.Errorf("results %s and %s, want created and %s (row %d)", first.Result, then.Result, tt.want, i)
			}
			after, _ := b.all()
			if want := map[helpdesk.Result]int{helpdesk.Duplicate: 1, helpdesk.Created: 2}[tt.want]; after-tickets != want {
				t.Errorf("%d tickets, want %d", after-tickets, want)
			}
			if tt.want == helpdesk.Duplicate {
				first.Result = helpdesk.Duplicate
				if diff := cmp.Diff(first, then); diff != "" {
					t.Errorf("the outcome differs (-first +second):\n%s", diff)
				}
			}
		})
	}
}

// covers: P05
func TestSameMailAtOnce(t *testing.T) {
	b := newBench(t)
	raw := mail(alice, "<1@x>", "one")
	replicas := []*bench{b, b.another(t), b.another(t)}
	results := atOnce(t, 16, func(i int) ([]helpdesk.Outcome, error) {
		return replicas[i%len(replicas)].try(raw, "support@acme.example")
	})
	count := map[helpdesk.Result]int{}
	for _, o := range results {
		count[o.Result]++
		if o.Number != results[0].Number {
			t.Errorf("tickets %d and %d of one mail", o.Number, results[0].Number)
		}
	}
	if diff := cmp.Diff(map[helpdesk.Result]int{helpdesk.Created: 1, helpdesk.Duplicate: 15}, count); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if tickets, entries := b.all(); tickets != 1 || entries != 1 {
		t.Errorf("%d tickets with %d entries, want one of each", tickets, entries)
	}
	if told := b.deliveries(results[0]); len(told) != 1 {
		t.Errorf("answers = %v, want one", told)
	}
}

// another is another daemon on the same etcd, which knows nothing of what this
// one keeps in memory.
func (b *bench) another(t *testing.T) *bench {
	db := b.replica()
	other := b.with(t, func(p *Pipeline) {
		p.Store, p.Planner = db, &outbound.Planner{Budgets: db, Contacts: db, Signer: p.Signer}
	})
	other.db = db
	return other
}

// covers: P04, P05
func TestRepliesAtOnce(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<first@x>", "question"), "support@acme.example")
	to := b.replyAddress(first.Number, 1)
	const replies = 32
	atOnce(t, replies, func(i int) ([]helpdesk.Outcome, error) {
		return b.try(mail(alice, fmt.Sprintf("<r%d@x>", i), fmt.Sprintf("reply %02d", i)), to)
	})
	texts := map[string]int{}
	entries := b.entries(first)
	for i, e := range entries {
		texts[e.Text]++
		if e.Seq != i+1 {
			t.Errorf("entry %d has the number %d", i+1, e.Seq)
		}
	}
	if len(entries) != replies+1 || len(texts) != replies+1 || b.ticket(first.Number).Entries != replies+1 {
		t.Errorf("%d entries with %d texts, want %d", len(entries), len(texts), replies+1)
	}
}

// atOnce lets n callers start together.
func atOnce(t *testing.T, n int, act func(i int) ([]helpdesk.Outcome, error)) []helpdesk.Outcome {
	t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	results := make([]helpdesk.Outcome, n)
	for i := range n {
		wg.Go(func() {
			<-start
			got, err := act(i)
			if err != nil {
				t.Error(err)
				return
			}
			results[i] = got[0]
		})
	}
	close(start)
	wg.Wait()
	return results
}

// Whatever becomes of a commit, the sender tries again, and the mail is there
// once.
//
// covers: P04, P05
func TestCommitFails(t *testing.T) {
	base := newBench(t)
	for i, tt := range []struct {
		name          string
		before, after bool
		want          helpdesk.Result // of the second attempt
	}{
		{"not done", true, false, helpdesk.Created},
		{"done, and the answer lost", false, true, helpdesk.Duplicate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := base.with(t, func(p *Pipeline) { p.Store = &flaky{Store: p.Store, before: tt.before, after: tt.after} })
			tickets, entries := b.all()
			raw := mail(fmt.Sprintf("c%d@customer.example", i), "", fmt.Sprint("mail ", i)) // each their own budget of answers
			if got, err := b.try(raw, "support@acme.example"); helpdesk.KindOf(err) != helpdesk.Unavailable {
				t.Fatalf("first attempt = %v, %v, want Unavailable", got, err)
			}
			o := b.accept(raw, "support@acme.example")
			if o.Result != tt.want || o.Number == 0 {
				t.Errorf("second attempt = %+v, want %s", o, tt.want)
			}
			t2, e2 := b.all()
			if t2-tickets != 1 || e2-entries != 1 || len(b.deliveries(o)) != 1 {
				t.Errorf("%d tickets, %d entries, answers %v; want one of each", t2-tickets, e2-entries, b.deliveries(o))
			}
		})
	}
}

// A mail to two mailboxes of which the second fails is told to the sender as a
// whole, and comes out right when it is sent again.
//
// covers: P04, P05
func TestSecondMailboxFails(t *testing.T) {
	base := newBench(t)
	f := &flaky{Store: base.Store}
	b := base.with(t, func(p *Pipeline) { p.Store = f })
	raw := mail(alice, "<1@x>", "one")
	b.accept(raw, "support@acme.example")
	f.before = true
	if _, err := b.try(raw, "support@acme.example", "billing@acme.example"); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Fatalf("error = %v, want Unavailable", err)
	}
	got, err := b.try(raw, "support@acme.example", "billing@acme.example")
	if err != nil || got[0].Result != helpdesk.Duplicate || got[1].Result != helpdesk.Created {
		t.Errorf("outcomes = %+v, %v, want duplicate and created", got, err)
	}
}

// covers: P04
func TestBlobsFull(t *testing.T) {
	base := newBench(t)
	for _, step := range []string{"create", "write", "commit"} {
		t.Run(step, func(t *testing.T) {
			b := base.with(t, func(p *Pipeline) { p.Blobs = fullBlobs{Store: p.Blobs, step: step} })
			got, err := b.try(mail(alice, "", "one"), "support@acme.example")
			if helpdesk.KindOf(err) != helpdesk.Full {
				t.Errorf("outcomes = %v, %v, want Full", got, err)
			}
			if strings.Contains(helpdesk.Public(err), "blob") {
				t.Errorf("%q tells the outside of our insides", helpdesk.Public(err))
			}
			if tickets, _ := b.all(); tickets != 0 {
				t.Errorf("%d tickets, want none", tickets)
			}
		})
	}
}

// lost is a store whose records go away while they are looked up.
type lost struct {
	Store
	kind helpdesk.Kind
}

func (l lost) Lookup(context.Context, string, store.Query) (*store.Found, error) {
	return nil, helpdesk.Errorf(l.kind, "there is no such contact")
}

// Trouble of ours never sends a mail back.
//
// covers: P04
func TestOurTroubleIsTemporary(t *testing.T) {
	base := newBench(t)
	for _, kind := range []helpdesk.Kind{helpdesk.NotFound, helpdesk.TooLarge, helpdesk.Invalid} {
		t.Run(kind.String(), func(t *testing.T) {
			b := base.with(t, func(p *Pipeline) { p.Store = lost{p.Store, kind} })
			if got, err := b.try(mail(alice, "", "one"), "support@acme.example"); helpdesk.KindOf(err) != helpdesk.Unavailable || helpdesk.Public(err) != "" {
				t.Errorf("outcomes = %v, %v, want Unavailable without a word for the outside", got, err)
			}
		})
	}
}
