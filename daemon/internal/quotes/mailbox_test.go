package quotes

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadMailboxes(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want []Mailbox
	}{
		{"commas", "Anna <a@b.example>, t@b.example", []Mailbox{{"Anna", "a@b.example"}, {"", "t@b.example"}}},
		{"semicolons, doubled", "a@b.example <a@b.example>; 'Tom' <t@b.example>", []Mailbox{{"", "a@b.example"}, {"Tom", "t@b.example"}}},
		{"comma in quotes", `"Berg, Anna" <a@b.example>, t@b.example`, []Mailbox{{"Berg, Anna", "a@b.example"}, {"", "t@b.example"}}},
		{"comma without quotes", "Berg, Anna <a@b.example>, Reed, Tom <t@b.example>", []Mailbox{{"Berg, Anna", "a@b.example"}, {"Reed, Tom", "t@b.example"}}},
		{"comma, semicolons between", "Berg, Anna <a@b.example>; Tom", []Mailbox{{"Berg, Anna", "a@b.example"}, {"Tom", ""}}},
		{"Outlook", "Anna Berg [mailto:a@b.example]", []Mailbox{{"Anna Berg", "a@b.example"}}},
		{"link inside", "Anna <a@b.example<mailto:a@b.example>>", []Mailbox{{"Anna", "a@b.example"}}},
		{"encoded words", "=?UTF-8?Q?J=C3=B6rg?= <j@b.example>", []Mailbox{{"Jörg", "j@b.example"}}},
		{"nobody", "undisclosed-recipients:;", nil},
		{"open quote", `"Anna <a@b.example>`, []Mailbox{{"Anna", "a@b.example"}}},
		{"empty", " , ;", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, readMailboxes(tt.text)); diff != "" {
				t.Errorf("mailboxes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadMailbox(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want Mailbox
	}{
		{"name only", "Anna Berg;", Mailbox{"Anna Berg", ""}},
		{"on behalf", "robot@b.example <robot@b.example> On Behalf Of Anna Berg", Mailbox{"Anna Berg", "robot@b.example"}},
		{"name in brackets", "Anna [Sales] <a@b.example>", Mailbox{"Anna [Sales]", "a@b.example"}},
		{"bracket that stays open", "Anna <a@b.example", Mailbox{"Anna", "a@b.example"}},
		{"at sign within the name", "Luke @ Lumen <l@lumen.example>", Mailbox{"Luke @ Lumen", "l@lumen.example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := readMailbox(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Brackets that open and never shut, before a distant address, must not be
// searched again for each of them.
func TestReadMailboxesTakesLinearTime(t *testing.T) {
	const size = 1 << 20
	header := "From: " + strings.Repeat("<", size) + ">" + strings.Repeat("<>", size) + "@\nTo: a@b.example\nDate: 5 Mar 2026 14:03\nSubject: x\n\nx"
	start := time.Now()
	Text(header, Hints{Subject: "Fwd: x"})
	if took := time.Since(start); took > allowed(len(header)) {
		t.Errorf("%d bytes took %v", len(header), took)
	}
}
