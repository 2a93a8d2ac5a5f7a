package actions

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Split makes a new request of message seq of request number, which a customer
// wrote; they are its requester. The message stays where it was for agents, who
// see that it was moved, and answers to it come to the new request. Without a
// subject the new request has the mail's own. It returns the new number.
//
// Invalid says why a message can't be split off.
func (d *Desk) Split(ctx context.Context, by Actor, number int64, seq int, subject string) (int64, error) {
	if subject = oneLine(subject); len(subject) > MaxSubject {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "use a shorter subject: at most %d characters", MaxSubject)
	}
	if subject == "" {
		var err error
		if subject, err = d.SplitSubject(ctx, by, number, seq); err != nil {
			return 0, err
		}
	}
	var made int64
	err := helpdesk.Retry(ctx, func(int) (err error) {
		made, err = d.trySplit(ctx, by, number, seq, subject)
		return err
	})
	if err == nil {
		d.log.InfoContext(ctx, "ticket split", "account", by.Account, "ticket", number, "entry", seq, "new", made, "by", by.author().ID)
	}
	return made, err
}

// SplitSubject is the subject that a request would have which is split off: the
// mail's own, or that of the request. Errors are those of [Desk.Split].
func (d *Desk) SplitSubject(ctx context.Context, by Actor, number int64, seq int) (string, error) {
	t, _, e, err := d.splittable(ctx, by, number, seq)
	if err != nil {
		return "", err
	}
	subject, err := d.mailSubject(ctx, by.Account, e.Raw)
	if err != nil {
		return "", err
	}
	if subject == "" {
		return t.Subject, nil
	}
	return subject, nil
}

// maxHeader is how much of a mail is read for its subject; headers that are
// longer are not read by anything else of ours either.
const maxHeader = 256 << 10

func (d *Desk) mailSubject(ctx context.Context, account, raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	hash, err := blob.ParseHash(raw)
	if err != nil {
		return "", err
	}
	r, err := d.blobs.Open(ctx, account, hash)
	if err != nil {
		return "", fileError(err)
	}
	defer func() { _ = r.Close() }() // it was only read
	header, err := io.ReadAll(io.LimitReader(r, maxHeader))
	if err != nil {
		return "", fileError(err)
	}
	subject := oneLine(links.WithoutTokens(eml.Read(header).Subject()))
	for len(subject) > MaxSubject {
		subject = oneLine(subject[:MaxSubject]) // drops a rune that is cut in two
	}
	return subject, nil
}

// splittable reads a message that may be split off, with its ticket and all of
// the ticket's entries.
func (d *Desk) splittable(ctx context.Context, by Actor, number int64, seq int) (*helpdesk.Ticket, []helpdesk.Entry, *helpdesk.Entry, error) {
	refuse := func(format string, args ...any) (*helpdesk.Ticket, []helpdesk.Entry, *helpdesk.Entry, error) {
		return nil, nil, nil, helpdesk.Errorf(helpdesk.Invalid, format, args...)
	}
	if err := by.mayWork(); err != nil {
		return nil, nil, nil, err
	}
	t, err := d.unmerged(ctx, by, number)
	if err != nil {
		return nil, nil, nil, err
	}
	entries, err := d.store.Entries(ctx, by.Account, t.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	messages := 0
	for i := range entries {
		if entries[i].FromCustomer() {
			messages++
		}
	}
	e := at(entries, seq)
	switch {
	case e == nil:
		return nil, nil, nil, helpdesk.Errorf(helpdesk.NotFound, "request #%d has no entry %d", number, seq)
	case e.MovedTo != nil:
		return refuse("entry %d was moved to #%d already", seq, e.MovedTo.Number)
	case !e.FromCustomer():
		return refuse("only what a customer wrote can be split off")
	case t.Side != nil:
		return refuse("request #%d is a side thread: what is split off would not be kept apart from its customers any more", number)
	case messages == 1:
		return refuse("it is the only message of a customer in request #%d: merge the request, or change its subject, instead", number)
	case e.Author.Address.IsZero():
		return refuse("nothing tells whose message it is, so nobody could be the requester")
	}
	return t, entries, e, nil
}

func at(entries []helpdesk.Entry, seq int) *helpdesk.Entry {
	i := slices.IndexFunc(entries, func(e helpdesk.Entry) bool { return e.Seq == seq })
	if i < 0 {
		return nil
	}
	return &entries[i]
}

func (d *Desk) trySplit(ctx context.Context, by Actor, number int64, seq int, subject string) (int64, error) {
	old, entries, original, err := d.splittable(ctx, by, number, seq)
	if err != nil {
		return 0, err
	}
	made, err := d.store.NextNumber(ctx, by.Account)
	if err != nil {
		return 0, err
	}
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: made, Subject: subject, Status: helpdesk.Open, Channel: original.Channel,
		HelpCenter: old.HelpCenter, Mailbox: old.Mailbox, Opened: original.At, Team: old.Team,
		SplitFrom: &helpdesk.EntryRef{Ticket: old.ID, Number: old.Number, Seq: seq},
	}
	change := &helpdesk.Change{Account: by.Account, Ticket: t, Also: old}
	proven, err := d.requester(ctx, change, t, original)
	if err != nil {
		return 0, err
	}
	e := *original
	e.Author.ID = t.Participants[0].Contact
	t.Append(&e)
	change.Entries = append(change.Entries, e)
	move(change, old, entries, original, t, &e)
	d.tell(change, by, t, old.ID, "Split off from #%d, entry %d.", old.Number, seq)
	d.tell(change, by, old, 0, "Entry %d was split off as #%d.", seq, made)
	if err := d.acknowledge(ctx, change, t, &e, proven); err != nil {
		return 0, err
	}
	change.Audit = append(change.Audit, d.audit(by, "ticket.split", ticketSubject(old), "entry", strconv.Itoa(seq), "as", numeral(made)))
	return made, d.store.Commit(ctx, change)
}

