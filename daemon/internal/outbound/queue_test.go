package outbound

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// covers: P11, M07
func TestQueueSends(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	before := d.reply(t, nil) // was there before the start
	stop := run(t, q)
	after := d.reply(t, func(c *helpdesk.Delivery) { c.Participant, c.To = 2, helpdesk.MustAddress("bob@customer.example") })
	for _, want := range []helpdesk.Delivery{before, after} {
		got := d.await(t, want.ID, "sent", isState(helpdesk.Sent))
		if got.Attempts != 1 || got.Last.Code != 250 || got.Last.Words == "" || got.Sent == nil || got.MessageID != want.MessageID {
			t.Errorf("delivery = %+v, last %+v, want it recorded as sent", got, got.Last)
		}
		h, err := blob.ParseHash(got.Copy)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := blob.Get(t.Context(), d.blobs, account, h, 1<<20)
		if err != nil || eml.Read(kept).MessageID() != want.MessageID {
			t.Errorf("copy = %q, %v, want what was sent", kept, err)
		}
	}
	stop()
	if mails := d.relay.mails(); len(mails) != 2 {
		t.Errorf("relay took %d mails, want 2", len(mails))
	}
	seen := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := d.WatchOutbox(ctx, cancel, func(store.Pending) { seen++ }); !errors.Is(err, context.Canceled) || seen != 0 {
		t.Errorf("%d deliveries left in the outbox, %v, want none", seen, err)
	}
}

// covers: P11, M07
func TestQueueRetries(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault func(c *smtp.Conn) error
		code  int
		words string
	}{
		{"not now", func(*smtp.Conn) error { return smtpError(451, "greylisted") }, 451, "greylisted"},
		{"hangs up after the final dot", func(c *smtp.Conn) error { _ = c.Conn().Close(); return errors.New("gone") }, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			var ids []string
			d := newDesk(t, &relay{onData: func(c *smtp.Conn, data []byte) error {
				mu.Lock()
				defer mu.Unlock()
				ids = append(ids, eml.Read(data).MessageID())
				if len(ids) == 1 {
					return tt.fault(c)
				}
				return nil
			}})
			want := d.reply(t, nil)
			q := d.queue(t, "a")
			run(t, q)
			got := d.await(t, want.ID, "tried", tried(1))
			if got.State != helpdesk.Queued || got.Last.Code != tt.code || !strings.Contains(got.Last.Words, tt.words) || got.Last.Words == "" {
				t.Errorf("delivery = %+v, last %+v, want it queued with the relay's words", got, got.Last)
			}
			if wait := got.Next.Sub(d.clock.now()); wait < time.Minute || wait > 66*time.Second {
				t.Errorf("next attempt in %v, want a minute", wait)
			}
			d.later(q, 67*time.Second)
			got = d.await(t, want.ID, "sent", isState(helpdesk.Sent))
			mu.Lock()
			defer mu.Unlock()
			if got.Attempts != 2 || len(ids) != 2 || ids[0] != want.MessageID || ids[1] != want.MessageID {
				t.Errorf("%d attempts with the ids %v, want 2 with %s", got.Attempts, ids, want.MessageID)
			}
		})
	}
}

// covers: P11, M07
func TestQueueGivesUp(t *testing.T) {
	for _, tt := range []struct {
		name    string
		relay   *relay
		created time.Duration // ago
		want    helpdesk.DeliveryState
	}{
		{"recipient refused", &relay{onRcpt: func() error { return smtpError(550, "no such user") }}, 0, helpdesk.Failed},
		{"sender refused", &relay{onMail: func() error { return smtpError(550, "not you") }}, 0, helpdesk.Queued},
		{"not now, for two days", &relay{onRcpt: func() error { return smtpError(450, "busy") }}, 48 * time.Hour, helpdesk.Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.relay)
			want := d.reply(t, func(c *helpdesk.Delivery) { c.Created = noon.Add(-tt.created) })
			run(t, d.queue(t, "a"))
			if got := d.await(t, want.ID, "tried", tried(1)); got.State != tt.want || got.Last.Code == 0 {
				t.Errorf("delivery is %s, last %+v, want %s", got.State, got.Last, tt.want)
			}
		})
	}
}

