package search

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"modernc.org/sqlite"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// The newest with a beginning of a few letters are found without reading of all who
// have it, however many words begin so. Pages of the file that are looked at tell.
//
// covers: P10
func TestBeginnings(t *testing.T) {
	f, err := openFile(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	f.read.SetMaxOpenConns(1) // whose pages are counted
	const many, each, wanted = 4000, 10, 5
	in := &batch{}
	for n := range many {
		var text strings.Builder
		for i := range each {
			of := n*each + i
			fmt.Fprintf(&text, "lieferung%d доставка%d 退%c ", of, of, 0x4e00+of%20_000)
		}
		in.docs = append(in.docs, &document{id: helpdesk.TicketID(n + 1), row: int64(n) << 16, columns: columnsOf(text.String())})
	}
	if err := f.put(t.Context(), in, noon); err != nil {
		t.Fatal(err)
	}
	all := f.pages(t, "liefer", wanted)
	for _, beginning := range []string{"li", "lie", "lief", "до", "дос", "дост", "退"} {
		if looked := f.pages(t, beginning, wanted); looked > all/2 {
			t.Errorf("%q looks at %d pages, and at %d where it has to put lists together", beginning, looked, all)
		}
	}
}

func columnsOf(text string) columns {
	var b strings.Builder
	words(&b, text)
	return columns{text: b.String()}
}

// pages finds the newest with a word or a beginning, which must be those that were put
// in last, and tells how many pages that took.
func (f *file) pages(t *testing.T, typed string, wanted int) int {
	t.Helper()
	terms, err := Parse(typed)
	if err != nil {
		t.Fatal(err)
	}
	match, err := NewMatch(terms)
	if err != nil {
		t.Fatal(err)
	}
	if want := utf8.RuneCountInString(typed) > longestListed; assembles(match.all) != want {
		t.Errorf("%s puts lists together: %t, want %t", match.all, !want, want)
	}
	before := f.looked(t)
	found, err := f.find(t.Context(), Query{Match: match, Keep: all, Limit: wanted, Count: wanted}, anywhere, 1<<62)
	if err != nil {
		t.Fatal(err)
	}
	after := f.looked(t)
	newest, err := f.count(t.Context())
	if err != nil || len(found.Hits) != wanted {
		t.Fatalf("%q finds %+v, %v", typed, found, err)
	}
	for i, hit := range found.Hits {
		if want := helpdesk.TicketID(newest - i); hit.ID != want {
			t.Errorf("%q finds %d at %d, want %d", typed, hit.ID, i, want)
		}
	}
	return after - before
}

// looked is how many pages the one reader has looked at, in its cache or not.
func (f *file) looked(t *testing.T) (pages int) {
	t.Helper()
	conn, err := f.read.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Raw(func(driver any) error {
		for _, op := range []sqlite.DBStatusOp{sqlite.DBStatusCacheHit, sqlite.DBStatusCacheMiss} {
			n, _, err := driver.(sqlite.DBStatus).Status(op, false)
			if err != nil {
				return err
			}
			pages += int(n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestAssembles(t *testing.T) {
	for typed, want := range map[string]bool{
		"parcel ": false, "parcel": true, "parce": true, "parc": false, "late pa": false, "от": false, "пись": false, "письм": true, "退": false, "x退": true, "退款": false,
		"ord-12": false, "ord-1234567": true, "alice@": true, "bob@ par": false, "-parcel x": false, "late -parcel": true, "subject:parcel": true, "from:al": false,
	} {
		terms, err := Parse(typed)
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewMatch(terms)
		if err != nil {
			t.Fatal(err)
		}
		if got := assembles(m.all); got != want {
			t.Errorf("%q, as %s: %t, want %t", typed, m.all, got, want)
		}
	}
}
