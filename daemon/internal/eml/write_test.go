package eml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"encoding/base64"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func box(name, address string) Mailbox {
	return Mailbox{Name: name, Address: helpdesk.MustAddress(address)}
}

func file(name, mediaType, contentID, content string) OutgoingAttachment {
	return OutgoingAttachment{Filename: name, MediaType: mediaType, ContentID: contentID,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// sampleOutgoing uses everything there is.
func sampleOutgoing() *Outgoing {
	reply := box("", "support+r.token@acme.example")
	return &Outgoing{
		From: box("Ann at Acme, Inc.", "support@acme.example"), To: box("Jörg Müller", "joerg@customer.example"), ReplyTo: &reply,
		Subject: "Re: Straße gesperrt", MessageID: "<t.1@acme.example>", InReplyTo: "<in@customer.example>",
		References: []string{"<first@customer.example>", "<in@customer.example>"},
		Date:       time.Date(2025, 3, 3, 10, 15, 30, 0, time.FixedZone("", 3600)),
		Extra:      []HeaderField{{"List-Id", "Acme support <support.acme.example>"}, {"X-Auto-Response-Suppress", "All"}},
		Text:       "Grüße,\nAnn = best\n", HTML: "<p>Grüße,<br>\r\nAnn</p><img src=\"cid:logo@acme.example\">",
		Attachments: []OutgoingAttachment{
			file("logo.png", "image/png", "logo@acme.example", "PNG"),
			file("Übersicht € und mehr.pdf", "application/pdf", "", strings.Repeat("pdf", 100)),
		},
	}
}

func write(t *testing.T, o *Outgoing) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := o.WriteTo(&b)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Errorf("WriteTo says %d bytes, wrote %d", n, b.Len())
	}
	return b.Bytes()
}

func TestWriteGolden(t *testing.T) {
	got := write(t, sampleOutgoing())
	const golden = "testdata/outgoing.golden"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("written mail changed (-want +got):\n%s", diff)
	}
}

