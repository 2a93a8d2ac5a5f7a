package eml

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestDecoded(t *testing.T) {
	for _, c := range []struct {
		name     string
		encoding string
		body     string
		want     string
	}{
		{"base64", "base64", "aGVsbG8=", "hello"},
		{"base64 in lines", "base64", "aGVs\r\nbG8=\r\n", "hello"},
		{"base64 without padding", "base64", "aGVsbG8", "hello"},
		{"base64 one sextet left over", "base64", "aGVsbG8gd", "hello "},
		{"base64 with junk", "base64", "aG*V-s\x00bG 8_=", "hello"},
		{"base64 in padded pieces", "base64", "aA==ZQ==bGxv", "hello"},
		{"base64 empty", "base64", "", ""},
		{"quoted-printable", "quoted-printable", "a=3Db=C3=a4", "a=bä"},
		{"soft line break", "quoted-printable", "a=\r\nb=\nc= \t\r\nd", "abcd"},
		{"soft break at the end", "quoted-printable", "a=", "a"},
		{"blanks at line ends", "quoted-printable", "a \t\r\nb \nc  d ", "a\r\nb\nc  d"},
		{"encoded blank at line end", "quoted-printable", "a=20\r\nb", "a \r\nb"},
		{"bad escapes", "quoted-printable", "=ZZ =3 = x=", "=ZZ =3 = x"},
		{"equals before a blank", "quoted-printable", "1 = 2", "1 = 2"},
		{"bare CR", "quoted-printable", "a=\rb \rc", "ab\rc"},
		{"8bit", "8bit", "a\xff\x00", "a\xff\x00"},
		{"unknown", "x-rot13", "abc=3D", "abc=3D"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Read([]byte("Content-Transfer-Encoding: " + c.encoding + "\r\n\r\n" + c.body)).Root
			got, err := io.ReadAll(p.Decoded())
			if err != nil || string(got) != c.want {
				t.Errorf("Decoded = %q, %v; want %q", got, err, c.want)
			}
			if got := p.Bytes(); string(got) != c.want {
				t.Errorf("Bytes = %q, want %q", got, c.want)
			}
		})
	}
}

// TestDecodedAgain: what others encode comes back, in reads of any size.
func TestDecodedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 3*decodeChunk).Draw(t, "data")
		var qp bytes.Buffer
		w := quotedprintable.NewWriter(&qp)
		w.Binary = true
		if _, err := w.Write(data); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		for encoding, body := range map[string][]byte{
			"quoted-printable": qp.Bytes(),
			"base64":           []byte(base64.StdEncoding.EncodeToString(data)),
		} {
			p := Read(append([]byte("Content-Transfer-Encoding: "+encoding+"\r\n\r\n"), body...)).Root
			got, err := io.ReadAll(iotest.OneByteReader(p.Decoded()))
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%s of %q came back as %q, %v", encoding, data, got, err)
			}
			if !bytes.Equal(p.Bytes(), data) {
				t.Fatalf("%s of %q came back otherwise from Bytes", encoding, data)
			}
		}
	})
}
