package eml

import (
	"bytes"
	"strconv"
)

const (
	// MaxDepth is how many parts may lie inside each other. Real mail, forwarded
	// a few times as attachment, stays below 10.
	MaxDepth = 20

	// MaxParts is how many parts a mail may have. The largest real mails are
	// photo albums with a few hundred.
	MaxParts = 500

	// MaxHeaderBytes bounds the headers of all parts together; it is twice what
	// large mail systems let through.
	MaxHeaderBytes = 256 << 10

	// MaxHeaderFields bounds the fields of one header; long relay chains stay
	// below 200.
	MaxHeaderFields = 1000

	// MaxRescans bounds how many multiparts of a mail may be scanned again with a
	// guessed boundary. Each may cover the whole mail, so it keeps the scan linear.
	MaxRescans = 4

	// MaxReencoded is how deep containers may be hidden under base64 or
	// quoted-printable, which RFC 2045 section 6.4 forbids but some gateways do.
	// Each level costs a decoded copy.
	MaxReencoded = 2

	// sniffWindow is how far into a multipart a boundary is looked for when none
	// is declared: longer than any usual preamble.
	sniffWindow = 8 << 10
)

// budget is what all scans of one mail share.
type budget struct {
	faults      faults
	parts       int
	headerBytes int
	rescans     int
	room        Room // nil for the heap
}

// scan finds the parts of one buffer in one pass. It reads line starts only:
// pos always stands at the beginning of a line.
type scan struct {
	*budget
	buf     []byte
	pos     int
	eol     byte     // '\n', or '\r' in a buffer that has no LF at all
	dashes  []byte   // eol and "--": where a delimiter line may begin
	open    []string // boundaries of the enclosing multiparts, outermost first
	delim   delimiter
	encoded int // how many transfer encodings were removed to get at buf
}

// delimiter is the line at which a body ended.
type delimiter struct {
	level   int // index into scan.open, -1 at the end of the buffer
	closing bool
	next    int // start of the line after it
}

func newScan(buf []byte, b *budget) *scan {
	s := &scan{budget: b, buf: buf, eol: '\n', dashes: []byte("\n--"), delim: delimiter{level: -1}}
	if bytes.IndexByte(buf, '\n') < 0 {
		s.eol, s.dashes = '\r', []byte("\r--")
	}
	return s
}

// line returns where the line that begins at pos ends, without its line end,
// and where the next one begins. "\r\r\n", made by two conversions in a row, is
// one line end.
func (s *scan) line(pos int) (end, next int) {
	end, next = len(s.buf), len(s.buf)
	if i := bytes.IndexByte(s.buf[pos:], s.eol); i >= 0 {
		end, next = pos+i, pos+i+1
	}
	for end > pos && s.buf[end-1] == '\r' {
		end--
	}
	return end, next
}

// message reads a part that is a whole mail: junk that programs put before the
// header is skipped.
func (s *scan) message(path string, depth int) *Part {
	start := s.pos
	if bytes.HasPrefix(s.buf[s.pos:], []byte("\xef\xbb\xbf")) {
		s.pos += 3
		s.faults.add(FaultLeadingJunk, "part %s: byte order mark", path)
	}
	for s.pos < len(s.buf) {
		end, next := s.line(s.pos)
		if end > s.pos {
			break
		}
		s.pos = next
	}
	if end, next := s.line(s.pos); bytes.HasPrefix(s.buf[s.pos:], []byte("From ")) && fieldName(s.buf[s.pos:end]) == 0 {
		s.faults.at(FaultMboxLine, path)
		s.pos = next
	} else if s.pos > start && !s.fieldAt(s.pos) {
		s.pos = start // blank lines of a mail without header belong to its body
	} else if s.pos > start {
		s.faults.add(FaultLeadingJunk, "part %s: blank lines", path)
	}
	return s.entity(path, depth, "text/plain")
}

