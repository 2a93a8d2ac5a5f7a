package inbound

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P09
func TestReadOrders(t *testing.T) {
	type result struct {
		orders orders
		text   string
	}
	tests := []struct {
		name, text string
		want       result
	}{
		{"none", "Hello,\n#resolve", result{text: "Hello,\n#resolve"}},
		{"status", "#status resolved\nHello", result{orders{status: helpdesk.Resolved, lines: 1}, "Hello"}},
		{"short status", "\n \n#RESOLVE\n\nHello\nYou", result{orders{status: helpdesk.Resolved, lines: 1}, "Hello\nYou"}},
		{"commands alone", "#close", result{orders{status: helpdesk.Closed, lines: 1}, ""}},
		{"every one", "#pending\n#assign me\n#priority HIGH\n#tag a b -c\n#tag -d\n#merge #12\n#note\nHi", result{orders{
			status: helpdesk.Pending, assign: "me", priority: "High", add: []string{"a", "b"}, remove: []string{"c", "d"}, merge: 12, note: true, lines: 7}, "Hi"}},
		{"note with words", "#note she called\n#resolve", result{orders{note: true, lines: 1}, "she called\n#resolve"}},
		{"a blank does not make a note public", "# note\nsecret", result{orders{note: true, lines: 1}, "secret"}},
		{"nor do signs", "##Note:\nsecret", result{orders{note: true, lines: 1}, "secret"}},
		{"nor what nobody sees", "\u200b\ufeff#\u00a0note\u200b\nsecret", result{orders{note: true, lines: 1}, "secret"}},
		{"nor a wide sign", "＃note\nsecret", result{orders{note: true, lines: 1}, "secret"}},
		{"a number is none", "#1042 is the same.", result{text: "#1042 is the same."}},
		{"a lone sign is none", "#\nHello", result{text: "#\nHello"}},
		{"unknown", "#foo bar\n#resolve\nHello", result{orders{status: helpdesk.Resolved, lines: 2, refused: []string{"#foo bar: is not a command"}}, "Hello"}},
		{"words behind", "#resolve thanks\nHello", result{orders{lines: 1, refused: []string{"#resolve thanks: takes no words behind it"}}, "Hello"}},
		{"status unknown", "#status done", result{orders{lines: 1, refused: []string{"#status done: wants open, pending, resolved or closed"}}, ""}},
		{"contradiction", "#open\n#close", result{orders{status: helpdesk.Open, lines: 2, refused: []string{"#close: contradicts the status Open before it"}}, ""}},
		{"assign to an address", "#assign Bob@acme.example <mailto:Bob@acme.example>", result{orders{assign: "bob@acme.example", lines: 1}, ""}},
		{"assign to a name", "#assign Bob", result{orders{lines: 1, refused: []string{"#assign Bob: wants me, none or the mail address of an agent"}}, ""}},
		{"assign to two", "#assign a@b.example c@d.example", result{orders{lines: 1, refused: []string{"#assign a@b.example c@d.example: wants one agent"}}, ""}},
		{"tags with commas", "#tags a, b,-c", result{orders{add: []string{"a", "b"}, remove: []string{"c"}, lines: 1}, ""}},
		{"tags, none", "#tag", result{orders{lines: 1, refused: []string{"#tag: wants tags, and -tags to remove"}}, ""}},
		{"a bad tag spoils its line", "#tag a b(c)", result{orders{lines: 1, refused: []string{
			`#tag a b(c): "b(c)" is not a tag; use one word of at most 50 letters, digits, -, _, ., : and /`}}, ""}},
		{"priority twice", "#priority low\n#priority high", result{orders{priority: "Low", lines: 2, refused: []string{"#priority high: was given twice"}}, ""}},
		{"filed", "#team Billing  EU\n#snooze 2 days\n#field Order=ORD-1\n#field size =\nHi", result{orders{
			team: "Billing EU", snooze: "2 days", fields: []setting{{"Order", "ORD-1"}, {"size", ""}}, lines: 4}, "Hi"}},
		{"no team", "#team", result{orders{lines: 1, refused: []string{"#team: wants the name of a team, or none"}}, ""}},
		{"two teams", "#team a\n#team b", result{orders{team: "a", lines: 2, refused: []string{"#team b: was given twice"}}, ""}},
		{"snoozed for how long", "#snooze a while", result{orders{lines: 1, refused: []string{
			"#snooze a while: wants a time such as 3h, 2d, tomorrow, monday or 2026-03-09 14:30, or none"}}, ""}},
		{"a field without a value", "#field order", result{orders{lines: 1, refused: []string{
			"#field order: wants the name of a field, = and what it becomes"}}, ""}},
		{"a field twice", "#field a=1\n#field A=2", result{orders{fields: []setting{{"a", "1"}}, lines: 2, refused: []string{"#field A=2: was given twice"}}, ""}},
		{"merge with itself in words", "#merge the other", result{orders{lines: 1, refused: []string{"#merge the other: wants the number of a request"}}, ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, text := readOrders(tt.text)
			if diff := cmp.Diff(tt.want, result{got, text}, cmp.AllowUnexported(result{}, orders{}, setting{})); diff != "" {
				t.Errorf("orders (-want +got):\n%s", diff)
			}
		})
	}
}

// covers: P09
func TestMisplacedCommands(t *testing.T) {
	for text, want := range map[string]int{
		"Hello,\n#note\nshe called": 1, "Hello\n # Note she called": 1, "Hello\n\n#resolve\n#assign me": 2, "Steps:\n# one\n#1042\n#foo": 0,
		strings.Repeat("#note\n", 100): maxCommands,
	} {
		if got := misplaced(text); len(got) != want {
			t.Errorf("%q: %q, want %d", text, got, want)
		}
	}
}

// covers: P09
func FuzzReadOrders(f *testing.F) {
	f.Add("#status open\n#tag a -b\n#note x\ny", "Hello")
	f.Add("\u200b#\u00a0assign <a@b.example>\r\n\n##", "#note\n")
	f.Fuzz(func(t *testing.T, top, rest string) {
		text := top + "\n" + rest
		o, left := readOrders(text)
		if !strings.HasSuffix(text, left) && !o.note {
			t.Fatalf("%q became %q", text, left)
		}
		if len(left) > len(text) || o.lines > maxCommands+1 || len(o.refused) > o.lines {
			t.Fatalf("%q: %+v, %q", text, o, left)
		}
		if o.lines == 0 && strings.TrimFunc(left, isInvisible) != strings.TrimFunc(text, isInvisible) {
			t.Fatalf("%q lost words without a command: %q", text, left)
		}
		// What is left over is not taken for a command by who reads it again,
		// unless words of a note stand there.
		if again, _ := readOrders(left); again.lines > 0 && !o.note && o.lines <= maxCommands {
			t.Fatalf("%q leaves %q, which begins with a command", text, left)
		}
		misplaced(text)
		for _, s := range o.refused {
			if strings.ContainsAny(s, "\r\n") {
				t.Fatalf("a refusal of two lines: %q", s)
			}
		}
	})
}
