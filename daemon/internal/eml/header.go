package eml

import (
	"bytes"
	"strings"
)

// Field is one header field. Raw is everything between the colon and the line
// end of its last line, with the line ends of its folding, as it stood.
type Field struct {
	Name string // spelled as it stood
	Raw  []byte

	spaced bool // blanks before the colon
}

// Value is the unfolded and trimmed value, not decoded.
func (f Field) Value() string { return string(bytes.TrimSpace(unfold(f.Raw))) }

// Header is a list of fields in the order they stood. Names are looked up
// without regard to case.
type Header []Field

// Get returns the value of the first field of that name, unfolded and trimmed
// but not decoded; "" when there is none.
func (h Header) Get(name string) string {
	f, ok := h.first(name)
	if !ok {
		return ""
	}
	return f.Value()
}

// Values returns the values of all fields of that name in order.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if equalFold(f.Name, name) {
			values = append(values, f.Value())
		}
	}
	return values
}

// Count returns how many fields have that name.
func (h Header) Count(name string) int {
	n := 0
	for _, f := range h {
		if equalFold(f.Name, name) {
			n++
		}
	}
	return n
}

// Decoded returns the value of the first field of that name as one line of
// text: encoded words decoded, control characters removed.
func (h Header) Decoded(name string) string {
	f, ok := h.first(name)
	if !ok {
		return ""
	}
	return cleanLine(decodeWords(string(unfold(f.Raw)), ""))
}

func (h Header) first(name string) (Field, bool) {
	for _, f := range h {
		if equalFold(f.Name, name) {
			return f, true
		}
	}
	return Field{}, false
}

// equalFold compares ASCII only: a field whose name holds "ſ" is not ours.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// lowerASCII is strings.ToLower without Unicode: it must not turn the Kelvin
// sign into a k.
func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i] != lower(s[i]) {
			b := []byte(s)
			for j := range b {
				b[j] = lower(b[j])
			}
			return string(b)
		}
	}
	return s
}

