package search

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// spelled puts what was looked for in brackets.
func spelled(all []Piece) string {
	var b strings.Builder
	for _, p := range all {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("before it all ", 30) + "the Pärcel is here, " + strings.Repeat("after it all ", 30)
	for _, tt := range []struct{ name, typed, text, want string }{
		{"nothing", "parcel", "Something else", ""},
		{"a word", "parcel ", "My  parcel\n\nis late", "My [parcel] is late"},
		{"not a part of a word", "parcel ", "My parcels", ""},
		{"a beginning", "parc", "My parcels", "My [parcels]"},
		{"case and accents", "parcel", "a PÄRCEL", "a [PÄRCEL]"},
		{"words of a phrase", `"late parcel"`, "a late parcel", "a [late] [parcel]"},
		{"in a long text", "parcel", long, "… it all before it all before it all before it all the [Pärcel] is here, after it all after it all after it all after it all after it all after it all after it all after it all after it all after it all after it all after it all after it all…"},
		{"where most is", "red blue", "red" + strings.Repeat(" and", 200) + " red blue", "… and and and and and and and and and and and and and and [red] [blue]"},
		{"markup is text", "b", "<b>b</b> & <script>", "<[b]>[b]</[b]> & <script>"},
		{"signs of queries", "-gift status:open parcel", "status gift parcel", "status gift [parcel]"},
		{"Chinese", "退款", "我想申请退款,谢谢", "我想申请[退款],谢谢"},
		{"an address", "alice@customer.example", "to alice@customer.example", "to [alice]@[customer].[example]"},
		{"no text", "a", "\xff a \xfe", "[a] "},
		{"control signs", "a", "x\x00\x1b a", "x [a]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			terms, err := Parse(tt.typed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, spelled(NewMarker(terms).Snippet(tt.text))); diff != "" {
				t.Errorf("snippet (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add("parcel", "my parcel is late")
	f.Add("退款 退", strings.Repeat("退", 500))
	f.Add("ß ﬁ", "STRASSE ﬁne "+strings.Repeat("x", 400))
	f.Add("a", "\xff a \xfe")
	f.Fuzz(func(t *testing.T, typed, text string) {
		terms, err := Parse(typed)
		if err != nil {
			return
		}
		m := NewMarker(terms)
		for _, all := range [][]Piece{m.Snippet(text), m.Line(text)} {
			for _, p := range all {
				if p.Text == "" || utf8.ValidString(text) && !utf8.ValidString(p.Text) {
					t.Errorf("%q in %q has the piece %q", typed, text, p.Text)
				}
			}
		}
		if got := spelled(m.Snippet(text)); len(got) > 4*(snippetRoom+mostMarked)+2*mostMarks {
			t.Errorf("the snippet of %q has %d bytes", typed, len(got))
		}
	})
}
