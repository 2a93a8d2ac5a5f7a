package eml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/eml/tnef"
)

// inside is what was found in a leaf that is no container of MIME: files in a
// text, a winmail.dat, a signed envelope, a fragment. The tree of parts stays
// as it is; what was found is only shown.
type inside struct {
	files    []*Part // attachments
	entity   *Part   // a whole entity: its text and its attachments are shown
	spare    section // shown when the mail has no other text
	whole    []byte  // the decoded body, where files were found in it
	tail     []byte  // text under the encoded body, not encoded
	cut      []span  // of the decoded body: what of it is not text
	replaced bool    // nothing is lost when the part itself is not listed
}

// span is a range of bytes.
type span struct{ start, end int }

// lookInside fills p.inside. It runs once, in the scan, so that a part does not
// change later.
func (s *scan) lookInside(p *Part, depth int) {
	if p.TransferEncoding == base64Encoding && p.IsText() {
		s.base64Tail(p)
	}
	switch {
	case p.TransferEncoding == uuEncoding || p.TransferEncoding == yEncEncoding:
		s.unframe(p)
	case p.MediaType == "text/plain":
		s.framedFiles(p)
	case isTNEF(p):
		s.winmail(p)
	case isCMS(p) && depth+1 < MaxDepth:
		s.signedContent(p, depth)
	case p.MediaType == "message/partial" && p.Params["number"] == "1" && depth+1 < MaxDepth:
		s.fragment(p, depth)
	}
}

// base64Tail finds what a mailing list has written under a body in base64
// without encoding it. Padding alone does not end the data: some programs encode
// in pieces.
func (s *scan) base64Tail(p *Part) {
	body := p.Body()
	for at := 0; ; {
		i := bytes.IndexByte(body[at:], '=')
		if i < 0 {
			return
		}
		for at += i; at < len(body) && body[at] == '='; {
			at++
		}
		if !onLineOfItsOwn(body[at:]) {
			continue
		}
		rest := bytes.TrimLeft(body[at:], " \t\r\n")
		line, _ := lineAt(rest, 0)
		if len(bytes.TrimFunc(line, inBase64)) == 0 {
			continue
		}
		p.inner, p.inside.tail = body[:at:at], rest
		s.faults.add(FaultTail, "part %s: %.60q", p.Path, line)
		return
	}
}

func inBase64(r rune) bool {
	return r < utf8.RuneSelf && base64Values[r] != notBase64 || r == '=' || r == ' ' || r == '\t'
}

// onLineOfItsOwn reports that b begins with a line end.
func onLineOfItsOwn(b []byte) bool {
	b = bytes.TrimLeft(b, " \t")
	return len(b) > 0 && (b[0] == '\r' || b[0] == '\n')
}

// synthetic makes a part of something found inside p. Its path does not occur
// in the tree of parts.
func (p *Part) synthetic(mediaType, encoding string, body []byte) *Part {
	n := len(p.inside.files) + 1
	return &Part{
		Path: p.Path + "/" + strconv.Itoa(n), MediaType: mediaType, TransferEncoding: encoding,
		buf: body, end: len(body),
	}
}

// mayAdd counts a file against the limit of parts.
func (s *scan) mayAdd(p *Part) bool {
	if s.parts >= MaxParts {
		s.faults.at(FaultPartLimit, p.Path)
		return false
	}
	s.parts++
	return true
}

// unframe turns a part whose transfer encoding is uuencode into its data.
func (s *scan) unframe(p *Part) {
	body := p.Body()
	f, ok := newFramer(body).next(0)
	switch {
	case !ok:
		s.faults.add(FaultTransferEncoding, "part %s: %s without a file", p.Path, p.TransferEncoding)
		p.TransferEncoding = "binary"
	default:
		if p.Filename == "" {
			p.Filename = cleanFilename(f.name)
		}
		p.TransferEncoding = f.encoding
		p.inner = body[f.from:f.to:f.to]
		s.noteOpen(p, f)
	}
}

func (s *scan) noteOpen(p *Part, f framed) {
	if f.open {
		s.faults.add(FaultFileOpen, "part %s: %.60q", p.Path, f.name)
	}
}

// framedFiles finds the files that stand in a text.
func (s *scan) framedFiles(p *Part) {
	if p.TransferEncoding != base64Encoding && !bytes.Contains(p.Body(), beginMark) {
		return
	}
	body := s.decoded(p)
	fr := newFramer(body)
	for pos := 0; pos < len(body); {
		f, ok := fr.next(pos)
		if !ok || !s.mayAdd(p) {
			return
		}
		name := cleanFilename(f.name)
		file := p.synthetic("", f.encoding, body[f.from:f.to:f.to])
		file.Filename = name
		file.MediaType = mediaTypeOf(name, file.head())
		p.inside.files, p.inside.whole = append(p.inside.files, file), body
		p.inside.cut = append(p.inside.cut, span{f.start, f.end})
		s.noteOpen(p, f)
		pos = f.end
	}
}

