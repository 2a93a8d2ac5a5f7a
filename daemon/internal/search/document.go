package search

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Limits of what is found of one request.
const (
	// mostEntries are looked at, the newest.
	mostEntries = 200
	// mostText is how many bytes of what was said count, the newest first: more than
	// anybody reads, and what one document costs when it is written anew.
	mostText = 512 << 10
)

// document is what the index knows of one request: a column of terms for each kind
// of words.
type document struct {
	id  helpdesk.TicketID
	rev int64
	row int64 // where it would stand: the ms when it was last heard of; with µs the file is a seventh larger
	columns
}

// columns are terms, with blanks between them.
type columns struct {
	subject string
	text    string // messages and notes, but not what they quote
	people  string // customers: names and addresses
	about   string // agents who wrote, answers of forms, fields, tags, names of files
	marks   string // what no text can hold: see marks
}

// Marks have a colon, which no word of a text has.
const fileMark = "has:file"

// numberMark is that of #1042.
func numberMark(n int64) string { return "number:" + strconv.FormatInt(n, 10) }

// newDocument makes one of a request and its entries, the newest first.
func newDocument(t *helpdesk.Ticket, newest []helpdesk.Entry) *document {
	d := &document{id: t.ID, rev: t.Rev, row: t.Heard().UnixMilli()}
	var subject, text, people, about strings.Builder
	words(&subject, t.Subject)
	said := map[string]bool{} // who and what files are called is needed once
	once := func(b *strings.Builder, s string) {
		if s != "" && !said[s] {
			said[s] = true
			words(b, s)
		}
	}
	for i := range t.Participants {
		once(&people, t.Participants[i].Name)
		once(&people, t.Participants[i].Address.String())
	}
	marks := numberMark(t.Number)
	words(&about, strconv.FormatInt(t.Number, 10))
	for _, tag := range t.Tags {
		once(&about, tag)
	}
	if t.Form != nil {
		for _, v := range t.Form.Values {
			once(&about, v.Text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		once(&about, t.Fields[name])
	}
	files := false
	for i := range newest {
		e := &newest[i]
		if e.Kind == helpdesk.Event || e.MovedTo != nil {
			continue
		}
		if room := mostText - text.Len(); room > 0 {
			words(&text, cut(e.Text, room))
		}
		who := &about
		if e.Author.Role == helpdesk.Customer {
			who = &people
		}
		once(who, e.Author.Name)
		if !e.Author.Address.IsZero() {
			once(who, e.Author.Address.String())
		}
		for _, a := range e.Attachments {
			once(&about, a.Name)
			files = true
		}
	}
	if files {
		marks += " " + fileMark
	}
	d.columns = columns{subject: subject.String(), text: text.String(), people: people.String(), about: about.String(), marks: marks}
	return d
}

// sum tells documents apart that are found in another way, or in another place.
func (d *document) sum() []byte {
	h := sha256.New()
	for _, s := range []string{d.subject, d.text, d.people, d.about, d.marks, strconv.FormatInt(d.row, 10)} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:16]
}
