package tnef

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Identifiers of MAPI properties, [MS-OXPROPS].
const (
	propSubject         = 0x0037
	propBody            = 0x1000
	propRTFCompressed   = 0x1009
	propBodyHTML        = 0x1013
	propDisplayName     = 0x3001
	propAttachData      = 0x3701
	propAttachFilename  = 0x3704
	propAttachLongName  = 0x3707
	propAttachMIMETag   = 0x370e
	propAttachContentID = 0x3712
	propAttachLocation  = 0x3713
	propInternetCPID    = 0x3fde
	propMessageCodePage = 0x3ffd
	firstNamedProperty  = 0x8000
)

// Types of MAPI properties, [MS-OXCDATA] 2.11.1.
const (
	typeInt32   = 0x0003
	typeObject  = 0x000d
	typeString8 = 0x001e
	typeUnicode = 0x001f
	typeBinary  = 0x0102
	typeMulti   = 0x1000
)

// property is one MAPI property; of several values the first.
type property struct {
	id, kind uint16
	data     []byte
}

func (p property) isString() bool {
	return p.kind == typeString8 || p.kind == typeUnicode || p.kind == typeBinary
}

func (p property) value() value {
	if !p.isString() {
		return value{}
	}
	return value{b: p.data, wide: p.kind == typeUnicode}
}

func (p property) number() int {
	if p.kind != typeInt32 || len(p.data) < 4 {
		return 0
	}
	return int(binary.LittleEndian.Uint32(p.data) & 0xffff)
}

func (d *draft) property(p property) {
	switch p.id {
	case propSubject:
		d.subject.better(p.value())
	case propBody:
		d.text.better(p.value())
	case propBodyHTML:
		d.html.better(p.value())
	case propRTFCompressed:
		d.rtf.orElse(p.value())
	case propInternetCPID:
		d.htmlPage = p.number()
	case propMessageCodePage:
		if d.page == 0 {
			d.page = p.number()
		}
	}
}

// better replaces v: what stands in the properties is not squeezed into the
// code page of the sender's machine.
func (v *value) better(other value) {
	if len(other.b) > 0 && (other.wide || !v.wide) {
		*v = other
	}
}

func (f *draftFile) property(p property) {
	switch p.id {
	case propAttachLongName:
		f.long = p.value()
	case propAttachFilename:
		f.short = p.value()
	case propDisplayName:
		f.display = p.value()
	case propAttachMIMETag:
		f.mediaType = p.value()
	case propAttachContentID:
		f.id = p.value()
	case propAttachLocation:
		f.location = p.value()
	case propAttachData:
		if p.kind != typeObject {
			if len(p.data) > 0 {
				f.data = p.data
			}
			return
		}
		const interfaceID = 16 // of the object, before its bytes
		if len(p.data) < interfaceID {
			return
		}
		if inner := p.data[interfaceID:]; Is(inner) {
			f.object = inner
		} else if len(f.data) == 0 {
			f.data = inner
		}
	}
}

// readProperties calls take for each property of a list, [MS-OXTNEF] 2.1.3.4.
func (r *reader) readProperties(b []byte, take func(property)) {
	c := cursor{b: b}
	for n := c.uint32(); n > 0 && !c.broken; n-- {
		if r.properties++; r.properties > MaxProperties {
			r.note(ErrLimit, "properties")
			return
		}
		p := property{kind: c.uint16(), id: c.uint16()}
		if p.id >= firstNamedProperty {
			c.take(16) // the GUID of the set
			if kind := c.uint32(); kind == 0 {
				c.take(4)
			} else {
				c.padded(c.uint32())
			}
		}
		r.propertyValues(&c, &p)
		if !c.broken {
			take(p)
		}
	}
	if c.broken {
		r.note(ErrBroken, "cut property")
	}
}

// propertyValues reads the values of a property and keeps the first.
func (r *reader) propertyValues(c *cursor, p *property) {
	multi := p.kind&typeMulti != 0
	p.kind &^= typeMulti
	width, fixed := widths(p.kind)
	count := uint32(1)
	if multi || !fixed {
		count = c.uint32()
	}
	for i := uint32(0); i < count && !c.broken; i++ {
		if r.properties++; r.properties > MaxProperties {
			r.note(ErrLimit, "properties")
			c.broken = true
			return
		}
		size := uint32(width)
		if !fixed {
			size = c.uint32()
		}
		data := c.padded(size)
		if i == 0 {
			p.data = data
		}
	}
}

// widths returns the size of the values of a type, and false for those that
// carry their own.
func widths(kind uint16) (size int, fixed bool) {
	switch kind {
	case typeString8, typeUnicode, typeBinary, typeObject:
		return 0, false
	case 0x0000, 0x0001: // unspecified, null
		return 0, true
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040: // double, currency, application time, 64 bit, time
		return 8, true
	case 0x0048: // GUID
		return 16, true
	}
	return 4, true // short ones are padded to that
}

// cursor reads little-endian values and remembers when there were too few
// bytes.
type cursor struct {
	b      []byte
	broken bool
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.broken, c.b = true, nil
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}

// padded takes n bytes and those that fill them up to a multiple of four; the
// last ones may be missing.
func (c *cursor) padded(n uint32) []byte {
	out := c.take(uint64(n))
	c.b = c.b[min(len(c.b), int(-n&3)):]
	return out
}

func (c *cursor) uint16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// str decodes a string up to its NUL.
func (r *reader) str(v value, page int) string {
	if len(v.b) > MaxRTF {
		r.note(ErrLimit, "text")
		v.b = v.b[:MaxRTF]
	}
	if !v.wide {
		b, _, _ := bytes.Cut(v.b, []byte{0})
		if len(b) == 0 {
			return ""
		}
		return r.decode(b, page)
	}
	units := make([]uint16, 0, len(v.b)/2)
	for i := 0; i+1 < len(v.b); i += 2 {
		u := binary.LittleEndian.Uint16(v.b[i:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}
