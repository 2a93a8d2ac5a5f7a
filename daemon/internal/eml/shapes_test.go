package eml

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
	"time"
)

// shape makes a mail of about size bytes that is as expensive as it can be in
// one way.
type shape struct {
	name string
	make func(size int) []byte
}

// filled repeats body after a header.
func filled(header, body string) func(int) []byte {
	return func(size int) []byte {
		return []byte(header + "\r\n\r\n" + strings.Repeat(body, size/len(body)))
	}
}

// headed repeats a piece inside one header field.
func headed(field, piece, end string) func(int) []byte {
	return func(size int) []byte {
		return []byte(field + strings.Repeat(piece, size/len(piece)) + end + "\r\n\r\nx")
	}
}

const (
	asHTMLPart = "Content-Type: text/html; charset=utf-8"
	asMixed    = "Content-Type: multipart/mixed; boundary=b"
)

func encodedAs(header string, inner func(int) []byte) func(int) []byte {
	return func(size int) []byte {
		return append([]byte(header+"\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
			base64.StdEncoding.EncodeToString(inner(size/4*3))...)
	}
}

var shapes = []shape{
	{"one line", filled("X-a: b", "x")},
	{"no header", func(n int) []byte { return bytes.Repeat([]byte{'x'}, n) }},
	{"short lines", filled("", "a\r\n")},
	{"carriage returns", func(n int) []byte { return bytes.Repeat([]byte("a\r"), n/2) }},
	{"zero bytes", func(n int) []byte { return make([]byte, n) }},
	{"boundaries", filled(asMixed, "--b\r\n")},
	{"parts", filled(asMixed, "--b\r\n\r\nx\r\n")},
	{"dashes", filled(asMixed, "\r\n--")},
	{"almost boundaries", filled(asMixed, "--bb\r\n")},
	{"nested multiparts", func(n int) []byte { return nestedParts(n / 70) }},
	{"nested messages", func(n int) []byte {
		return []byte(strings.Repeat("Content-Type: message/rfc822\r\n\r\n", n/32))
	}},
	{"header lines", func(n int) []byte { return bytes.Repeat([]byte("a:\r\n"), n/4) }},
	{"header garbage", func(n int) []byte { return bytes.Repeat([]byte("garbage\r\nX-a: b\r\n"), n/17) }},
	{"folded", headed("Subject: a", "\r\n b", "")},
	{"encoded words", headed("Subject: ", "=?utf-8?q?=41?= ", "")},
	{"unfinished words", headed("Subject: ", "=?a?q?", "")},
	{"addresses", headed("To: ", "a@b.example,", "")},
	{"commas", headed("To: ", ",", "")},
	{"parentheses", headed("From: ", "(", ")")},
	{"quotes", headed("From: ", `"a`, "")},
	{"references", headed("References: ", "<a@b>", "")},
	{"continuations", headed("Content-Type: text/plain", "; n*1=b", "")},
	{"soft breaks", filled("Content-Transfer-Encoding: quoted-printable", "=\r\n")},
	{"escapes", filled("Content-Transfer-Encoding: quoted-printable", "=C3=A4")},
	{"trailing blanks", filled("Content-Transfer-Encoding: quoted-printable", "   \r\n")},
	{"base64 junk", filled("Content-Transfer-Encoding: base64", "Q!Q")},
	{"base64 crumbs", filled("Content-Transfer-Encoding: base64", "QQ==")},
	{"tags", filled(asHTMLPart, "<b>")},
	{"unclosed tag", filled(asHTMLPart, "<b x")},
	{"attributes", filled(asHTMLPart+"\r\n\r\n<a ", "x=y ")},
	{"entities", filled(asHTMLPart, "&amp;")},
	{"numeric entities", filled(asHTMLPart, "&#228;")},
	{"tables", filled(asHTMLPart, "<table><tr><td>x")},
	{"comments", filled(asHTMLPart, "<!-- x -->")},
	{"open comment", filled(asHTMLPart, "<!--")},
	{"links", filled(asHTMLPart, `<a href="https://a.example/">x</a>`)},
	{"open links", filled(asHTMLPart, `<a href="https://a.example/">x`)},
	{"quotations", filled(asHTMLPart, "<blockquote>x<br>")},
	{"lists", filled(asHTMLPart, "<ul><li>x")},
	{"hidden", filled(asHTMLPart, `<div style="display:none">`)},
	{"scripts", filled(asHTMLPart, "<script>")},
	{"flowed", filled("Content-Type: text/plain; format=flowed", "a \r\n")},
	{"flowed quotes", filled("Content-Type: text/plain; format=flowed", ">>> a \r\n> b\r\n")},
	{"enriched", filled("Content-Type: text/enriched", "<bold>x</bold>\r\n")},
	{"uuencode begins", filled("", "begin 644 x\r\n")},
	{"uuencoded files", filled("", "begin 644 x\r\nM\r\nend\r\n")},
	{"uuencoded", filled("\r\nbegin 644 x", "M"+strings.Repeat("9", 60)+"\r\n")},
	{"base64 begins", filled("", "begin-base64 644 x\r\nQUJD\r\n")},
	{"yenc begins", filled("", "=ybegin line=128 size=1 name=x\r\n")},
	{"calendar", filled("Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT", "SUMMARY:a\r\n")},
	{"calendar folds", filled("Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nSUMMARY:", "a\r\n ")},
	{"events", filled("Content-Type: text/calendar", "BEGIN:VEVENT\r\n")},
	{"latin", filled("", "gr\xfc\xdfe ")},
	{"cyrillic", filled("", "\xcf\xf0\xe8\xe2\xe5\xf2 ")},
	{"spoilt utf-8", filled("Content-Type: text/plain; charset=utf-8", "\xc3\xa4\xff")},
	{"utf-7", filled("Content-Type: text/plain; charset=utf-7", "+AOQ-")},
	{"utf-16", filled("Content-Type: text/plain; charset=utf-16", "a\x00")},
	{"iso-2022-jp", filled("Content-Type: text/plain; charset=iso-2022-jp", "\x1b$B$\"\x1b(B")},
	{"gb18030", filled("Content-Type: text/plain; charset=gb18030", "\x81\x30\x81\x30")},
	{"charset switches", func(n int) []byte {
		const part = "--b\r\nContent-Type: text/plain; charset=x\r\n\r\n\xcf\xf0\r\n"
		return []byte(asMixed + "\r\n\r\n" + strings.Repeat(part, n/len(part)))
	}},
	{"message in base64", encodedAs("Content-Type: message/rfc822", encodedAs("Content-Type: message/rfc822",
		filled(asHTMLPart, "<b>x</b>")))},
	{"parts in base64", encodedAs("Content-Type: multipart/mixed; boundary=b", filled("\r\n--b", "--b\r\n\r\nx\r\n"))},
	{"tnef attributes", func(n int) []byte {
		return tnefMail(bytes.Repeat([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, n/15))
	}},
	{"tnef files", func(n int) []byte {
		return tnefMail(bytes.Repeat([]byte{2, 0x02, 0x90, 6, 0, 0, 0, 0, 0, 0, 0}, n/15))
	}},
	{"tnef properties", func(n int) []byte { return tnefMail(tnefProps(n/15, 0x0003, 8)) }},
	{"tnef values", func(n int) []byte { return tnefMail(tnefValues(n / 6)) }},
	{"rtf bomb", func(n int) []byte { return tnefMail(rtfBomb(n / 2)) }},
	{"signed", encodedAs("Content-Type: application/pkcs7-mime; smime-type=signed-data", func(n int) []byte {
		return bytes.Repeat([]byte{0x30, 0x80}, n/2)
	})},
}

func tnefMail(attributes []byte) []byte {
	stream := append([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}, attributes...)
	return []byte("Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(stream))
}

func tnefAttribute(id uint32, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte{1}, id)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(append(out, data...), 0, 0)
}

// tnefProps is n properties of one kind.
func tnefProps(n int, kind uint16, size int) []byte {
	props := binary.LittleEndian.AppendUint32(nil, uint32(n))
	for range n {
		props = binary.LittleEndian.AppendUint16(props, kind)
		props = append(append(props, 0x17, 0), make([]byte, size-4)...)
	}
	return tnefAttribute(0x00069003, props)
}

// tnefValues is one property of n empty values.
func tnefValues(n int) []byte {
	props := []byte{1, 0, 0, 0, 0x02, 0x11, 0x17, 0}
	props = binary.LittleEndian.AppendUint32(props, uint32(n))
	return tnefAttribute(0x00069003, append(props, make([]byte, 4*n)...))
}

// rtfBomb is compressed RTF in which every reference stands for 17 bytes.
func rtfBomb(n int) []byte {
	var body []byte
	for at := 207; len(body) < n; { // where the dictionary begins to be written
		body = append(body, 0xff)
		for range 8 {
			body = binary.BigEndian.AppendUint16(body, uint16((at+2048)%4096<<4|15))
			at = (at + 17) % 4096
		}
	}
	rtf := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+12))
	rtf = binary.LittleEndian.AppendUint32(rtf, 1<<31)
	rtf = binary.LittleEndian.AppendUint32(rtf, 0x75465a4c)
	rtf = append(append(rtf, 0, 0, 0, 0), body...)
	props := []byte{1, 0, 0, 0, 0x02, 0x01, 0x09, 0x10, 1, 0, 0, 0}
	props = binary.LittleEndian.AppendUint32(props, uint32(len(rtf)))
	return tnefAttribute(0x00069003, append(props, rtf...))
}

