package peers

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Letter is a mail that was sent, as its reader's program shows it.
type Letter struct {
	Raw               []byte
	Header            mail.Header
	To, Subject       string
	Text, HTML        string
	Links             []string // in its text and its HTML, each once
	UnsubscribeHeader []string // what List-Unsubscribe names
}

// OpenLetter reads one.
func OpenLetter(t testing.TB, raw []byte) Letter {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	l := Letter{Raw: raw, Header: m.Header, To: m.Header.Get("To")}
	if to, err := m.Header.AddressList("To"); err == nil && len(to) == 1 {
		l.To = to[0].Address
	}
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	l.part(t, m.Header.Get, m.Body)
	l.Links = linksOf(l.Text, l.HTML)
	for _, part := range strings.Split(m.Header.Get("List-Unsubscribe"), ",") {
		if part = strings.Trim(strings.TrimSpace(part), "<>"); part != "" {
			l.UnsubscribeHeader = append(l.UnsubscribeHeader, part)
		}
	}
	return l
}

// part takes what is to be read from a part and those in it.
func (l *Letter) part(t testing.TB, header func(string) string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045 section 5.2
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l.part(t, p.Header.Get, p)
		}
	}
	switch strings.ToLower(header("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	words, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "text/plain":
		l.Text += string(words)
	case "text/html":
		l.HTML += string(words)
	}
}

var (
	plainLink = regexp.MustCompile(`https?://[^\s<>"]+`)
	htmlLink  = regexp.MustCompile(`href="(https?://[^"]+)"`)
)

func linksOf(text, markup string) []string {
	all := plainLink.FindAllString(text, -1)
	for _, m := range htmlLink.FindAllStringSubmatch(markup, -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Link is the one whose path has a part, as /t/ is one.
func (l Letter) Link(t testing.TB, part string) string {
	t.Helper()
	for _, link := range l.Links {
		if strings.Contains(link, part) {
			return link
		}
	}
	t.Fatalf("the mail %q has no link with %s, only %q\n%s", l.Subject, part, l.Links, l.Text)
	return ""
}
