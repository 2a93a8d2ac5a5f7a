package actions

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Limits of a file of contacts.
const (
	MaxImportBytes = 5 << 20
	MaxImportRows  = 10_000
	maxColumns     = 60
	maxImportCell  = 4 << 10
)

// table is a CSV file as it was understood.
type csvTable struct {
	header []string
	rows   []csvRow
}

type csvRow struct {
	line  int // in the file, from 1
	cells []string
}

// readTable reads CSV as spreadsheets write it: UTF-8 or Latin-1, with or without a
// byte order mark, with commas, semicolons or tabs. Invalid says what is wrong with
// the file as a whole.
func readTable(r io.Reader) (*csvTable, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxImportBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > MaxImportBytes:
		return nil, helpdesk.Errorf(helpdesk.TooLarge, "the file is larger than %d MiB: split it", MaxImportBytes>>20)
	}
	text := decoded(raw)
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes, reader.ReuseRecord = separator(text), -1, true, false
	t := &csvTable{}
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "the file is not one of rows and columns: %s", err.Error())
		}
		line, _ := reader.FieldPos(0)
		if len(cells) > maxColumns {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "line %d has %d columns: at most %d are read", line, len(cells), maxColumns)
		}
		for i := range cells {
			if cells[i] = oneLine(cells[i]); len(cells[i]) > maxImportCell {
				cells[i] = strings.ToValidUTF8(cells[i][:maxImportCell], "")
			}
		}
		switch {
		case !slices.ContainsFunc(cells, func(c string) bool { return c != "" }): // an empty line
		case t.header == nil:
			t.header = cells
		case len(t.rows) == MaxImportRows:
			return nil, helpdesk.Errorf(helpdesk.TooLarge, "the file has more than %d rows: split it", MaxImportRows)
		default:
			t.rows = append(t.rows, csvRow{line, cells})
		}
	}
	if t.header == nil {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "the file is empty: its first line names the columns, such as name and address")
	}
	return t, nil
}

// decoded is the text of a file in UTF-8.
func decoded(raw []byte) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if utf8.Valid(raw) {
		return string(raw)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "")
	}
	return string(out)
}

// separator is what the first line has most of, outside quotes.
func separator(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '\n' && len(counts) > 0, r == '\r' && len(counts) > 0:
			goto counted
		case r == ',' || r == ';' || r == '\t':
			counts[r]++
		}
	}
counted:
	best := ','
	for _, r := range []rune{';', '\t'} {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// columns say what stands where.
type columns struct {
	address, name, first, last int // -1: nowhere
	fields                     map[int]*helpdesk.FieldSpec
	ignored                    []string
}

var columnNames = map[string][]string{
	"address": {"address", "email", "e-mail", "mail", "email address", "e-mail address", "mail address", "e-mail-adresse", "emailadresse"},
	"name":    {"name", "full name", "display name", "contact"},
	"first":   {"first name", "firstname", "given name", "vorname"},
	"last":    {"last name", "lastname", "surname", "family name", "nachname"},
}

func findColumns(header []string, specs []helpdesk.FieldSpec) (*columns, error) {
	c := &columns{address: -1, name: -1, first: -1, last: -1, fields: map[int]*helpdesk.FieldSpec{}}
	places := map[string]*int{"address": &c.address, "name": &c.name, "first": &c.first, "last": &c.last}
	for i, title := range header {
		title = strings.TrimSpace(title)
		known := ""
		for what, names := range columnNames {
			if slices.Contains(names, strings.ToLower(title)) && *places[what] < 0 {
				known = what
			}
		}
		switch spec := helpdesk.FieldNamed(specs, title); {
		case spec != nil && title != "":
			c.fields[i] = spec
		case known != "":
			*places[known] = i
		case title != "":
			c.ignored = append(c.ignored, clip(title))
		}
	}
	if c.address < 0 {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "no column holds addresses: name one of them \"address\" or \"email\" in the first line")
	}
	return c, nil
}

// cell is what stands in a column of a row; "" where the row is too short.
func (r *csvRow) cell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return unguarded(r.cells[i])
}

// unguarded undoes what [cell] puts before a formula, so that what was exported can
// be imported.
func unguarded(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && cell(rest) == s {
		return rest
	}
	return s
}