// entity reads one part: its header, then its body up to the next delimiter of
// an enclosing multipart. standard is its media type when it declares none.
func (s *scan) entity(path string, depth int, standard string) *Part {
	s.parts++
	p := &Part{Path: path, buf: s.buf, start: s.pos}
	p.Header, p.unclear = s.header(path)
	p.body = s.pos
	p.describe(standard, &s.faults)
	switch {
	case p.IsMultipart():
		s.multipart(p, depth)
	case p.IsMessage():
		s.embedded(p, depth)
	default:
		p.end = s.skipBody()
		s.lookInside(p, depth)
	}
	return p
}

// multipart reads the parts of p. A multipart in which none can be found is
// shown as text, so that nothing is hidden by a broken header.
func (s *scan) multipart(p *Part, depth int) {
	if depth+1 >= MaxDepth {
		s.faults.at(FaultDepthLimit, p.Path)
		p.end = s.skipBody()
		return
	}
	start := s.pos
	declared := p.Params["boundary"]
	if declared != "" && s.children(p, declared, depth) {
		return
	}
	if declared == "" {
		s.faults.at(FaultBoundaryMissing, p.Path)
	} else {
		s.faults.add(FaultBoundaryUnused, "part %s: %.80q", p.Path, declared)
	}
	s.pos = start
	if guess, ok := s.sniff(); ok && s.mayRescan(p) && s.children(p, guess, depth) {
		return
	}
	s.pos = start
	p.end = s.skipBody()
	if p.encoded() && declared != "" && s.reencoded(p, depth) {
		return
	}
	p.partless = true
}

func (s *scan) mayRescan(p *Part) bool {
	if s.rescans++; s.rescans > MaxRescans {
		s.faults.at(FaultRescanLimit, p.Path)
		return false
	}
	return true
}

// children reads what lies between the delimiters of boundary into p.Children
// and reports whether there was anything.
func (s *scan) children(p *Part, boundary string, depth int) bool {
	level := len(s.open)
	s.open = append(s.open, boundary)
	p.end = s.skipBody() // preamble
	for s.delim.level == level && !s.delim.closing {
		s.pos = s.delim.next
		if s.parts >= MaxParts {
			s.faults.at(FaultPartLimit, p.Path)
			p.end = s.skipBody()
			continue
		}
		standard := "text/plain"
		if p.MediaType == "multipart/digest" { // RFC 2046 section 5.1.5
			standard = "message/rfc822"
		}
		child := s.entity(p.Path+"."+strconv.Itoa(len(p.Children)+1), depth+1, standard)
		p.end = child.end
		p.Children = append(p.Children, child)
	}
	s.open = s.open[:level]
	if s.delim.level == level {
		s.pos = s.delim.next
		p.end = s.skipBody() // epilogue
	} else if len(p.Children) > 0 {
		s.faults.at(FaultBoundaryOpen, p.Path)
	}
	return len(p.Children) > 0
}

// embedded reads the mail inside a message/rfc822 part.
func (s *scan) embedded(p *Part, depth int) {
	switch {
	case depth+1 >= MaxDepth:
		s.faults.at(FaultDepthLimit, p.Path)
		p.end = s.skipBody()
	case s.parts >= MaxParts:
		s.faults.at(FaultPartLimit, p.Path)
		p.end = s.skipBody()
	case p.encoded() && !s.looksPlain(p):
		p.end = s.skipBody()
		s.reencoded(p, depth)
	default:
		child := s.message(p.Path+".1", depth+1)
		p.Children = []*Part{child}
		p.end = child.end
	}
}

// looksPlain reports that the embedded mail at pos stands there undecoded
// although its part claims an encoding.
func (s *scan) looksPlain(p *Part) bool {
	window := s.buf[s.pos:min(len(s.buf), s.pos+sniffWindow)]
	if p.TransferEncoding == quotedPrintable &&
		(bytes.Contains(window, []byte("=3D")) || bytes.Contains(window, []byte("=\r\n")) || bytes.Contains(window, []byte("=\n"))) {
		return false
	}
	return s.fieldAt(s.pos)
}