// BenchmarkShapes is what the worst mails cost in time and memory, everything
// included that can be asked of them.
func BenchmarkShapes(b *testing.B) {
	const size = 25 << 20
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			raw := s.make(size)
			mib := float64(len(raw)) / (1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				use(b, Read(raw))
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/mib, "ms/MiB")
		})
	}
}

// TestShapes holds the cost of every shape to what is promised: memory by
// counting, time so generously that only more than linear growth can miss it.
//
// covers: P07
func TestShapes(t *testing.T) {
	const size = 512 << 10
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			raw := s.make(size)
			begin := time.Now()
			var m *Mail
			if used, most := allocated(func() { m = Read(raw) }), readMemory(raw, s.name); used > most {
				t.Errorf("Read of %d bytes allocated %d, at most %d wanted", len(raw), used, most)
			}
			// The text is copied once for each of its steps: transfer encoding, charset,
			// control characters, markup; the last one doubles its buffer as it grows.
			var text string
			if used, most := allocated(func() { text, _ = m.Text() }), uint64(20*len(raw)); used > most {
				t.Errorf("text of %d bytes allocated %d, at most %d wanted", len(raw), used, most)
			}
			if len(text) > 3*len(raw)+maxLinkLength {
				t.Errorf("%d bytes became a text of %d", len(raw), len(text))
			}
			use(t, m)
			checkTime(t, begin, len(raw))
		})
	}
}

// readMemory is what Read may allocate: the decoded copies of containers, and
// what the limits of this package let through.
func readMemory(raw []byte, name string) uint64 {
	const parts = 2 << 20
	if name == "rtf bomb" { // out, its growth, the text of it, and again in UTF-8
		return uint64(40*len(raw)) + parts
	}
	return uint64(2*len(raw)) + parts
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// checkTime fails when something took more than a second and another for each
// MiB: twenty times what it should, for slow and busy machines.
func checkTime(t *testing.T, begin time.Time, size int) {
	t.Helper()
	if took, most := time.Since(begin), time.Second+time.Duration(size)*time.Second>>20; took > most {
		t.Errorf("%d bytes took %v", size, took)
	}
}
