package api

import (
	"encoding/csv"
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// askAgain is how long a program may go on with a file whose agent may no more.
const askAgain = 2 * time.Second

// export sends a queue or a view as comma-separated values (RFC 4180), page by page. It
// ends the connection where the file can't be finished, so that nobody takes a part for
// all of it.
func (h *Handler) export(c *call) error {
	q := actions.ListQuery{Queue: actions.Queue(c.query("queue")), View: helpdesk.ID(c.query("view")), Order: c.query("order")}
	if (q.Queue == "") == (q.View == "") {
		return helpdesk.Errorf(helpdesk.Invalid, "name a queue or a view")
	}
	e, err := h.desk.Export(c.ctx, c.by, q)
	if err != nil {
		return err
	}
	defer e.Close()
	rows, err := e.Next(c.ctx, c.by)
	if err != nil {
		return err
	}
	head := c.w.Header()
	head.Set("Content-Type", "text/csv; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="requests.csv"`)
	file, out, asked := csv.NewWriter(c.w), http.NewResponseController(c.w), h.site.Now()
	file.UseCRLF = true
	if err = file.Write(e.Header); err != nil {
		panic(http.ErrAbortHandler)
	}
	for by := c.by; len(rows) > 0; {
		_ = out.SetWriteDeadline(time.Now().Add(time.Minute)) // what has no connection needs none
		if err = file.WriteAll(rows); err != nil {
			panic(http.ErrAbortHandler)
		}
		if now := h.site.Now(); now.Sub(asked) > askAgain {
			asked = now
			if by, err = h.desk.Bearer(c.ctx, c.center.Account, c.token()); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		if rows, err = e.Next(c.ctx, by); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if file.Flush(); file.Error() != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