// reencoded scans the decoded body of a container.
func (s *scan) reencoded(p *Part, depth int) bool {
	s.faults.add(FaultReencoded, "part %s: %s", p.Path, p.TransferEncoding)
	if s.encoded >= MaxReencoded {
		s.faults.at(FaultReencodedLimit, p.Path)
		return false
	}
	sub := newScan(s.decoded(p), s.budget)
	sub.encoded = s.encoded + 1
	if p.IsMultipart() {
		end := p.end // children sets it to an offset of the decoded buffer
		found := sub.children(p, p.Params["boundary"], depth)
		p.end = end
		return found
	}
	p.Children = []*Part{sub.message(p.Path+".1", depth+1)}
	return true
}

// skipBody moves to the next delimiter line of any enclosing multipart, or to
// the end of the buffer, and returns where the body before it ends. The line
// end in front of a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
func (s *scan) skipBody() int {
	start := s.pos
	for at := s.pos; len(s.open) > 0 && at < len(s.buf); {
		if d, ok := s.delimiterAt(at); ok {
			s.delim, s.pos = d, at
			return s.beforeLineEnd(start, at)
		}
		i := bytes.Index(s.buf[at:], s.dashes)
		if i < 0 {
			break
		}
		at += i + 1
	}
	s.delim, s.pos = delimiter{level: -1}, len(s.buf)
	return len(s.buf)
}

func (s *scan) beforeLineEnd(start, at int) int {
	if at > start && s.buf[at-1] == s.eol {
		at--
		if s.eol == '\n' && at > start && s.buf[at-1] == '\r' {
			at--
		}
	}
	return at
}

// delimiterAt tells whether the line at pos is a delimiter of an enclosing
// multipart, innermost first. The whole line should match, because boundaries
// that are the beginning of another one are common; but RFC 2046 section 5.1.1
// lets anything follow after a blank. A ">" comes from tools that comment out
// what follows the mail.
func (s *scan) delimiterAt(pos int) (delimiter, bool) {
	if len(s.open) == 0 || !bytes.HasPrefix(s.buf[pos:], []byte("--")) {
		return delimiter{}, false
	}
	end, next := s.line(pos)
	text := s.buf[pos+2 : end]
	loose := delimiter{level: -1}
	for level := len(s.open) - 1; level >= 0; level-- {
		b := s.open[level]
		if len(text) < len(b) || string(text[:len(b)]) != b {
			continue
		}
		rest, closing := bytes.CutPrefix(text[len(b):], []byte("--"))
		d := delimiter{level: level, closing: closing, next: next}
		if len(bytes.TrimRight(rest, " \t")) == 0 {
			return d, true
		}
		if (isBlank(rest[0]) || closing && rest[0] == '>') && loose.level < 0 {
			loose = d
		}
	}
	return loose, loose.level >= 0
}

// sniff guesses the boundary of the multipart whose body begins at pos: the
// first line "--x" that is followed by a header field or a blank line.
func (s *scan) sniff() (string, bool) {
	limit := min(len(s.buf), s.pos+sniffWindow)
	for at := s.pos; at < limit; {
		end, next := s.line(at)
		if _, ok := s.delimiterAt(at); ok {
			return "", false
		}
		if text := bytes.TrimRight(s.buf[at:end], " \t"); len(text) > 2 && len(text) <= 2+maxBoundary &&
			bytes.HasPrefix(text, []byte("--")) && !bytes.HasSuffix(text, []byte("--")) && next < len(s.buf) {
			if after, _ := s.line(next); after == next || s.fieldAt(next) {
				return string(text[2:]), true
			}
		}
		at = next
	}
	return "", false
}

// maxBoundary is the longest boundary that is guessed, RFC 2046 section 5.1.1.
const maxBoundary = 70
