package eml

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"
)

// Digest is the identity of the content, the same for the same mail whichever
// way it came: SHA-256 over the values of From, Date, Subject and Message-ID and
// over the body. What transport changes is left out: every other field, how
// fields are folded, the kind of line ends, and blank lines at the end.
//
// It takes the raw bytes of those, not their meaning: a gateway that encodes
// the body anew makes another mail of it.
func (m *Mail) Digest() [sha256.Size]byte {
	h := sha256.New()
	for _, name := range []string{"From", "Date", "Subject", "Message-ID"} {
		values := m.Header.Values(name)
		writeLength(h, len(values))
		for _, v := range values {
			v = strings.Join(strings.Fields(v), " ")
			writeLength(h, len(v))
			h.Write([]byte(v))
		}
	}
	hashLines(h, m.Root.Body())
	return [sha256.Size]byte(h.Sum(nil))
}

// writeLength keeps neighbouring values apart.
func writeLength(h hash.Hash, n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

// hashLines hashes body with LF line ends and without blank lines at its end.
func hashLines(h hash.Hash, body []byte) {
	buf := make([]byte, 0, decodeChunk)
	put := func(c byte) {
		if len(buf) == cap(buf) {
			h.Write(buf)
			buf = buf[:0]
		}
		buf = append(buf, c)
	}
	ends := 0 // line ends that count only when something follows
	crs := 0  // CRs that are part of a line end if LF follows
	for _, c := range body {
		switch c {
		case '\r':
			crs++
		case '\n':
			ends, crs = ends+1, 0
		default:
			for ends += crs; ends > 0; ends-- {
				put('\n')
			}
			crs = 0
			put(c)
		}
	}
	h.Write(buf)
}
