package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
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
	// Expect is how many entries the page showed: what was said since is told before a
	// reply goes out.
	Expect int
	// Kept is the revision of what the server keeps of the text, 0 for nothing; Since
	// when it has been there, zero if it was just written.
	Kept  int64
	Since time.Time

	New    opening           // what a new request is to be, where it is none yet
	Adding adding            // to who takes part
	Tags   tagging           // what it is to be about
	Fields map[string]string // of the account, as typed
}

func (d draft) path() string { return "/agent/tickets/" + strconv.FormatInt(d.Number, 10) }

// IsNote chooses the tab of the composer.
func (d draft) IsNote() bool { return d.Act == noteAct }

// opening is what a request that is not begun yet says besides its text.
type opening struct{ From, Address, Name, Subject string }

// carried reports that there is something to carry through the sign-in.
func (d draft) carried() bool { return d.Text != "" && (d.Number != 0 || d.Act == newAct) }

// readDraft reads what was sent to an address of a ticket.
func readDraft(v *visit) draft {
	form := v.r.PostForm
	d := draft{Act: v.r.PathValue("act"), Text: form.Get("text"), Status: helpdesk.Status(form.Get("status")), Nonce: form.Get("nonce")}
	d.Number, _ = ticketNumber(v) // 0 on pages without one
	d.Expect, _ = strconv.Atoi(form.Get("expect"))
	d.Kept, _ = strconv.ParseInt(form.Get("kept-rev"), 10, 64)
	d.Tags = tagging{Typed: form.Get("tags"), Had: form.Get("had")}
	d.Fields = typedFields(form, fieldPrefix)
	if v.r.URL.Path == newPath {
		d.Act = newAct
		d.New = opening{From: form.Get("from"), Address: form.Get("address"), Name: form.Get("name"), Subject: form.Get("subject")}
	}
	return d
}

// carriedDraft reads one that came through the sign-in.
func carriedDraft(post url.Values) draft {
	d := draft{Act: post.Get("draft-act"), Text: post.Get("draft"), Status: helpdesk.Status(post.Get("draft-status")), Nonce: post.Get("draft-nonce")}
	if d.Act == newAct {
		d.New = opening{From: post.Get("draft-from"), Address: post.Get("draft-address"), Name: post.Get("draft-name"), Subject: post.Get("draft-subject")}
		return d
	}
	number, err := strconv.ParseInt(post.Get("draft-ticket"), 10, 64)
	if err != nil || number < 1 {
		return draft{}
	}
	d.Number = number
	return d
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
	done := d.Act
	if err == nil {
		if id := v.r.PostForm.Get("canned"); id != "" && d.Act == replyAct {
			return c.insertCanned(v, d, helpdesk.ID(id))
		}
		done, err = c.do(v, d)
	}
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		c.backTo(v, d.Number, done)
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
