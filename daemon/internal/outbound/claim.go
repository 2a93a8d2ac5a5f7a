package outbound

import (
	"context"
	"errors"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

const (
	// attemptTimeout bounds an attempt from its start to the relay's last answer, of
	// a mail without files.
	attemptTimeout = 4 * time.Minute

	// slowestLine is how many bytes of files a second go out at least: those of an
	// office that sends over a line of 1 Mbit/s.
	slowestLine = 128 << 10

	// mostFiles is what the largest mail that may be declared holds of them.
	mostFiles = 110 << 20

	// aheadFor is how long a delivery may be claimed before its attempt begins. What
	// has waited longer is let go: its relay has become slow.
	aheadFor = 10 * time.Second

	// claimFor is how long the claim of a mail without files holds: longer than an
	// attempt can take, with room for the wait before it, for recording it and for clocks of replicas that
	// differ, so that nobody else starts while one is under way.
	claimFor = attemptTimeout + claimSpare

	// claimSpare is that room.
	claimSpare = time.Minute

	// again is when to look at a delivery once more after the store failed us.
	again = 5 * time.Second

	// unreadable is when to look again at a record that cannot be read: it takes
	// a person to mend it.
	unreadable = time.Hour
)

// timeFor is how long an attempt with so many bytes of files may take.
func timeFor(files int64) time.Duration {
	return attemptTimeout + time.Duration(helpdesk.InMail(files)/slowestLine)*time.Second
}

// claim is a delivery that was looked at to be sent.
type claim struct {
	*store.Outgoing
	item *item
	lane *lane
	at   time.Time // when we looked
	ours bool
	next time.Time // of one that is not ours: when to look again, the zero time if it is final
	due  time.Time // of ours: when it was due
}

// claim makes deliveries ours before anything is sent, by compare-and-swap and
// with a deadline, all in one transaction. What is not ours to send now goes back
// to its line.
func (q *Queue) claim(ctx context.Context, l *lane, batch []*item) {
	whole := context.WithoutCancel(ctx) // half a claim would hold mail up for minutes
	pending := make([]store.Pending, len(batch))
	for i, it := range batch {
		pending[i] = it.Pending
	}
	claims := make([]*claim, len(batch))
	var writes []*store.Outgoing
	for i, o := range q.Store.ReadOutgoing(whole, pending) {
		claims[i] = &claim{Outgoing: o, item: batch[i], lane: l, at: q.Now()}
		if q.look(whole, claims[i]) {
			writes = append(writes, o)
		}
	}
	q.Store.SaveOutgoing(whole, writes)
	q.lookAtLost(whole, claims)
	q.handOver(ctx, l, claims)
}

// look decides about one delivery as it was read. It reports whether the record
// has to be written: claimed, or withdrawn. The attempt is counted first: one
// that kills us counts.
func (q *Queue) look(ctx context.Context, c *claim) (write bool) {
	d := c.Delivery
	switch {
	case c.Err != nil:
		c.next = q.afterError(ctx, c)
		return false
	case d.State.Final():
		return false
	case c.at.Before(q.free(d)):
		c.next = d.Next // another replica has it until then, or had it just now
		return false
	case braked(d.Purpose) && !q.Brake.pass(c.Account+"/"+d.Mailbox, c.at):
		return q.stopped(c)
	}
	c.ours, c.due = true, d.Next
	d.Attempts++
	lapses := c.at.Add(timeFor(d.Files) + claimSpare)
	d.Claim, d.Until, d.Next, d.Hurry = q.Replica, lapses, lapses, false
	return true
}

// afterError is when to look again at a delivery that could not be read or
// written; the zero time if there is none.
func (q *Queue) afterError(ctx context.Context, c *claim) time.Time {
	kind := helpdesk.KindOf(c.Err)
	if kind == helpdesk.NotFound {
		return time.Time{}
	}
	q.Log.WarnContext(ctx, "delivery not claimed", "account", c.Account, "delivery", c.item.ID, "error", c.Err)
	if kind == helpdesk.Internal {
		return c.at.Add(unreadable)
	}
	return c.at.Add(again)
}

// stopped lets automatic mail wait of which there is too much, and withdraws what
// has waited too long.
func (q *Queue) stopped(c *claim) (write bool) {
	d := c.Delivery
	if c.at.Sub(d.Born()) < stale {
		q.Meter.MailOut("braked")
		c.next = c.at.Add(brakeWait)
		return false
	}
	d.State, d.Last = helpdesk.Withdrawn, &helpdesk.Attempt{At: c.at, Words: "too much automatic mail was waiting, and this one told nothing new any more"}
	return true
}

// free is when we may claim the delivery. What made us look may be older than
// the record: another replica may have tried it meanwhile.
func (q *Queue) free(d *helpdesk.Delivery) time.Time {
	switch {
	case d.Claim == "":
		return d.Next
	case d.Claim == q.Replica, q.Exclusive:
		return time.Time{}
	}
	return d.Until
}

// lookAtLost reads again what somebody else changed first.
func (q *Queue) lookAtLost(ctx context.Context, claims []*claim) {
	var lost []*claim
	var pending []store.Pending
	for _, c := range claims {
		switch {
		case c.Err == nil || c.Delivery == nil:
		case helpdesk.KindOf(c.Err) == helpdesk.Conflict:
			lost, pending = append(lost, c), append(pending, c.item.Pending)
		default:
			c.ours, c.next = false, q.afterError(ctx, c)
		}
	}
	if len(lost) == 0 {
		return
	}
	for i, o := range q.Store.ReadOutgoing(ctx, pending) {
		c := lost[i]
		c.ours, c.Outgoing, c.next = false, o, time.Time{}
		switch {
		case o.Err != nil:
			c.next = q.afterError(ctx, c)
		case !o.Delivery.State.Final():
			c.next = o.Delivery.Next
		}
	}
}

// handOver lets the lane send what is ours, and gives the rest back.
func (q *Queue) handOver(ctx context.Context, l *lane, claims []*claim) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.claiming -= len(claims)
	for _, c := range claims {
		var rev int64
		if d := c.Delivery; d != nil {
			rev, c.item.Born, c.item.Warned, c.item.Hurry = d.Rev, d.Born(), d.Warned, d.Hurry
		}
		if c.ours {
			l.ready = append(l.ready, c)
		} else {
			q.giveBack(c.item, c.next, rev)
		}
	}
	if q.ending || l.overdone() {
		q.letGo(ctx, l)
	}
	q.startAll(ctx)
	q.ring()
}

// letGo gives up what a lane has claimed and not begun. It must be called with
// the lock held.
func (q *Queue) letGo(ctx context.Context, l *lane) {
	for _, c := range l.ready {
		l.recording++
		q.group.Go(func() { q.release(ctx, c) })
	}
	l.ready = nil
}

// release undoes a claim: the attempt was none.
func (q *Queue) release(ctx context.Context, c *claim) {
	d := c.Delivery
	d.Attempts--
	d.Claim, d.Until, d.Next = "", time.Time{}, c.due
	q.finish(ctx, c)
}

// end lets go of what is claimed and not begun, and begins nothing new.
func (q *Queue) end(ctx context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ending = true
	for _, l := range q.lanes {
		q.letGo(ctx, l)
	}
}

// errLost says that a delivery is not as we left it: our claim lapsed, and
// somebody else has it.
var errLost = errors.New("somebody else has this delivery")
