package quotes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSent(t *testing.T) {
	const sent = "Dear Anna,\n\nis it the small lamp or the large one that you ordered from our shop in March?\n\nLuke"
	for _, tt := range []struct {
		name string
		text string
		want Split
	}{
		{"quote without marks", "The small one.\n\nDear Anna,\nis it the small lamp or the large one that you ordered\nfrom our shop in March?",
			Split{Reply: "The small one.", Folded: []string{"Dear Anna,\nis it the small lamp or the large one that you ordered\nfrom our shop in March?"}}},
		{"quote of somebody else", "They wrote:\n\n> the shop shuts in May and opens again in June this year",
			Split{Reply: "They wrote:\n\n> the shop shuts in May and opens again in June this year"}},
		{"common phrase", "Thank you.\n\nis it the small lamp",
			Split{Reply: "Thank you.\n\nis it the small lamp"}},
		{"answer below the cut", "See there.\n\n-----Original Message-----\nFrom: l@lumen.example\nTo: a@b.example\nDate: 5 Mar 2026\n\nis it the small lamp or the large one\nThe little lamp, please.\nthat you ordered from our shop in March?",
			Split{Reply: "See there.\n\n-----Original Message-----\nFrom: l@lumen.example\nTo: a@b.example\nDate: 5 Mar 2026\n\nis it the small lamp or the large one\nThe little lamp, please.",
				Folded: []string{"that you ordered from our shop in March?"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Text(tt.text, Hints{Subject: "Re: x", Answer: true, Sent: []string{sent}})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendWords(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b string
		want bool // the same words
	}{
		{"case and signs", "The small, LAMP!", "the small lamp", true},
		{"other script", "МАЛАЯ лампа", "малая Лампа", true},
		{"line breaks", "the\nsmall\nlamp", "the small lamp", true},
		{"Han signs with blanks", "小 灯", "小灯", true},
		{"joined words", "smalllamp", "small lamp", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cmp.Equal(appendWords(nil, tt.a), appendWords(nil, tt.b)); got != tt.want {
				t.Errorf("same %v, want %v", got, tt.want)
			}
		})
	}
}
