package eml

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crlf makes a mail of lines, so that tests can be read.
func crlf(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

// tree shows every part with its body.
func tree(m *Mail) []string {
	var out []string
	for p := range m.Root.All() {
		line := p.Path + " " + p.MediaType
		if len(p.Children) == 0 {
			line += " " + fmt.Sprintf("%q", p.Body())
		}
		out = append(out, line)
	}
	return out
}

func codes(m *Mail) []FaultCode {
	var out []FaultCode
	for _, f := range m.Faults {
		if f.Code != FaultFromCount { // these mails have no From
			out = append(out, f.Code)
		}
	}
	return out
}

// covers: P07
func TestScan(t *testing.T) {
	const mixed = "Content-Type: multipart/mixed; boundary=b"
	for _, c := range []struct {
		name   string
		raw    []byte
		want   []string
		faults []FaultCode
	}{
		{
			name: "line end before a delimiter belongs to it",
			raw:  crlf(mixed, "", "--b", "", "one", "", "--b", "", "two", "--b--"),
			want: []string{"1 multipart/mixed", `1.1 text/plain "one\r\n"`, `1.2 text/plain "two"`},
		},
		{
			name: "empty body",
			raw:  crlf(mixed, "", "--b", "", "--b--"),
			want: []string{"1 multipart/mixed", `1.1 text/plain ""`},
		},
		{
			name: "header ended by a delimiter",
			raw:  crlf(mixed, "", "--b", "Content-Type: text/html", "--b--"),
			want: []string{"1 multipart/mixed", `1.1 text/html ""`},
		},
		{
			name: "preamble and epilogue are ignored",
			raw:  crlf(mixed, "", "before", "--b", "", "x", "--b--", "after", "--b", "", "not a part"),
			want: []string{"1 multipart/mixed", `1.1 text/plain "x"`},
		},
		{
			name: "blanks and text after a delimiter",
			raw:  crlf(mixed, "", "--b \t", "", "x", "--b this is ignored", "", "y", "--b-- ", "z"),
			want: []string{"1 multipart/mixed", `1.1 text/plain "x"`, `1.2 text/plain "y"`},
		},
		{
			name: "longer boundary is another one",
			raw:  crlf(mixed, "", "--b", "", "--bb", "--b-b", "x", "--b--"),
			want: []string{"1 multipart/mixed", `1.1 text/plain "--bb\r\n--b-b\r\nx"`},
		},
		{
			name: "outer delimiter closes inner multipart",
			raw: crlf(mixed, "", "--b", "Content-Type: multipart/alternative; boundary=i", "", "--i", "", "x",
				"--b", "", "y", "--b--"),
			want:   []string{"1 multipart/mixed", "1.1 multipart/alternative", `1.1.1 text/plain "x"`, `1.2 text/plain "y"`},
			faults: []FaultCode{FaultBoundaryOpen},
		},
		{
			name: "same boundary inside",
			raw: crlf(mixed, "", "--b", "Content-Type: multipart/alternative; boundary=b", "", "--b", "", "x", "--b--",
				"--b", "", "y", "--b--"),
			want: []string{"1 multipart/mixed", "1.1 multipart/alternative", `1.1.1 text/plain "x"`, `1.2 text/plain "y"`},
		},
		{
			name: "boundary with blanks at its end",
			raw:  crlf(`Content-Type: multipart/mixed; boundary="b  "`, "", "--b  ", "", "x", "--b ", "--b  --"),
			want: []string{"1 multipart/mixed", `1.1 text/plain "x\r\n--b "`},
		},
		{
			name:   "no part in it: shown as text",
			raw:    crlf(mixed, "", "only words"),
			want:   []string{`1 multipart/mixed "only words"`},
			faults: []FaultCode{FaultBoundaryUnused},
		},
		{
			name:   "guessed boundary needs a header behind it",
			raw:    crlf("Content-Type: multipart/mixed", "", "--no", "words", "--yes", "Content-Type: text/html", "", "x", "--yes--"),
			want:   []string{"1 multipart/mixed", `1.1 text/html "x"`},
			faults: []FaultCode{FaultBoundaryMissing},
		},
		{
			name: "digest parts are messages",
			raw:  crlf("Content-Type: multipart/digest; boundary=b", "", "--b", "", "Subject: a", "", "x", "--b--"),
			want: []string{"1 multipart/digest", "1.1 message/rfc822", `1.1.1 text/plain "x"`},
		},
		{
			name: "message without a header of its own",
			raw:  crlf("Content-Type: message/rfc822", "", "", "Just words."),
			want: []string{"1 message/rfc822", `1.1 text/plain "Just words."`},
		},
		{
			name: "embedded mail from an mbox",
			raw:  crlf("Content-Type: message/rfc822", "", "From a@b Mon Jan 1 10:00:00 2024", "Subject: x", "", "y"),
			want: []string{"1 message/rfc822", `1.1 text/plain "y"`}, faults: []FaultCode{FaultMboxLine},
		},
		{
			name: "quoted-printable message",
			raw: crlf("Content-Type: message/rfc822", "Content-Transfer-Encoding: quoted-printable", "",
				"Content-Type: multipart/mixed; boundary=3Db", "", "--b", "", "x=3D3Dy", "--b--"),
			want:   []string{"1 message/rfc822", "1.1 multipart/mixed", `1.1.1 text/plain "x=3Dy"`},
			faults: []FaultCode{FaultReencoded},
		},
		{
			name: "encoding claimed but not applied",
			raw:  crlf("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "", "Subject: plain", "", "x"),
			want: []string{"1 message/rfc822", `1.1 text/plain "x"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read(c.raw)
			if diff := cmp.Diff(c.want, tree(m)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.faults, codes(m)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScanLimits(t *testing.T) {
	encoded := func(n int) []byte { // a mail inside n layers of base64
		raw := []byte("Subject: core\r\n\r\nx")
		for range n {
			raw = []byte("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
				base64.StdEncoding.EncodeToString(raw))
		}
		return raw
	}
	wrong := func(n int) []byte { // n multiparts whose boundary must be guessed
		part := "--%[1]d\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--in%[1]d\r\n\r\ny\r\n--in%[1]d--\r\n"
		var b strings.Builder
		b.WriteString("Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		for i := range n {
			b.WriteString(strings.Replace(fmt.Sprintf(part, i), fmt.Sprintf("--%d\r\n", i), "--b\r\n", 1))
		}
		return []byte(b.String() + "--b--")
	}
	count := func(m *Mail) (parts, depth int) {
		for p := range m.Root.All() {
			parts, depth = parts+1, max(depth, strings.Count(p.Path, ".")+1)
		}
		return parts, depth
	}
	for _, c := range []struct {
		name         string
		raw          []byte
		fault        FaultCode
		parts, depth int
	}{
		{"depth", nestedParts(MaxDepth + 5), FaultDepthLimit, MaxDepth, MaxDepth},
		{"depth of messages", []byte(strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 30)), FaultDepthLimit, MaxDepth, MaxDepth},
		{"parts", tinyParts(MaxParts + 5), FaultPartLimit, MaxParts, 2},
		{"encoded containers", encoded(MaxReencoded + 1), FaultReencodedLimit, MaxReencoded + 1, MaxReencoded + 1},
		{"guessed boundaries", wrong(MaxRescans + 1), FaultRescanLimit, 1 + 2*MaxRescans + 1, 3},
		{"within the limits", nestedParts(MaxDepth - 1), "", MaxDepth, MaxDepth},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read(c.raw)
			if c.fault != "" && !m.HasFault(c.fault) {
				t.Errorf("no fault %s among %v", c.fault, m.Faults)
			}
			if c.fault == "" && m.HasFault(FaultDepthLimit) {
				t.Errorf("faults %v", m.Faults)
			}
			if parts, depth := count(m); parts != c.parts || depth != c.depth {
				t.Errorf("%d parts, %d deep; want %d, %d", parts, depth, c.parts, c.depth)
			}
		})
	}
}

// TestScanOffsets: the raw form of a part is found inside the raw form of its
// parent, so signed parts can be checked byte for byte.
func TestScanOffsets(t *testing.T) {
	raw := crlf("Content-Type: multipart/signed; boundary=s", "", "--s", "Content-Type: text/plain", "",
		"signed text ", "", "--s", "Content-Type: application/pgp-signature", "", "sig", "--s--", "")
	m := Read(raw)
	if got, want := string(m.Root.Children[0].Raw()), "Content-Type: text/plain\r\n\r\nsigned text \r\n"; got != want {
		t.Errorf("signed part is %q, want %q", got, want)
	}
	if got := string(m.Root.Raw()); got != string(raw) {
		t.Errorf("root is %q", got)
	}
	if &m.Root.Body()[0] != &raw[len(raw)-len(m.Root.Body())] {
		t.Error("body was copied")
	}
}
