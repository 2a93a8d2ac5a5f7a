package eml

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
)

const benchHeader = "From: Alice Doe <alice@customer.example>\r\nTo: Support <support@acme.example>\r\n" +
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Mon, 03 Mar 2025 10:15:30 +0100\r\n" +
	"Message-ID: <bench@customer.example>\r\nMIME-Version: 1.0\r\n"

// plainMail is a mail of about size bytes.
func plainMail(size int) []byte {
	return []byte(benchHeader + "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
		strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", size/46))
}

// attachmentMail has a text and a base64 attachment of size encoded bytes.
func attachmentMail(size int) []byte {
	var b bytes.Buffer
	b.WriteString(benchHeader + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee attachment\r\n" +
		"--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("postern"), 57/7+1)[:57]) + "\r\n"
	b.WriteString(strings.Repeat(line, size/len(line)))
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

// tinyParts is a multipart of n parts of a few bytes.
func tinyParts(n int) []byte {
	return []byte(benchHeader + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
		strings.Repeat("--b\r\n\r\nx\r\n", n) + "--b--\r\n")
}

// nestedParts is n multiparts inside each other.
func nestedParts(n int) []byte {
	var b strings.Builder
	b.WriteString(benchHeader)
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\nthe core\r\n")
	for i := n - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return []byte(b.String())
}

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		raw  []byte
	}{
		{"plain 2 KB", plainMail(2 << 10)},
		{"multipart 200 KB", attachmentMail(200 << 10)},
		{"attachment 25 MiB", attachmentMail(25 << 20)},
		{"20000 tiny parts", tinyParts(20000)},
		{"10000 nested multiparts", nestedParts(10000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.raw)))
			b.ReportAllocs()
			for b.Loop() {
				Read(c.raw)
			}
		})
	}
}

// BenchmarkReadAndUse adds what an inbound mail costs after Read.
func BenchmarkReadAndUse(b *testing.B) {
	for _, c := range []struct {
		name string
		raw  []byte
	}{
		{"plain 2 KB", plainMail(2 << 10)},
		{"multipart 200 KB", attachmentMail(200 << 10)},
		{"attachment 25 MiB", attachmentMail(25 << 20)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.raw)))
			b.ReportAllocs()
			for b.Loop() {
				m := Read(c.raw)
				m.Text()
				m.Digest()
				for _, a := range m.Attachments() {
					if _, err := io.Copy(io.Discard, a.Part.Decoded()); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkHTMLText(b *testing.B) {
	src := strings.Repeat(`<div><p>Hello <b>there</b>, see <a href="https://acme.example/t/1">the ticket</a>.</p></div>`, 1000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		htmlText(src)
	}
}
