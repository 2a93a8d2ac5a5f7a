package outbound

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

const (
	// tellEvery is how often the outbox is searched for what agents must be told.
	tellEvery = 30 * time.Second

	// maxTold is how many deliveries one transaction tells of: three operations
	// each, beside the notices to agents (see maxCopies) and the event.
	maxTold = 10
)

// warnAfter are the ages at which agents are told that mail still waits: when a
// customer begins to wonder, and when somebody should do something.
var warnAfter = []time.Duration{30 * time.Minute, 4 * time.Hour}

// warnings is how often agents should have been told of mail that was born then.
func warnings(born, now time.Time) int {
	n := 0
	for n < len(warnAfter) && now.Sub(born) >= warnAfter[n] {
		n++
	}
	return n
}

// thread names a ticket of an account.
type thread struct {
	account string
	ticket  helpdesk.TicketID
}

// tellInTime tells agents of mail that waits too long, until ctx ends.
func (q *Queue) tellInTime(ctx context.Context) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			q.tell(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// tell tells agents of all that has waited too long, and gives up what could not
// even be tried for two days.
func (q *Queue) tell(ctx context.Context) {
	threads, loose := q.overdue()
	for _, p := range loose {
		if err := q.giveUp(ctx, p); err != nil && ctx.Err() == nil {
			q.Log.WarnContext(ctx, "mail not given up", "account", p.Account, "delivery", p.ID, "error", err)
		}
	}
	for _, at := range threads {
		if err := q.tellThread(ctx, at); err != nil && ctx.Err() == nil {
			q.Log.WarnContext(ctx, "agents not told of mail that waits", "account", at.account, "ticket", at.ticket, "error", err)
		}
	}
}

// giveUp ends mail of no ticket that could not be tried for two days: nobody is told.
func (q *Queue) giveUp(ctx context.Context, p store.Pending) error {
	d, err := q.Store.Delivery(ctx, p.Account, p.Ticket, p.ID)
	if err != nil || d.State.Final() || d.Claimed(q.Now()) {
		return err
	}
	words, _ := q.troubleOf(p.Account, d)
	d.State, d.Last, d.Claim, d.Until = helpdesk.Failed, &helpdesk.Attempt{At: q.Now(), Words: words}, "", time.Time{}
	one := store.Outgoing{Account: p.Account, Delivery: d}
	q.Store.SaveOutgoing(ctx, []*store.Outgoing{&one})
	return one.Err
}

// overdue are the tickets with mail of which agents must be told, and mail of no
// ticket that is to be given up. In passing it counts relays that are left alone.
func (q *Queue) overdue() (threads []thread, loose []store.Pending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.Now()
	seen, open := map[thread]bool{}, map[*lane]bool{}
	for _, ln := range q.lines { // what is on its way is in none
		l := q.laneOf(ln.sender)
		if l.open() {
			open[l] = true
		}
		for _, it := range ln.order {
			age := now.Sub(it.Born)
			if it.Purpose.OfAccount() {
				if l.open() && age >= q.Schedule.GiveUp {
					loose = append(loose, it.Pending)
				}
				continue
			}
			at := thread{it.Account, it.Ticket}
			warn := it.Purpose.Awaited() && warnings(it.Born, now) > it.Warned
			if !seen[at] && (warn || l.open() && age >= q.Schedule.GiveUp) {
				seen[at], threads = true, append(threads, at)
			}
		}
	}
	q.Meter.RelaysOpen(len(open))
	return threads, loose
}

func (q *Queue) tellThread(ctx context.Context, at thread) error {
	for more := true; more; {
		err := helpdesk.Retry(ctx, func(int) (err error) {
			more, err = q.tellSome(ctx, at)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tellSome tells of the mail of one ticket, in one transaction with its records,
// so that nothing is told twice. What is claimed is left to its attempt: changing
// it would void the record of that.
func (q *Queue) tellSome(ctx context.Context, at thread) (more bool, err error) {
	all, err := q.Store.Deliveries(ctx, at.account, at.ticket)
	if err != nil {
		return false, err
	}
	slices.SortStableFunc(all, func(a, b helpdesk.Delivery) int { return cmp.Compare(a.Participant, b.Participant) }) // as people are listed
	now, told := q.Now(), &telling{}
	for i := range all {
		d := &all[i]
		if d.State.Final() || d.Claimed(now) {
			continue
		}
		if more = told.count == maxTold; more {
			break
		}
		words, open := q.troubleOf(at.account, d)
		switch {
		case open && now.Sub(d.Born()) >= q.Schedule.GiveUp:
			d.State, d.Last = helpdesk.Failed, &helpdesk.Attempt{At: now, Words: words}
			d.Claim, d.Until = "", time.Time{} // of one that lapsed
			told.failed(d, words)
		case d.Purpose.Awaited() && warnings(d.Born(), now) > d.Warned:
			d.Warned = warnings(d.Born(), now)
			told.waits(d, words)
		}
	}
	if told.count == 0 {
		return false, nil
	}
	return more, q.commitTold(ctx, at, told)
}

// troubleOf is why a delivery waits: what its relay's trouble is while that is left
// alone, else what was said last.
func (q *Queue) troubleOf(account string, d *helpdesk.Delivery) (words string, open bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l := q.laneOf(sender{account, d.Mailbox}); l.open() {
		return l.words, true
	}
	return d.Last.Answer(), false
}

// writeFailed records that a delivery was given up, which a person waited for:
// agents are told in the same transaction.
func (q *Queue) writeFailed(ctx context.Context, account string, d *helpdesk.Delivery) error {
	told := &telling{}
	told.failed(d, d.Last.Answer())
	return helpdesk.Retry(ctx, func(try int) error {
		if try > 0 { // was it the ticket that changed, or the delivery?
			now, err := q.Store.Delivery(ctx, account, d.Ticket, d.ID)
			if err != nil {
				return err
			}
			if now.Rev != d.Rev {
				return errLost
			}
		}
		return q.commitTold(ctx, thread{account, d.Ticket}, told)
	})
}

// telling gathers what one transaction tells of deliveries of one ticket.
type telling struct {
	count   int
	changed []*helpdesk.Delivery
	news    []*event
}

// event is one entry: what befell copies of which the same was said.
type event struct {
	purpose helpdesk.Purpose
	given   bool // up
	words   string
	to      []helpdesk.Address
}

func (t *telling) waits(d *helpdesk.Delivery, words string) { t.add(d, false, words) }

// failed tells of a mail that is given up, if a person waits for it.
func (t *telling) failed(d *helpdesk.Delivery, words string) { t.add(d, true, words) }

func (t *telling) add(d *helpdesk.Delivery, given bool, words string) {
	t.count++
	t.changed = append(t.changed, d)
	if !d.Purpose.Awaited() {
		return
	}
	for _, e := range t.news {
		if e.purpose == d.Purpose && e.given == given && e.words == words {
			e.to = append(e.to, d.To)
			return
		}
	}
	t.news = append(t.news, &event{purpose: d.Purpose, given: given, words: words, to: []helpdesk.Address{d.To}})
}

func (e *event) text() string {
	if e.given {
		return helpdesk.Undelivered(e.to, "", e.words)
	}
	return helpdesk.Waiting(e.purpose, e.to, e.words)
}

// commitTold writes the deliveries with the events that tell of them, where the
// ticket goes on.
func (q *Queue) commitTold(ctx context.Context, at thread, t *telling) error {
	change := &helpdesk.Change{Account: at.account}
	for _, d := range t.changed {
		change.Deliveries = append(change.Deliveries, *d)
	}
	read := func(id helpdesk.TicketID) (*helpdesk.Ticket, error) { return q.Store.Ticket(ctx, at.account, id) }
	ticket, err := read(at.ticket)
	if err == nil {
		ticket, err = helpdesk.End(ticket, read)
	}
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound: // nobody left to tell
	case err != nil:
		return err
	default:
		if err := q.addEvents(ctx, change, ticket, t.news); err != nil {
			return err
		}
	}
	return q.Store.Commit(ctx, change)
}

// addEvents puts what is told on the ticket. An answer that never arrived puts it
// back before an agent and is told by mail, as when one bounced.
func (q *Queue) addEvents(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, news []*event) error {
	mailed := 0 // the event that agents are mailed
	for _, n := range news {
		e := helpdesk.Entry{
			Kind: helpdesk.Event, Channel: helpdesk.ByMail, At: q.Now(),
			Author: helpdesk.Author{Role: helpdesk.System, Name: "Mail system"}, Text: n.text(),
		}
		t.Append(&e)
		change.Ticket, change.Entries = t, append(change.Entries, e)
		if n.given && !n.purpose.Automatic() {
			t.ReplyBounced()
			mailed = e.Seq
		}
	}
	box, ok := q.Directory.Mailbox(change.Account, t.Mailbox)
	if mailed == 0 || !ok {
		return nil
	}
	agents, err := q.Store.AgentsWhoSee(ctx, change.Account, t)
	if err != nil {
		return err
	}
	_, err = q.Planner.Notify(ctx, change, Occasion{Mailbox: box, Ticket: t, Entry: mailed, Now: q.Now()}, agents)
	return err
}
