package quotes

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadBlock(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		over above
		want map[field]string // nil when it is no header
	}{
		{"Outlook", "Von: Luke <l@lumen.example>\nGesendet: 5. März 2026 14:03\nAn: Anna\nBetreff: Lampe\n\ntext", nothingAbove,
			map[field]string{fieldFrom: "Luke <l@lumen.example>", fieldDate: "5. März 2026 14:03", fieldTo: "Anna", fieldSubject: "Lampe"}},
		{"recipients on two lines", "From: l@lumen.example\nDate: 5 Mar 2026\nTo: Anna <a@b.example>,\nTom <t@b.example>\n\ntext", nothingAbove,
			map[field]string{fieldFrom: "l@lumen.example", fieldDate: "5 Mar 2026", fieldTo: "Anna <a@b.example>, Tom <t@b.example>"}},
		{"names within one company", "From: Luke Kern\nSent: 5 March 2026 14:03\nTo: Anna Berg\nSubject: Lamp\n\ntext", nothingAbove,
			map[field]string{fieldFrom: "Luke Kern", fieldDate: "5 March 2026 14:03", fieldTo: "Anna Berg", fieldSubject: "Lamp"}},
		{"no colons under a separator", "From \"Luke\" <l@lumen.example>\nTo Anna\nDate 05.03.2026 14:03\nSubject Lamp\n\ntext", separatorAbove,
			map[field]string{fieldFrom: "\"Luke\" <l@lumen.example>", fieldTo: "Anna", fieldDate: "05.03.2026 14:03", fieldSubject: "Lamp"}},
		{"no colons without one", "From \"Luke\" <l@lumen.example>\nTo Anna\nDate 05.03.2026 14:03", nothingAbove, nil},
		{"quoted, the date elsewhere", "> De : l@lumen.example\n> A : a@b.example\n> Objet : Lampe\n>\n> text", nothingAbove,
			map[field]string{fieldFrom: "l@lumen.example", fieldTo: "a@b.example", fieldSubject: "Lampe"}},
		{"a journey", "From: Berlin\nTo: Hamburg\nDate: 5 March 2026\n\nCan you book it?", nothingAbove, nil},
		{"a priority first", "Priority: high\nFrom: l@lumen.example\nTo: a@b.example\nDate: 5 Mar 2026", nothingAbove, nil},
		{"one label", "From: l@lumen.example\ntext", nothingAbove, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, ok := readBlock(readLines(tt.text), 0, tt.over)
			if !ok {
				b.values = nil
			}
			if diff := cmp.Diff(tt.want, b.values); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

// A value is read several times, so it must not grow with the text.
func TestReadBlockBoundsValues(t *testing.T) {
	long := "To: " + strings.Repeat("a@b.example, ", 1000) + "\n"
	b, _ := readBlock(readLines("From: l@lumen.example\n"+strings.Repeat(long, maxBlock)), 0, nothingAbove)
	if got := len(b.values[fieldTo]); got == 0 || got > maxValue {
		t.Errorf("%d bytes of recipients, want 1 to %d", got, maxValue)
	}
}

func TestSplitRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want map[field]string // nil when it is no header
	}{
		{"Yahoo", "Von: Luke <l@lumen.example>An: \"Anna\" <a@b.example>Gesendet: 5. März 2026, 14:03:50 MEZBetreff: Lampe",
			map[field]string{fieldFrom: "Luke <l@lumen.example>", fieldTo: "\"Anna\" <a@b.example>", fieldDate: "5. März 2026, 14:03:50 MEZ", fieldSubject: "Lampe"}},
		{"colon within the subject", "From: l@lumen.exampleTo: a@b.exampleDate: 5 Mar 2026 14:03Subject: Lamp: broken",
			map[field]string{fieldFrom: "l@lumen.example", fieldTo: "a@b.example", fieldDate: "5 Mar 2026 14:03", fieldSubject: "Lamp: broken"}},
		{"prose", "Hello: this is all", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := splitRun(tt.text)
			if !ok {
				got = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitLabel(t *testing.T) {
	for _, tt := range []struct {
		text  string
		value string
		want  field
	}{
		{"From: Luke", "Luke", fieldFrom},
		{"De : Luke", "Luke", fieldFrom},
		{"Kopie (CC): \tAnna", "Anna", fieldCc},
		{"发件人：王", "王", fieldFrom},
		{"主 题: x", "x", fieldSubject},
		{"KİMDEN: Luke", "Luke", fieldFrom},
		{"Subject:", "", fieldSubject},
		{"to://x", "", fieldNone},
		{"Note: x", "", fieldNone},
		{": x", "", fieldNone},
		{"", "", fieldNone},
	} {
		if f, value := splitLabel(tt.text); f != tt.want || value != tt.value {
			t.Errorf("%q: got %d, %q, want %d, %q", tt.text, f, value, tt.want, tt.value)
		}
	}
}
