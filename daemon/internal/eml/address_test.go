package eml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMailboxes(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		want []string // as boxStrings shows them
	}{
		{"empty", "", nil},
		{"only separators", " , ;, ", nil},
		{"bare", "a@b.example", []string{"a@b.example"}},
		{"list", "a@b.example, <c@d.example>,E <e@f.example>", []string{"a@b.example", "c@d.example", "E <e@f.example>"}},
		{"dots in a name", "Joe Q. Public <j@b.example>", []string{"Joe Q. Public <j@b.example>"}},
		{"quoted comma", `"Doe, Alice" <a@b.example>`, []string{"Doe, Alice <a@b.example>"}},
		{"escaped quote", `"A \"B\" C" <a@b.example>`, []string{`A "B" C <a@b.example>`}},
		{"comment in a name", "A (b) C <a@b.example>", []string{"A C <a@b.example>"}},
		{"comment as name", "a@b.example (Alice (Doe))", []string{"Alice (Doe) <a@b.example>"}},
		{"encoded name", "=?utf-8?q?=C3=84?= =?utf-8?q?b?= <a@b.example>", []string{"Äb <a@b.example>"}},
		{"encoded name in quotes", `"=?utf-8?q?D=2C_A?=" <a@b.example>`, []string{"D, A <a@b.example>"}},
		{"comma in an encoded word", "=?utf-8?q?D,_A?= <a@b.example>", []string{"D, A <a@b.example>"}},
		{"encoded word does not hide an address", "=?utf-8?q?<a@b.example>,?= <c@d.example>", []string{"=?utf-8?q? <a@b.example>", "?= <c@d.example>"}},
		{"8-bit name", "J\xf6rg <a@b.example>", []string{"Jörg <a@b.example>"}},
		{"semicolons", "a@b.example; c@d.example", []string{"a@b.example", "c@d.example"}},
		{"blanks only", "a@b.example c@d.example", []string{"a@b.example", "c@d.example"}},
		{"group", "G: a@b.example, C <c@d.example>; e@f.example", []string{"a@b.example (group)", "C <c@d.example> (group)", "e@f.example"}},
		{"empty group", "undisclosed-recipients:;", nil},
		{"group not closed", "G: a@b.example", []string{"a@b.example (group)"}},
		{"missing opening bracket", "A a@b.example>", []string{"A <a@b.example>"}},
		{"missing closing bracket", "A <a@b.example, c@d.example", []string{"A <a@b.example>", "c@d.example"}},
		{"doubled brackets", "A <<a@b.example>>", []string{"A <a@b.example>"}},
		{"blanks in brackets", "A < a@b.example >", []string{"A <a@b.example>"}},
		{"two in brackets", "A <a@b.example> <c@d.example>", []string{"A <a@b.example>", "c@d.example"}},
		{"route", "<@x.example,@y.example:a@b.example>", []string{"a@b.example"}},
		{"mailto", "<mailto:a@b.example>, mailto:c@d.example", []string{"a@b.example", "c@d.example"}},
		{"quotes in brackets", `<"a@b.example">, <'c@d.example'>`, []string{"a@b.example", "c@d.example"}},
		{"quoted address", `"a@b.example"`, []string{"a@b.example"}},
		{"quoted local part", `"a b"@c.example, "x"@y.example`, []string{`"a b"@c.example`, "x@y.example"}},
		{"obsolete blanks", "a . b @ c . example", []string{"a.b@c.example"}},
		{"comments in the address", "a(x)@(y)b.example", []string{"y <a@b.example>"}},
		{"trailing dot", "a@b.example.", []string{"a@b.example"}},
		{"name after the address", "a@b.example Alice", []string{"Alice <a@b.example>"}},
		{"no address", "MAILER-DAEMON", []string{"? MAILER-DAEMON <MAILER-DAEMON>"}},
		{"null", "<>", []string{"? "}},
		{"null with a name", "Daemon <>", []string{"? Daemon"}},
		{"unterminated quote", `"A, b@c.example, d@e.example`, []string{`? "A <"A>`, "b@c.example", "d@e.example"}},
		{"unterminated comment", `A (x, b@c.example`, []string{"? A (x <A (x>", "b@c.example"}},
		{"unterminated nested comment", `A ((x) <b@c.example>`, []string{"A ((x) <b@c.example>"}},
		{"quote escaped at the end", `"a\", <b@c.example>`, []string{`? "a\" <"a\">`, "b@c.example"}},
		{"unicode domain", "a@bücher.example", []string{"a@xn--bcher-kva.example"}},
		{"unicode domain in capitals", "a@BÜCHER.example", []string{"a@xn--bcher-kva.example"}},
		{"ideographic dot", "a@b。example", []string{"? a@b。example"}},
		{"fullwidth dot", "a@b．example", []string{"? a@b．example"}},
		{"fullwidth letter", "a@ｂ.example", []string{"? a@ｂ.example"}},
		{"zero-width space", "a@b\u200b.example", []string{"? a@b\ufffd.example"}},
		{"soft hyphen", "a@b\u00adc.example", []string{"? a@b\ufffdc.example"}},
		{"kelvin sign", "a@\u212a.example", []string{"? a@\u212a.example"}},
		{"dotted capital i", "a@\u0130x.example", []string{"? a@\u0130x.example"}},
		{"ligature", "a@o\ufb03ce.example", []string{"? a@o\ufb03ce.example"}},
		{"override in a name", "\"a\u202eb\u200dc\" <a@b.example>", []string{"abc <a@b.example>"}},
		{"literal", "a@[192.0.2.1]", []string{"? a@[192.0.2.1]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, boxStrings(ParseMailboxes(c.in))); diff != "" {
				t.Errorf("mailboxes of %q (-want +got):\n%s", c.in, diff)
			}
		})
	}
}

func TestParseMailboxesLimit(t *testing.T) {
	list := strings.Repeat("a@b.example,", MaxMailboxes+1)
	if n := len(ParseMailboxes(list)); n != MaxMailboxes {
		t.Errorf("%d mailboxes, want %d", n, MaxMailboxes)
	}
	if m := Read([]byte("To: " + list + "\r\n\r\n")); !m.HasFault(FaultMailboxLimit) || len(m.To()) != MaxMailboxes {
		t.Errorf("%d recipients, faults %v", len(m.To()), m.Faults)
	}
}

func FuzzAddressList(f *testing.F) {
	for _, s := range []string{
		`"Doe, Alice" <a@b.example>, G: c@d.example;`, "a@b.example (Alice)", "=?utf-8?q?a?= <a@b.example>", "<@x:a@b.example>",
		`"a\"b"@c.example`, "a@b。example", "((((", `"""`, "<<>>", "a . b @ c", "mailto:a@b.example", "\x00<a@\xff.example>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, b := range ParseMailboxes(s) {
			checkLine(t, b.Name)
			checkLine(t, b.Written)
			if b.Address.IsZero() {
				continue
			}
			// An address reads the same again, alone and strictly.
			again := ParseMailboxes("<" + b.Address.String() + ">")
			if len(again) != 1 || !again[0].Address.Same(b.Address) || again[0].loose {
				t.Errorf("%v of %q reads as %v", b.Address, s, again)
			}
		}
	})
}
