package outbound

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// claimFor is how long a claim holds: longer than an attempt can take, so that
// nobody else starts while one is under way.
const claimFor = attemptTimeout + time.Minute

// again is when to look at a delivery once more after the store failed us.
const again = 5 * time.Second

// attempt claims one delivery and tries it once. It returns when to look at it
// again, the zero time if it is final.
func (q *Queue) attempt(ctx context.Context, p store.Pending) time.Time {
	d, err := q.claim(ctx, p)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return time.Time{}
	}
	if err != nil {
		q.Log.WarnContext(ctx, "delivery not claimed", "account", p.Account, "delivery", p.ID, "error", err)
		return q.Now().Add(again)
	}
	switch {
	case d.State.Final():
		return time.Time{}
	case d.Claim != q.Replica:
		return d.Next // another replica has it until then
	}
	q.send(ctx, p.Account, d)
	d.Claim, d.Until = "", time.Time{}
	if err := q.Store.SaveDelivery(ctx, p.Account, d); err != nil {
		// It may have gone out, and may go out again: with the same Message-ID.
		q.Log.ErrorContext(ctx, "delivery not recorded", "account", p.Account, "delivery", d.ID, "error", err)
		return q.Now().Add(again)
	}
	q.Meter.MailOut(string(d.State))
	q.Log.InfoContext(ctx, "mail out", "account", p.Account, "delivery", d.ID, "purpose", d.Purpose, "state", d.State,
		"attempt", d.Attempts, "relay", d.Last.Relay, "code", d.Last.Code, "words", d.Last.Words, "message_id", d.MessageID)
	if d.State.Final() {
		return time.Time{}
	}
	return d.Next
}

// claim makes the delivery ours before anything is sent, by compare-and-swap
// and with a deadline. The attempt is counted first: one that kills us counts.
func (q *Queue) claim(ctx context.Context, p store.Pending) (*helpdesk.Delivery, error) {
	d, err := q.Store.Delivery(ctx, p.Account, p.Ticket, p.ID)
	if err != nil {
		return nil, err
	}
	now := q.Now()
	taken := d.Claim != "" && d.Claim != q.Replica && now.Before(d.Until) && !q.Exclusive
	if d.State.Final() || taken {
		return d, nil
	}
	d.Attempts++
	d.Claim, d.Until, d.Next = q.Replica, now.Add(claimFor), now.Add(claimFor)
	err = q.Store.SaveDelivery(ctx, p.Account, d)
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return q.Store.Delivery(ctx, p.Account, p.Ticket, p.ID)
	}
	return d, err
}

// send makes one attempt and writes its outcome into the delivery.
func (q *Queue) send(ctx context.Context, account string, d *helpdesk.Delivery) {
	d.Last = &helpdesk.Attempt{At: q.Now()}
	o, err := q.occasion(ctx, account, d)
	switch {
	case err != nil:
		q.failed(d, err)
		return
	case o == nil:
		d.State, d.Last.Words = helpdesk.Withdrawn, "the recipient is no longer part of the request"
		return
	}
	parcel, err := composer{signer: q.Signer}.compose(*o)
	if err != nil {
		q.failed(d, err)
		return
	}
	if !d.Purpose.Automatic() {
		// What a person wrote is kept as it went out; the rest can be made again.
		ref, err := blob.Put(ctx, q.Blobs, account, parcel.Bytes)
		if err != nil {
			q.failed(d, fmt.Errorf("keep copy: %w", err))
			return
		}
		d.Copy = ref.Hash.String()
	}
	attempt, err := q.Courier.Deliver(ctx, parcel)
	d.Last = &attempt
	if err != nil {
		q.failed(d, err)
		return
	}
	now := q.Now()
	d.State, d.Sent = helpdesk.Sent, &now
}

// failed plans the next attempt, or gives up.
func (q *Queue) failed(d *helpdesk.Delivery, err error) {
	next, ok := q.Schedule.next(d.Attempts, d.Created, q.Now())
	if d.Next = next; permanent(err) || !ok {
		d.State = helpdesk.Failed
	}
	if d.Last.Words == "" {
		d.Last.Words = clean(err.Error())
	}
}

// occasion reads what the delivery is about; nil if that is gone.
func (q *Queue) occasion(ctx context.Context, account string, d *helpdesk.Delivery) (*occasion, error) {
	t, err := q.Store.Ticket(ctx, account, d.Ticket)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	to := t.Participant(d.Participant)
	if to == nil {
		return nil, nil
	}
	box, ok := q.Directory.Mailbox(account, d.Mailbox)
	if !ok {
		return nil, fmt.Errorf("mailbox %q is not declared", d.Mailbox)
	}
	o := &occasion{delivery: d, ticket: t, to: to, box: box, now: q.Now()}
	if center, ok := q.Directory.HelpCenter(account, t.HelpCenter); ok {
		o.center = &center
	}
	entries, err := q.Store.Entries(ctx, account, d.Ticket)
	if err != nil {
		return nil, err
	}
	return o, q.findEntry(ctx, account, o, entries)
}

// findEntry finds what the mail tells about and, for an answer, what it answers.
func (q *Queue) findEntry(ctx context.Context, account string, o *occasion, entries []helpdesk.Entry) error {
	for i := range entries {
		e := &entries[i]
		if e.Seq == o.delivery.Entry {
			o.entry = e
			break
		}
		if e.Public() && e.Author.Role == helpdesk.Customer {
			o.before = e
		}
	}
	if o.entry == nil {
		return fmt.Errorf("entry %d is missing", o.delivery.Entry)
	}
	if o.entry.TextBlob == "" {
		return nil
	}
	h, err := blob.ParseHash(o.entry.TextBlob)
	if err != nil {
		return fmt.Errorf("read text: %w", err)
	}
	r, err := q.Blobs.Open(ctx, account, h)
	if err != nil {
		return fmt.Errorf("read text: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxMailText))
	o.entry.Text = string(text)
	return err
}

// maxMailText is the most of one entry that a mail carries.
const maxMailText = 256 << 10