// requester puts the writer of a message into a ticket that is made of it, and
// reports whether their address was ever proven to be theirs.
func (d *Desk) requester(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, e *helpdesk.Entry) (proven bool, err error) {
	found, err := d.store.Lookup(ctx, change.Account, store.Query{Address: e.Author.Address})
	if err != nil {
		return false, err
	}
	contact := found.Contact
	if contact == nil {
		contact = &helpdesk.Contact{
			ID: helpdesk.NewID(), Name: e.Author.Name, Created: d.now(), Addresses: []helpdesk.ContactAddress{{Address: e.Author.Address}},
		}
		change.Contact = contact
	} else {
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: contact.ID, Rev: contact.Rev})
	}
	t.Participants = []helpdesk.Participant{{
		Number: 1, Contact: contact.ID, Name: e.Author.Name, Address: e.Author.Address, Role: helpdesk.Requester, LinkGen: 1, Joined: t.Opened,
	}}
	return slices.ContainsFunc(contact.Addresses, func(a helpdesk.ContactAddress) bool {
		return a.Proven != nil && a.Address.Same(e.Author.Address)
	}), nil
}

// acknowledge sends the requester the link and the reply address of the new
// ticket. What a program sent is never answered, and an address that nothing
// proves gets no mail that nobody asked for.
func (d *Desk) acknowledge(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, e *helpdesk.Entry, proven bool) error {
	box, declared := d.directory.Mailbox(change.Account, t.Mailbox)
	person := e.Recognised == nil || e.Recognised.Class == helpdesk.ClassMessage
	if !declared || !proven || !person {
		return nil
	}
	return d.planner.Automatic(ctx, change, outbound.Occasion{
		Mailbox: box, Ticket: t, Entry: e.Seq, To: &t.Participants[0], Purpose: helpdesk.Acknowledgement, ByAgent: true, Now: d.now(),
	})
}

// move marks entry e of from, one of entries, as standing in ticket to as there,
// where its Message-ID leads from now on.
func move(change *helpdesk.Change, from *helpdesk.Ticket, entries []helpdesk.Entry, e *helpdesk.Entry, to *helpdesk.Ticket, there *helpdesk.Entry) {
	e.MovedTo = &helpdesk.EntryRef{Ticket: to.ID, Number: to.Number, Seq: there.Seq}
	change.Entries = append(change.Entries, *e)
	from.Rethread(entries)
	if e.MessageID == "" {
		return
	}
	change.Messages = append(change.Messages, helpdesk.MessageRef{MessageID: e.MessageID, Ticket: to.ID, Entry: there.Seq})
	if !slices.ContainsFunc(entries, func(other helpdesk.Entry) bool { return other.MovedTo == nil && other.MessageID == e.MessageID }) {
		change.Forgotten = append(change.Forgotten, helpdesk.MessageRef{MessageID: e.MessageID, Ticket: from.ID})
	}
}

