package eml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covers: P07, P12
func TestAttachments(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  []byte
		want []string
	}{
		{"a file is the whole mail", crlf("Content-Type: application/pdf; name=a.pdf", "", "x"), []string{"1 a.pdf"}},
		{"no name", crlf("Content-Type: image/svg+xml", "", "x"), []string{"1 attachment-1.svg"}},
		{"no name, no known type", crlf("Content-Type: application/x-thing", "", "x"), []string{"1 attachment-1.bin"}},
		{"message without a subject", crlf("Content-Type: message/rfc822", "", "From: a@b.example", "", "x"), []string{"1 message.eml"}},
		{"message with a subject", crlf("Content-Type: message/rfc822", "", "Subject: a/b", "", "x"), []string{"1 a_b.eml"}},
		{"message with a long subject", crlf("Content-Type: message/rfc822", "", "Subject: "+strings.Repeat("x", 400), "", "x"),
			[]string{"1 " + strings.Repeat("x", 251) + ".eml"}},
		{"message with a name", crlf("Content-Type: message/rfc822; name=mail.txt", "", "Subject: a", "", "x"), []string{"1 mail.txt"}},
		{
			"what is attached to an attached mail is not ours",
			crlf("Content-Type: message/rfc822", "", "Subject: a", "Content-Type: application/pdf", "", "x"), []string{"1 a.eml"},
		},
		{
			"named text after the first part",
			crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "text", "--b", "Content-Type: text/plain; name=log.txt", "", "x", "--b--"),
			[]string{"1.2 log.txt"},
		},
		{
			"text beside the root of related",
			crlf("Content-Type: multipart/related; boundary=b", "", "--b", "Content-Type: text/html", "", "x", "--b", "Content-Type: text/html", "", "y",
				"--b", "Content-Type: image/png", "Content-Disposition: attachment", "Content-ID: <i>", "", "x", "--b--"),
			[]string{"1.2 attachment-1.html inline", "1.3 attachment-2.png <i>"},
		},
		{
			"calendar and amp among the alternatives",
			crlf("Content-Type: multipart/alternative; boundary=b", "", "--b", "", "text", "--b", "Content-Type: text/x-amp-html", "", "x",
				"--b", "Content-Type: text/calendar", "", "x", "--b--"),
			[]string{"1.3 attachment-1.ics"},
		},
		{
			"alternatives without a text",
			crlf("Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/x-amp-html; name=a.html", "", "x", "--b--"),
			[]string{"1.1 a.html"},
		},
		{
			"files inside an alternative",
			crlf("Content-Type: multipart/alternative; boundary=b", "", "--b", "", "text", "--b", "Content-Type: multipart/related; boundary=r", "",
				"--r", "Content-Type: text/html", "", "<img src=cid:i>", "--r", "Content-Type: image/gif; name=i.gif", "Content-ID: <i>", "", "x", "--r--", "--b--"),
			[]string{"1.2.2 i.gif inline <i>"},
		},
		{"deeper than the limit", nestedParts(MaxDepth + 1), []string{"1" + strings.Repeat(".1", MaxDepth-1) + " attachment-1.bin"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, a := range Read(c.raw).Attachments() {
				line := a.Part.Path + " " + a.Filename
				if a.Inline {
					line += " inline"
				}
				if a.ContentID != "" {
					line += fmt.Sprintf(" <%s>", a.ContentID)
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("attachments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNestedMessage(t *testing.T) {
	m := Read(crlf("From: a@b.example", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "outer",
		"--b", "Content-Type: message/rfc822", "", "From: c@d.example", "Subject: inner", "", "inner text", "--b--"))
	inner := m.Attachments()[0].Part.Message()
	if inner == nil {
		t.Fatal("no mail inside")
	}
	text, _ := inner.Text()
	if from, ok := inner.OneFrom(); !ok || from.Address.String() != "c@d.example" || inner.Subject() != "inner" || text != "inner text" {
		t.Errorf("inner mail: from %v, subject %q, text %q", from, inner.Subject(), text)
	}
	if m.Root.Message() != nil {
		t.Error("a multipart is no message")
	}
}

// TestEveryLeafHasAPlace: every leaf is shown or attached, and none is both. Only the
// forms of an alternative that nobody can show may be left out.
func TestEveryLeafHasAPlace(t *testing.T) {
	raw := crlf("Content-Type: multipart/mixed; boundary=a", "", "--a", "", "1", "--a", "Content-Type: multipart/alternative; boundary=b", "",
		"--b", "", "2", "--b", "Content-Type: text/html", "", "3", "--b", "Content-Type: text/enriched", "", "4", "--b--",
		"--a", "Content-Type: multipart/unknown; boundary=c", "", "--c", "Content-Type: text/html", "", "5", "--c", "Content-Type: image/png", "", "6", "--c--",
		"--a", "Content-Type: multipart/mixed; boundary=nowhere", "", "7", "--a--")
	m := Read(raw)
	places := map[string]int{}
	for _, s := range m.layout.sections {
		for _, p := range append(s.plain, s.html...) {
			places[p.Path]++
		}
	}
	for _, a := range m.Attachments() {
		places[a.Part.Path]++
	}
	for p := range m.Root.All() {
		if len(p.Children) == 0 && places[p.Path] != 1 {
			t.Errorf("part %s (%s) has %d places", p.Path, p.MediaType, places[p.Path])
		}
	}
}
