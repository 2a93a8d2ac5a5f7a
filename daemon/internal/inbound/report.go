package inbound

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/notice"
)

// report finds the copy of ours that a report is about. Only a token of ours
// counts: anybody can write a report, and the addresses in it prove nothing. The
// copy is one of the ticket that the token was issued for; what came of it is
// told where that goes on, before the eyes of agents.
func (p *Pipeline) report(ctx context.Context, c *incoming) error {
	c.reported = nil
	if !c.verdict.event || c.verdict.act != toAppend && c.verdict.act != toRecall || c.holder == 0 {
		return nil
	}
	deliveries, err := p.Store.Deliveries(ctx, c.box.Account, c.named.ID)
	if err != nil {
		return fmt.Errorf("find delivery: %w", err)
	}
	if c.underWay(deliveries) {
		// The other server was faster than our record of its answer: it comes again.
		return helpdesk.Wrap(helpdesk.Unavailable, errors.New("the copy that the report is about is still being sent"))
	}
	d := p.returned(c, deliveries)
	if d == nil {
		c.note("It is about no copy that was sent to this participant.")
		return nil
	}
	d.Reported(c.reportOn(d))
	c.reported = d
	return nil
}

// underWay reports a report about a copy that is claimed and not yet recorded as
// sent. Taken in now, it would mark nothing.
func (c *incoming) underWay(deliveries []helpdesk.Delivery) bool {
	return slices.ContainsFunc(deliveries, func(d helpdesk.Delivery) bool {
		return d.Participant == c.holder && d.State == helpdesk.Queued && d.Claim != "" && c.now.Before(d.Until) &&
			slices.Contains(c.notice.MessageIDs, d.MessageID)
	})
}

// returned is the delivery whose Message-ID the report returns. Where it returns
// none of ours, since some relays write their own, it is the newest copy that
// went out with a return path.
func (p *Pipeline) returned(c *incoming, deliveries []helpdesk.Delivery) *helpdesk.Delivery {
	ours := slices.ContainsFunc(c.notice.MessageIDs, func(id string) bool {
		_, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), id)
		return err == nil
	})
	var newest *helpdesk.Delivery
	for i := range deliveries {
		d := &deliveries[i]
		switch {
		case d.Participant != c.holder || d.State != helpdesk.Sent && d.State != helpdesk.Bounced:
		case slices.Contains(c.notice.MessageIDs, d.MessageID):
			return d
		case !ours && !d.Purpose.Automatic() && (newest == nil || d.Created.After(newest.Created)):
			newest = d
		}
	}
	return newest
}

// reportOn is what the report says of the recipient of d: of its address if
// that is named, else of the one that failed worst.
func (c *incoming) reportOn(d *helpdesk.Delivery) helpdesk.Report {
	report := helpdesk.Report{At: c.now, Class: c.class}
	if len(c.notice.Recipients) == 0 {
		return report
	}
	told := c.notice.Recipients[0]
	for _, r := range c.notice.Recipients {
		if strings.EqualFold(r.Address, d.To.String()) || strings.EqualFold(r.Original, d.To.String()) {
			told = r
			break
		}
	}
	report.Status, report.Code, report.Words = told.Status, told.Code, cut(told.Diagnostic, maxWords)
	if c.class == helpdesk.ClassBounce {
		report.Fault = string(told.Class)
	}
	return report
}

// maxWords of the other server are kept with a delivery: a sentence or two.
const maxWords = 500

// eventWords say in a sentence what a report means for the ticket.
func (c *incoming) eventWords() string {
	d := c.reported
	if d == nil && slices.Contains(agentTokens, c.token) && c.verdict.event {
		return "An automatic answer came to the address of an agent, from " + c.writer.Address.String() + "."
	}
	if d == nil {
		return ""
	}
	why := strings.Join(strings.Fields(d.Report.Words), " ")
	if why != "" {
		why = ": " + why
	}
	switch c.class {
	case helpdesk.ClassBounce:
		return helpdesk.Undelivered([]helpdesk.Address{d.To}, faultWords(d.Report.Fault), d.Report.Words)
	case helpdesk.ClassDelay:
		return fmt.Sprintf("The mail to %s is delayed; its server goes on trying%s", d.To, why)
	case helpdesk.ClassDelivered:
		return fmt.Sprintf("The mail to %s was delivered.", d.To)
	case helpdesk.ClassComplaint:
		return fmt.Sprintf("%s called a mail of this request unwanted.", d.To)
	case helpdesk.ClassReadReceipt:
		return fmt.Sprintf("%s has opened a mail of this request.", d.To)
	}
	return ""
}

// faultWords word the class of a failure.
func faultWords(fault string) string {
	switch notice.Class(fault) {
	case notice.Hard:
		return ", the address does not exist"
	case notice.Soft:
		return ", a trouble that may pass"
	case notice.Block:
		return ", it was refused"
	}
	return ""
}
