package outbound

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// startAll begins as many attempts as the lanes allow, and all together. It must
// be called with the lock held.
func (q *Queue) startAll(ctx context.Context) {
	for _, l := range q.lanes {
		for len(l.ready) > 0 && l.sending < l.atOnce() && q.sending < q.Workers {
			c := l.ready[0]
			l.ready = l.ready[1:]
			l.sending++
			q.sending++
			q.group.Go(func() { q.attempt(ctx, c) })
		}
	}
}

// attempt tries one delivery and records what came of it. ctx is done when the
// queue ends: an attempt under way goes on, as breaking it off would send the mail
// twice.
func (q *Queue) attempt(ctx context.Context, c *claim) {
	began := q.Now()
	if began.Sub(c.at) > aheadFor {
		q.leave(ctx, c, nil)
		q.release(ctx, c)
		return
	}
	timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeFor(c.Delivery.Files))
	defer cancel()
	tried := q.try(timed, c.Account, c.Delivery)
	tried.began = began
	q.leave(ctx, c, &tried)
	c.Delivery.Claim, c.Delivery.Until = "", time.Time{}
	if q.finish(ctx, c) {
		q.report(timed, c)
	}
}

// leave makes room in the lane, and tells it how the attempt went; there was none
// with nil.
func (q *Queue) leave(ctx context.Context, c *claim, t *trial) {
	q.mu.Lock()
	l, n := c.lane, noNews
	l.sending--
	l.recording++
	q.sending--
	if t != nil && t.asked {
		n = l.learn(t.verdict, t.answered, c.Delivery.Last.Answer(), t.began, q.Now())
	}
	if l.overdone() {
		q.letGo(ctx, l)
	}
	q.startAll(ctx)
	state := l.state()
	q.mu.Unlock()
	q.ring()
	switch n {
	case leftAlone:
		q.Log.WarnContext(ctx, "relay left alone, it is in trouble", "relay", state.Relay, "probe", state.Probe, "words", state.Words)
	case usedAgain:
		q.Log.InfoContext(ctx, "relay used again", "relay", state.Relay)
	}
}

// report tells of an attempt that is recorded.
func (q *Queue) report(ctx context.Context, c *claim) {
	d, level := c.Delivery, slog.LevelInfo
	if d.State == helpdesk.Failed {
		level = slog.LevelWarn
	}
	q.Meter.MailOut(string(d.State))
	q.Log.Log(ctx, level, "mail out", "account", c.Account, "delivery", d.ID, "purpose", d.Purpose, "state", d.State,
		"attempt", d.Attempts, "relay", d.Last.Relay, "code", d.Last.Code, "words", d.Last.Words, "message_id", d.MessageID)
}

// trial is what one attempt tells of the relay.
type trial struct {
	began    time.Time
	asked    bool // the relay, and not only ourselves
	answered bool
	verdict  Verdict
}

// try makes one attempt and writes its outcome into the delivery.
func (q *Queue) try(ctx context.Context, account string, d *helpdesk.Delivery) trial {
	d.Last = &helpdesk.Attempt{At: q.Now()}
	asked, err := q.send(ctx, account, d)
	t := trial{asked: asked, answered: d.Last.Code != 0, verdict: Judge(err)}
	if err == nil {
		return t
	}
	attempts := d.Attempts
	if t.verdict == Trouble {
		attempts = 1 // nothing was said of this mail: it goes as soon as the relay is of use again
	}
	next, ok := q.Schedule.next(attempts, d.Born(), q.Now())
	if d.Next = next; t.verdict == Refused || !ok {
		d.State = helpdesk.Failed
	}
	if d.Last.Words == "" {
		d.Last.Words = clean(err.Error())
	}
	return t
}

// send composes the mail and hands it to the relay; asked tells whether it came to
// that. A panic is an error of this one mail: others must not wait for it.
func (q *Queue) send(ctx context.Context, account string, d *helpdesk.Delivery) (asked bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			q.Log.ErrorContext(ctx, "panic while sending", "account", account, "delivery", d.ID, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic while sending: %v", r)
		}
	}()
	o, err := q.occasion(ctx, account, d)
	if err != nil {
		return false, err
	}
	if o == nil {
		d.State, d.Last.Words = helpdesk.Withdrawn, withdrawnWords(d.Purpose)
		return false, nil
	}
	by, err := q.Keys.Identities(ctx, o.box)
	if err != nil {
		return false, err
	}
	composer := composer{signer: q.Signer, spools: q.Spools, by: by}
	parcel, err := composer.compose(*o)
	if err != nil {
		return false, err
	}
	defer parcel.Mail.Close()
	if !d.Purpose.Automatic() {
		// What a person wrote is kept as it went out; the rest can be made again.
		if d.Copy, err = q.keepWords(ctx, account, composer, *o, parcel.Mail); err != nil {
			return false, fmt.Errorf("keep copy: %w", err)
		}
	}
	attempt, err := q.Courier.Deliver(ctx, parcel)
	if d.Last = &attempt; err != nil {
		return true, err
	}
	now := q.Now()
	d.State, d.Sent = helpdesk.Sent, &now
	return true, nil
}

func withdrawnWords(p helpdesk.Purpose) string {
	switch {
	case p == helpdesk.HookStopped:
		return "somebody started the hook again, stopped it themselves, or removed it"
	case p.OfAccount():
		return "what it brings was used, has lapsed or was replaced, or the portal is off"
	}
	return "the recipient may not read this any more, or it is gone"
}

// keepWords keeps a copy of the mail without its files: those are blobs of the
// entry, one for all who get them.
func (q *Queue) keepWords(ctx context.Context, account string, c composer, o occasion, mail *Spool) (string, error) {
	if len(o.files) == 0 {
		return q.keepCopy(ctx, account, mail)
	}
	o.files, c.by = nil, nil // nobody gets this one
	bare, err := c.compose(o)
	if err != nil {
		return "", err
	}
	defer bare.Mail.Close()
	return q.keepCopy(ctx, account, bare.Mail)
}

// keepCopy stores the mail and returns the name of its blob.
func (q *Queue) keepCopy(ctx context.Context, account string, mail *Spool) (string, error) {
	w, err := q.Blobs.Create(ctx, account)
	if err != nil {
		return "", err
	}
	defer w.Abort() // does nothing after Commit
	if _, err := mail.WriteTo(w); err != nil {
		return "", err
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return "", err
	}
	return ref.Hash.String(), nil
}
