package outbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

const (
	// attemptTimeout bounds an attempt from the claim to the relay's last answer.
	attemptTimeout = 4 * time.Minute

	// claimFor is how long a claim holds: longer than an attempt can take, with
	// room for recording it and for clocks of replicas that differ, so that
	// nobody else starts while one is under way.
	claimFor = attemptTimeout + time.Minute

	// again is when to look at a delivery once more after the store failed us.
	again = 5 * time.Second

	// unreadable is when to look again at a record that cannot be read: it takes
	// a person to mend it.
	unreadable = time.Hour

	// recordAgain is the pause between tries to record what came out of an attempt.
	recordAgain = time.Second
)

// attempt claims one delivery and tries it once. It returns when to look at it
// again, the zero time if it is final. stopping is done when the queue ends:
// an attempt under way goes on, as breaking it off would send the mail twice.
func (q *Queue) attempt(stopping context.Context, p store.Pending) time.Time {
	whole := context.WithoutCancel(stopping)
	ctx, cancel := context.WithTimeout(whole, attemptTimeout)
	defer cancel()
	d, err := q.claim(ctx, p)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return time.Time{}
	case errors.Is(err, errBraked):
		q.Meter.MailOut("braked")
		return q.Now().Add(brakeWait)
	case err != nil:
		q.Log.WarnContext(ctx, "delivery not claimed", "account", p.Account, "delivery", p.ID, "error", err)
		if helpdesk.KindOf(err) == helpdesk.Internal {
			return q.Now().Add(unreadable)
		}
		return q.Now().Add(again)
	case d.State.Final():
		return time.Time{}
	case d.Claim != q.Replica:
		return d.Next // another replica has it until then, or had it just now
	}
	lapses := d.Until
	q.try(ctx, p.Account, d)
	d.Claim, d.Until = "", time.Time{}
	if err := q.record(whole, stopping, p.Account, d, lapses); err != nil {
		// It may have gone out, and may go out again: with the same Message-ID.
		q.Log.ErrorContext(whole, "delivery not recorded", "account", p.Account, "delivery", d.ID, "state", d.State, "error", err)
		return q.Now().Add(again)
	}
	q.report(whole, p.Account, d)
	if d.State.Final() {
		return time.Time{}
	}
	return d.Next
}

func (q *Queue) report(ctx context.Context, account string, d *helpdesk.Delivery) {
	level := slog.LevelInfo
	if d.State == helpdesk.Failed {
		level = slog.LevelWarn
	}
	q.Meter.MailOut(string(d.State))
	q.Log.Log(ctx, level, "mail out", "account", account, "delivery", d.ID, "purpose", d.Purpose, "state", d.State,
		"attempt", d.Attempts, "relay", d.Last.Relay, "code", d.Last.Code, "words", d.Last.Words, "message_id", d.MessageID)
}

// claim makes the delivery ours before anything is sent, by compare-and-swap
// and with a deadline. The attempt is counted first: one that kills us counts.
// It returns the delivery as it is when it is not ours to send now.
func (q *Queue) claim(ctx context.Context, p store.Pending) (*helpdesk.Delivery, error) {
	d, err := q.Store.Delivery(ctx, p.Account, p.Ticket, p.ID)
	if err != nil {
		return nil, err
	}
	now := q.Now()
	if d.State.Final() || now.Before(q.free(d)) {
		return d, nil
	}
	if braked(d.Purpose) && !q.Brake.pass(p.Account+"/"+d.Mailbox, now) {
		return q.stopped(ctx, p.Account, d, now)
	}
	d.Attempts++
	d.Claim, d.Until, d.Next = q.Replica, now.Add(claimFor), now.Add(claimFor)
	err = q.Store.SaveDelivery(ctx, p.Account, d)
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return q.Store.Delivery(ctx, p.Account, p.Ticket, p.ID)
	}
	return d, err
}

// errBraked says that the mail has to wait, as too much of its kind goes out.
var errBraked = errors.New("too much automatic mail")

// stopped withdraws what has waited too long.
func (q *Queue) stopped(ctx context.Context, account string, d *helpdesk.Delivery, now time.Time) (*helpdesk.Delivery, error) {
	if now.Sub(d.Created) < stale {
		return d, errBraked
	}
	d.State, d.Last = helpdesk.Withdrawn, &helpdesk.Attempt{At: now, Words: "too much automatic mail was waiting, and this one told nothing new any more"}
	return d, q.Store.SaveDelivery(ctx, account, d)
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

// record writes the outcome. While the store is away it is kept here and
// written again until the claim lapses: forgetting that a mail went out would
// send it twice.
func (q *Queue) record(ctx, stopping context.Context, account string, d *helpdesk.Delivery, lapses time.Time) error {
	for {
		err := q.Store.SaveDelivery(ctx, account, d)
		if helpdesk.KindOf(err) != helpdesk.Unavailable || !q.Now().Before(lapses) {
			return err
		}
		pause := time.NewTimer(recordAgain)
		select {
		case <-pause.C:
		case <-stopping.Done():
			pause.Stop()
			return err
		}
	}
}

// try makes one attempt and writes its outcome into the delivery.
func (q *Queue) try(ctx context.Context, account string, d *helpdesk.Delivery) {
	d.Last = &helpdesk.Attempt{At: q.Now()}
	err := q.send(ctx, account, d)
	if err == nil {
		return
	}
	next, ok := q.Schedule.next(d.Attempts, d.Created, q.Now())
	if d.Next = next; Judge(err) == Refused || !ok {
		d.State = helpdesk.Failed
	}
	if d.Last.Words == "" {
		d.Last.Words = clean(err.Error())
	}
}

// send composes the mail and hands it to the relay. A panic is an error of this
// one mail: others must not wait for it.
func (q *Queue) send(ctx context.Context, account string, d *helpdesk.Delivery) (err error) {
	defer func() {
		if r := recover(); r != nil {
			q.Log.ErrorContext(ctx, "panic while sending", "account", account, "delivery", d.ID, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic while sending: %v", r)
		}
	}()
	o, err := q.occasion(ctx, account, d)
	if err != nil {
		return err
	}
	if o == nil {
		d.State, d.Last.Words = helpdesk.Withdrawn, "the recipient may not read this any more, or it is gone"
		return nil
	}
	by, err := q.Keys.Identities(ctx, o.box)
	if err != nil {
		return err
	}
	composer := composer{signer: q.Signer, spools: q.Spools, by: by}
	parcel, err := composer.compose(*o)
	if err != nil {
		return err
	}
	defer parcel.Mail.Close()
	if !d.Purpose.Automatic() {
		// What a person wrote is kept as it went out; the rest can be made again.
		if d.Copy, err = q.keepWords(ctx, account, composer, *o, parcel.Mail); err != nil {
			return fmt.Errorf("keep copy: %w", err)
		}
	}
	attempt, err := q.Courier.Deliver(ctx, parcel)
	if d.Last = &attempt; err != nil {
		return err
	}
	now := q.Now()
	d.State, d.Sent = helpdesk.Sent, &now
	return nil
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
