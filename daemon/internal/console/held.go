package console

import (
	"net/http"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// heldRow is one held mail in the list.
type heldRow struct {
	*helpdesk.HeldItem
	Who   string
	Cause string
}

func (c *Handler) held(v *visit) error {
	items, err := c.desk.Held(v.context(), v.by)
	if err != nil {
		return err
	}
	rows := make([]heldRow, len(items))
	for i := range items {
		rows[i] = newHeldRow(&items[i])
	}
	c.write(v, http.StatusOK, "held", "Held mail", c.frame(v, "held", len(items)), rows)
	return nil
}

func newHeldRow(h *helpdesk.HeldItem) heldRow {
	return heldRow{HeldItem: h, Who: claimed(h), Cause: or(causeWords[h.Cause], string(h.Cause))}
}

// claimed is who the mail says wrote it.
func claimed(h *helpdesk.HeldItem) string {
	switch {
	case h.From.IsZero():
		return or(h.FromName, "Nobody")
	case h.FromName != "":
		return h.FromName
	}
	return h.From.String()
}

// heldPage is one held mail, asked as a question.
type heldPage struct {
	heldRow
	Proven []string // what was proven about the writer, and by what
	Found  []string // what else was found out
	Ticket string   // address of the ticket that it would join
}

func (c *Handler) heldItem(v *visit) error {
	item, err := c.desk.HeldItem(v.context(), v.by, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	proof, found := recognised(&item.Recognised)
	page := heldPage{
		heldRow: newHeldRow(item),
		Proven:  append([]string{proof}, item.Recognised.Trust.Reasons...),
		Found:   append(found, item.Recognised.Evidence...),
	}
	if item.Number != 0 {
		page.Ticket = draft{Number: item.Number}.path()
	}
	title := or(strings.TrimSpace(item.Subject), "No subject")
	c.write(v, http.StatusOK, "held-item", title, c.frame(v, "held", 0), page)
	return nil
}
