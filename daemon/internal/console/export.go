package console

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/web"
)

const (
	// askAgain is how long somebody may go on with a file who may no more.
	askAgain = 2 * time.Second
	// byteOrderMark tells spreadsheets that it is UTF-8: without it some read anything
	// but ASCII wrongly.
	byteOrderMark = "\uFEFF"
)

// export sends a list as a file of comma-separated values (RFC 4180), page by page.
func (c *Handler) export(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	q := askedList(v.r.PostForm)
	if q == nil {
		return missing()
	}
	e, err := c.desk.Export(v.context(), v.by, *q)
	if err != nil {
		return err
	}
	defer e.Close()
	first, err := e.Next(v.context(), v.by)
	if err != nil {
		return err
	}
	name := "requests-" + notInNames.ReplaceAllString(v.r.PostForm.Get("list"), "-") + "-" + c.site.Now().UTC().Format("2006-01-02") + ".csv"
	header := v.w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	c.writeCSV(v, e, first)
	return nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// writeCSV ends the connection where the file can't be finished, so that nobody takes
// a part for all of it.
func (c *Handler) writeCSV(v *visit, e *actions.Export, rows [][]string) {
	out := http.NewResponseController(v.w)
	asked := c.site.Now()
	file := csv.NewWriter(v.w)
	file.UseCRLF = true
	_, err := strings.NewReader(byteOrderMark).WriteTo(v.w)
	if err == nil {
		err = file.Write(e.Header)
	}
	for err == nil && len(rows) > 0 {
		_ = out.SetWriteDeadline(time.Now().Add(web.WriteWithin)) // what has no connection needs none
		if err = file.WriteAll(rows); err != nil {
			break
		}
		if now := c.site.Now(); now.Sub(asked) >= askAgain {
			asked = now
			if v.by, err = c.desk.SignedIn(v.context(), v.center.Account, web.Cookie(v.r, v.center, cookieName)); err != nil {
				break
			}
		}
		rows, err = e.Next(v.context(), v.by)
	}
	if err == nil {
		file.Flush()
		err = file.Error()
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}
