// Package tnef reads winmail.dat: the Transport Neutral Encapsulation Format
// ([MS-OXTNEF]) in which Exchange and Outlook wrap the files and the body of a
// mail. It takes any bytes, reads what can be read and stays within limits.
package tnef

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// MaxAttributes bounds the attributes of all messages of one stream. A file
	// takes about five.
	MaxAttributes = 20_000

	// MaxProperties bounds the MAPI properties of all messages of one stream. A
	// message has about 100, a file about 20.
	MaxProperties = 50_000

	// MaxFiles bounds the files of one stream: as many as the parts a mail may
	// have.
	MaxFiles = 500

	// MaxDepth is how deep messages may be attached to each other.
	MaxDepth = 5

	// MaxRTF bounds one body, compressed ones after decompression: as much as is
	// shown of a text.
	MaxRTF = 4 << 20
)

// ErrBroken is the cause of an error about bytes that are not what they
// should be, ErrLimit of one about bytes that were not looked at any more.
var (
	ErrBroken = errors.New("broken TNEF stream")
	ErrLimit  = errors.New("TNEF stream over a limit")
)

// Message is what was found in a stream. Files share memory with it.
type Message struct {
	Subject string
	Text    string // the plain body, "" when there is none
	HTML    string // the HTML body in UTF-8, "" when there is none
	Files   []File
}

// IsZero reports a message without body and files.
func (m *Message) IsZero() bool {
	return m == nil || m.Text == "" && m.HTML == "" && len(m.Files) == 0
}

// File is one attached file or, where Message is set, one attached message.
type File struct {
	Name            string // as stored, "" when there is none
	MediaType       string // as stored, "" when there is none
	ContentID       string // as stored
	ContentLocation string
	Data            []byte
	Message         *Message
}

// Decoder turns bytes of a Windows code page into text; page is 0 when it is
// not known. It must not fail.
type Decoder func(b []byte, page int) string

const signature = 0x223e9f78

// Is reports that b begins like a TNEF stream.
func Is(b []byte) bool { return len(b) >= 6 && binary.LittleEndian.Uint32(b) == signature }

// Read reads a stream. The message is never nil; it holds what could be read
// before the error, which wraps [ErrBroken] or [ErrLimit].
func Read(b []byte, decode Decoder) (*Message, error) {
	r := reader{decode: decode}
	m := r.message(b, 0)
	return m, r.err
}

// reader is shared by a stream and the messages inside it.
type reader struct {
	decode     Decoder
	attributes int
	properties int
	files      int
	rtf        int // bytes that came out of compressed bodies
	err        error
}

// note keeps the first error: reading goes on where it can.
func (r *reader) note(cause error, what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", cause, what)
	}
}

// Identifiers of attributes, [MS-OXTNEF] 2.1.3.2, without their types.
const (
	attSubject      = 0x8004
	attBody         = 0x800c
	attAttachData   = 0x800f
	attAttachTitle  = 0x8010
	attAttachRender = 0x9002
	attMessageProps = 0x9003
	attAttachProps  = 0x9005
	attOEMCodePage  = 0x9007
)

// draft is a message while it is read. Strings are decoded at the end, when
// the code page is known.
type draft struct {
	page, htmlPage int
	subject, text  value
	html, rtf      value
	files          []draftFile
}

type draftFile struct {
	title, long, short, display value
	mediaType, id, location     value
	data                        []byte
	object                      []byte // an embedded message
}

// value is a string as stored.
type value struct {
	b    []byte
	wide bool // UTF-16, little endian
}

func (r *reader) message(b []byte, depth int) *Message {
	if !Is(b) {
		r.note(ErrBroken, "no signature")
		return &Message{}
	}
	var d draft
	for b = b[6:]; len(b) > 0; {
		const frame = 1 + 4 + 4 + 2 // level, identifier, length, checksum
		if len(b) < frame {
			r.note(ErrBroken, "cut attribute")
			break
		}
		if r.attributes++; r.attributes > MaxAttributes {
			r.note(ErrLimit, "attributes")
			break
		}
		level, id := b[0], binary.LittleEndian.Uint16(b[1:])
		n := uint64(binary.LittleEndian.Uint32(b[5:]))
		if level != 1 && level != 2 {
			r.note(ErrBroken, "unknown level")
			break
		}
		rest := b[9:]
		if n > uint64(len(rest)) { // cut in the middle of a file: its beginning is better than nothing
			r.note(ErrBroken, "cut attribute")
			n = uint64(len(rest))
		}
		r.attribute(&d, id, rest[:n:n])
		b = rest[min(n+2, uint64(len(rest))):]
	}
	return r.finish(&d, depth)
}

func (r *reader) attribute(d *draft, id uint16, data []byte) {
	switch id {
	case attOEMCodePage:
		if len(data) >= 4 {
			d.page = int(binary.LittleEndian.Uint32(data) & 0xffff)
		}
		return
	case attSubject:
		d.subject.orElse(value{b: data})
		return
	case attBody:
		d.text.orElse(value{b: data})
		return
	case attMessageProps:
		r.readProperties(data, d.property)
		return
	case attAttachRender:
		if r.files++; r.files > MaxFiles {
			r.note(ErrLimit, "files")
			return
		}
		d.files = append(d.files, draftFile{})
		return
	}
	if len(d.files) == 0 || r.files > MaxFiles {
		return
	}
	f := &d.files[len(d.files)-1]
	switch id {
	case attAttachTitle:
		f.title = value{b: data}
	case attAttachData:
		f.data = data
	case attAttachProps:
		r.readProperties(data, f.property)
	}
}

// orElse sets v where it is still empty.
func (v *value) orElse(other value) {
	if len(v.b) == 0 {
		*v = other
	}
}

func (r *reader) finish(d *draft, depth int) *Message {
	m := &Message{Subject: r.str(d.subject, d.page), Text: r.str(d.text, d.page)}
	page := d.htmlPage
	if page == 0 {
		page = d.page
	}
	if m.HTML = r.str(d.html, page); m.HTML == "" && len(d.rtf.b) > 0 {
		if rtf := r.decompress(d.rtf.b); len(rtf) > 0 {
			text, isHTML := readRTF(rtf, d.page, r.decode)
			if isHTML {
				m.HTML = text
			} else if m.Text == "" {
				m.Text = text
			}
		}
	}
	for i := range d.files {
		f := &d.files[i]
		out := File{
			Name:      r.str(f.name(), d.page),
			MediaType: r.str(f.mediaType, d.page),
			ContentID: r.str(f.id, d.page), ContentLocation: r.str(f.location, d.page),
			Data: f.data,
		}
		if f.object != nil {
			if depth+1 >= MaxDepth {
				r.note(ErrLimit, "depth")
				out.Data = f.object
			} else {
				out.Message = r.message(f.object, depth+1)
			}
		}
		if out.Name != "" || len(out.Data) > 0 || out.Message != nil { // else it was cut off before it began
			m.Files = append(m.Files, out)
		}
	}
	return m
}

// name is the best name of a file: the title of the attribute is often cut to
// eight characters.
func (f *draftFile) name() value {
	for _, v := range []value{f.long, f.title, f.short, f.display} {
		if len(bytes.Trim(v.b, "\x00")) > 0 {
			return v
		}
	}
	return value{}
}
