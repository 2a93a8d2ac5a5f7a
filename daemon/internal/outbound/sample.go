package outbound

import (
	"bytes"
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// Samples are the purposes of mail to customers, in the order in which people meet
// them.
var Samples = []helpdesk.Purpose{
	helpdesk.Acknowledgement, helpdesk.Confirmation, helpdesk.Opened, helpdesk.AgentReply, helpdesk.Update, helpdesk.StatusChanged,
	helpdesk.Joined, helpdesk.Added, helpdesk.PeopleChanged, helpdesk.NewLink,
	helpdesk.SignUpMail, helpdesk.Invited, helpdesk.ResetMail, helpdesk.CodeMail, helpdesk.LinkMail, helpdesk.Known, helpdesk.PasswordChanged,
	helpdesk.SignInAdded, helpdesk.SignInRemoved,
}

// Sample writes a mail of the purpose with made-up people, as it would leave the help
// center in its language, but for files and signatures. Its links lead to nothing.
func Sample(signer *links.Signer, center helpdesk.HelpCenter, box helpdesk.Mailbox, purpose helpdesk.Purpose, now time.Time) ([]byte, error) {
	o := madeUp(center, box, purpose, now)
	o.speak()
	mail, err := composer{signer: signer}.wording(o)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := mail.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return b.Bytes(), nil
}

// Made-up people. The example domains belong to nobody (RFC 2606).
var (
	madeUpAlice = helpdesk.MustAddress("alice@example.com")
	madeUpBob   = helpdesk.MustAddress("bob@example.com")
	madeUpRobin = helpdesk.Author{Role: helpdesk.AgentAs, Name: "Robin Sample"}
)

// madeUpID is of passes that nobody has.
const madeUpID = helpdesk.ID("aaaaaaaaaaaaaaaa")

func madeUp(center helpdesk.HelpCenter, box helpdesk.Mailbox, purpose helpdesk.Purpose, now time.Time) occasion {
	o := occasion{
		box: box, center: &center, now: now,
		delivery: &helpdesk.Delivery{To: madeUpAlice, Purpose: purpose, MessageID: "<sample@" + box.Address.Domain() + ">", Created: now, Locale: center.Locale},
	}
	if purpose.OfAccount() {
		o.pass = &helpdesk.Pass{ID: madeUpID, Created: now, Expires: now.Add(lifetimeOf(purpose))}
		if len(center.SignUp.OIDC) > 0 {
			o.delivery.Issuer = center.SignUp.OIDC[0].Name
		}
		return o
	}
	asked := now.Add(-26 * time.Hour)
	o.ticket = &helpdesk.Ticket{
		Number: 1042, Subject: "Where is my parcel?", Status: helpdesk.Resolved, HelpCenter: center.Name, Locale: center.Locale,
		Participants: []helpdesk.Participant{
			{Number: 1, Name: "Alice Example", Address: madeUpAlice, Role: helpdesk.Requester, LinkGen: 1, Joined: asked},
			{Number: 2, Name: "Bob Example", Address: madeUpBob, Role: helpdesk.Collaborator, LinkGen: 1, Joined: now},
		},
	}
	o.to = &o.ticket.Participants[0]
	question := &helpdesk.Entry{
		Kind: helpdesk.Message, At: asked, Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Alice Example", Address: madeUpAlice},
		Text: "Hello,\n\nI have been waiting for my parcel since Monday. Can you see where it is?\n\nThank you\nAlice",
	}
	o.entry = &helpdesk.Entry{
		Kind: helpdesk.Message, At: now, Author: madeUpRobin,
		Text: "Hello Alice,\n\nit is on its way and will be with you tomorrow: https://example.com/parcel/42\n\nSorry for the wait.",
	}
	switch purpose {
	case helpdesk.AgentReply:
		o.before = question
	case helpdesk.Acknowledgement, helpdesk.Confirmation:
		o.entry = question
	case helpdesk.Update:
		o.entry, o.to = question, &o.ticket.Participants[1]
		question.Attachments = []helpdesk.Attachment{{Name: "receipt.pdf", Size: 48_200}}
	case helpdesk.Joined, helpdesk.Added:
		o.to = &o.ticket.Participants[1]
	}
	o.delivery.To = o.to.Address
	return o
}

func lifetimeOf(p helpdesk.Purpose) time.Duration {
	switch p {
	case helpdesk.Invited:
		return helpdesk.InvitationLifetime
	case helpdesk.ResetMail:
		return helpdesk.ResetLifetime
	case helpdesk.AgentJoins:
		return helpdesk.JoinLifetime
	case helpdesk.CodeMail:
		return helpdesk.CodeLifetime
	}
	return helpdesk.SignUpLifetime
}
