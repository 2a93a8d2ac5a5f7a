package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// NewTicket is a request that an agent begins, with a first message to whom it is
// about.
type NewTicket struct {
	// HelpCenter or Mailbox says where it is answered from: with a help center alone
	// its mailbox, with a mailbox alone the help center that it serves.
	HelpCenter, Mailbox string
	Address, Name       string // of the requester
	Subject, Text       string
	Files               []Upload // from [Desk.Attach] with the number 0
	// Edit is what it is filed under from the start: Status ("" is Pending), Assignee,
	// Team, Priority, AddTags, Fields, Snooze.
	Edit Edit
	// Nonce is as in [Reply].
	Nonce string
}

// Senders are what an agent can begin a request from.
type Senders struct {
	HelpCenters []helpdesk.HelpCenter
	Mailboxes   []helpdesk.Mailbox
}

// Senders lists what is declared in the account, by name.
func (d *Desk) Senders(_ context.Context, by Actor) (*Senders, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	s := &Senders{}
	for _, h := range d.directory.HelpCenters() {
		if _, ok := d.directory.Mailbox(h.Account, h.Mailbox); ok && h.Account == by.Account {
			s.HelpCenters = append(s.HelpCenters, h)
		}
	}
	for _, box := range d.directory.Mailboxes() {
		if box.Account == by.Account {
			s.Mailboxes = append(s.Mailboxes, box)
		}
	}
	slices.SortFunc(s.HelpCenters, func(a, b helpdesk.HelpCenter) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Mailboxes, func(a, b helpdesk.Mailbox) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

// sender finds the mailbox and the help center of a new request.
func (d *Desk) sender(account, center, mailbox string) (helpdesk.Mailbox, *helpdesk.HelpCenter, error) {
	var h *helpdesk.HelpCenter
	if center != "" {
		found, ok := d.directory.HelpCenter(account, center)
		if !ok {
			return helpdesk.Mailbox{}, nil, helpdesk.Errorf(helpdesk.Invalid, "there is no help center %q", center)
		}
		if h = &found; mailbox == "" {
			mailbox = h.Mailbox
		}
	}
	if mailbox == "" {
		return helpdesk.Mailbox{}, nil, helpdesk.Errorf(helpdesk.Invalid, "choose where it is answered from")
	}
	box, ok := d.directory.Mailbox(account, mailbox)
	if !ok {
		return box, nil, helpdesk.Errorf(helpdesk.Invalid, "there is no mailbox %q", mailbox)
	}
	if h == nil && box.HelpCenter != "" {
		if found, ok := d.directory.HelpCenter(account, box.HelpCenter); ok {
			h = &found
		}
	}
	return box, h, nil
}

// OpenTicket begins a request for a customer: requester and submitter are both
// recorded, and the message is mailed to the requester, with a link and a reply
// address of their own (row S40). It returns the number.
func (d *Desk) OpenTicket(ctx context.Context, by Actor, in NewTicket) (int64, error) {
	if err := by.mayWork(); err != nil {
		return 0, err
	}
	box, center, err := d.sender(by.Account, in.HelpCenter, in.Mailbox)
	if err != nil {
		return 0, err
	}
	if in.Edit.Status == "" {
		in.Edit.Status = helpdesk.Pending // it is the customer's turn
	}
	o := &opening{
		desk: d, by: by, box: box, files: attachments(in.Files), uploads: in.Files, waiting: agentFiles(by, 0, box.Files), now: d.now(),
		base: helpdesk.Ticket{Mailbox: box.Name},
	}
	if center != nil {
		o.base.HelpCenter, o.base.Locale = center.Name, center.Locale
	}
	if err := o.read(in.Address, in.Name, in.Subject, in.Text); err != nil {
		return 0, err
	}
	if o.edit, err = d.editing(ctx, by, in.Edit); err != nil {
		return 0, err
	}
	o.receipt = receiptKey("new", in.Nonce, by.author().ID, box.Name, o.base.HelpCenter, o.address.Key(), o.subject, o.text, blobs(o.files))
	number, err := o.commit(ctx)
	if err == nil {
		d.log.InfoContext(ctx, "ticket opened by agent", "account", by.Account, "ticket", number, "by", by.author().ID)
	}
	return number, err
}
