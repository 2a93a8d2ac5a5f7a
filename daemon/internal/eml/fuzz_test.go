package eml

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead: no bytes make reading fail, slow or unclean.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(tinyParts(3))
	f.Add(nestedParts(MaxDepth + 1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<20 {
			return
		}
		begin := time.Now()
		m := Read(raw)
		use(t, m)
		checkTime(t, begin, len(raw))
		checkMail(t, m)
	})
}

// checkMail holds every mail to what its readers may rely on.
func checkMail(t *testing.T, m *Mail) {
	t.Helper()
	checkLine(t, m.Subject())
	for _, list := range [][]Mailbox{m.From(), m.ReplyTo(), m.To(), m.Cc()} {
		for _, b := range list {
			checkLine(t, b.Name)
			checkLine(t, b.Written)
		}
	}
	if one, ok := m.OneFrom(); ok && (m.Header.Count("From") != 1 || one.Address.IsZero()) {
		t.Errorf("author %v of %d From fields", one, m.Header.Count("From"))
	}
	text, source := m.Text()
	if !utf8.ValidString(text) || (text == "") != (source == TextNone) {
		t.Errorf("text %.40q from %v", text, source)
	}
	for _, a := range m.Attachments() {
		checkLine(t, a.Filename)
		if len(a.Filename) > MaxFilename {
			t.Errorf("file name of %d bytes", len(a.Filename))
		}
	}
	for _, id := range append(append(m.References(), m.InReplyTo()...), m.MessageID()) {
		checkLine(t, id)
	}
	parts, seen := 0, map[FaultCode]bool{}
	for p := range m.Root.All() {
		parts++
		if p.start > p.body || p.body > p.end || p.end > len(p.buf) {
			t.Errorf("part %s lies at %d, %d, %d of %d", p.Path, p.start, p.body, p.end, len(p.buf))
		}
	}
	if parts > MaxParts {
		t.Errorf("%d parts", parts)
	}
	for _, fault := range m.Faults {
		if seen[fault.Code] {
			t.Errorf("fault %s twice", fault.Code)
		}
		seen[fault.Code] = true
	}
}

// fieldNames lists the fields of every header in a written mail.
func fieldNames(raw []byte) []string {
	var out []string
	for p := range Read(raw).Root.All() {
		for _, f := range p.Header {
			out = append(out, p.Path+" "+lowerASCII(f.Name))
		}
	}
	return out
}

// FuzzWrite: whatever others chose, the fields and parts of a mail stay those
// of the plain one, and what is shown comes back.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{
		"plain", "a\r\nBcc: x@y.example", "a\r\n\r\nbody", "=?utf-8?q?a=0D=0ABcc:_x?=", "\"; filename=evil.exe", "ä€😀", "a\x00b\u2028c\u202e",
		strings.Repeat("long", 400), strings.Repeat("ä ", 700), "--=_boundary", `\"quoted\" <x@y.example>, z`, "a\xff\xfe", ". ..", "a/b\\c",
	} {
		f.Add(s, s, s, s)
	}
	f.Fuzz(func(t *testing.T, subject, name, filename, body string) {
		o := sampleOutgoing()
		want := fieldNames(write(t, o))
		o.Subject, o.To.Name, o.Text, o.HTML = subject, name, body, "<p>"+body
		o.Attachments[1].Filename, o.Attachments[1].MediaType = filename, filename
		o.Extra[0].Value = subject
		o.References = append(o.References, name)
		raw := write(t, o)
		checkWire(t, raw)
		if body == "" { // the plain part is left out
			return
		}
		if diff := cmp.Diff(want, fieldNames(raw)); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		m := Read(raw)
		if m.Subject() != oneLine(subject, MaxSubjectRunes) {
			t.Errorf("subject %q came back as %q", subject, m.Subject())
		}
		if len(m.To()) != 1 || !m.To()[0].Address.Same(o.To.Address) || m.To()[0].Name != cleanName(validUTF8(name)) {
			t.Errorf("recipient %q came back as %v", name, m.To())
		}
		if a := m.Attachments(); len(a) != 2 || len(a[1].Part.Bytes()) != 300 {
			t.Errorf("%d attachments", len(a))
		}
	})
}

