package eml

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// use calls everything a reader of a mail can call.
func use(t testing.TB, m *Mail) {
	t.Helper()
	m.Text()
	m.HTML()
	m.Subject()
	m.OneFrom()
	m.InReplyTo()
	m.References()
	m.Date()
	m.Digest()
	for _, a := range m.Attachments() {
		if a.Filename == "" {
			t.Errorf("attachment %s without a name", a.Part.Path)
		}
		if _, err := io.Copy(io.Discard, a.Part.Decoded()); err != nil {
			t.Errorf("decode part %s: %v", a.Part.Path, err)
		}
	}
	m.ByContentID("cid:a%40b")
	for p := range m.Root.All() {
		p.Message()
	}
}

// TestHostile reads mails made to be slow. The time is generous, so that only
// more than linear growth can miss it.
//
// covers: P07
func TestHostile(t *testing.T) {
	const size = 512 << 10
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	head := func(s string) string { return strings.Repeat(s, (MaxHeaderBytes-1000)/len(s)) } // as much as is kept
	html := "Content-Type: text/html\r\n\r\n"
	mixed := "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	deep := func(core string) string {
		var b strings.Builder
		for i := range MaxDepth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "\r\n" + core
	}
	wrong := func(core string) string { // every boundary has to be guessed
		var b strings.Builder
		for i := range MaxDepth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=wrong%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String() + "\r\n" + core
	}
	for _, c := range []struct {
		name string
		raw  string
	}{
		{"dashes only", mixed + fill("\n--")},
		{"dashes under many boundaries", deep(fill("\n--b"))},
		{"dashes under guessed boundaries", wrong(fill("\n--b"))},
		{"blank lines", fill("\r\n")},
		{"carriage returns", fill("\r")},
		{"one long line", fill("x")},
		{"header lines", fill("a:\r\n")},
		{"folded lines", "Subject: x\r\n" + fill(" y\r\n")},
		{"header garbage", fill("garbage\r\nX-a: b\r\n")},
		{"blank header lines", "Subject: x\r\n" + fill(" \r\n")},
		{"colons", fill(":")},
		{"unfinished words", "Subject: " + head("=?a?q?")},
		{"unfinished words with an end", "Subject: " + head("=?a?q?") + "?="},
		{"words", "Subject: " + head("=?utf-8?q?=41?= ")},
		{"questions", "Subject: =?utf-8?q?" + head("?=3D")},
		{"open comments in an address", "From: " + head("(")},
		{"open and closed comments", "From: " + head("()")},
		{"open quotes", "From: " + head(`"a`)},
		{"glued words", "From: " + head(`"a"`)},
		{"open brackets", "From: " + head("<a")},
		{"addresses", "To: " + head("a@b.example,")},
		{"group colons", "To: " + head("a:")},
		{"dots", "To: " + head("a . @ ")},
		{"params", "Content-Type: text/plain" + head(";a=b")},
		{"params in pieces", "Content-Type: text/plain" + head("; n*1=b")},
		{"comments in params", "Content-Type: " + head("(") + ")"},
		{"references", "References: " + head("<a@b>")},
		{"different references", "References: " + different(MaxHeaderBytes-1000)},
		{"date comments", "Date: " + head("(")},
		{"base64 junk", "Content-Transfer-Encoding: base64\r\n\r\n" + fill("!=")},
		{"base64 crumbs", "Content-Transfer-Encoding: base64\r\n\r\n" + fill("QQ==")},
		{"quoted-printable blanks", "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + fill(" ") + "x"},
		{"quoted-printable escapes", "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + fill("= ") + "x"},
		{"tags", html + fill("<b>")},
		{"quotes", html + fill("<blockquote>") + "x"},
		{"quotes with lines", html + fill("<blockquote>x<br>")},
		{"lists", html + fill("<ul><li>x")},
		{"links", html + fill(`<a href="https://a.example/">x</a>`)},
		{"open links", html + fill(`<a href="https://a.example/">x`)},
		{"attributes", html + "<a " + fill("x=y ") + ">"},
		{"open comment", html + fill("<!--")},
		{"hidden", html + fill(`<div style="display:none">`)},
		{"entities", html + fill("&amp")},
		{"flowed quotes", "Content-Type: text/plain; format=flowed\r\n\r\n" + fill(">")},
		{"quote marks", "\r\n" + fill("> \n")},
		{"attributions", "\r\n" + fill("On 2024 wrote:\n")},
		{"utf-7", "Content-Type: text/plain; charset=utf-7\r\n\r\n" + fill("+A")},
		{"utf-16", "Content-Type: text/plain; charset=utf-16\r\n\r\n" + fill("a")},
		{"iso-2022-jp", "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + fill("\x1b$B")},
		{"tiny parts", string(tinyParts(size / 9))},
		{"nested multiparts", string(nestedParts(size / 60))},
		{"nested messages", fill("Content-Type: message/rfc822\r\n\r\n")},
		{"digests", deepDigest(size)},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := []byte(c.raw)
			begin := time.Now()
			m := Read(raw)
			use(t, m)
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("%d bytes took %v", len(raw), took)
			}
		})
	}
}

func different(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "<%d@b>", i)
	}
	return b.String()
}

// deepDigest nests digests whose parts are messages that are digests.
func deepDigest(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "Content-Type: multipart/digest; boundary=d%d\r\n\r\n--d%d\r\n\r\n", i, i)
	}
	return b.String()
}

// TestMemory holds Read to a small multiple of the mail.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  []byte
		most uint64 // bytes allocated
	}{
		{"attachment is not copied", attachmentMail(8 << 20), 64 << 10},
		{"tiny parts", tinyParts(200000), 1 << 20},
		{"nested multiparts", nestedParts(20000), 1 << 20},
		{"header lines", bytes.Repeat([]byte("a:\r\n"), 500000), 2 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m := Read(c.raw)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > c.most {
				t.Errorf("Read of %d bytes allocated %d, at most %d wanted", len(c.raw), used, c.most)
			}
			runtime.KeepAlive(m)
		})
	}
}
