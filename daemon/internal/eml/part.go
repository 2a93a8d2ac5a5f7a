package eml

import (
	"io"
	"iter"
	"strings"
)

// Transfer encodings that are decoded; RFC 2045 section 6. Everything else is
// taken as it is.
const (
	quotedPrintable = "quoted-printable"
	base64Encoding  = "base64"
)

// Part is one node of a mail's MIME tree.
type Part struct {
	Path   string // "1" is the root, "1.2" its second child; the mail inside part P is P.1
	Header Header

	MediaType        string            // lower case type/subtype; the default when none or nonsense is declared
	Params           map[string]string // of Content-Type, names in lower case, values decoded
	Disposition      string            // "inline", "attachment", or "" when neither is declared
	Filename         string            // as declared, made safe to show; "" when none is
	ContentID        string            // without angle brackets
	Charset          string            // as declared, lower case
	TransferEncoding string            // lower case; "7bit" when none is declared

	Children []*Part // of a multipart; of a message/rfc822 the one mail inside

	buf              []byte // the mail, or the decoded container the part was found in
	start, body, end int    // offsets into buf: of the header, of the body, of what follows the body
	unclear          bool   // others may find more fields in this header, see scan.header
	partless         bool   // a multipart in which no part was found: shown as plain text

	inner    []byte // the encoded data, where that is not the whole body
	inside   inside
	location string // Content-Location
}

// Raw returns header and body as they stood, byte for byte, without the line
// end that belongs to the delimiter after them. It shares memory with the mail.
func (p *Part) Raw() []byte { return p.buf[p.start:p.end:p.end] }

// Body returns the body with its transfer encoding still on. It shares memory
// with the mail.
func (p *Part) Body() []byte { return p.buf[p.body:p.end:p.end] }

// IsMultipart reports a multipart/* media type.
func (p *Part) IsMultipart() bool { return strings.HasPrefix(p.MediaType, "multipart/") }

// IsMessage reports that the body is a whole mail (RFC 2046 section 5.2.1, RFC
// 6532 section 3.7).
func (p *Part) IsMessage() bool {
	return p.MediaType == "message/rfc822" || p.MediaType == "message/global"
}

// IsText reports a media type that is shown as the text of a mail.
func (p *Part) IsText() bool { return p.MediaType == "text/plain" || p.MediaType == "text/html" }

// All yields the part and everything below it, parents first.
func (p *Part) All() iter.Seq[*Part] {
	return func(yield func(*Part) bool) { p.walk(yield) }
}

