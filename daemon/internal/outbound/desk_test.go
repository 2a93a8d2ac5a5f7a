package outbound

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// clock stands until a test moves it.
type clock struct{ past atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.past.Load())) }
func (c *clock) forward(d time.Duration) { c.past.Add(int64(d)) }

// desk is a real store with one ticket, and what a Queue needs beside it.
type desk struct {
	*store.Store
	clock  clock
	blobs  *blob.Dir
	relay  *relay
	ticket *helpdesk.Ticket
	mu     sync.Mutex
	boxes  map[string]helpdesk.Mailbox
}

func (d *desk) Mailbox(_, name string) (helpdesk.Mailbox, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	box, ok := d.boxes[name]
	return box, ok
}

func (d *desk) HelpCenter(_, name string) (helpdesk.HelpCenter, bool) {
	return *sampleCenter(), name == "acme"
}

func (d *desk) MailOut(string)   {}
func (d *desk) OutboxLength(int) {}

func (d *desk) OutboxOldest(time.Time) {}
func (d *desk) RelaysOpen(int)         {}

func newDesk(t testing.TB, r *relay) *desk {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	db, err := store.New(server.Client(), "test", store.Local())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	box := sampleMailbox()
	box.Relay = startRelay(t, r, nil, false).address
	d := &desk{Store: db, blobs: blobs, relay: r, ticket: sampleTicket(), boxes: map[string]helpdesk.Mailbox{"support": box}}
	d.ticket.Entries = 0
	question := helpdesk.Entry{Kind: helpdesk.Message, At: noon, Text: "Where is it?", Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Alice"}}
	answer := helpdesk.Entry{Kind: helpdesk.Message, At: noon, Text: "On its way.", Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper"}}
	d.ticket.Append(&question)
	d.ticket.Append(&answer)
	d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Entries: []helpdesk.Entry{question, answer}})
	return d
}

func (d *desk) commit(t testing.TB, c *helpdesk.Change) {
	t.Helper()
	if err := d.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if c.Ticket != nil {
		fresh, err := d.Ticket(t.Context(), account, c.Ticket.ID)
		if err != nil {
			t.Fatal(err)
		}
		d.ticket = fresh
	}
}

// reply puts one copy of the answer into the outbox.
func (d *desk) reply(t testing.TB, change func(*helpdesk.Delivery)) helpdesk.Delivery {
	t.Helper()
	p := &Planner{Contacts: nobody{}, Signer: newSigner(t)}
	delivery := p.delivery(Occasion{
		Mailbox: d.boxes["support"], Ticket: d.ticket, Entry: 2, To: &d.ticket.Participants[0], Purpose: helpdesk.AgentReply, Now: noon,
	})
	if change != nil {
		change(&delivery)
	}
	d.commit(t, &helpdesk.Change{Account: account, Deliveries: []helpdesk.Delivery{delivery}})
	return delivery
}

func (d *desk) queue(t testing.TB, replica string) *Queue {
	t.Helper()
	return &Queue{
		Store: d.Store, Blobs: d.blobs, Directory: d, Signer: newSigner(t), Keys: NewKeys(nil, d.clock.now), Spools: newSpools(t),
		Planner: &Planner{Budgets: d.Store, Contacts: d.Store, Signer: newSigner(t)}, Schedule: DefaultSchedule(), Brake: NewBrake(), Meter: d,
		Courier: &SMTPCourier{Helo: "postern.example", Now: d.clock.now}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: d.clock.now, Replica: replica, Workers: 4,
	}
}

// run runs the queue until stop is called or the test ends.
func run(t testing.TB, q *Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// await reads the delivery until ok, and fails after long enough.
func (d *desk) await(t testing.TB, id helpdesk.ID, what string, ok func(*helpdesk.Delivery) bool) *helpdesk.Delivery {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for tries := 0; ; tries++ {
		got, err := d.Delivery(t.Context(), account, d.ticket.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if ok(got) {
			return got
		}
		if tries == 2000 {
			t.Fatalf("delivery never was %s: %+v, last %+v", what, got, got.Last)
		}
		<-ticker.C
	}
}

func isState(s helpdesk.DeliveryState) func(*helpdesk.Delivery) bool {
	return func(d *helpdesk.Delivery) bool { return d.State == s && d.Claim == "" }
}

func tried(n int) func(*helpdesk.Delivery) bool {
	return func(d *helpdesk.Delivery) bool { return d.Attempts == n && d.Claim == "" }
}

// later moves the clock and lets the queue look at it.
func (d *desk) later(q *Queue, by time.Duration) {
	d.clock.forward(by)
	q.mu.Lock() // Run may not have begun
	defer q.mu.Unlock()
	q.ring()
}

// claimOnly claims a delivery as a queue does that is killed before it sends.
func claimOnly(t testing.TB, q *Queue, d helpdesk.Delivery) *claim {
	t.Helper()
	p := pendingOf(d)
	c := &claim{item: &item{Pending: p, index: -1}, lane: newLane(helpdesk.Relay{}), at: q.Now()}
	c.Outgoing = q.Store.ReadOutgoing(t.Context(), []store.Pending{p})[0]
	c.lane.sending++
	q.sending++
	if !q.look(t.Context(), c) {
		t.Fatalf("delivery is not to be had: %+v", c.Delivery)
	}
	q.Store.SaveOutgoing(t.Context(), []*store.Outgoing{c.Outgoing})
	if c.Err != nil {
		t.Fatal(c.Err)
	}
	return c
}

// once has the queue take one delivery that it thinks is due, and tells when it
// looks again; the zero time if never.
func once(t testing.TB, q *Queue, d helpdesk.Delivery) time.Time {
	t.Helper()
	q.begin()
	p := pendingOf(d)
	p.Next = q.Now()
	q.see(p)
	l, batch, _ := q.take()
	if len(batch) != 1 {
		t.Fatalf("took %d deliveries, want 1", len(batch))
	}
	q.claim(t.Context(), l, batch)
	q.group.Wait()
	if batch[0].done {
		return time.Time{}
	}
	return batch[0].Next
}

// pendingOf is what the store tells of a delivery that was just made.
func pendingOf(d helpdesk.Delivery) store.Pending {
	return store.Pending{Account: account, Ticket: d.Ticket, ID: d.ID, Next: d.Next, Mailbox: d.Mailbox, Purpose: d.Purpose, Born: d.Born()}
}