// covers: P11, S30
func TestQueueWithdraws(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(c *helpdesk.Delivery)
		note   bool
	}{
		{"participant left", func(c *helpdesk.Delivery) { c.Participant = 3 }, false},
		{"no such ticket", func(c *helpdesk.Delivery) { c.Ticket = 99 }, false},
		{"note of agents", func(c *helpdesk.Delivery) { c.Entry = 3 }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			if tt.note {
				note := helpdesk.Entry{Kind: helpdesk.Note, At: noon, Text: "secret"}
				d.ticket.Append(&note)
				d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Entries: []helpdesk.Entry{note}})
			}
			want := d.reply(t, tt.change)
			run(t, d.queue(t, "a"))
			d.ticket.ID = want.Ticket // where await looks
			d.await(t, want.ID, "withdrawn", isState(helpdesk.Withdrawn))
			if n := len(d.relay.mails()); n != 0 {
				t.Errorf("%d mails went out", n)
			}
		})
	}
}

// covers: P11
func TestQueueWaitsForTheMailbox(t *testing.T) {
	d := newDesk(t, &relay{})
	want := d.reply(t, nil)
	box := d.boxes["support"]
	delete(d.boxes, "support")
	q := d.queue(t, "a")
	run(t, q)
	if got := d.await(t, want.ID, "tried", tried(1)); got.State != helpdesk.Queued || !strings.Contains(got.Last.Words, "not declared") {
		t.Errorf("delivery = %+v, last %+v, want it queued", got, got.Last)
	}
	d.mu.Lock()
	d.boxes["support"] = box
	d.mu.Unlock()
	d.later(q, 2*time.Minute)
	d.await(t, want.ID, "sent", isState(helpdesk.Sent))
}

// covers: P11
func TestQueueAfterAKill(t *testing.T) {
	for _, exclusive := range []bool{true, false} {
		t.Run(map[bool]string{true: "alone", false: "beside others"}[exclusive], func(t *testing.T) {
			d := newDesk(t, &relay{})
			want := d.reply(t, nil)
			dead := d.queue(t, "dead")
			claimOnly(t, dead, want)
			q := d.queue(t, "b")
			q.Exclusive = exclusive
			run(t, q)
			if !exclusive {
				d.later(q, claimFor-time.Second)
				// What comes after it in the line shows that the queue has looked.
				d.await(t, d.reply(t, nil).ID, "sent", isState(helpdesk.Sent))
				if got := d.await(t, want.ID, "there", func(*helpdesk.Delivery) bool { return true }); got.Claim != "dead" {
					t.Fatalf("claim is %q before it lapsed, want the old one", got.Claim)
				}
				d.later(q, 2*time.Second)
			}
			if got := d.await(t, want.ID, "sent", isState(helpdesk.Sent)); got.Attempts != 2 || got.MessageID != want.MessageID {
				t.Errorf("delivery = %+v, want a second attempt with the same Message-ID", got)
			}
		})
	}
}

// covers: P11
func TestTwoQueuesSendOnce(t *testing.T) {
	d := newDesk(t, &relay{})
	run(t, d.queue(t, "a"))
	run(t, d.queue(t, "b"))
	const mails = 40
	var all []helpdesk.Delivery
	for range mails {
		all = append(all, d.reply(t, nil))
	}
	for _, want := range all {
		if got := d.await(t, want.ID, "sent", isState(helpdesk.Sent)); got.Attempts != 1 {
			t.Errorf("%d attempts, want 1", got.Attempts)
		}
	}
	ids := map[string]int{}
	for _, m := range d.relay.mails() {
		ids[eml.Read([]byte(m.Data)).MessageID()]++
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("%s went out %d times", id, n)
		}
	}
	if len(ids) != mails {
		t.Errorf("%d mails, want %d", len(ids), mails)
	}
}

// TestClaimOnlyWhatIsDue: news of a delivery may be older than the record.
func TestClaimOnlyWhatIsDue(t *testing.T) {
	d := newDesk(t, &relay{})
	want := d.reply(t, func(c *helpdesk.Delivery) { c.Next = noon.Add(time.Minute) })
	q := d.queue(t, "a")
	q.Exclusive = true
	next := once(t, q, want)
	if got := d.await(t, want.ID, "there", func(*helpdesk.Delivery) bool { return true }); got.Attempts != 0 || !next.Equal(got.Next) {
		t.Errorf("%d attempts, next %v, want none before %v", got.Attempts, next, got.Next)
	}
}

// awayStore fails to record the outcome of attempts a few times.
type awayStore struct {
	*store.Store
	left atomic.Int32
}

