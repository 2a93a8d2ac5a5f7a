package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// NewTicket is a request that an agent begins, with a first message to whom it is
// about.
type NewTicket struct {
	// HelpCenter or Mailbox says where it is answered from; with a help center alone,
	// its mailbox.
	HelpCenter, Mailbox string
	Address, Name       string // of the requester
	Subject, Text       string
	Files               []Upload // from [Desk.AttachNew] or [Desk.AttachedNew]
	// Edit is what it is filed under from the start: status ("" is Pending), assignee,
	// team, priority, AddTags, Fields, Snooze.
	Edit  Edit
	Nonce string
}

// Senders are what an agent can begin a request from.
type Senders struct {
	HelpCenters []helpdesk.HelpCenter
	Mailboxes   []helpdesk.Mailbox
}

// Senders lists what is declared in the account.
func (d *Desk) Senders(ctx context.Context, by Actor) (*Senders, error) {
	return nil, helpdesk.Errorf(helpdesk.Unavailable, "not there yet")
}

// OpenTicket begins a request for a customer: requester and submitter are both
// recorded, and the message is mailed to the requester (row S40). It returns the
// number.
func (d *Desk) OpenTicket(ctx context.Context, by Actor, in NewTicket) (int64, error) {
	return 0, helpdesk.Errorf(helpdesk.Unavailable, "not there yet")
}
