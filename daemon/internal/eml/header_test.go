package eml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		name   string
		raw    string
		want   []string // "name|value" in order
		body   string
		faults []FaultCode
	}{
		{"plain", "A: 1\r\nb:2\r\n\r\nx", []string{"A|1", "b|2"}, "x", nil},
		{"folded", "A: 1\r\n  2\r\n\t3\r\n\r\nx", []string{"A|1  2\t3"}, "x", nil},
		{"folded with a blank line of blanks", "Subject: 1\r\n \r\n 2\r\nTo: 3\r\n\r\nx", []string{"Subject|1  2", "To|3"}, "x", nil},
		{"blanks end the header", "Subject: 1\r\n \t\r\nbody\r\n", []string{"Subject|1"}, "body\r\n", []FaultCode{FaultNoBlankLine}},
		{"blank before the colon", "A \t: 1\r\n\r\nx", []string{"A|1"}, "x", nil},
		{"no blank line", "A: 1\r\nbody without colon\r\nmore", []string{"A|1"}, "body without colon\r\nmore", []FaultCode{FaultNoBlankLine}},
		{"garbage in between", "A: 1\r\ngarbage here\r\nTo: 2\r\n\r\nx", []string{"A|1", "To|2"}, "x", []FaultCode{FaultHeaderGarbage}},
		{"garbage takes its folding along", "A: 1\r\ngarbage\r\nX-B: 2\r\n 3\r\n\r\nx", []string{"A|1", "X-B|2 3"}, "x", []FaultCode{FaultHeaderGarbage}},
		{"8-bit name", "A: 1\r\nB\xe9: 2\r\nC: 3\r\n\r\nx", []string{"A|1", "C|3"}, "x", []FaultCode{FaultHeaderGarbage}},
		{"continuation first", " lost\r\nA: 1\r\n\r\nx", []string{"A|1"}, "x", []FaultCode{FaultHeaderGarbage}},
		{"byte order mark", "\xef\xbb\xbfTo: 1\r\n\r\nx", []string{"To|1"}, "x", []FaultCode{FaultLeadingJunk}},
		{"blank lines first", "\r\n\r\nTo: 1\r\n\r\nx", []string{"To|1"}, "x", []FaultCode{FaultLeadingJunk}},
		{"blank line, then words", "\r\nA: 1\r\n", nil, "A: 1\r\n", nil},
		{"nul", "A: 1\x002\r\n\r\nx", []string{"A|1\x002"}, "x", []FaultCode{FaultHeaderNUL}},
		{"bare CR is no line end beside LF", "A: 1\rTo: 2\r\n\r\nx", []string{"A|1\rTo: 2"}, "x", nil},
		{"doubled CR", "A: 1\r\r\nB: 2\r\r\n\r\r\nx", []string{"A|1", "B|2"}, "x", nil},
		{"header only", "A: 1", []string{"A|1"}, "", nil},
		{"empty name", ": 1\r\n\r\nx", nil, ": 1\r\n\r\nx", []FaultCode{FaultNoBlankLine}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read([]byte(c.raw))
			var got []string
			for _, f := range m.Header {
				got = append(got, f.Name+"|"+f.Value())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if string(m.Root.Body()) != c.body {
				t.Errorf("body %q, want %q", m.Root.Body(), c.body)
			}
			if diff := cmp.Diff(c.faults, codes(m)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaderLookup(t *testing.T) {
	m := Read([]byte("received: one\r\nRECEIVED: two\r\nSubject:  =?utf-8?q?=C3=A4?=\r\n b\r\nSub\xc5\xbfect: s\r\n\r\n"))
	if got := m.Header.Get("Received"); got != "one" {
		t.Errorf("Get = %q, want the first", got)
	}
	if diff := cmp.Diff([]string{"one", "two"}, m.Header.Values("Received")); diff != "" {
		t.Errorf("Values (-want +got):\n%s", diff)
	}
	if got := m.Header.Count("subject"); got != 1 {
		t.Errorf("Count = %d, want 1", got)
	}
	if got, want := m.Header.Get("Subject"), "=?utf-8?q?=C3=A4?= b"; got != want {
		t.Errorf("Get = %q, want %q undecoded", got, want)
	}
	if got, want := m.Header.Decoded("Subject"), "ä b"; got != want {
		t.Errorf("Decoded = %q, want %q", got, want)
	}
	if got := m.Header.Get("X-None") + m.Header.Decoded("X-None"); got != "" {
		t.Errorf("missing field has value %q", got)
	}
}

// TestHeaderLimits: fields beyond a limit are left out, the body is still
// found, and nobody is trusted to be the author.
func TestHeaderLimits(t *testing.T) {
	const from = "From: a@customer.example\r\n"
	for _, c := range []struct {
		name   string
		header string
		fault  FaultCode
		fields int
	}{
		{"fields", from + strings.Repeat("X: y\r\n", MaxHeaderFields+3), FaultHeaderFieldsLimit, MaxHeaderFields},
		{"bytes", from + strings.Repeat("X: "+strings.Repeat("y", 1021)+"\r\n", 300), FaultHeaderBytesLimit, 256},
		{"one huge field", from + "X: " + strings.Repeat("y", MaxHeaderBytes) + "\r\n", FaultHeaderBytesLimit, 1},
		{"huge folding", from + "X: y\r\n" + strings.Repeat(" y\r\n", MaxHeaderBytes/4), FaultHeaderBytesLimit, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read([]byte(c.header + "\r\nbody"))
			if !m.HasFault(c.fault) {
				t.Errorf("no fault %s among %v", c.fault, m.Faults)
			}
			if len(m.Header) != c.fields {
				t.Errorf("%d fields kept, want %d", len(m.Header), c.fields)
			}
			if got := string(m.Root.Body()); got != "body" {
				t.Errorf("body %.40q", got)
			}
			if one, ok := m.OneFrom(); ok {
				t.Errorf("trusted %v although fields were left out", one)
			}
		})
	}
	if m := Read([]byte(from + strings.Repeat("X: y\r\n", MaxHeaderFields-1) + "\r\n")); len(m.Faults) != 0 {
		t.Errorf("faults within the limits: %v", m.Faults)
	}
}

// TestOneFrom: who wrote the mail is told only when every reader agrees.
func TestOneFrom(t *testing.T) {
	for _, c := range []struct {
		name   string
		header string
		want   string // "" when nobody may be trusted
	}{
		{"bare", "From: alice@customer.example", "alice@customer.example"},
		{"brackets", "From: <alice@customer.example>", "alice@customer.example"},
		{"name", "From: Alice Doe <alice@customer.example>", "alice@customer.example"},
		{"quoted name with another address", `From: "ceo@bank.example" <alice@customer.example>`, "alice@customer.example"},
		{"name is the address", "From: alice@customer.example <alice@customer.example>", "alice@customer.example"},
		{"encoded name", "From: =?utf-8?q?Doe=2C_Alice?= <alice@customer.example>", "alice@customer.example"},
		{"comment as name", "From: alice@customer.example (Alice)", "alice@customer.example"},
		{"folded", "From: Alice\r\n <alice@customer.example>", "alice@customer.example"},
		{"upper case domain", "From: alice@CUSTOMER.example", "alice@customer.example"},
		{"raw 8-bit name", "From: J\xf6rg <joerg@customer.example>", "joerg@customer.example"},
		{"unicode domain", "From: <a@m\u00fcnchen.example>", "a@xn--mnchen-3ya.example"},
		{"none", "Subject: x", ""},
		{"empty", "From:", ""},
		{"two fields", "From: a@customer.example\r\nFrom: b@evil.example", ""},
		{"two fields, one spelled oddly", "from : b@evil.example\r\nFrom: a@customer.example", ""},
		{"blank before the colon", "From : a@customer.example", ""},
		{"two mailboxes", "From: a@customer.example, b@evil.example", ""},
		{"group", "From: x: a@customer.example;", ""},
		{"empty group", "From: undisclosed:;", ""},
		{"route", "From: <@evil.example:a@customer.example>", ""},
		{"comment inside the address", "From: a(c)@customer.example", ""},
		{"comment inside brackets", "From: <a@(c)customer.example>", ""},
		{"blanks inside the address", "From: a @ customer.example", ""},
		{"encoded word as address", "From: =?utf-8?q?a=40evil.example?=@customer.example", ""},
		{"encoded word in brackets", "From: <=?utf-8?q?a?=@customer.example>", ""},
		{"two at signs", "From: a@evil.example@customer.example", ""},
		{"quoted at sign", `From: "a@evil.example"@customer.example`, ""},
		{"unquoted address as name", "From: ceo@bank.example <a@evil.example>", ""},
		{"two brackets", "From: <a@customer.example> <b@evil.example>", ""},
		{"text behind", "From: <a@customer.example> b@evil.example", ""},
		{"name without brackets", "From: Alice a@customer.example", ""},
		{"nul", "From: a\x00@customer.example", ""},
		{"nul in the name", "From: \"a\x00\" <a@customer.example>", ""},
		{"bare CR", "From: a@customer.example\rFrom: b@evil.example", ""},
		{"backspace in quotes", "From: \"x\b\" <a@customer.example>", ""},
		{"bare CR in quotes", "From: \"x\ry\" <a@customer.example>", ""},
		{"backspace", "From: x\b <a@customer.example>", ""},
		{"no bracket at the end", "From: Alice <a@customer.example", ""},
		{"no domain", "From: MAILER-DAEMON", ""},
		{"header that ends elsewhere for others", "From: a@customer.example\r\n \r\njunk: 1\r\nFrom: b@customer.example", ""},
		{"doubled CR as the empty line", "From: a@customer.example\r\n\r\r\nFrom: b@customer.example", ""},
		{"words in the header", "From: a@customer.example\r\nsome words\r\nFrom: b@customer.example", ""},
		{"garbage in the header", "From: a@customer.example\r\nFrom\x01: b@customer.example", ""},
		{"nul in another field", "From: a@customer.example\r\nX: \x00", ""},
		{"address literal", "From: a@[192.0.2.1]", ""},
		{"zero-width space", "From: a@cust\u200bomer.example", ""},
		{"fullwidth dot", "From: a@customer\uff0eexample", ""},
		{"kelvin sign", "From: a@\u212aunde.example", ""},
		{"unterminated quote", `From: "a@customer.example, b@evil.example`, ""},
		{"semicolon", "From: a@customer.example;", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read([]byte(c.header + "\r\nTo: support@acme.example\r\n\r\nx"))
			got, ok := m.OneFrom()
			if ok != (c.want != "") || got.Address.String() != c.want {
				t.Errorf("OneFrom = %v, %v; want %q", got, ok, c.want)
			}
			if !ok && !m.HasFault(FaultFromCount) && !m.HasFault(FaultFromUnclear) {
				t.Errorf("refused without a fault: %v", m.Faults)
			}
		})
	}
}

func TestMessageID(t *testing.T) {
	long := strings.Repeat("r", MaxID)
	for _, c := range []struct {
		name   string
		header string
		want   string
		fault  FaultCode
	}{
		{"plain", "Message-ID: <a@b.example>", "<a@b.example>", ""},
		{"name in any case", "message-id: <a@b.example>", "<a@b.example>", ""},
		{"comment around", "Message-ID: (x) <a@b.example> (y)", "<a@b.example>", ""},
		{"without brackets", "Message-ID: a@b.example", "<a@b.example>", ""},
		{"folded inside", "Message-ID: <a@\r\n b.example>", "<a@b.example>", ""},
		{"not closed", "Message-ID: <a@b.example", "<a@b.example>", ""},
		{"odd characters", "Message-ID: <!&!AAAA=@b.example>", "<!&!AAAA=@b.example>", ""},
		{"the same twice", "Message-ID: <a@b.example>\r\nMessage-ID: <a@b.example>", "<a@b.example>", FaultDuplicateField},
		{"two in one field", "Message-ID: <a@b.example> <c@d.example>", "<a@b.example>", ""},
		{"different ones", "Message-ID: <a@b.example>\r\nMessage-ID: <c@d.example>", "", FaultMessageIDConflict},
		{"none", "Subject: x", "", ""},
		{"empty", "Message-ID: <>", "", FaultMessageIDBad},
		{"words", "Message-ID: unknown", "", FaultMessageIDBad},
		{"too long", "Message-ID: <" + long + "@b.example>", "", FaultMessageIDBad},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read([]byte(c.header + "\r\n\r\nx"))
			if got := m.MessageID(); got != c.want {
				t.Errorf("MessageID = %q, want %q", got, c.want)
			}
			if c.fault != "" && !m.HasFault(c.fault) {
				t.Errorf("no fault %s among %v", c.fault, m.Faults)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	var many strings.Builder
	for i := range MaxReferences + 20 {
		fmt.Fprintf(&many, "<%d@b.example> ", i)
	}
	m := Read([]byte("References: " + many.String() + "\r\nIn-Reply-To: Your mail of Monday <x@y.example> \"<z@y.example>\"\r\n\r\n"))
	refs := m.References()
	if len(refs) != MaxReferences || refs[0] != "<20@b.example>" || refs[len(refs)-1] != "<119@b.example>" {
		t.Errorf("%d references from %v to %v", len(refs), refs[0], refs[len(refs)-1])
	}
	if !m.HasFault(FaultReferenceLimit) {
		t.Error("limit is not a fault")
	}
	if diff := cmp.Diff([]string{"<x@y.example>", "<z@y.example>"}, m.InReplyTo()); diff != "" {
		t.Errorf("InReplyTo (-want +got):\n%s", diff)
	}
	m = Read([]byte("References: <b@x.example>\r\n <a@x.example>,<b@x.example>\r\nReferences: <c@x.\r\n example>\r\n\r\n"))
	if diff := cmp.Diff([]string{"<b@x.example>", "<a@x.example>", "<c@x.example>"}, m.References()); diff != "" {
		t.Errorf("References (-want +got):\n%s", diff)
	}
}