// covers: P12
func TestWriteRead(t *testing.T) {
	m := Read(write(t, sampleOutgoing()))
	if len(m.Faults) > 0 {
		t.Errorf("faults in our own mail: %v", m.Faults)
	}
	text, source := m.Text()
	html, _ := m.HTML()
	got := map[string]string{
		"from": fmt.Sprint(m.From()), "to": fmt.Sprint(m.To()), "reply to": fmt.Sprint(m.ReplyTo()), "subject": m.Subject(),
		"id": m.MessageID(), "in reply to": fmt.Sprint(m.InReplyTo()), "references": fmt.Sprint(m.References()),
		"text": text, "source": source.String(), "html": html, "list": m.Header.Get("List-Id"),
	}
	for _, a := range m.Attachments() {
		got[a.Filename] = fmt.Sprintf("%s %s %v %d", a.MediaType, a.ContentID, a.Inline, len(a.Part.Bytes()))
	}
	want := map[string]string{
		"from": "[Ann at Acme, Inc. <support@acme.example>]", "to": "[Jörg Müller <joerg@customer.example>]",
		"reply to": "[support+r.token@acme.example]", "subject": "Re: Straße gesperrt", "id": "<t.1@acme.example>",
		"in reply to": "[<in@customer.example>]", "references": "[<first@customer.example> <in@customer.example>]",
		"text": "Grüße,\nAnn = best", "source": "plain", "html": "<p>Grüße,<br>\nAnn</p><img src=\"cid:logo@acme.example\">\n\n",
		"list": "Acme support <support.acme.example>", "logo.png": "image/png logo@acme.example true 3",
		"Übersicht € und mehr.pdf": "application/pdf  false 300",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if d, ok := m.Date(); !ok || !d.Equal(sampleOutgoing().Date) {
		t.Errorf("date %v, %v", d, ok)
	}
	if want := []string{"1 multipart/mixed", "1.1 multipart/alternative", "1.1.1 text/plain", "1.1.2 multipart/related",
		"1.1.2.1 text/html", "1.1.2.2 image/png", "1.2 application/pdf"}; !slices.Equal(want, types(m)) {
		t.Errorf("parts %v", types(m))
	}
}

func types(m *Mail) []string {
	var out []string
	for p := range m.Root.All() {
		out = append(out, p.Path+" "+p.MediaType)
	}
	return out
}

func TestWriteShape(t *testing.T) {
	pdf := file("a.pdf", "application/pdf", "", "x")
	logo := file("a.png", "image/png", "i@acme.example", "x")
	for _, c := range []struct {
		name        string
		text, html  string
		attachments []OutgoingAttachment
		want        []string
	}{
		{"text", "a", "", nil, []string{"1 text/plain"}},
		{"nothing", "", "", nil, []string{"1 text/plain"}},
		{"text in base64", "Привет", "", nil, []string{"1 text/plain"}},
		{"html", "", "<p>a", nil, []string{"1 text/html"}},
		{"both", "a", "<p>a", nil, []string{"1 multipart/alternative", "1.1 text/plain", "1.2 text/html"}},
		{"text and file", "a", "", []OutgoingAttachment{pdf}, []string{"1 multipart/mixed", "1.1 text/plain", "1.2 application/pdf"}},
		{"inline file without html", "a", "", []OutgoingAttachment{logo}, []string{"1 multipart/mixed", "1.1 text/plain", "1.2 image/png"}},
		{"html and inline file", "", "<img>", []OutgoingAttachment{logo}, []string{"1 multipart/related", "1.1 text/html", "1.2 image/png"}},
		{"a message must not be encoded", "a", "", []OutgoingAttachment{file("a.eml", "message/rfc822", "", "x")},
			[]string{"1 multipart/mixed", "1.1 text/plain", "1.2 application/octet-stream"}},
		{"no media type", "a", "", []OutgoingAttachment{file("a", "x\r\ny: z", "", "x")},
			[]string{"1 multipart/mixed", "1.1 text/plain", "1.2 application/octet-stream"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := sampleOutgoing()
			o.Text, o.HTML, o.Attachments = c.text, c.html, c.attachments
			raw := write(t, o)
			if diff := cmp.Diff(c.want, types(Read(raw))); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if !bytes.HasSuffix(raw, []byte("\r\n")) {
				t.Error("last line is not finished")
			}
		})
	}
}

// leaf is a part as the standard library reads it.
type leaf struct{ mediaType, name, content string }

// stdLeaves reads a mail with net/mail and mime/multipart only.
func stdLeaves(t *testing.T, h mail.Header, body io.Reader, disposition string) []leaf {
	t.Helper()
	mediaType, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(mediaType, "multipart/") {
		switch h.Get("Content-Transfer-Encoding") {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if disposition != "" {
			_, dp, err := mime.ParseMediaType(disposition)
			if err != nil {
				t.Fatal(err)
			}
			name = dp["filename"]
		}
		return []leaf{{mediaType, name, string(content)}}
	}
	var all []leaf
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stdLeaves(t, mail.Header(p.Header), p, p.Header.Get("Content-Disposition"))...)
	}
}

// TestWriteStandard: an independent reader sees the same mail.
func TestWriteStandard(t *testing.T) {
	msg, err := mail.ReadMessage(bytes.NewReader(write(t, sampleOutgoing())))
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{"From": "Ann at Acme, Inc.", "To": "Jörg Müller", "Reply-To": ""} {
		list, err := msg.Header.AddressList(field)
		if err != nil || len(list) != 1 || list[0].Name != want {
			t.Errorf("%s is %v, %v", field, list, err)
		}
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil || got != "Re: Straße gesperrt" {
		t.Errorf("subject %q, %v", got, err)
	}
	if d, err := msg.Header.Date(); err != nil || !d.Equal(sampleOutgoing().Date) {
		t.Errorf("date %v, %v", d, err)
	}
	want := []leaf{
		{"text/plain", "", "Grüße,\r\nAnn = best\r\n"},
		{"text/html", "", "<p>Grüße,<br>\r\nAnn</p><img src=\"cid:logo@acme.example\">\r\n"},
		{"image/png", "logo.png", "PNG"},
		{"application/pdf", "Übersicht € und mehr.pdf", strings.Repeat("pdf", 100)},
	}
	if diff := cmp.Diff(want, stdLeaves(t, msg.Header, msg.Body, ""), cmp.AllowUnexported(leaf{})); diff != "" {
		t.Errorf("leaves (-want +got):\n%s", diff)
	}
}

// checkWire holds a written mail to RFC 5322: CRLF only, ASCII only, short lines.
func checkWire(t *testing.T, raw []byte) {
	t.Helper()
	for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > maxLine {
			t.Errorf("line of %d octets: %.80q", len(line), line)
		}
		for _, c := range line {
			if c != '\t' && (c < ' ' || c > '~') {
				t.Errorf("byte %#x in line %.80q", c, line)
				return
			}
		}
	}
}

