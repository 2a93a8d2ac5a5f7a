package inbound

import "github.com/posterndesk/postern/daemon/internal/helpdesk"

// classify tells what a person wrote from what a program sent (RFC 3834).
// Nothing automatic is ever answered automatically, and customers never see it
// before an agent says so (A01, A15).
func (p *Pipeline) classify(c *incoming) {
	reason := c.mail.Automatic()
	switch {
	case c.mail.Report() == "delivery-status":
		c.class = helpdesk.ClassBounce
		c.note("It is a delivery report.")
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