// Unsplit puts the message that request number was made of back where it came
// from, and merges the request into that one. It returns the number of that.
// [Desk.Unmerge] undoes it.
func (d *Desk) Unsplit(ctx context.Context, by Actor, number int64) (int64, error) {
	if err := by.mayWork(); err != nil {
		return 0, err
	}
	var back int64
	err := helpdesk.Retry(ctx, func(int) (err error) {
		back, err = d.tryUnsplit(ctx, by, number)
		return err
	})
	if err == nil {
		d.log.InfoContext(ctx, "split undone", "account", by.Account, "ticket", number, "into", back, "by", by.author().ID)
	}
	return back, err
}

func (d *Desk) tryUnsplit(ctx context.Context, by Actor, number int64) (int64, error) {
	t, err := d.unmerged(ctx, by, number)
	if err != nil {
		return 0, err
	}
	if t.SplitFrom == nil {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "request #%d was not split off from another one", number)
	}
	old, err := d.store.Ticket(ctx, by.Account, t.SplitFrom.Ticket)
	switch {
	case err != nil:
		return 0, err
	case !by.sees(old):
		return 0, helpdesk.Errorf(helpdesk.NotFound, "there is no request #%d", old.Number)
	case old.Merged != nil:
		return 0, helpdesk.Errorf(helpdesk.Invalid, "request #%d was merged into #%d itself: undo that first", old.Number, old.Merged.Number)
	}
	theirs, err := d.store.Entries(ctx, by.Account, old.ID)
	if err != nil {
		return 0, err
	}
	ours, err := d.store.Entries(ctx, by.Account, t.ID)
	if err != nil {
		return 0, err
	}
	original := at(theirs, t.SplitFrom.Seq)
	if original == nil || original.MovedTo == nil || original.MovedTo.Ticket != t.ID {
		return 0, fmt.Errorf("undo split of #%d: its message does not say that it is there", number)
	}
	moved := at(ours, original.MovedTo.Seq)
	if moved == nil {
		return 0, fmt.Errorf("undo split of #%d: it has no copy of its message", number)
	}
	change, err := d.join(ctx, by, t, old, func(p *helpdesk.Participant) bool {
		return p.Role != helpdesk.Requester || wroteMore(ours, p, moved.Seq)
	})
	if err != nil {
		return 0, err
	}
	moveBack(change, t, ours, moved, old, theirs, original)
	t.Merged.Returned = true
	d.tell(change, by, t, old.ID, "Put back into #%d.", old.Number)
	d.tell(change, by, old, 0, "Entry %d is back from #%d, which was merged into this request.%s", original.Seq, number, newcomers(t, old))
	change.Audit = append(change.Audit, d.audit(by, "ticket.unsplit", ticketSubject(t), "into", numeral(old.Number)))
	return old.Number, d.store.Commit(ctx, change)
}

// wroteMore reports whether the requester of a ticket that was split off wrote
// there. If not, only the split made them a participant.
func wroteMore(entries []helpdesk.Entry, p *helpdesk.Participant, first int) bool {
	return slices.ContainsFunc(entries, func(e helpdesk.Entry) bool { return e.Seq != first && wrote(&e, p) })
}

// splitAgain undoes what [Desk.Unsplit] did to the message.
func (d *Desk) splitAgain(ctx context.Context, change *helpdesk.Change, t, old *helpdesk.Ticket, theirs []helpdesk.Entry) error {
	ours, err := d.store.Entries(ctx, change.Account, t.ID)
	if err != nil {
		return err
	}
	original := at(theirs, t.SplitFrom.Seq)
	switch {
	case original == nil:
		return fmt.Errorf("split #%d again: its message is gone", t.Number)
	case original.MovedTo != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "entry %d of #%d was split off as #%d since: undo that first", original.Seq, old.Number, original.MovedTo.Number)
	}
	i := slices.IndexFunc(ours, func(e helpdesk.Entry) bool {
		return e.MovedTo != nil && e.MovedTo.Ticket == old.ID && e.MovedTo.Seq == original.Seq
	})
	if i < 0 {
		return fmt.Errorf("split #%d again: it has no copy of its message", t.Number)
	}
	moveBack(change, old, theirs, original, t, ours, &ours[i])
	return nil
}

// moveBack moves a message from a to its copy in b, which was marked as moved to it.
func moveBack(change *helpdesk.Change, a *helpdesk.Ticket, as []helpdesk.Entry, e *helpdesk.Entry, b *helpdesk.Ticket, bs []helpdesk.Entry, there *helpdesk.Entry) {
	there.MovedTo = nil
	change.Entries = append(change.Entries, *there)
	b.Rethread(bs)
	move(change, a, as, e, b, there)
}
