package actions

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
)

const (
	// MostExported is how many requests one file may hold: a spreadsheet goes on
	// being usable, and the file is made in seconds.
	MostExported = 20_000
	// exportsAtOnce keeps files from slowing down everybody's lists.
	exportsAtOnce = 2
)

// Export is a list on its way into a file, in pages. It has to be closed.
type Export struct {
	Header []string
	Total  int // requests, when it began

	desk    *Desk
	choice  index.Choice
	fields  []helpdesk.FieldSpec
	left    int
	ended   bool
	release func()
}

// Export begins to write a list into a file, whatever its place and limit, and
// records that. It takes a permission, Forbidden otherwise; TooLarge says that the
// list has more than [MostExported] requests, Unavailable that others are exporting.
func (d *Desk) Export(ctx context.Context, by Actor, q ListQuery) (*Export, error) {
	if err := by.may(helpdesk.ExportData); err != nil {
		return nil, err
	}
	q.Before, q.After, q.Limit = "", "", MostListed
	c, view, err := d.choice(ctx, by, q)
	if err != nil {
		return nil, err
	}
	if err := d.ready(ctx, by.Account); err != nil {
		return nil, err
	}
	c.Count = MostExported + 1
	total := d.lists.Tally(by.Account, []index.Choice{*c})[0]
	if total > MostExported {
		return nil, helpdesk.Errorf(helpdesk.TooLarge, "there are more than %d requests in this list: make a view of fewer", MostExported)
	}
	settings, err := d.DeskSettings(ctx, by)
	if err != nil {
		return nil, err
	}
	if !d.exports.TryAcquire(1) {
		return nil, helpdesk.Errorf(helpdesk.Unavailable, "others are saving lists just now; try again in a moment")
	}
	e := &Export{desk: d, choice: *c, fields: settings.TicketFields, left: MostExported, Total: total, release: sync.OnceFunc(func() { d.exports.Release(1) })}
	e.Header = slices.Clone(exportHeader)
	for _, f := range e.fields {
		e.Header = append(e.Header, cell(f.Label))
	}
	what := "list"
	switch {
	case view != nil:
		what = "view/" + string(view.ID)
	case q.Filter == nil:
		what = "list/" + string(q.Queue)
	}
	record := d.audit(by, "list.export", what, "requests", strconv.Itoa(total))
	if err := d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Audit: []helpdesk.AuditRecord{record}}); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Close ends it. It may be called more than once.
func (e *Export) Close() { e.release() }

// Next gives some rows for the file, as who asks now; none at the end. Whoever may no
// more gets an error.
func (e *Export) Next(ctx context.Context, by Actor) ([][]string, error) {
	if err := by.may(helpdesk.ExportData); err != nil {
		return nil, err
	}
	d := e.desk
	for !e.ended && e.left > 0 {
		c := e.choice
		c.All, c.Limit = by.seesAll(), min(MostListed, e.left)
		chosen := d.lists.Choose(by.Account, c)
		e.left -= len(chosen.Tickets)
		if e.ended = !chosen.Older; !e.ended {
			e.choice.Before = &chosen.Tickets[len(chosen.Tickets)-1].Place
		}
		rows, err := d.rows(ctx, by, &c, chosen.Tickets)
		if err != nil {
			return nil, err
		}
		var out [][]string
		for i := range rows {
			out = append(out, e.row(&rows[i]))
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, nil
}

var exportHeader = []string{
	"Number", "Subject", "Status", "Priority", "Assignee", "Team", "Tags", "Requester", "Address", "Help center", "Mailbox", "Form", "Answers",
	"Opened (UTC)", "Changed (UTC)", "Last words (UTC)", "Snoozed until (UTC)",
}

func (e *Export) row(r *Row) []string {
	t := &r.Ticket
	var name, address, form, last, snoozed string
	if requester := t.Requester(); requester != nil {
		name, address = requester.Name, requester.Address.String()
	}
	var answers []string
	if t.Form != nil {
		form = t.Form.Form
		for _, v := range t.Form.Values {
			answers = append(answers, v.Label+": "+v.Text)
		}
	}
	if t.Last != nil {
		last = exportTime(t.Last.At)
	}
	if t.Snoozed != nil {
		snoozed = exportTime(t.Snoozed.Until)
	}
	out := []string{
		strconv.FormatInt(t.Number, 10), t.Subject, string(t.Status), t.Urgency(), r.AssigneeName, r.TeamName, strings.Join(t.Tags, " "), name, address,
		t.HelpCenter, t.Mailbox, form, strings.Join(answers, " / "), exportTime(t.Opened), exportTime(t.Updated), last, snoozed,
	}
	for _, f := range e.fields {
		out = append(out, t.Fields[f.Name])
	}
	for i := range out {
		out[i] = cell(out[i])
	}
	return out
}

func exportTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// maxCell is what spreadsheets take in one cell, in bytes rather than characters.
const maxCell = 32_000

// cell makes a text harmless in a spreadsheet. What begins with one of the signs that
// make a formula of it gets an apostrophe before, as OWASP's page on CSV injection
// says; also where a program that takes semicolons for the ends of cells would begin
// another one. Line ends become blanks; what cannot be seen is skipped before looking, as
// some programs do.
func cell(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	if text = strings.Join(strings.Fields(text), " "); len(text) > maxCell {
		text = strings.ToValidUTF8(text[:maxCell], "")
	}
	parts := strings.Split(text, ";")
	for i, part := range parts {
		begin := strings.TrimLeftFunc(part, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("\"'", r)
		})
		if r := []rune(begin); len(r) > 0 && strings.ContainsRune("=+-@|%＝＋－＠", r[0]) {
			blank := part[:len(part)-len(strings.TrimLeft(part, " "))]
			parts[i] = blank + "'" + part[len(blank):]
		}
	}
	return strings.Join(parts, ";")
}
