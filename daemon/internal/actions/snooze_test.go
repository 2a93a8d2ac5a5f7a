package actions

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// woken brings back what is due, as one of several replicas.
func (b *bench) woken() int {
	b.t.Helper()
	var all atomic.Int32
	atOnce(4, func(int) {
		n, err := b.WakeDue(b.t.Context(), "support")
		must(b.t, err)
		all.Add(int32(n))
	})
	return int(all.Load())
}

// wakes counts the records that bring something back.
func (b *bench) wakes() int {
	b.t.Helper()
	found, _, err := b.db.Records(b.t.Context(), "support", helpdesk.WakeRecord, "", "", 100)
	must(b.t, err)
	return len(found)
}

// What is put out of sight comes back once, whichever of the replicas is first, and
// who put it away and whose it is are told.
//
// covers: P10
func TestSnooze(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.named("Ada Lovelace"), b.named("Bob Noyce"), b.ticket("n1")
	must(t, b.Assign(t.Context(), ada, number, bob.Agent.ID))
	must(t, b.SetStatus(t.Context(), ada, number, helpdesk.Pending))
	must(t, b.Snooze(t.Context(), ada, number, noon.Add(time.Hour)))
	if s := b.detail(number).Ticket.Snoozed; s == nil || !s.Until.Equal(noon.Add(time.Hour)) || s.By != ada.Agent.ID || b.woken() != 0 {
		t.Fatalf("snoozed %+v", s)
	}
	b.wait(time.Hour)
	if n := b.woken(); n != 1 {
		t.Errorf("it came back %d times", n)
	}
	d := b.detail(number)
	if e := d.Entries[len(d.Entries)-1]; d.Ticket.Snoozed != nil || d.Ticket.Status != helpdesk.Open || e.Text != "The snooze is over." {
		t.Errorf("ticket %+v, %q", d.Ticket, e.Text)
	}
	got := sentTo(d, helpdesk.AgentNotice)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"ada.lovelace@acme.example", "bob.noyce@acme.example"}, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if len(sentTo(d, helpdesk.StatusChanged)) != 1 { // of becoming Pending
		t.Error("the customer is mailed that a time is over")
	}
	if n := b.woken(); n != 0 || b.wakes() != 0 {
		t.Errorf("%d more came back, %d records are left", n, b.wakes())
	}
}

// covers: P10
func TestSnoozeEndsBeforeItsTime(t *testing.T) {
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	alice := b.proven("alice@customer.example")
	for _, tt := range []struct {
		name string
		ends func(number int64) error
		want helpdesk.Status
	}{
		{"a customer writes", func(n int64) error {
			_, err := b.AnswerRequest(t.Context(), shared(), alice, n, Answer{Text: "And?", Nonce: "n"})
			return err
		}, helpdesk.Open},
		{"it is solved", func(n int64) error { return b.SetStatus(t.Context(), ada, n, helpdesk.Resolved) }, helpdesk.Resolved},
		{"an answer solves it", func(n int64) error {
			return b.Reply(t.Context(), ada, n, Reply{Text: "Done", Status: helpdesk.Resolved})
		}, helpdesk.Resolved},
		{"an agent wants it", func(n int64) error { return b.Snooze(t.Context(), ada, n, time.Time{}) }, helpdesk.Open},
		{"it is spam", func(n int64) error { return b.CallSpam(t.Context(), ada, n, true) }, helpdesk.Open},
	} {
		t.Run(tt.name, func(t *testing.T) {
			number := b.ticket(tt.name)
			must(t, b.Snooze(t.Context(), ada, number, b.time().Add(time.Hour)))
			must(t, tt.ends(number))
			if got := b.detail(number).Ticket; got.Snoozed != nil || got.Status != tt.want {
				t.Errorf("snoozed %+v, %s, want %s", got.Snoozed, got.Status, tt.want)
			}
			entries := b.detail(number).Ticket.Entries
			b.wait(2 * time.Hour)
			if n := b.woken(); n != 0 || b.wakes() != 0 || b.detail(number).Ticket.Entries != entries {
				t.Errorf("%d came back, %d records are left", n, b.wakes())
			}
		})
	}
}

// A request that is put away anew comes back at the later time alone.
//
// covers: P10
func TestSnoozeAgain(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	for _, h := range []time.Duration{1, 3, 2, 2} {
		must(t, b.Snooze(t.Context(), operator, number, noon.Add(h*time.Hour)))
	}
	for hour, want := range []int{0, 0, 1, 0} {
		if n := b.woken(); n != want {
			t.Errorf("after %d hours %d came back, want %d", hour, n, want)
		}
		b.wait(time.Hour)
	}
}

func TestWakeUpEnds(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	must(t, b.Snooze(t.Context(), operator, number, noon.Add(time.Hour)))
	b.wait(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	done := make(chan struct{})
	var once atomic.Bool
	go func() {
		defer close(done)
		b.WakeUp(ctx, func() []string {
			if once.CompareAndSwap(false, true) {
				close(asked)
			}
			return []string{"support", "nobody"}
		})
	}()
	<-asked
	for b.detail(number).Ticket.Snoozed != nil {
		if t.Context().Err() != nil {
			t.Fatal("it never came back")
		}
	}
	cancel()
	<-done
}

// A request that was merged meanwhile goes on where it was merged into.
//
// covers: P10
func TestSnoozeOfWhatIsMerged(t *testing.T) {
	b := newBench(t)
	from, into := b.ticket("n1"), b.ticket("n2")
	must(t, b.Snooze(t.Context(), operator, from, noon.Add(time.Hour)))
	must(t, b.Merge(t.Context(), operator, from, into))
	entries := b.detail(from).Ticket.Entries
	b.wait(2 * time.Hour)
	if n := b.woken(); n != 0 || b.wakes() != 0 || b.detail(from).Ticket.Snoozed != nil || b.detail(from).Ticket.Entries != entries {
		t.Errorf("%d came back, %d records are left, ticket %+v", n, b.wakes(), b.detail(from).Ticket)
	}
}
