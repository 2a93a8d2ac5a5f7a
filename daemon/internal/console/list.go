package console

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Sizes of one page of the list.
const (
	listRows  = 50
	listBatch = 100 // most that one read gives
	// listReads bounds what a rare status may cost: a page may then have fewer
	// rows, and the next one goes on from there.
	listReads = 10
)

// listPage shows requests, newest first.
type listPage struct {
	Title string
	Queue string
	Rows  []row
	Older string // address of the next page; "" if there is none
	First bool   // nothing newer was left out
}

// row is one request in the list.
type row struct {
	Number    int64
	Subject   string
	Status    helpdesk.Status
	Requester string
	Channel   channel
	Priority  string // "" if normal
	Ticket    *helpdesk.Ticket
}

func (c *Handler) list(v *visit) error {
	query := v.r.URL.Query()
	status, err := parseQueue(query.Get("status"))
	if err != nil {
		return missing()
	}
	before, err := parseBefore(query.Get("before"))
	if err != nil {
		return missing()
	}
	tickets, last, err := c.gather(v, status, before)
	if err != nil {
		return err
	}
	page := listPage{Title: "All requests", Queue: "all", First: before == 0}
	if status != "" {
		page.Title, page.Queue = string(status), string(status)
	}
	for i := range tickets {
		page.Rows = append(page.Rows, newRow(&tickets[i]))
	}
	if last != 0 {
		page.Older = olderPath(status, last)
	}
	c.write(v, http.StatusOK, "list", page.Title, c.frame(v, page.Queue), page)
	return nil
}

// gather reads up to listRows requests of a status ("" is all) below a number.
// last is where to go on, 0 at the end.
func (c *Handler) gather(v *visit, status helpdesk.Status, before int64) (found []helpdesk.Ticket, last int64, err error) {
	limit := listBatch
	if status == "" {
		limit = listRows + 1 // one more tells whether there is another page
	}
	for range listReads {
		batch, err := c.desk.Tickets(v.context(), v.by, before, limit)
		if err != nil {
			return nil, 0, err
		}
		for _, t := range batch {
			if status != "" && t.Status != status {
				continue
			}
			if len(found) == listRows {
				return found, found[listRows-1].Number, nil
			}
			found = append(found, t)
		}
		if len(batch) < limit {
			return found, 0, nil
		}
		before = batch[len(batch)-1].Number
	}
	return found, before, nil
}

func newRow(t *helpdesk.Ticket) row {
	r := row{Number: t.Number, Subject: t.Subject, Status: t.Status, Channel: channels[t.Channel], Ticket: t, Requester: "Nobody"}
	if requester := t.Requester(); requester != nil {
		r.Requester = requester.DisplayName()
	}
	if t.Priority != "Normal" {
		r.Priority = t.Priority
	}
	return r
}

func parseQueue(s string) (helpdesk.Status, error) {
	if s == "" {
		return "", nil
	}
	return helpdesk.ParseStatus(s)
}

func parseBefore(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, missing()
	}
	return n, nil
}

func olderPath(status helpdesk.Status, last int64) string {
	query := url.Values{"before": {strconv.FormatInt(last, 10)}}
	if status != "" {
		query.Set("status", string(status))
	}
	return home + "?" + query.Encode()
}
