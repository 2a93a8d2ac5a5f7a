package inbound

import (
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/notice"
)

// classify tells what a person wrote from what a program sent (RFC 3834).
// Nothing automatic is ever answered automatically, and customers never see it
// before an agent says so (A01, A15).
func (p *Pipeline) classify(c *incoming) {
	n := notice.Read(c.mail)
	c.notice = n
	switch class := classOf[n.Kind]; {
	case n.Kind != notice.Message && n.Kind != notice.AutoReply && n.Kind != notice.OutOfOffice:
		c.class = class
		c.note("%s", n.Reason)
	case !c.past() && p.ours(c):
		// RFC 5321 section 6.3: what we sent came back, through a forwarder or from
		// a mailbox that writes to another one. Answering would go round.
		c.class = helpdesk.ClassAutomatic
		c.note("We sent it ourselves, and it came back.")
	case n.Kind != notice.Message:
		c.class = class
		c.note("%s", n.Reason)
	case n.Automatic != "":
		c.class = helpdesk.ClassAutomatic
		c.note("A program sent it: %s.", n.Automatic)
	case c.past() && c.mail.Header.Get("Return-Path") == "<>":
		c.class = helpdesk.ClassAutomatic
		c.note("It came from the null sender.")
	case !c.past() && c.env.From.IsZero() && !c.env.fetched.pathless(c.mail):
		// RFC 5321 section 4.5.5: the null sender is for reports about mail.
		c.class = helpdesk.ClassBounce
		c.note("It came from the null sender.")
	default:
		c.class = helpdesk.ClassMessage
	}
}

var classOf = map[notice.Kind]helpdesk.Class{
	notice.Message: helpdesk.ClassMessage, notice.AutoReply: helpdesk.ClassAutoReply, notice.OutOfOffice: helpdesk.ClassOutOfOffice,
	notice.Bounce: helpdesk.ClassBounce, notice.Delay: helpdesk.ClassDelay, notice.Delivered: helpdesk.ClassDelivered,
	notice.Complaint: helpdesk.ClassComplaint, notice.ReadReceipt: helpdesk.ClassReadReceipt,
}

// ours reports a mail that we sent, or that comes from an address of ours.
func (p *Pipeline) ours(c *incoming) bool {
	if _, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), c.mail.MessageID()); err == nil {
		return true
	}
	_, ours := p.Directory.MailboxByAddress(c.writer.Address)
	return ours
}
