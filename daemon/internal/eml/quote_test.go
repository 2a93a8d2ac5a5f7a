package eml

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const replyMarker = "## write above this line ##"

// covers: P08
func TestSplitQuoted(t *testing.T) {
	for _, c := range []struct{ name, text, reply, quoted string }{
		{"no quote", "Hello\n\nAlice\n", "Hello\n\nAlice", ""},
		{"empty", "", "", ""},
		{"quote only", "> a\n> b\n", "> a\n> b\n", ""},
		{"attribution and quote only", "On Mon, 3 Mar 2025 Alice wrote:\n> a", "On Mon, 3 Mar 2025 Alice wrote:\n> a", ""},
		{"quote at the end", "Yes.\n\n> a\n> b\n\n", "Yes.", "> a\n> b\n\n"},
		{"attribution", "Yes.\n\nOn Mon, 3 Mar 2025 at 09:00, Alice wrote:\n\n> a", "Yes.", "On Mon, 3 Mar 2025 at 09:00, Alice wrote:\n\n> a"},
		{"attribution in two lines", "Yes.\n\nOn Mon, 3 Mar 2025, Alice\n<a@b.example> wrote:\n> a", "Yes.", "On Mon, 3 Mar 2025, Alice\n<a@b.example> wrote:\n> a"},
		{"attribution right below the text", "Yes, 3 of them.\nOn 3/3/2025 Alice wrote:\n> a", "Yes, 3 of them.", "On 3/3/2025 Alice wrote:\n> a"},
		{"attribution with an address only", "Yes.\nAlice <a@b.example> writes:\n> a", "Yes.", "Alice <a@b.example> writes:\n> a"},
		{"german", "Ja.\n\nAm 03.03.25 um 09:00 schrieb Alice:\n> a", "Ja.", "Am 03.03.25 um 09:00 schrieb Alice:\n> a"},
		{"japanese", "はい。\n\n2025年3月3日(月) 9:00 Alice <a@b.example>:\n> a", "はい。", "2025年3月3日(月) 9:00 Alice <a@b.example>:\n> a"},
		{"sentence before a quote", "I do not agree with this:\n> a", "I do not agree with this:", "> a"},
		{"inline answers", "> first?\nyes\n> second?\nno", "> first?\nyes\n> second?\nno", ""},
		{"inline answers and a rest", "> first?\nyes\n> rest", "> first?\nyes", "> rest"},
		{"answer below", "On Mon, 3 Mar 2025 Alice wrote:\n> a\n\nNo.", "On Mon, 3 Mar 2025 Alice wrote:\n> a\n\nNo.", ""},
		{"outlook", "Yes.\n\n-----Original Message-----\nFrom: Alice\n\nHello", "Yes.", "-----Original Message-----\nFrom: Alice\n\nHello"},
		{"outlook only", "-----Original Message-----\nFrom: Alice\n\nHello", "-----Original Message-----\nFrom: Alice\n\nHello", ""},
		{"dashes", "a\n-----\nb", "a\n-----\nb", ""},
		{"marker", "Yes.\n\nOn Mon, 3 Mar 2025 Acme wrote:\n" + replyMarker + "\nHello", "Yes.", "On Mon, 3 Mar 2025 Acme wrote:\n" + replyMarker + "\nHello"},
		{"quoted marker", "Yes.\n\nOn Mon, 3 Mar 2025 Acme wrote:\n>\n> " + replyMarker + "\n> Hello\n\nPS: thanks", "Yes.", "On Mon, 3 Mar 2025 Acme wrote:\n>\n> " + replyMarker + "\n> Hello\n\nPS: thanks"},
		{"text below the marker only", replyMarker + "\nI write below", replyMarker + "\nI write below", ""},
		{"thumb", "👍\n\n> a", "👍", "> a"},
		{"indented quote", "Yes.\n > a\n > b", "Yes.", " > a\n > b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, quoted := SplitQuoted(c.text, replyMarker)
			if strings.TrimRight(reply, "\n") != strings.TrimRight(c.reply, "\n") || quoted != c.quoted {
				t.Errorf("reply %q, quoted %q; want %q, %q", reply, quoted, c.reply, c.quoted)
			}
		})
	}
}

// TestSplitQuotedKeeps: nothing is lost, and a reply is never left without a
// word when there was one.
func TestSplitQuotedKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"words", "> quote", ">> deep", "", "  ", "On Mon, 3 Mar 2025 at 09:00 Alice wrote:", "<a@b.example> wrote:",
			"-----Original Message-----", replyMarker, "> " + replyMarker, "-- ", "so:",
		})).Draw(t, "lines"), "\n")
		reply, quoted := SplitQuoted(text, replyMarker)
		if !strings.HasPrefix(text, reply) || !strings.HasSuffix(text, quoted) || len(reply)+len(quoted) > len(text) {
			t.Fatalf("%q split into %q and %q", text, reply, quoted)
		}
		if between := text[len(reply) : len(text)-len(quoted)]; strings.TrimSpace(between) != "" {
			t.Fatalf("%q lost between", between)
		}
		if strings.TrimSpace(text) != "" && strings.TrimSpace(reply) == "" {
			t.Fatalf("no reply in %q", text)
		}
	})
}
