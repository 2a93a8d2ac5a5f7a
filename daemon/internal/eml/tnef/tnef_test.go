package tnef

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

// latin decodes every page as windows-1252, but 1251.
func latin(b []byte, page int) string {
	table := charmap.Windows1252
	if page == 1251 {
		table = charmap.Windows1251
	}
	out, _ := table.NewDecoder().Bytes(b)
	return string(out)
}

func attribute(id uint32, data ...byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte{1}, id)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(append(out, data...), 0, 0)
}

func stream(attributes ...[]byte) []byte {
	return append([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}, bytes.Join(attributes, nil)...)
}

func props(list ...[]byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(list))), bytes.Join(list, nil)...)
}

// prop is a property with one value that carries its length.
func prop(kind, id uint16, data ...byte) []byte {
	out := binary.LittleEndian.AppendUint16(nil, kind)
	out = binary.LittleEndian.AppendUint16(out, id)
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(append(out, data...), make([]byte, -len(data)&3)...)
}

func wide(s string) []byte {
	var out []byte
	for _, r := range s {
		out = binary.LittleEndian.AppendUint16(out, uint16(r))
	}
	return out
}

const (
	render   = 0x00069002
	title    = 0x00018010
	data     = 0x0006800f
	msgProps = 0x00069003
	attProps = 0x00069005
	oemPage  = 0x00069007
	body     = 0x0002800c
)

func rtfBody(kind uint32, size int, b []byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(b)+12))
	out = binary.LittleEndian.AppendUint32(out, uint32(size))
	out = binary.LittleEndian.AppendUint32(out, kind)
	return append(append(out, 0, 0, 0, 0), b...)
}

