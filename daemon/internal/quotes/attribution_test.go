package quotes

import "testing"

func TestAttributionAbove(t *testing.T) {
	for _, tt := range []struct {
		name  string
		above string // the quote follows
		want  int    // the line it begins at
	}{
		{"one line", "Yes.\n\nOn 5 Mar 2026 at 14:03, Luke <luke@lumen.example> wrote:", 2},
		{"verb on its own line", "Yes.\n\nOn 5 Mar 2026 at 14:03, Luke <luke@lumen.example>\nwrote:", 2},
		{"broken inside the address", "Yes.\n\nOn Thu, Mar 5, 2026 at 2:03 PM Luke Kern via Forum <\nforum@lumen.example> wrote:", 2},
		{"verb first", "Ja.\n\nLuke Kern schrieb am 05.03.2026 um 14:03:", 2},
		{"without a verb", "Да.\n\n05.03.2026, 14:03, \"Luke\" <luke@lumen.example>:", 2},
		{"news article", "Yes.\n\n\"Luke\" <luke@lumen.example> wrote in message\nnews:4e7@lumen.example...", 2},
		{"no date and no address", "Luke wrote:", 1},
		{"words with a colon", "Here is what I see:", 1},
		{"words alone", "Yes, on Monday.", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := readLines(tt.above + "\n> quoted")
			if got := attributionAbove(lines, len(lines)-1); got != tt.want {
				t.Errorf("begins at line %d, want %d", got, tt.want)
			}
		})
	}
}

func TestAttributionAt(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want int // the line after it; 0 for none
	}{
		{"whole", "On 5 Mar 2026 at 14:03, Luke <luke@lumen.example> wrote:\ntext", 1},
		{"wrapped", "On 5 Mar 2026 at 14:03, Luke\n<luke@lumen.example>\nwrote:\ntext", 3},
		{"at sign within the name", "On 5 Mar 2026 at 14:03, Luke @ Lumen <luke@lumen.example> wrote:\ntext", 1},
		{"Japanese, verb with an ending", "2026/03/05 14:03 に、\"Luke\" <luke@lumen.example> が書き込みました:\ntext", 1},
		{"supercited", "On Thu, Mar 5, 2026, at 02:03 PM, luke wrote:\nLuke> text", 1},
		{"no address", "On 5 Mar 2026 at 14:03, Luke wrote:\ntext", 0},
		{"the author's own", "Am 5. März 2026 um 14:03 schrieb ich an luke@lumen.example:\ntext", 0},
		{"a sentence", "On 5 March 2026 I ordered a lamp: number 4.\ntext", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			end, ok := attributionAt(readLines(tt.text), 0)
			if !ok {
				end = 0
			}
			if end != tt.want {
				t.Errorf("ends at line %d, want %d", end, tt.want)
			}
		})
	}
}

func TestInLine(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want bool
	}{
		{"quote on the same line", "On Thu, Mar 5, 2026 at 2:03 PM, Luke<luke@lumen.example> wrote: Is it the lamp?", true},
		{"nothing behind it", "On Thu, Mar 5, 2026 at 2:03 PM, Luke<luke@lumen.example> wrote:", false},
		{"the author's own", "On Thu, Mar 5, 2026 at 2:03 PM to luke@lumen.example I wrote: help", false},
		{"no date", "luke@lumen.example wrote: help", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := inLine(tt.text); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestHoldsAddress(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"a@b.example", true},
		{"Luke @ Lumen <luke@lumen.example>", true},
		{"Luke @ Lumen", false},
		{"@luke", false},
		{"luke@", false},
		{"", false},
	} {
		if got := holdsAddress(tt.text); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
}