func (s *awayStore) SaveOutgoing(ctx context.Context, all []*store.Outgoing) {
	for _, o := range all {
		if o.Delivery.Claim == "" && s.left.Add(-1) >= 0 {
			o.Err = helpdesk.Errorf(helpdesk.Unavailable, "etcd is away")
			return
		}
	}
	s.Store.SaveOutgoing(ctx, all)
}

// covers: P11
func TestOutcomeOutlivesAnOutage(t *testing.T) {
	d := newDesk(t, &relay{})
	want := d.reply(t, nil)
	q := d.queue(t, "a")
	away := &awayStore{Store: d.Store}
	away.left.Store(1)
	q.Store = away
	run(t, q)
	got := d.await(t, want.ID, "sent", isState(helpdesk.Sent))
	if n := len(d.relay.mails()); n != 1 || got.Attempts != 1 {
		t.Errorf("went out %d times in %d attempts, want once", n, got.Attempts)
	}
}

// An outage that is longer than the claim does not send again what went out: as
// long as nobody else took the delivery, its outcome is still to be written.
//
// covers: P11
func TestOutcomeOutlivesItsClaim(t *testing.T) {
	d := newDesk(t, &relay{})
	want := d.reply(t, nil)
	q := d.queue(t, "a")
	away := &awayStore{Store: d.Store}
	const tries = 3
	away.left.Store(tries)
	q.Store = away
	run(t, q)
	untilTrue(t, "it went out and was not recorded", func() bool { return away.left.Load() < tries })
	d.later(q, claimFor+time.Second)
	untilTrue(t, "the claim has lapsed", func() bool { return away.left.Load() < tries-1 })
	d.later(q, 2*again)
	got := d.await(t, want.ID, "sent", isState(helpdesk.Sent))
	if n := len(d.relay.mails()); n != 1 || got.Attempts != 1 {
		t.Errorf("went out %d times in %d attempts, want once", n, got.Attempts)
	}
}

// What somebody asked for and has to wait all the same keeps nothing else waiting.
//
// covers: P11
func TestHurryHoldsNobodyUp(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	for range brakeMailbox {
		q.Brake.pass(account+"/support", noon)
	}
	d.reply(t, func(c *helpdesk.Delivery) { c.Purpose, c.Hurry = helpdesk.Acknowledgement, true })
	run(t, q)
	untilTrue(t, "it was stopped", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		for _, it := range q.pending {
			return it.index >= 0 && it.Next.Equal(noon.Add(brakeWait))
		}
		return false
	})
	d.await(t, d.reply(t, nil).ID, "sent", isState(helpdesk.Sent))
}

// unreadableAgents is a store with a record of an agent that cannot be read.
type unreadableAgents struct{ *store.Store }

func (unreadableAgents) Agents(context.Context, string) ([]helpdesk.Agent, error) {
	return nil, errors.New("read record: unexpected end of JSON input")
}

// What is given up is recorded, though nobody can be told.
//
// covers: P11
func TestGivenUpThoughNobodyIsTold(t *testing.T) {
	var asked atomic.Int32
	d := newDesk(t, &relay{onRcpt: func() error {
		asked.Add(1)
		return smtpError(550, "no such user")
	}})
	m := d.reply(t, nil)
	q := d.queue(t, "a")
	q.Store = unreadableAgents{d.Store}
	run(t, q)
	d.await(t, m.ID, "given up", isState(helpdesk.Failed))
	if n := asked.Load(); n != 1 {
		t.Errorf("the relay was asked %d times, want once", n)
	}
}

// odd is a courier that does one thing.
type odd func(ctx context.Context) error

func (f odd) Deliver(ctx context.Context, _ Parcel) (helpdesk.Attempt, error) {
	return helpdesk.Attempt{}, f(ctx)
}
func (odd) Close() {}

func TestAttemptEndsBeforeItsClaim(t *testing.T) {
	d := newDesk(t, &relay{})
	for _, files := range []int64{0, 25 << 20, mostFiles} {
		testAttemptEnds(t, d, files)
	}
}

