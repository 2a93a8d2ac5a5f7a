package tnef

import "encoding/binary"

// Kinds of compressed RTF, [MS-OXRTFCP] 2.1.3.1.
const (
	compressed   = 0x75465a4c // "LZFu"
	uncompressed = 0x414c454d // "MELA"
)

const (
	// dictionarySize is that of [MS-OXRTFCP] 2.1.3.1.4.
	dictionarySize = 4096

	// dictionaryStart is what the dictionary holds before the first byte,
	// [MS-OXRTFCP] 2.1.2.1.
	dictionaryStart = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor " +
		"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)

// decompress takes the header off compressed RTF and decompresses it. A broken
// stream yields what came before the break. The checksum is not looked at: a
// body that can be read is worth more than a warning that it may be wrong.
func (r *reader) decompress(b []byte) []byte {
	const header = 16 // sizes, kind, checksum
	if len(b) < header {
		r.note(ErrBroken, "cut RTF")
		return nil
	}
	size := min(int(binary.LittleEndian.Uint32(b[4:])), max(0, MaxRTF-r.rtf))
	kind := binary.LittleEndian.Uint32(b[8:])
	b = b[header:]
	var out []byte
	switch kind {
	case uncompressed:
		out = b[:min(len(b), size)]
	case compressed:
		out = r.lzfu(b, size)
	default:
		r.note(ErrBroken, "unknown compression of RTF")
	}
	if r.rtf += len(out); r.rtf >= MaxRTF {
		r.note(ErrLimit, "RTF")
	}
	return out
}

func (r *reader) lzfu(b []byte, size int) []byte {
	var dictionary [dictionarySize]byte
	at := copy(dictionary[:], dictionaryStart)
	out := make([]byte, 0, min(size, 8*len(b))) // a reference of two bytes stands for at most 17
	for i := 0; i < len(b); {
		control := b[i]
		i++
		for bit := 0; bit < 8 && len(out) < size; bit++ {
			if control>>bit&1 == 0 {
				if i >= len(b) {
					r.note(ErrBroken, "cut RTF")
					return out
				}
				out = append(out, b[i])
				dictionary[at] = b[i]
				at = (at + 1) % dictionarySize
				i++
				continue
			}
			if i+1 >= len(b) {
				r.note(ErrBroken, "cut RTF")
				return out
			}
			reference := int(b[i])<<8 | int(b[i+1])
			i += 2
			from, n := reference>>4, reference&15+2
			if from == at { // the end mark
				return out
			}
			for range n {
				c := dictionary[from]
				out = append(out, c)
				dictionary[at] = c
				at, from = (at+1)%dictionarySize, (from+1)%dictionarySize
			}
		}
		if len(out) >= size {
			return out[:size]
		}
	}
	return out
}
