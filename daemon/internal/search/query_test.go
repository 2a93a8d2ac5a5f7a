package search

import (
	"context"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, typed string
		want        []Term
	}{
		{"nothing", "  ", nil},
		{"words", "late  parcel", []Term{{Text: "late"}, {Text: "parcel", Last: true}}},
		{"a blank at the end", "late ", []Term{{Text: "late"}}},
		{"a phrase", `"late parcel" please`, []Term{{Text: "late parcel", Whole: true}, {Text: "please", Last: true}}},
		{"a phrase that is being typed", `"late par`, []Term{{Text: "late par", Whole: true}}},
		{"curly quotes", "„zu spät“ “too late”", []Term{{Text: "zu spät", Whole: true}, {Text: "too late", Whole: true}}},
		{"filters", "status:open Tag:refund from:alice@ x", []Term{{Key: "status", Text: "open"}, {Key: "tag", Text: "refund"}, {Key: "from", Text: "alice@"}, {Text: "x", Last: true}}},
		{"a filter with blanks", `tag:"very late" is:unread`, []Term{{Key: "tag", Text: "very late", Whole: true}, {Key: "is", Text: "unread", Last: true}}},
		{"without", "-late -tag:vip -", []Term{{Not: true, Text: "late"}, {Not: true, Key: "tag", Text: "vip"}, {Text: "-", Last: true}}},
		{"fields keep their letters", "form.orderNo:12 FIELD.Tier:gold", []Term{{Key: "form.orderNo", Text: "12"}, {Key: "field.Tier", Text: "gold", Last: true}}},
		{"no filters", "https://a.example re:late 12:30 form.:x :x", []Term{{Text: "https://a.example"}, {Text: "re:late"}, {Text: "12:30"}, {Text: "form.:x"}, {Text: ":x", Last: true}}},
		{"a filter without a word", "status: late", []Term{{Key: "status"}, {Text: "late", Last: true}}},
		{"no text", "a\xffb", []Term{{Text: "a"}, {Text: "b", Last: true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.typed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("terms (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ name, typed, want string }{
		{"too long", strings.Repeat("a", MaxQuery+1), "that is too long to look for; 400 letters are enough"},
		{"too many", strings.Repeat("a ", MaxTerms+1), "these are too many words to look for; use at most 24"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.typed); helpdesk.KindOf(err) != helpdesk.Invalid || err.Error() != tt.want {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ name, typed, want string }{
		{"nothing", "", ""},
		{"signs among words", "?! late ...", `("late")`},
		{"words", "Late parcel", `("late" AND "parcel" *)`},
		{"signs within", "ORD-123", `("ord 123" *)`},
		{"one letter is no beginning", "late p", `("late" AND "p")`},
		{"a sign ends a word", "late.", `("late")`},
		{"a phrase", `"late parcel"`, `("late parcel")`},
		{"without", "late -parcel -gift", `("late") NOT ("parcel" OR "gift" *)`},
		{"Chinese", "退款申请", `("退款 款申 申请")`},
		{"one letter of Chinese behind others", "x退", `("x 退" *)`},
		{"one letter of Chinese", "退 x", `("退" AND "x")`},
		{"a number", "#1042", `({marks} : "number:1042")`},
		{"a number as a filter", "number:1042", `({marks} : "number:1042")`},
		{"a file", "late has:attachment", `("late" AND {marks} : "has:file")`},
		{"an address", "Alice@Customer.Example x", `("alice@customer.example" AND "x")`},
		{"the beginning of an address", "alice@ x", `("alice@" * AND "x")`},
		{"a domain", "@customer.example x", `("@customer.example" AND "x")`},
		{"from", "from:alice@cust", `({people} : "alice@cust" *)`},
		{"from a name", `from:"Alice Ames"`, `({people} : "alice ames")`},
		{"subject", "subject:late x", `({subject} : "late" AND "x")`},
		{"the query language", `a* OR NEAR(b) {x} AND ^c NOT (d -"e*`, `("a" AND "or" AND "near b" AND "x" AND "and" AND "c" AND "not" AND "d") NOT ("e")`},
		{"other filters", "status:open tag:x", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			terms, err := Parse(tt.typed)
			if err != nil {
				t.Fatal(err)
			}
			m, err := NewMatch(terms)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, m.all); diff != "" {
				t.Errorf("match (-want +got):\n%s", diff)
			}
		})
	}
	for name, terms := range map[string][]Term{"only what to leave out": {{Not: true, Text: "late"}}, "only signs": {{Text: "?!"}}} {
		if _, err := NewMatch(terms); helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is typed, the engine understands what is made of it.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", `late "parcel`, "-a b", "from:alice@ tag:\"x y\"", "#1042", "退款 退", `"*"`, "a NEAR b", "{subject}:x", "^a", "'; DROP TABLE doc --", "form.x:y", "\x00a", "a\u0301@b"} {
		f.Add(s)
	}
	file, err := openFile(context.Background(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(file.close)
	f.Fuzz(func(t *testing.T, typed string) {
		terms, err := Parse(typed)
		if err != nil {
			if helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		for _, term := range terms {
			if !utf8.ValidString(term.Text) || term.Text == "" && term.Key == "" {
				t.Errorf("%q makes the term %+v", typed, term)
			}
		}
		again, err := Parse(Join(terms))
		if len(Join(terms)) <= MaxQuery {
			for i := range terms {
				terms[i].Last = false
			}
			for i := range again {
				again[i].Last = false
			}
			if diff := cmp.Diff(terms, again); diff != "" || err != nil {
				t.Errorf("%q is written as %q, %v (-want +got):\n%s", typed, Join(terms), err, diff)
			}
		}
		m, err := NewMatch(terms)
		if err != nil {
			if helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		for _, best := range []bool{false, true} {
			q := Query{Match: m, Best: best, Keep: func(helpdesk.TicketID) bool { return true }, Limit: 1, Count: 1}
			if _, err := file.find(t.Context(), q, anywhere, math.MaxInt64); err != nil {
				t.Errorf("%q is asked as %s: %v", typed, m.all, err)
			}
		}
	})
}