func testAttemptEnds(t *testing.T, d *desk, files int64) {
	t.Helper()
	want := d.reply(t, func(c *helpdesk.Delivery) { c.Files = files })
	q := d.queue(t, "a")
	var left time.Duration
	began := time.Now()
	q.Courier = odd(func(ctx context.Context) error {
		end, ok := ctx.Deadline()
		if left = end.Sub(began); !ok {
			t.Error("the attempt has no end")
		}
		return nil
	})
	q.begin()
	c := claimOnly(t, q, want)
	holds := c.Delivery.Until.Sub(c.at)
	stopping, cancel := context.WithCancel(t.Context())
	cancel() // an attempt under way is finished all the same
	q.attempt(stopping, c)
	least := time.Duration(files*4/3/slowestLine) * time.Second
	if left <= least || aheadFor+left+store.OpTimeout >= holds {
		t.Errorf("the attempt with %d bytes of files may take %v, want more than %v and less than the claim of %v", files, left, least, holds)
	}
	d.await(t, want.ID, "sent", isState(helpdesk.Sent))
}

func TestPanicFailsOneMail(t *testing.T) {
	d := newDesk(t, &relay{})
	want := d.reply(t, nil)
	q := d.queue(t, "a")
	q.Courier = odd(func(context.Context) error { panic("oops") })
	run(t, q)
	if got := d.await(t, want.ID, "tried", tried(1)); got.State != helpdesk.Queued || !strings.Contains(got.Last.Words, "oops") {
		t.Errorf("delivery = %+v, last %+v, want it queued", got, got.Last)
	}
}

// TestNewsOfWhatIsDone: news of our own claim may come after the attempt ended.
func TestNewsOfWhatIsDone(t *testing.T) {
	q := &Queue{Meter: &desk{}, Now: func() time.Time { return noon }, Exclusive: true, Directory: &desk{}}
	q.begin()
	p := store.Pending{Account: account, ID: "x", Next: noon}
	q.see(p)
	l, took, _ := q.take()
	q.reset() // must not lose what is claimed
	q.see(p)
	l.claiming = 0
	if _, again, _ := q.take(); len(took) != 1 || again != nil {
		t.Fatalf("took %v, then %v, want it once", took, again)
	}
	q.giveBack(took[0], time.Time{}, 0)
	q.see(store.Pending{Account: account, ID: "x", Next: noon.Add(claimFor)})
	if _, again, _ := q.take(); again != nil {
		t.Error("late news of the claim brought a final delivery back")
	}
	q.see(store.Pending{Account: account, ID: "x", Gone: true})
	if len(q.pending) != 0 || len(q.lines) != 0 {
		t.Errorf("%d items left, %d in line, want none", len(q.pending), len(q.lines))
	}
}

// What somebody changes while we look at a delivery counts, though we have read
// the older record: news that came meanwhile are not lost.
//
// covers: P11
func TestNewsWhileItIsTaken(t *testing.T) {
	p := store.Pending{Account: account, ID: "x", Next: noon, Rev: 7}
	later := func(change func(*store.Pending)) *store.Pending {
		n := p
		change(&n)
		return &n
	}
	for _, tt := range []struct {
		name string
		news *store.Pending
		next time.Time // of what we read at revision 8; zero: it is final
		want time.Time // zero: it is in no line
	}{
		{"none", nil, noon.Add(time.Minute), noon.Add(time.Minute)},
		{"our claim", later(func(n *store.Pending) { n.Rev, n.Next = 8, noon.Add(claimFor) }), noon.Add(time.Minute), noon.Add(time.Minute)},
		{"our claim, and it is final", later(func(n *store.Pending) { n.Rev, n.Next = 8, noon.Add(claimFor) }), time.Time{}, time.Time{}},
		{"tried again by hand", later(func(n *store.Pending) { n.Rev, n.Next = 9, noon.Add(time.Second) }), noon.Add(time.Minute), noon.Add(time.Second)},
		{"a new life of what we found final", later(func(n *store.Pending) { n.Rev, n.Next = 9, noon.Add(time.Second) }), time.Time{}, noon.Add(time.Second)},
		{"dropped by hand", later(func(n *store.Pending) { n.Rev, n.Gone = 9, true }), noon.Add(time.Minute), time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := &Queue{Meter: &desk{}, Now: func() time.Time { return noon }, Directory: &desk{}}
			q.begin()
			q.see(p)
			_, took, _ := q.take()
			if tt.news != nil {
				q.see(*tt.news)
			}
			q.giveBack(took[0], tt.next, 8)
			var got time.Time
			for _, ln := range q.lines {
				got = ln.order[0].Next
			}
			if !got.Equal(tt.want) {
				t.Errorf("it is due at %v, want %v", got, tt.want)
			}
		})
	}
}