// FuzzHTMLText: any HTML becomes clean text of about its size.
func FuzzHTMLText(f *testing.F) {
	for _, s := range []string{
		"<p>a<br>b", `<a href="https://a.example/">x</a>`, "<!-- x --><!-->y", "<script>a</script", "<b x='>", `<p class="a>b">c`, "&amp;&#0;&lt",
		"<table><tr><td>a<td>b", "<ul><li>a<ol><li>b", "<blockquote>a<blockquote>b", "<div style='display:none'>x", "</", "<", "<a =b=c>", "<title><b>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		begin := time.Now()
		src = cleanText(validUTF8(src))
		text := htmlText(src)
		checkTime(t, begin, len(src))
		if !utf8.ValidString(text) || len(text) > 40*len(src)+maxLinkLength {
			t.Errorf("%q became %q", src, text)
		}
		if cleanText(text) != text {
			t.Errorf("%q became unclean %q", src, text)
		}
	})
}

// FuzzCharset: any bytes become valid UTF-8, whatever is declared.
func FuzzCharset(f *testing.F) {
	for _, l := range letters {
		for _, enc := range l.charsets {
			if b, err := enc.NewEncoder().Bytes([]byte(l.text)); err == nil {
				f.Add(b, "", "")
			}
		}
	}
	f.Add([]byte("a\x00b\x00"), "utf-16", "")
	f.Add([]byte("\x1b$)C\x0e>H"), "iso-2022-kr", "koi8-r")
	f.Add([]byte("+AOQ-"), "utf-7", "")
	f.Fuzz(func(t *testing.T, b []byte, declared, hint string) {
		begin := time.Now()
		got := decodeCharset(b, declared, hint)
		checkTime(t, begin, len(b))
		if !utf8.ValidString(got) || len(got) > 4*len(b)+4 {
			t.Errorf("%q as %q became %q", b, declared, got)
		}
		if isASCII(b) && !bytes.ContainsAny(b, "\x00\x1b") && asciiSuffices(declared) && got != string(b) {
			t.Errorf("%q as %q became %q", b, declared, got)
		}
	})
}

// FuzzCalendar: any bytes are told in clean lines.
func FuzzCalendar(f *testing.F) {
	for _, name := range []string{"calendar-only", "calendar-text"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Add("BEGIN:VEVENT\nX;A=\";B=c:d\nDTSTART;TZID=x:1\nEND:VEVENT")
	f.Fuzz(func(t *testing.T, src string) {
		begin := time.Now()
		text := calendarText(src)
		checkTime(t, begin, len(src))
		if !utf8.ValidString(text) || len(text) > 4*len(src)+200*maxEvents {
			t.Errorf("%q became %q", src, text)
		}
		enrichedText(src, false)
		enrichedText(src, true)
	})
}

// FuzzUUEncode: files in a text lie inside it, one after the other, and what
// stands around them stays.
func FuzzUUEncode(f *testing.F) {
	for _, s := range []string{
		"begin 644 a\n#0V%T\nend\n", "a\nbegin-base64 644 b\nQUJD\n====\nc", "=ybegin line=1 size=1 name=x\nk\n=yend size=1\n", "begin 644 x\nend", "=ybegin size= name=\n=yend ",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		begin := time.Now()
		fr := newFramer(b)
		for pos := 0; pos < len(b); {
			file, ok := fr.next(pos)
			if !ok {
				break
			}
			if file.start < pos || file.from < file.start || file.to < file.from || file.end < file.to || file.end <= file.start || file.end > len(b) {
				t.Fatalf("file at %+v of %d bytes, from %d", file, len(b), pos)
			}
			pos = file.end
		}
		checkTime(t, begin, len(b))
		for _, encoding := range []string{uuEncoding, yEncEncoding} {
			p := &Part{TransferEncoding: encoding, buf: b, end: len(b)}
			if got := p.Bytes(); len(got) > 2*len(b) {
				t.Errorf("%s of %d bytes became %d", encoding, len(b), len(got))
			}
		}
	})
}

// FuzzCMS: the content of a signed envelope lies inside it.
func FuzzCMS(f *testing.F) {
	for _, name := range []string{"smime-opaque", "smime-opaque-stream", "smime-broken"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(Read(raw).Root.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		begin := time.Now()
		pieces, _ := cmsContent(b)
		if content := bytes.Join(pieces, nil); len(content) > len(b) {
			t.Errorf("%d bytes became %d", len(b), len(content))
		}
		checkTime(t, begin, len(b))
	})
}