func TestWriteFolding(t *testing.T) {
	o := sampleOutgoing()
	o.Subject = strings.Repeat("several words ", 60)
	o.To.Name = strings.Repeat("Name, ", 30)
	o.References = nil
	for i := range 60 {
		o.References = append(o.References, fmt.Sprintf("<%d.%s@customer.example>", i, strings.Repeat("x", 80)))
	}
	raw := write(t, o)
	checkWire(t, raw)
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > foldAt && len(bytes.Fields(line)) > 2 {
			t.Errorf("line of %d octets could be folded: %q", len(line), line)
		}
	}
	m := Read(raw)
	if want := strings.TrimSpace(o.Subject); m.Subject() != want {
		t.Errorf("subject %q", m.Subject())
	}
	if want := strings.TrimSpace(o.To.Name); m.To()[0].Name != want {
		t.Errorf("name %q, want %q", m.To()[0].Name, want)
	}
	refs := m.References()
	if refs[0] != o.References[0] || refs[len(refs)-1] != o.References[59] || len(refs) > maxReferences {
		t.Errorf("references from %s to %s, %d in all", refs[0], refs[len(refs)-1], len(refs))
	}
	if n := len(strings.Join(refs, " ")); n > maxReferencesBytes || n < maxReferencesBytes-120 {
		t.Errorf("references of %d bytes", n)
	}
}

