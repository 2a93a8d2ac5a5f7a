package eml

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// lines is b in base64, as mail has it.
func lines64(b []byte) string {
	encoded := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(encoded) > 76 {
		out.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	return out.String() + encoded + "\r\n"
}

func der(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append([]byte{tag, 0x84, byte(len(body) >> 24), byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// signed wraps content as SignedData, its octets in pieces.
func signed(content []byte) []byte {
	var pieces [][]byte
	for part := range slices.Chunk(content, 1000) {
		pieces = append(pieces, der(tagOctets, part))
	}
	inner := der(tagSequence, der(tagOID, oidData), der(tagExplicit, der(tagOctets|tagConstructed, pieces...)))
	return der(tagSequence, der(tagOID, oidSignedData), der(tagExplicit, der(tagSequence, der(2, []byte{1}), der(0x31), inner)))
}

// winmail is a TNEF stream with one file.
func winmail(file []byte) []byte {
	out := []byte{0x78, 0x9f, 0x3e, 0x22, 0, 0}
	for _, a := range []struct {
		id   uint16
		data []byte
	}{{0x9002, []byte{1}}, {0x8010, []byte("a.bin\x00")}, {0x800f, file}} {
		out = append(out, 2)
		out = binary.LittleEndian.AppendUint16(out, a.id)
		out = append(out, 0, 0)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(a.data)))
		out = append(append(out, a.data...), 0, 0)
	}
	return out
}

// textWith is a text with a uuencoded file in it.
func textWith(file []byte) string {
	var out strings.Builder
	out.WriteString("See below.\n\nbegin 644 a.bin\n")
	for line := range slices.Chunk(file, 45) {
		out.WriteString(uuencoded(line) + "\n")
	}
	out.WriteString("`\nend\n")
	return out.String()
}

// Large mails that hide a file under an encoding of their own are read the same
// with room beside them, and then leave the heap alone.
//
// covers: P07, P12
func TestReadIn(t *testing.T) {
	file := make([]byte, 8<<20)
	for i, source := 0, rand.New(rand.NewPCG(1, 2)); i < len(file); i++ {
		file[i] = byte(source.Uint32())
	}
	const top = "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\nContent-Type: "
	mixed := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\n" +
		"Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines64(file) + "--b--\r\n"
	_, parts, _ := strings.Cut(mixed, "\r\n\r\n")
	text := textWith(file)
	for _, tt := range []struct {
		name, raw string
		files     int // that hold the file, or wrap it
	}{
		{"file", top + "application/octet-stream; name=a.bin\r\n\r\n" + lines64(file), 1},
		{"text", top + "text/plain\r\n\r\n" + lines64(bytes.Repeat([]byte("A log line, as there are many.\n"), 1<<18)), 0},
		{"uuencode in base64", top + "text/plain\r\n\r\n" + lines64([]byte(text)), 1},
		{"uuencode", "From: a@b.example\r\n\r\n" + text, 1},
		{"winmail", top + "application/ms-tnef; name=winmail.dat\r\n\r\n" + lines64(winmail(file)), 1},
		{"signed envelope", top + "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\r\n" + lines64(signed([]byte(mixed))), 2},
		{"mail in base64", top + "message/rfc822\r\n\r\n" + lines64([]byte("From: c@d.example\r\n"+mixed)), 1},
		{"multipart in base64", top + "multipart/mixed; boundary=b\r\n\r\n" + lines64([]byte(parts)), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := []byte(tt.raw)
			want := reading(Read(raw))
			var before, after runtime.MemStats
			room := make([]byte, 2*len(raw)+1<<20)
			runtime.ReadMemStats(&before)
			got := reading(ReadIn(raw, func(n int) []byte {
				part := room[:n:n]
				room = room[n:]
				return part
			}))
			runtime.ReadMemStats(&after)
			if got != want {
				t.Errorf("with room it reads\n%s\nwithout\n%s", got, want)
			}
			if n := strings.Count(got, "file "); n != tt.files {
				t.Errorf("%d files, want %d:\n%s", n, tt.files, got)
			}
			// A text is decoded, cleaned and joined, 4 MiB each; a stream in pieces
			// has a list of them.
			if took := after.TotalAlloc - before.TotalAlloc; tt.name != "text" && took > 12<<20 || took > 40<<20 {
				t.Errorf("reading %d bytes took %d of the heap", len(raw), took)
			}
		})
	}
}

// reading tells what was read, without holding it.
func reading(m *Mail) string {
	var out strings.Builder
	text, _ := m.Text()
	fmt.Fprintf(&out, "text of %d %.20q, faults %v\n", len(text), text, m.Faults)
	for _, a := range m.Attachments() {
		sum := sha256.New()
		n, _ := io.Copy(sum, a.Part.Decoded())
		fmt.Fprintf(&out, "file %s %s of %d: %x\n", a.Filename, a.MediaType, n, sum.Sum(nil)[:8])
	}
	return out.String()
}

// However many texts a mail has, what is shown of them has an end.
//
// covers: P07
func TestManyLongTexts(t *testing.T) {
	part := "--b\r\nContent-Type: text/plain\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1<<20/72) + "\r\n"
	html := strings.ReplaceAll(part, "text/plain", "text/html")
	for _, p := range []string{part, html} {
		m := Read([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat(p, 30) + "--b--\r\n"))
		text, _ := m.Text()
		shown, _ := m.HTML()
		if len(text) < MaxTextBytes/2 || len(text) > 2*MaxTextBytes || len(shown) > 2*MaxTextBytes || !m.HasFault(FaultTextLimit) {
			t.Errorf("text of %d, HTML of %d bytes, faults %v", len(text), len(shown), m.Faults)
		}
	}
}