func (p *Part) walk(yield func(*Part) bool) bool {
	if !yield(p) {
		return false
	}
	for _, c := range p.Children {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

// Message reads the mail inside a message/rfc822 part. It returns nil for other
// parts, and where a limit kept the scan out.
func (p *Part) Message() *Mail {
	if !p.IsMessage() || len(p.Children) == 0 {
		return nil
	}
	return newMail(p.Children[0], &faults{})
}

// Decoded streams the body without its transfer encoding; the charset is left
// alone. Broken encoding never makes it fail. Where only a stretch of the body is
// encoded, as with uuencode, that is all there is.
func (p *Part) Decoded() io.Reader {
	src := p.source()
	switch p.TransferEncoding {
	case base64Encoding:
		return newBase64Reader(src)
	case quotedPrintable:
		return newQuotedReader(src)
	case uuEncoding:
		return newUUReader(src)
	case yEncEncoding:
		return newYEncReader(src)
	}
	return newPlainReader(src)
}

// source is what the transfer encoding was laid on.
func (p *Part) source() []byte {
	if p.inner != nil {
		return p.inner
	}
	return p.Body()
}

// Bytes is all of [Part.Decoded]; without a transfer encoding it shares memory
// with the mail.
func (p *Part) Bytes() []byte {
	if !p.encoded() {
		return p.source()
	}
	return p.decode(make([]byte, 0, decodedBound(p.TransferEncoding, len(p.source()))))
}

// decode appends the decoded body to out.
func (p *Part) decode(out []byte) []byte {
	r := p.Decoded().(chunkReader)
	for chunk := r.chunk(); len(chunk) > 0; chunk = r.chunk() {
		out = append(out, chunk...)
	}
	return out
}

// largeDecoded is what is worth the trouble of a file.
const largeDecoded = 1 << 20

// decoded is [Part.Bytes] while the mail is read.
func (s *scan) decoded(p *Part) []byte {
	n := decodedBound(p.TransferEncoding, len(p.source()))
	if !p.encoded() || s.room == nil || n < largeDecoded {
		return p.Bytes()
	}
	return p.decode(s.room(n)[:0])
}

// join puts pieces in one place.
func (s *scan) join(pieces [][]byte) []byte {
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	var out []byte
	if s.room != nil && n >= largeDecoded {
		out = s.room(n)[:0]
	}
	for _, p := range pieces {
		out = append(out, p...)
	}
	return out
}

func (p *Part) encoded() bool {
	switch p.TransferEncoding {
	case base64Encoding, quotedPrintable, uuEncoding, yEncEncoding:
		return true
	}
	return false
}

// describe reads the MIME fields of p. standard is the media type of a part
// that declares none.
func (p *Part) describe(standard string, fs *faults) {
	p.MediaType = standard
	if f, ok := p.Header.first("Content-Type"); ok {
		v := parseParams(unfold(f.Raw), p.Path, fs)
		p.Params = v.params
		p.MediaType = mediaType(v.main)
	}
	p.Charset = lowerASCII(strings.TrimSpace(p.Params["charset"]))
	if _, known := findCharset(p.Charset); !known && p.IsText() {
		fs.add(FaultCharset, "part %s: %.60q", p.Path, p.Charset)
	}
	p.Filename = cleanFilename(p.Params["name"])
	if f, ok := p.Header.first("Content-Disposition"); ok {
		v := parseParams(unfold(f.Raw), p.Path, fs)
		switch d := lowerASCII(v.main); d {
		case "inline", "attachment":
			p.Disposition = d
		case "":
		default: // RFC 2183 section 2.8: unknown ones are attachments
			p.Disposition = "attachment"
		}
		if name := cleanFilename(v.params["filename"]); name != "" {
			p.Filename = name
		}
	}
	if f, ok := p.Header.first("Content-ID"); ok {
		p.ContentID = clipBytes(strings.Trim(cleanID(f.Value()), "<>"), MaxID)
	}
	p.location = clipBytes(cleanID(p.Header.Get("Content-Location")), MaxID)
	p.TransferEncoding = p.transferEncoding(fs)
}

// mediaType normalises what stands before the parameters. RFC 2045 section 5.2
// makes text/plain of nonsense; "text" and "html" alone are common enough to be
// understood.
func mediaType(s string) string {
	s = lowerASCII(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, s))
	kind, sub, _ := strings.Cut(s, "/")
	switch {
	case s == "html":
		return "text/html"
	case !isToken(kind) || !isToken(sub):
		return "text/plain"
	}
	return s
}

// isToken reports a token of RFC 2045 section 5.1.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// transferEncoding reads Content-Transfer-Encoding. Misspellings that leave no
// doubt are understood.
func (p *Part) transferEncoding(fs *faults) string {
	f, ok := p.Header.first("Content-Transfer-Encoding")
	if !ok {
		return "7bit"
	}
	value := strings.TrimSpace(dropComments(lowerASCII(f.Value())))
	if i := strings.IndexAny(value, ";( \t,"); i > 0 {
		value = value[:i]
	}
	value = strings.Trim(value, `"'`)
	switch value {
	case base64Encoding, "base-64", "base_64", "b":
		return base64Encoding
	case quotedPrintable, "quoted_printable", "quotedprintable", "quoted", "qp", "q":
		return quotedPrintable
	case "7bit", "8bit", "binary":
		return value
	case uuEncoding, "uuencode", "x-uue", "uue":
		return uuEncoding
	case yEncEncoding, "yenc":
		return yEncEncoding
	case "", "7-bit", "7bits", "7-bits", "7bit:", "none", "plain", "us-ascii", "ascii":
		return "7bit"
	case "8-bit", "8bits", "8-bits", "8", "utf-8", "utf8":
		return "8bit"
	}
	fs.add(FaultTransferEncoding, "part %s: %.60q", p.Path, value)
	return clipBytes(validUTF8(value), MaxID)
}
