package quotes

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covers: P09
func TestRepeats(t *testing.T) {
	const sent = "please tell us the number of the order and its colour"
	long := "tell us the number of " + strings.Repeat("x", maxLine)
	tests := []struct {
		name, text string
		want       []Repeated
	}{
		{"own words", "It is 40718.", []Repeated{{Words: 3}}},
		{"quoted", "> Please tell us the number of the order", []Repeated{{Quoted: true, Words: 8, Known: 8, Run: 8}}},
		{"wrapped", "> please tell us the\nnumber of\nmine", []Repeated{{Quoted: true, Words: 4, Known: 4, Run: 6}, {Words: 2, Known: 2, Run: 6}, {Words: 1}}},
		{"a short run", "tell us the colour", []Repeated{{Words: 4}}},
		{"two runs", "tell us the number. please tell us the order", []Repeated{{Words: 9, Known: 8, Run: 4}}},
		{"two runs side by side", "tell us the number and its colour please", []Repeated{{Words: 8, Known: 4, Run: 4}}},
		{"the whole", sent, []Repeated{{Words: 11, Known: 11, Run: 11}}},
		{"nothing", "", []Repeated{{}}},
		{"blank lines count", "a\n\nb", []Repeated{{Words: 1}, {}, {Words: 1}}},
		{"a long line", long, []Repeated{{Words: 6, Known: 5, Run: 5, Cut: true}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Repeats(tt.text, sent)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}
