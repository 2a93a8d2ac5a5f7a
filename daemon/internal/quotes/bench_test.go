package quotes

import (
	"strings"
	"testing"
)

// shapes are texts that are meant to take long.
var shapes = []struct{ name, line string }{
	{"blank", "\n"},
	{"words", "the quick brown fox jumps over the lazy dog\n"},
	{"one line", "word "},
	{"quotes", "> quoted\n"},
	{"deep quotes", strings.Repeat(">", 200) + " x\n"},
	{"answers", "> quoted\nanswer\n"},
	{"attributions", "On 3 May 2024 at 10:00, Alice <alice@example.com> wrote\n"},
	{"attributed", "On 3 May 2024 at 10:00, Alice <alice@example.com> wrote:\n> x\n"},
	{"labels", "To: x\n"},
	{"blocks", "From: a\nTo: b\nCc: c\n"},
	{"separators", "----- x -----\n"},
	{"rules", "-------\n"},
	{"signatures", "-- \nx\n"},
	{"dashes", "--\n"},
	{"footers", "____________________\nhttp://x.example\n"},
	{"devices", "Sent from my iPhone\n"},
	{"figures", "1.2.3.4 5:06 2024\n"},
	{"colons", ":"},
	{"dash line", "-"},
	{"bars", "| x\n"},
	{"names", "-Alice\n\n"},
	{"cards", "a@b.example\n"},
	{"forwarded", "---------- Forwarded message ---------\n"},
	{"run", "----- Forwarded Message ----- From: aTo: bSent: cSubject: d\n"},
	{"angles", "<"},
	{"bidi", "\u202a\u202c"},
	{"wide", "差出人：山田\n"},
}

func BenchmarkText(b *testing.B) {
	const size = 1 << 20
	for _, s := range shapes {
		text := "Hello\n" + strings.Repeat(s.line, size/len(s.line))
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Text(text, Hints{Subject: "VS: x", Answer: true, Author: "Alice", Sent: []string{text[:min(len(text), 100_000)]}})
			}
		})
	}
}