// unfold removes the line ends of folding and keeps the blanks after them (RFC
// 5322 section 2.2.3). Any other CR stays, for the caller to judge.
func unfold(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i, c := range raw {
		switch {
		case c == '\n':
			for len(out) > 0 && out[len(out)-1] == '\r' {
				out = out[:len(out)-1]
			}
		case c == '\r' && i+1 < len(raw) && isBlank(raw[i+1]):
		default:
			out = append(out, c)
		}
	}
	return out
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// header reads the fields at pos and leaves pos at the body. unclear tells that
// another reader may find fields that are not in h: because a limit or a broken
// line left some out, or because the header may be taken to end elsewhere. Then
// a signature that others verified may be about another From.
func (s *scan) header(path string) (h Header, unclear bool) {
	unclear = s.eol == '\r'
	open := -1 // index of the field that a continuation line belongs to
	value := 0 // where its value begins
	for s.pos < len(s.buf) {
		end, next := s.line(s.pos)
		line := s.buf[s.pos:end]
		if len(line) == 0 {
			unclear = unclear || next-end > len("\r\n")
			s.pos = next
			return h, unclear
		}
		if _, ok := s.delimiterAt(s.pos); ok {
			return h, unclear
		}
		kept := true
		switch name := fieldName(line); {
		case isBlank(line[0]) && len(bytes.Trim(line, " \t")) == 0 && !s.goesOn(next):
			s.faults.add(FaultNoBlankLine, "part %s: blanks in the empty line", path)
			s.pos = next
			return h, true
		case isBlank(line[0]):
			if kept = open >= 0 && s.mayKeep(path, next-s.pos, len(h)); kept {
				h[open].Raw = s.buf[value:end:end]
			} else if len(h) == 0 {
				s.faults.quoting(FaultHeaderGarbage, path, line)
			}
		case name > 0:
			open = -1
			if kept = s.mayKeep(path, next-s.pos, len(h)+1); kept {
				open, value = len(h), s.pos+bytes.IndexByte(line, ':')+1
				h = append(h, Field{Name: string(line[:name]), Raw: s.buf[value:end:end], spaced: line[name] != ':'})
			}
		case bytes.HasPrefix(line, []byte(">From ")) || misnamed(line) || s.fieldAt(next):
			open, kept = -1, false
			s.faults.quoting(FaultHeaderGarbage, path, line)
		default:
			s.faults.quoting(FaultNoBlankLine, path, line)
			return h, true
		}
		unclear = unclear || !kept || s.hasNUL(path, line)
		s.pos = next
	}
	return h, unclear
}

// goesOn tells whether the header goes on after a line that holds only blanks:
// it may be a folded line (RFC 5322 section 4.2) or a spoilt empty line.
func (s *scan) goesOn(pos int) bool {
	end, _ := s.line(min(pos, len(s.buf)))
	line := s.buf[min(pos, len(s.buf)):end]
	return s.fieldAt(pos) || len(line) > 0 && isBlank(line[0]) && len(bytes.Trim(line, " \t")) > 0
}

// mayKeep counts n bytes of header, and tells whether they and a total of
// fields are within the limits.
func (s *scan) mayKeep(path string, n, fields int) bool {
	s.headerBytes += n
	switch {
	case s.headerBytes > MaxHeaderBytes:
		s.faults.at(FaultHeaderBytesLimit, path)
	case fields > MaxHeaderFields:
		s.faults.at(FaultHeaderFieldsLimit, path)
	default:
		return true
	}
	return false
}

func (s *scan) hasNUL(path string, line []byte) bool {
	if bytes.IndexByte(line, 0) < 0 {
		return false
	}
	s.faults.quoting(FaultHeaderNUL, path, line)
	return true
}

// fieldName returns the length of the field name that line begins with, 0 when
// it begins with none. Blanks before the colon are obsolete syntax (RFC 5322
// section 4.5), but some programs write them.
func fieldName(line []byte) int {
	n := 0
	for n < len(line) && line[n] > ' ' && line[n] < 0x7f && line[n] != ':' {
		n++
	}
	for i := n; i < len(line); i++ {
		if line[i] == ':' {
			return n
		}
		if !isBlank(line[i]) {
			return 0
		}
	}
	return 0
}

// misnamed reports a field whose name holds bytes that no name has.
func misnamed(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	return colon > 0 && !bytes.ContainsAny(line[:colon], " \t")
}

// fieldAt reports that the line at pos is a field which belongs into a mail
// header beyond doubt. It decides whether a header goes on after a broken line;
// any "word:" would not do, because bodies begin like that too.
func (s *scan) fieldAt(pos int) bool {
	if pos >= len(s.buf) {
		return false
	}
	const longest = 100 // of the names below, with blanks; a bound for the look ahead
	line := s.buf[pos:min(len(s.buf), pos+longest)]
	if i := bytes.IndexByte(line, s.eol); i >= 0 {
		line = line[:i]
	}
	return knownField(lowerASCII(string(line[:fieldName(line)])))
}

func knownField(name string) bool {
	switch name {
	case "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "in-reply-to",
		"references", "received", "return-path", "delivered-to", "envelope-to", "mime-version",
		"dkim-signature", "domainkey-signature", "authentication-results", "received-spf", "auto-submitted",
		"precedence", "importance", "priority", "sensitivity", "organization", "user-agent", "errors-to",
		"thread-topic", "thread-index", "feedback-id", "autocrypt", "comments", "keywords", "status":
		return true
	}
	for _, prefix := range []string{"content-", "x-", "list-", "arc-", "resent-", "disposition-notification-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// checkDuplicates notes fields that RFC 5322 section 3.6 allows once: two
// programs may each believe another one of them.
func checkDuplicates(h Header, fs *faults) {
	var double []string
	for _, name := range []string{"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID",
		"In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"} {
		if h.Count(name) > 1 {
			double = append(double, name)
		}
	}
	if len(double) > 0 {
		fs.add(FaultDuplicateField, "%s", strings.Join(double, ", "))
	}
}
