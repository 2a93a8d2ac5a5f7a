package inbound

import (
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// classify tells what a person wrote from what a program sent (RFC 3834).
// Nothing automatic is ever answered automatically, and customers never see it
// before an agent says so (A01, A15).
func (p *Pipeline) classify(c *incoming) {
	reason := c.mail.Automatic()
	switch {
	case c.mail.Report() == "delivery-status":
		c.class = helpdesk.ClassBounce
		c.note("It is a delivery report.")
	case p.ours(c):
		// RFC 5321 section 6.3: what we sent came back, through a forwarder or from
		// a mailbox that writes to another one. Answering would go round.
		c.class = helpdesk.ClassAutomatic
		c.note("We sent it ourselves, and it came back.")
	case reason != "":
		c.class = helpdesk.ClassAutomatic
		c.note("A program sent it: %s.", reason)
	case c.env.From.IsZero():
		// RFC 5321 section 4.5.5: the null sender is for reports about mail.
		c.class = helpdesk.ClassBounce
		c.note("It came from the null sender.")
	default:
		c.class = helpdesk.ClassMessage
	}
}

// ours reports a mail that we sent, or that comes from an address of ours.
func (p *Pipeline) ours(c *incoming) bool {
	if _, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), c.mail.MessageID()); err == nil {
		return true
	}
	_, ours := p.Directory.MailboxByAddress(c.writer.Address)
	return ours
}
