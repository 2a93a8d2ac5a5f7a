package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// heldList shows the mails that wait, or those that were decided.
type heldList struct {
	Rows    []heldRow
	Decided bool
	More    int // that wait and are not in the list
	Done    string
	Here    string // its own address
	Alone   bool
}

// heldRow is one held mail in the list.
type heldRow struct {
	*helpdesk.HeldItem
	Who     string
	Cause   string
	Verdict string // what was decided; "" if it waits
}

// showDecided is the value of "show" that asks for decided mails.
const showDecided = "decided"

func (c *Handler) held(v *visit) error {
	query := v.r.URL.Query()
	list, err := c.heldList(v, query.Get("show") == showDecided)
	if err != nil {
		return err
	}
	list.Alone, list.Done = true, doneWords[query.Get("done")]
	f := c.frame(v, "held")
	f.Held, f.Alone = list, true
	c.write(v, http.StatusOK, "held", "Held mail", f, list)
	return nil
}

// heldList reads the mails that wait, or those that were decided.
func (c *Handler) heldList(v *visit, decided bool) (*heldList, error) {
	list, read := &heldList{Decided: decided, Here: "/agent/held"}, c.desk.Held
	if decided {
		list.Here, read = "/agent/held?show="+showDecided, c.desk.HeldDecided
	}
	items, err := read(v.context(), v.by)
	if err != nil {
		return nil, err
	}
	for i := range items {
		list.Rows = append(list.Rows, newHeldRow(&items[i]))
	}
	waiting, err := c.desk.HeldCount(v.context(), v.by)
	if err != nil {
		return nil, err
	}
	if !decided {
		list.More = waiting - len(items)
	}
	return list, nil
}

func newHeldRow(h *helpdesk.HeldItem) heldRow {
	row := heldRow{HeldItem: h, Who: claimed(h), Cause: or(causeWords[h.Cause], string(h.Cause))}
	if h.Decision != nil {
		row.Verdict = h.Decision.Words()
	}
	return row
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
	Path     string
	Proof    string // what was proven about the writer
	Reasons  []string
	Found    []string // what else was found out
	Ticket   string   // address of the ticket that it would join
	Became   string   // address of what it became part of
	Quoted   string
	Cut      bool // there is more text in the source
	Files    []file
	Answers  []heldAnswer
	Refused  string // why it can't be let in at all
	Trouble  *web.Trouble
	Verified bool // who wrote it is proven
	Blocked  bool // mail of the address is held as spam, unless that was lifted since
}

func (c *Handler) heldItem(v *visit) error { return c.writeHeld(v, nil) }

// writeHeld shows a held mail, with why it could not be decided.
func (c *Handler) writeHeld(v *visit, failure error) error {
	item, err := c.desk.HeldItem(v.context(), v.by, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	page := newHeldPage(item)
	if failure != nil {
		trouble := c.site.Trouble(v.r, failure)
		if words := helpdesk.Public(failure); words != "" && helpdesk.KindOf(failure) == helpdesk.Conflict {
			trouble.Happened, trouble.Next = web.Sentence(words), ""
		}
		page.Trouble = &trouble
	}
	title := or(strings.TrimSpace(item.Subject), "No subject")
	f := c.frame(v, "held")
	if !v.onePane() {
		if list, err := c.heldList(v, item.Decision != nil); err == nil { // the question is worth more than what stands beside it
			f.Held = list
		}
	}
	c.write(v, web.Status(failure), "held-item", title, f, page)
	return nil
}

func newHeldPage(h *helpdesk.HeldItem) heldPage {
	page := heldPage{heldRow: newHeldRow(h), Path: heldPath(h), Answers: answers(h), Verified: h.Recognised.Trust.Proof == helpdesk.ProofPass}
	page.Proof, page.Found = recognised(&h.Recognised)
	page.Reasons, page.Found = h.Recognised.Trust.Reasons, append(page.Found, h.Recognised.Evidence...)
	page.Blocked = h.Cause.Unwanted() || h.Decision != nil && h.Decision.Verdict == helpdesk.Spam
	if h.Number != 0 {
		page.Ticket = draft{Number: h.Number}.path()
	}
	if d := h.Decision; d != nil && d.Number != 0 {
		page.Became = draft{Number: d.Number}.path() + "#entry-" + strconv.Itoa(d.Entry)
	}
	if h.Entry == nil {
		page.Refused = web.Sentence(h.Refusal(helpdesk.AcceptOnce))
		return page
	}
	page.Quoted, page.Cut = h.Entry.Quoted, h.Entry.TextBlob != "" || h.Entry.QuotedBlob != ""
	for i := range h.Entry.Attachments {
		page.Files = append(page.Files, file{Attachment: &h.Entry.Attachments[i], Path: page.Path + "/files/" + strconv.Itoa(i+1)})
	}
	return page
}

func heldPath(h *helpdesk.HeldItem) string { return "/agent/held/" + string(h.ID) }