func TestRead(t *testing.T) {
	file := func(name, content string) []byte {
		return append(append(attribute(render), attribute(title, []byte(name)...)...), attribute(data, []byte(content)...)...)
	}
	inner := stream(attribute(body, []byte("inner\x00")...), file("b.txt", "b"))
	object := append(make([]byte, 16), inner...)
	deep := inner
	for range MaxDepth + 1 {
		deep = stream(attribute(render), attribute(attProps, props(prop(typeObject, propAttachData, append(make([]byte, 16), deep...)...))...))
	}
	for _, c := range []struct {
		name string
		in   []byte
		err  error
		want Message
	}{
		{"empty", stream(), nil, Message{}},
		{"no signature", []byte("hello"), ErrBroken, Message{}},
		{"body", stream(attribute(body, []byte("text\x00rest")...)), nil, Message{Text: "text"}},
		{"code page", stream(attribute(oemPage, 0xe3, 4, 0, 0, 0, 0, 0, 0), attribute(body, 0xcf, 0xf0)), nil, Message{Text: "Пр"}},
		{"code page after the body", stream(attribute(body, 0xcf, 0xf0), attribute(oemPage, 0xe3, 4, 0, 0)), nil, Message{Text: "Пр"}},
		{"unicode wins", stream(attribute(body, []byte("t?xt")...), attribute(msgProps, props(prop(typeUnicode, propBody, wide("täxt")...))...)), nil, Message{Text: "täxt"}},
		{"html", stream(attribute(msgProps, props(prop(typeBinary, propBodyHTML, []byte("<p>x")...))...)), nil, Message{HTML: "<p>x"}},
		{"file", stream(file("a.txt\x00", "hello")), nil, Message{Files: []File{{Name: "a.txt", Data: []byte("hello")}}}},
		{"file cut", stream(file("a.txt", "hello"))[:len(stream(file("a.txt", "hello")))-3], ErrBroken, Message{Files: []File{{Name: "a.txt", Data: []byte("hello")[:4]}}}},
		{
			"names and types",
			stream(file("LONGNA~1.TXT", "x"), attribute(attProps, props(prop(typeUnicode, propAttachLongName, wide("long näme.txt")...),
				prop(typeString8, propAttachMIMETag, []byte("text/plain\x00")...), prop(typeString8, propAttachContentID, []byte("a@b")...))...)),
			nil, Message{Files: []File{{Name: "long näme.txt", MediaType: "text/plain", ContentID: "a@b", Data: []byte("x")}}},
		},
		{
			"data in a property", stream(attribute(render), attribute(attProps, props(prop(typeBinary, propAttachData, 'x'))...)),
			nil, Message{Files: []File{{Data: []byte("x")}}},
		},
		{
			"message", stream(attribute(render), attribute(attProps, props(prop(typeObject, propAttachData, object...))...)),
			nil, Message{Files: []File{{Message: &Message{Text: "inner", Files: []File{{Name: "b.txt", Data: []byte("b")}}}}}},
		},
		{"too deep", deep, ErrLimit, Message{}},
		{"data without a file", stream(attribute(data, 'x')), nil, Message{}},
		{"property cut", stream(attribute(msgProps, props(prop(typeString8, propSubject, 'x'))[:14]...)), ErrBroken, Message{}},
		{"length beyond the end", stream([]byte{1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0}), ErrBroken, Message{}},
		{"unknown level", stream([]byte{9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), ErrBroken, Message{}},
		{
			"rtf", stream(attribute(msgProps, props(prop(typeBinary, propRTFCompressed, rtfBody(uncompressed, 20, []byte(`{\rtf1 hi\par there}`))...))...)),
			nil, Message{Text: "hi\nthere"},
		},
		{"rtf of unknown kind", stream(attribute(msgProps, props(prop(typeBinary, propRTFCompressed, rtfBody(1, 9, []byte("x"))...))...)), ErrBroken, Message{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(c.in, latin)
			if !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if c.name == "too deep" {
				return
			}
			if diff := cmp.Diff(c.want, *got); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecompress is the example of [MS-OXRTFCP] section 3.1.1, with a
// reference that reads what it writes.
func TestDecompress(t *testing.T) {
	simple := []byte{
		0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00,
		0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
		0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
	}
	crossing := []byte{
		0x1a, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00, 0x04, 0x20,
		0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
	}
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"simple", simple, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"},
		{"reads what it writes", crossing, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"},
		{"cut", simple[:30], "{\\rtf1\\ansi\\ansicpg1252"},
		{"header only", simple[:16], ""},
		{"nothing", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r reader
			if got := string(r.decompress(c.in)); got != c.want {
				t.Errorf("decompress = %q, want %q", got, c.want)
			}
		})
	}
}

func TestDecompressLimit(t *testing.T) {
	var r reader
	bomb := rtfBody(compressed, 1<<31-1, bombBody(1<<17))
	if got := r.decompress(bomb); len(got) > MaxRTF || !errors.Is(r.err, ErrLimit) {
		t.Errorf("%d bytes, error %v", len(got), r.err)
	}
	if got := r.decompress(bomb); len(got) > 0 {
		t.Errorf("%d bytes more", len(got))
	}
}

// bombBody is n groups of references that each stand for 17 bytes.
func bombBody(n int) []byte {
	var out []byte
	at := len(dictionaryStart)
	for range n {
		out = append(out, 0xff)
		for range 8 {
			from := (at + dictionarySize/2) % dictionarySize // not the end mark
			out = binary.BigEndian.AppendUint16(out, uint16(from<<4|15))
			at = (at + 17) % dictionarySize
		}
	}
	return out
}

func TestReadRTF(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		html           bool
	}{
		{"words", `{\rtf1\ansi a {\b bold} c}`, "a bold c", false},
		{"paragraphs", `{\rtf1 a\par b\line c\tab d}`, "a\nb\nc\td", false},
		{"escapes", `{\rtf1 \{a\}\\ \'e4\~\endash\_}`, "{a}\\ ä\u00a0–-", false},
		{"unicode", `{\rtf1 \u8364?\u-10179?\u-8694?x}`, "€😊x", false},
		{"unicode, two bytes to skip", `{\rtf1\uc2\u8364\'80\'81x}`, "€x", false},
		{"unicode, nothing to skip", `{\rtf1\uc0\u8364x}`, "€x", false},
		{"code page", `{\rtf1\ansicpg1251 \'cf\'f0}`, "Пр", false},
		{"code page of a font", `{\rtf1{\fonttbl{\f0 A;}{\f1\fcharset204 B;}}\f1\'cf\f0\'e4}`, "Пä", false},
		{"destinations", `{\rtf1{\info{\title no}}{\*\unknown no}{\pict 00ff}{\stylesheet no}yes}`, "yes", false},
		{"link", `{\rtf1{\field{\*\fldinst HYPERLINK "x"}{\fldrslt text}}}`, "text", false},
		{"html", `{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf \par\htmlrtf0 a\'e4{\*\htmltag72 </p>}}`, "<p>aä</p>", true},
		{"html entities", `{\rtf1\fromhtml1 \lquote a\rquote\~\bullet}`, "&lsquo;a&rsquo;&nbsp;&bull;", true},
		{"from text", `{\rtf1\fromtext a\par b}`, "a\nb", false},
		{"groups not closed", `{\rtf1{{{a`, "a", false},
		{"groups not opened", `}}}a`, "a", false},
		{"no rtf", "plain", "plain", false},
		{"cut", `{\rtf1 a\'e`, "ae", false},
		{"too deep", `{\rtf1 a` + strings.Repeat("{", 2*maxGroups) + "b" + strings.Repeat("}", 2*maxGroups) + "c}", "abc", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, isHTML := readRTF([]byte(c.in), 1252, latin)
			if got != c.want || isHTML != c.html {
				t.Errorf("readRTF(%q) = %q, %v, want %q, %v", c.in, got, isHTML, c.want, c.html)
			}
		})
	}
}

// FuzzRead: any bytes are read in time, and nothing comes out that did not go
// in.
func FuzzRead(f *testing.F) {
	f.Add(stream(attribute(oemPage, 0xe3, 4, 0, 0), attribute(body, 'x'), attribute(render), attribute(title, 'a'), attribute(data, 'b')))
	f.Add(stream(attribute(msgProps, props(prop(typeUnicode, propBody, 'x', 0), prop(typeBinary, propRTFCompressed, rtfBody(compressed, 99, []byte{1, 0, 0xaf, 'x'})...))...)))
	f.Add(stream(attribute(render), attribute(attProps, props(prop(typeObject, propAttachData, append(make([]byte, 16), stream()...)...))...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		begin := time.Now()
		m, err := Read(b, latin)
		if took := time.Since(begin); took > time.Second+time.Duration(len(b))*time.Second>>20 {
			t.Errorf("%d bytes took %v", len(b), took)
		}
		if m == nil || err != nil && !errors.Is(err, ErrBroken) && !errors.Is(err, ErrLimit) {
			t.Fatalf("message %v, error %v", m, err)
		}
		if n := count(m); n > MaxFiles {
			t.Errorf("%d files", n)
		}
		if !utf8.ValidString(m.Text+m.HTML+m.Subject) || len(m.Text)+len(m.HTML) > 100*len(b) {
			t.Errorf("text %q, HTML %q", m.Text, m.HTML)
		}
	})
}

func count(m *Message) int {
	n := len(m.Files)
	for _, f := range m.Files {
		if f.Message != nil {
			n += count(f.Message)
		}
	}
	return n
}

// FuzzRTF: any RTF becomes valid text.
func FuzzRTF(f *testing.F) {
	for _, s := range []string{
		`{\rtf1\ansi a {\b bold}\par \'e4 \u8364? c}`, `{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf \par\htmlrtf0 a}`, `{\rtf1{\fonttbl{\f1\fcharset204 B;}}\f1\'cf}`, `\uc2\u-1\'`, `{\*`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		begin := time.Now()
		text, _ := readRTF(b, 0, latin)
		if took := time.Since(begin); took > time.Second+time.Duration(len(b))*time.Second>>20 {
			t.Errorf("%d bytes took %v", len(b), took)
		}
		if !utf8.ValidString(text) || len(text) > 4*len(b)+4 {
			t.Errorf("%q became %q", b, text)
		}
		var r reader
		r.decompress(b)
	})
}
