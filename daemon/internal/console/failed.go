package console

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// failedPage shows the mails that could not be delivered.
type failedPage struct {
	Rows    []failedRow
	Next    string // address of the page that follows; "" if there is none
	First   bool
	Done    string
	Trouble *web.Trouble
}

// failedRow is one mail that did not arrive.
type failedRow struct {
	delivery
	Number  int64
	Subject string
	Ticket  string // address of its request; "" if that is gone
	Relay   string
}

func (c *Handler) failed(v *visit) error { return c.writeFailed(v, nil) }

// writeFailed lists the deliveries, with why one could not be tried again.
func (c *Handler) writeFailed(v *visit, failure error) error {
	query := v.r.URL.Query()
	page := failedPage{First: query.Get("after") == "", Done: doneWords[query.Get("done")]}
	if failure != nil {
		trouble := c.site.Trouble(v.r, failure)
		if words := helpdesk.Public(failure); words != "" {
			trouble.Happened, trouble.Next = web.Sentence(words), ""
		}
		page.Trouble = &trouble
	}
	after := helpdesk.ID("")
	if !page.First {
		parsed, err := helpdesk.ParseID(query.Get("after"))
		if err != nil {
			return missing()
		}
		after = parsed
	}
	found, next, err := c.desk.FailedMail(v.context(), v.by, after)
	if err != nil {
		return err
	}
	for i := range found {
		page.Rows = append(page.Rows, newFailedRow(&found[i]))
	}
	if next != "" {
		page.Next = failedPath + "?after=" + url.QueryEscape(string(next))
	}
	c.write(v, web.Status(failure), "failed", "Failed deliveries", c.frame(v, "failed"), page)
	return nil
}

const failedPath = "/agent/failed"

func newFailedRow(o *actions.FailedMail) failedRow {
	row := failedRow{delivery: newDelivery(&o.Delivery), Number: o.Number, Subject: o.Subject, Relay: cmp.Or(o.Relay, "no server: the mailbox has none now")}
	row.Retry = failedPath + "/" + string(o.Delivery.ID) + "/retry"
	if o.Number != 0 {
		row.Ticket = draft{Number: o.Number}.path()
		if o.Delivery.Entry != 0 {
			row.Ticket += "#" + anchor(0, o.Delivery.Entry)
		}
	}
	return row
}

// retryFailed has a delivery tried at once and goes back to the list.
func (c *Handler) retryFailed(v *visit) error {
	err := c.desk.TryAgain(v.context(), v.by, v.r.PathValue("delivery"))
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		http.Redirect(v.w, v.r, failedPath+"?done=retry", http.StatusSeeOther)
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound:
		return err
	}
	return c.writeFailed(v, err)
}