// head is the beginning of the decoded body, enough to tell what it is.
func (p *Part) head() []byte {
	head := make([]byte, sniffLength)
	n, _ := p.Decoded().Read(head) // readers of this package do not fail
	return head[:n]
}

// without returns the beginning of b, most bytes of it, without the spans.
func without(b []byte, cut []span, most int) []byte {
	if len(cut) == 0 {
		return b[:min(len(b), most)]
	}
	var out []byte
	pos := 0
	for _, c := range append(cut[:len(cut):len(cut)], span{len(b), len(b)}) {
		part := b[pos:c.start]
		out = append(out, part[:min(len(part), most-len(out))]...)
		pos = c.end
	}
	return out
}

// isTNEF reports a winmail.dat by its type, or by its name where a gateway
// has changed the type.
func isTNEF(p *Part) bool {
	switch p.MediaType {
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return true
	case "application/octet-stream":
		name := lowerASCII(p.Filename)
		return name == "winmail.dat" || name == "win.dat"
	}
	return false
}

// winmail reads a winmail.dat. It stays an attachment itself unless all of it
// was understood.
func (s *scan) winmail(p *Part) {
	m, err := tnef.Read(s.decoded(p), func(b []byte, page int) string {
		label := ""
		if page != 0 {
			label = "cp" + strconv.Itoa(page)
		}
		return decodeCharset(b, label, "")
	})
	if err != nil {
		s.faults.add(FaultTNEF, "part %s: %v", p.Path, err)
	}
	s.winmailFiles(p, m)
	if m.Text != "" {
		p.inside.spare.plain = []*Part{p.written("text/plain", m.Text)}
	}
	if m.HTML != "" {
		p.inside.spare.html = []*Part{p.written("text/html", m.HTML)}
	}
	p.inside.replaced = err == nil && !m.IsZero()
}

// written makes a part of text that is UTF-8 already.
func (p *Part) written(mediaType, text string) *Part {
	out := p.synthetic(mediaType, "8bit", []byte(text))
	out.Charset = "utf-8"
	return out
}

// winmailFiles lists the files of m. A message that was attached to it is
// flattened: its text becomes a file, its files follow.
func (s *scan) winmailFiles(p *Part, m *tnef.Message) {
	for _, f := range m.Files {
		if f.Message != nil {
			s.winmailMessage(p, f.Message)
			continue
		}
		if !s.mayAdd(p) {
			return
		}
		file := p.synthetic(mediaType(f.MediaType), "binary", f.Data)
		file.Filename = cleanFilename(f.Name)
		if f.MediaType == "" {
			file.MediaType = mediaTypeOf(file.Filename, f.Data[:min(len(f.Data), sniffLength)])
		}
		file.ContentID = clipBytes(strings.Trim(cleanID(f.ContentID), "<>"), MaxID)
		file.location = f.ContentLocation
		p.inside.files = append(p.inside.files, file)
	}
}

func (s *scan) winmailMessage(p *Part, m *tnef.Message) {
	subject := cleanFilename(cleanLine(m.Subject))
	if subject == "" {
		subject = "message"
	}
	if (m.Text != "" || m.HTML != "") && s.mayAdd(p) {
		file, ext := p.written("text/plain", m.Text), ".txt"
		if m.Text == "" {
			file, ext = p.written("text/html", m.HTML), ".html"
		}
		file.Filename = clipBytes(subject, MaxFilename-len(ext)) + ext
		p.inside.files = append(p.inside.files, file)
	}
	s.winmailFiles(p, m)
}

// fragment reads the first piece of a mail that was sent in pieces (RFC 2046
// section 5.2.2): it begins with the header of the whole one.
func (s *scan) fragment(p *Part, depth int) {
	if !s.mayAdd(p) {
		return
	}
	sub := newScan(p.Body(), s.budget)
	sub.encoded = s.encoded
	whole := sub.message(p.Path+"/1", depth+1)
	var l layout
	l.part(whole, whole, 0)
	for _, sec := range l.sections {
		p.inside.spare.plain = append(p.inside.spare.plain, sec.plain...)
		p.inside.spare.html = append(p.inside.spare.html, sec.html...)
	}
}
