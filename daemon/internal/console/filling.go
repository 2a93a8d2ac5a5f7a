package console

import (
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// insertCanned puts a canned reply behind what is written, and shows it for being
// read before it is sent. Scripts do the same without a new page.
func (c *Handler) insertCanned(v *visit, d draft, id helpdesk.ID) error {
	text, err := c.desk.FillCanned(v.context(), v.by, id, d.Number)
	if err == nil {
		d.Text = strings.TrimLeft(strings.TrimRight(d.Text, " \r\n\t")+"\n\n"+text, "\n")
	}
	return c.writeTicket(v, d, err)
}

// cannedText is a canned reply filled in for a request, alone.
func (c *Handler) cannedText(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	text, err := c.desk.FillCanned(v.context(), v.by, helpdesk.ID(v.r.PathValue("canned")), number)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(v.w, text) // whoever asked has gone
	return nil
}