func TestCutReferences(t *testing.T) {
	many := make([]string, 30)
	for i := range many {
		many[i] = fmt.Sprintf("<%d@b.example>", i)
	}
	for _, c := range []struct {
		name string
		in   []string
		want []string
	}{
		{"none", nil, nil},
		{"one", []string{"<a@b.example>"}, []string{"<a@b.example>"}},
		{"repeated", []string{"<a@b.example>", "<c@b.example>", "<a@b.example>"}, []string{"<a@b.example>", "<c@b.example>"}},
		{"not ids", []string{"a@b.example", "<a>", "<a@b>\r\nBcc: x@y.example", "<a@b c>", "<ä@b>", "<<a@b>>", "<a@b.example>"}, []string{"<a@b.example>"}},
		{"first and newest", many, append([]string{many[0]}, many[11:]...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, cutReferences(c.in)); diff != "" {
				t.Errorf("cutReferences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Outgoing)
	}{
		{"no from", func(o *Outgoing) { o.From = Mailbox{Name: "x"} }},
		{"no to", func(o *Outgoing) { o.To = Mailbox{} }},
		{"reply-to without an address", func(o *Outgoing) { o.ReplyTo = &Mailbox{Name: "x"} }},
		{"address beyond ASCII", func(o *Outgoing) { o.To = box("", "jörg@customer.example") }},
		{"no message id", func(o *Outgoing) { o.MessageID = "" }},
		{"message id with a line end", func(o *Outgoing) { o.MessageID = "<a@b.example>\r\nBcc: <x@y.example>" }},
		{"no date", func(o *Outgoing) { o.Date = time.Time{} }},
		{"extra bcc", func(o *Outgoing) { o.Extra = []HeaderField{{"bcc", "x@y.example"}} }},
		{"extra to", func(o *Outgoing) { o.Extra = []HeaderField{{"To", "x@y.example"}} }},
		{"extra cc", func(o *Outgoing) { o.Extra = []HeaderField{{"CC", "x@y.example"}} }},
		{"extra resent-to", func(o *Outgoing) { o.Extra = []HeaderField{{"Resent-To", "x@y.example"}} }},
		{"extra content", func(o *Outgoing) { o.Extra = []HeaderField{{"Content-Type", "text/html"}} }},
		{"extra name with a colon", func(o *Outgoing) { o.Extra = []HeaderField{{"X: y\r\nBcc", "x@y.example"}} }},
		{"extra without a name", func(o *Outgoing) { o.Extra = []HeaderField{{"", "x"}} }},
		{"extra name too long", func(o *Outgoing) { o.Extra = []HeaderField{{strings.Repeat("x", maxLine), "x"}} }},
		{"boundary", func(o *Outgoing) { o.Boundary = func() string { return "a\"\r\n" } }},
		{"boundary too long", func(o *Outgoing) { o.Boundary = func() string { return strings.Repeat("x", 61) } }},
		{"attachment without content", func(o *Outgoing) { o.Attachments = []OutgoingAttachment{{Filename: "x"}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := sampleOutgoing()
			c.change(o)
			var b bytes.Buffer
			if _, err := o.WriteTo(&b); !errors.Is(err, ErrUnwritable) {
				t.Errorf("error %v, want ErrUnwritable", err)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written before the refusal", b.Len())
			}
		})
	}
}

// An address beyond ASCII stands as it is where the way allows that; names are
// encoded all the same, and no other byte of the mail is beyond ASCII.
func TestWriteUTF8(t *testing.T) {
	o := sampleOutgoing()
	o.UTF8, o.To = true, box("Jörg", "jörg@customer.example")
	raw := write(t, o)
	if !bytes.Contains(raw, []byte(" <jörg@customer.example>\r\n")) || bytes.Contains(raw, []byte("Jörg")) {
		t.Errorf("To is not as it should be:\n%s", raw)
	}
	if rest := bytes.ReplaceAll(raw, []byte("jörg@"), nil); !isASCII(rest) {
		t.Error("more than the address is beyond ASCII")
	}
	if to := Read(raw).To(); len(to) != 1 || !to[0].Address.Same(o.To.Address) {
		t.Errorf("read back as %v", to)
	}
}

func TestWriteErrors(t *testing.T) {
	gone := errors.New("gone")
	open := sampleOutgoing()
	open.Attachments[1].Open = func() (io.ReadCloser, error) { return nil, gone }
	read := sampleOutgoing()
	read.Attachments[1].Open = func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		w.CloseWithError(gone)
		return r, nil
	}
	for _, c := range []struct {
		name string
		o    *Outgoing
		w    io.Writer
	}{
		{"open", open, io.Discard},
		{"read", read, io.Discard},
		{"write", sampleOutgoing(), failingWriter{gone}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.o.WriteTo(c.w); !errors.Is(err, gone) || errors.Is(err, ErrUnwritable) {
				t.Errorf("error %v: it may go away, and its cause must show", err)
			}
		})
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriteDeterministic(t *testing.T) {
	first, again := write(t, sampleOutgoing()), write(t, sampleOutgoing())
	if !bytes.Equal(first, again) {
		t.Error("the same mail is written differently")
	}
	given := sampleOutgoing()
	given.Boundary = func() string { return "Same" }
	raw := write(t, given)
	if n := len(types(Read(raw))); n != 7 {
		t.Errorf("%d parts with equal boundaries given, want 7", n)
	}
	if !bytes.Contains(raw, []byte(`boundary="=_Same_`)) {
		t.Error("given boundary is not used")
	}
}

func TestCheckField(t *testing.T) {
	for _, c := range []struct {
		name  string
		field string
		wide  bool
		ok    bool
	}{
		{"plain", "A: b\r\n", false, true},
		{"folded", "A: b\r\n c\r\n\td\r\n", false, true},
		{"empty value", "A:\r\n", false, true},
		{"not finished", "A: b", false, false},
		{"no colon", "A b\r\n", false, false},
		{"no name", ": b\r\n", false, false},
		{"second field", "A: b\r\nB: c\r\n", false, false},
		{"end of header", "A: b\r\n\r\n", false, false},
		{"blank folded line", "A: b\r\n \r\n c\r\n", false, false},
		{"bare LF", "A: b\nB: c\r\n", false, false},
		{"bare CR", "A: b\rB: c\r\n", false, false},
		{"nul", "A: \x00\r\n", false, false},
		{"8-bit", "A: ä\r\n", false, false},
		{"UTF-8", "A: ä\r\n", true, true},
		{"UTF-8 that ends a line elsewhere", "A: \u0085 \u2028B: c\r\n", true, false},
		{"not UTF-8", "A: \xe4\r\n", true, false},
		{"control beside UTF-8", "A: ä\x00\r\n", true, false},
		{"too long", "A: " + strings.Repeat("x", maxLine) + "\r\n", false, false},
		{"longest", "A: " + strings.Repeat("x", maxLine-3) + "\r\n", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := checkField(c.field, c.wide); (err == nil) != c.ok {
				t.Errorf("checkField(%.40q) = %v", c.field, err)
			}
		})
	}
}
