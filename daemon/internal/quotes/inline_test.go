package quotes

import "testing"

func TestPointsInline(t *testing.T) {
	const quote = "\n\nOn 5 Mar 2026 at 14:03, Luke <l@lumen.example> wrote:\n\n> Is it small?\n> Yes."
	for _, tt := range []struct {
		name string
		note string
		want bool // all is shown
	}{
		{"English", "See my answers inline.", true},
		{"German", "Antworten in rot.", true},
		{"Chinese", "我的回答见下方", true},
		{"part of a word", "It stands in rotation.", false},
		{"many words besides", "The lamp that you sent us came on Monday, and it works; see below for nothing.", false},
		{"many signs besides", "以下の件、承知しました。小さいランプで間違いありません。", false},
		{"no pointer", "Yes.", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Text(tt.note+quote, Hints{Subject: "Re: x", Answer: true})
			if got := len(s.Folded) == 0; got != tt.want {
				t.Errorf("shown %v, want %v: %q", got, tt.want, s.Reply)
			}
		})
	}
}
