package eml

import "bytes"

const (
	// maxDER is how deep the structures of a signed message lie: content info,
	// signed data, encapsulated content, octet string and its pieces, and one to
	// spare for the explicit tags between them.
	maxDER = 8

	// maxPieces bounds the pieces of a constructed octet string. Programs that
	// stream write 1000 to 64 KiB each.
	maxPieces = 100_000
)

// Object identifiers of RFC 5652, encoded.
var (
	oidData       = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
	oidSignedData = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
)

// Tags of X.690.
const (
	tagOctets      = 0x04
	tagOID         = 0x06
	tagSequence    = 0x30
	tagExplicit    = 0xa0
	tagConstructed = 0x20
)

// isCMS reports a part that may hold signed content (RFC 8551 section 3.2).
func isCMS(p *Part) bool {
	switch p.MediaType {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
	default:
		return false
	}
	kind := lowerASCII(p.Params["smime-type"])
	return kind == "" || kind == "signed-data"
}

// signedContent shows what a signature is wrapped around. Nothing is verified
// here; the part itself stays an attachment, byte for byte.
func (s *scan) signedContent(p *Part, depth int) {
	if s.encoded >= MaxReencoded {
		s.faults.at(FaultReencodedLimit, p.Path)
		return
	}
	pieces, found := cmsContent(s.decoded(p))
	if !found {
		if lowerASCII(p.Params["smime-type"]) == "signed-data" {
			s.faults.at(FaultCMS, p.Path)
		}
		return
	}
	if !s.mayAdd(p) {
		return
	}
	content := pieces[0]
	if len(pieces) > 1 {
		content = s.join(pieces)
	}
	sub := newScan(content, s.budget)
	sub.encoded = s.encoded + 1
	p.inside.entity = sub.entity(p.Path+"/1", depth+1, "text/plain")
}

// cmsContent finds the content, in one or more pieces, of a ContentInfo that holds SignedData (RFC 5652
// sections 3, 5.1 and 5.2). It reads BER: lengths may be indefinite, and the
// octets may come in pieces.
func cmsContent(b []byte) ([][]byte, bool) {
	info, _, ok := readBER(b, 0)
	if !ok || info.tag != tagSequence {
		return nil, false
	}
	kind, rest, ok := readBER(info.body, 0)
	if !ok || kind.tag != tagOID || !bytes.Equal(kind.body, oidSignedData) {
		return nil, false
	}
	explicit, _, ok := readBER(rest, 0)
	if !ok || explicit.tag != tagExplicit {
		return nil, false
	}
	signed, _, ok := readBER(explicit.body, 0)
	if !ok || signed.tag != tagSequence {
		return nil, false
	}
	for rest = signed.body; len(rest) > 0; { // version, digest algorithms, then the content
		var e element
		if e, rest, ok = readBER(rest, 0); !ok {
			return nil, false
		}
		if e.tag == tagSequence {
			return encapsulated(e.body)
		}
	}
	return nil, false
}

func encapsulated(b []byte) ([][]byte, bool) {
	kind, rest, ok := readBER(b, 0)
	if !ok || kind.tag != tagOID || !bytes.Equal(kind.body, oidData) {
		return nil, false
	}
	explicit, _, ok := readBER(rest, 0)
	if !ok || explicit.tag != tagExplicit {
		return nil, false // a detached signature
	}
	octets, _, ok := readBER(explicit.body, 0)
	switch {
	case !ok:
		return nil, false
	case octets.tag == tagOctets:
		return [][]byte{octets.body}, true
	case octets.tag != tagOctets|tagConstructed:
		return nil, false
	}
	pieces := [][]byte{nil}
	for rest, n := octets.body, 0; len(rest) > 0 && n < maxPieces; n++ {
		var piece element
		if piece, rest, ok = readBER(rest, 0); !ok || piece.tag != tagOctets {
			return nil, false
		}
		pieces = append(pieces, piece.body)
	}
	return pieces, true
}

// element is one value of BER with a tag of one byte.
type element struct {
	tag  byte
	body []byte
}

// readBER reads the first element of b and returns what follows it.
func readBER(b []byte, depth int) (e element, rest []byte, ok bool) {
	const longTag = 0x1f
	if len(b) < 2 || b[0]&longTag == longTag {
		return e, nil, false
	}
	e.tag = b[0]
	switch n := int(b[1]); {
	case n < 0x80:
		return e.bounded(b[2:], n)
	case n == 0x80:
		return e.indefinite(b[2:], depth)
	case n-0x80 > 4 || len(b) < 2+n-0x80:
		return e, nil, false
	default:
		length := 0
		for _, c := range b[2 : 2+n-0x80] {
			length = length<<8 | int(c)
		}
		return e.bounded(b[2+n-0x80:], length)
	}
}

func (e element) bounded(b []byte, n int) (element, []byte, bool) {
	if n < 0 || n > len(b) {
		return e, nil, false
	}
	e.body = b[:n:n]
	return e, b[n:], true
}

// indefinite finds the two zero bytes that end an element, by reading what
// lies inside.
func (e element) indefinite(b []byte, depth int) (element, []byte, bool) {
	if depth >= maxDER || e.tag&tagConstructed == 0 {
		return e, nil, false
	}
	rest := b
	for {
		if len(rest) >= 2 && rest[0] == 0 && rest[1] == 0 {
			n := len(b) - len(rest)
			e.body = b[:n:n]
			return e, rest[2:], true
		}
		var ok bool
		if _, rest, ok = readBER(rest, depth+1); !ok {
			return e, nil, false
		}
	}
}
