package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// maxMailText is the most bytes of one entry that a mail carries; the page
	// has it all.
	maxMailText = 256 << 10

	// lookBack is how many entries before an answer are searched for what it
	// answers. Each is a read, and who wrote long before needs no quote.
	lookBack = 8
)

// occasion reads what the delivery is about; nil if that is gone, or if the
// recipient may not read it (any more).
func (q *Queue) occasion(ctx context.Context, account string, d *helpdesk.Delivery) (*occasion, error) {
	if d.Purpose.OfAccount() {
		return q.accountOccasion(ctx, account, d)
	}
	o, err := q.ofTicket(ctx, account, d)
	if o == nil || err != nil {
		return nil, err
	}
	if d.Purpose == helpdesk.NewLink { // it tells of no entry
		o.entry = &helpdesk.Entry{}
		return o, nil
	}
	if o.entry, err = q.Store.Entry(ctx, account, d.Ticket, d.Entry); err != nil {
		return nil, fmt.Errorf("read entry %d: %w", d.Entry, err)
	}
	if d.Agent != "" {
		return q.agentOccasion(ctx, account, o)
	}
	if wanted, err := q.wanted(ctx, account, o); err != nil || !wanted {
		return nil, err
	}
	switch d.Purpose {
	case helpdesk.Acknowledgement, helpdesk.Confirmation, helpdesk.Joined, helpdesk.Added:
		return o, nil // they tell that something came about, not what was said
	case helpdesk.StatusChanged, helpdesk.PeopleChanged:
		return q.changed(ctx, account, o)
	}
	return q.said(ctx, account, o)
}

// ofTicket reads the ticket that the delivery belongs to; nil if it is gone, or if
// the recipient has left it.
func (q *Queue) ofTicket(ctx context.Context, account string, d *helpdesk.Delivery) (*occasion, error) {
	t, err := q.Store.Ticket(ctx, account, d.Ticket)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	to := t.Participant(d.Participant)
	if to == nil && d.Agent == "" {
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
	return o, nil
}

// changed is an occasion that tells of the ticket's status or people. An address
// that nothing proves is told in fixed words.
func (q *Queue) changed(ctx context.Context, account string, o *occasion) (*occasion, error) {
	if o.delivery.Purpose == helpdesk.PeopleChanged && o.newcomers() == "" {
		return nil, nil // who came has left again
	}
	proven, err := proves(ctx, q.Store, account, o.to)
	o.plain = !proven
	return o, err
}

// said is an occasion that tells what somebody wrote; nil if customers do not see
// it.
func (q *Queue) said(ctx context.Context, account string, o *occasion) (*occasion, error) {
	if !o.entry.Public() {
		return nil, nil
	}
	var err error
	if o.entry.Text, err = q.whole(ctx, account, o.entry.Text, o.entry.TextBlob); err != nil {
		return nil, err
	}
	if o.delivery.Purpose != helpdesk.AgentReply {
		return o, nil
	}
	o.files = q.files(ctx, account, o.entry)
	if !o.to.Unasked { // else they get what the agent wrote, and nothing of a customer's
		o.before, err = q.answered(ctx, account, o.delivery, o.to)
	}
	return o, err
}

// wanted is the last gate of mail to somebody whom a customer added: before the
// address was proven to be theirs, it gets fixed words only (row M04). What waited
// is withdrawn; the page has it.
func (q *Queue) wanted(ctx context.Context, account string, o *occasion) (bool, error) {
	if !o.to.Unasked || o.delivery.Purpose.Fixed() {
		return true, nil
	}
	return proves(ctx, q.Store, account, o.to)
}

// answered finds what a customer said last before the entry; nil if nobody did,
// or if the recipient was not there yet.
func (q *Queue) answered(ctx context.Context, account string, d *helpdesk.Delivery, to *helpdesk.Participant) (*helpdesk.Entry, error) {
	for seq := d.Entry - 1; seq >= max(1, d.Entry-lookBack); seq-- {
		e, err := q.Store.Entry(ctx, account, d.Ticket, seq)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound:
			continue
		case err != nil:
			return nil, fmt.Errorf("read entry %d: %w", seq, err)
		case e.Public() && e.Author.Role == helpdesk.Customer:
			if !to.Sees(e) {
				return nil, nil
			}
			return e, nil
		}
	}
	return nil, nil
}

// whole is a text that may be too long for a record, from its blob then.
func (q *Queue) whole(ctx context.Context, account, short, hash string) (string, error) {
	if hash == "" {
		return short, nil
	}
	h, err := blob.ParseHash(hash)
	if err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	r, err := q.Blobs.Open(ctx, account, h)
	if err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	read, err := io.ReadAll(io.LimitReader(r, maxMailText))
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	text := strings.ToValidUTF8(string(read), "") // the limit may cut a character
	if r.Size() > maxMailText {
		text += "\n…"
	}
	return text, nil
}
