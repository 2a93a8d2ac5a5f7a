package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// What can be done to a ticket; the last part of the address.
const (
	replyAct    = "reply"
	noteAct     = "note"
	statusAct   = "status"
	assignAct   = "assign"
	teamAct     = "team"
	priorityAct = "priority"
	tagsAct     = "tags"
)

// draft is what an agent is doing to a ticket. What was written is never lost:
// not by a mistake, not by a session that ends, not by a part of ours that does
// not answer.
type draft struct {
	Number int64
	Act    string
	Text   string
	Files  []actions.Upload
	Status helpdesk.Status // of the ticket afterwards
	// Nonce came with the page: a second click does not mail the customer twice.
	Nonce string

	Adding adding // to who takes part
	Sorted sorted // whose work it is, how urgent, and what about
}

func (d draft) path() string { return "/agent/tickets/" + strconv.FormatInt(d.Number, 10) }

// IsNote chooses the tab of the composer.
func (d draft) IsNote() bool { return d.Act == noteAct }

// carried reports that there is something to carry through the sign-in.
func (d draft) carried() bool { return d.Text != "" && d.Number != 0 }

// readDraft reads what was sent to an address of a ticket.
func readDraft(v *visit) draft {
	d := draft{Act: v.r.PathValue("act"), Text: v.r.PostForm.Get("text")}
	d.Number, _ = ticketNumber(v) // 0 on pages without one
	d.Status, d.Nonce = helpdesk.Status(v.r.PostForm.Get("status")), v.r.PostForm.Get("nonce")
	d.Sorted = readSorted(v.r.PostForm)
	return d
}

// carriedDraft reads one that came through the sign-in.
func carriedDraft(post url.Values) draft {
	number, err := strconv.ParseInt(post.Get("draft-ticket"), 10, 64)
	if err != nil || number < 1 {
		return draft{}
	}
	return draft{
		Number: number, Act: post.Get("draft-act"), Text: post.Get("draft"), Status: helpdesk.Status(post.Get("draft-status")),
		Nonce: post.Get("draft-nonce"),
	}
}

// act does one thing to the ticket of the address and goes back to it. What
// could not be done is told there, with everything that was written.
func (c *Handler) act(v *visit) error {
	if _, err := ticketNumber(v); err != nil {
		return err
	}
	files, err := c.readFiles(v)
	d := readDraft(v)
	d.Files = files
	if err == nil {
		err = c.do(v, d)
	}
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		c.backTo(v, d.Number, d.Act)
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound && d.Text == "" && len(d.Files) == 0:
		return err
	}
	return c.writeTicket(v, d, err)
}

// backTo leads to a request after something was done to it, beside the list that it
// was opened from.
func (c *Handler) backTo(v *visit, number int64, done string) {
	query := or(inQuery(v.r), "?")
	if query != "?" {
		query += "&"
	}
	http.Redirect(v.w, v.r, draft{Number: number}.path()+query+"done="+url.QueryEscape(done), http.StatusSeeOther)
}

// acts are what can be done to a request by the name in the address.
var acts = map[string]func(*Handler, *visit, draft) error{
	replyAct: func(c *Handler, v *visit, d draft) error {
		if _, err := parseQueue(string(d.Status)); err != nil {
			return err
		}
		return c.desk.Reply(v.context(), v.by, d.Number, actions.Reply{Text: d.Text, Files: d.Files, Status: d.Status, Nonce: d.Nonce})
	},
	noteAct: func(c *Handler, v *visit, d draft) error {
		return c.desk.Note(v.context(), v.by, d.Number, actions.Note{Text: d.Text, Files: d.Files, Nonce: d.Nonce})
	},
	statusAct: func(c *Handler, v *visit, d draft) error {
		status, err := helpdesk.ParseStatus(string(d.Status))
		if err != nil {
			return err
		}
		return c.desk.SetStatus(v.context(), v.by, d.Number, status)
	},
	assignAct: func(c *Handler, v *visit, d draft) error {
		return c.desk.Assign(v.context(), v.by, d.Number, d.Sorted.Assignee)
	},
	priorityAct: func(c *Handler, v *visit, d draft) error {
		return c.desk.SetPriority(v.context(), v.by, d.Number, d.Sorted.Priority)
	},
	tagsAct: func(c *Handler, v *visit, d draft) error { return c.setTags(v, d) },
}

func (c *Handler) do(v *visit, d draft) error {
	do, ok := acts[d.Act]
	if !ok {
		return missing()
	}
	return do(c, v, d)
}

// keepDraft answers when not even the ticket can be shown.
func (c *Handler) keepDraft(v *visit, d draft, err error) error {
	if d.Text == "" || helpdesk.KindOf(err) == helpdesk.SignIn {
		return err
	}
	page := struct {
		Draft   draft
		Trouble web.Trouble
	}{d, c.site.Trouble(v.r, err)}
	c.write(v, web.Status(err), "kept", fmt.Sprintf("#%d", d.Number), c.frame(v, ""), page)
	return nil
}
