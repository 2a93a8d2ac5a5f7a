// Package dkim signs outgoing mail (RFC 6376, RFC 8301, RFC 8463): headers and
// body relaxed, no length, in one pass over the mail however large it is. What
// others signed is judged by mailauth.
package dkim

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Identity is who signs, and with what.
type Identity struct {
	Domain   string // d=
	Selector string // s=
	Key      *Key
}

// guarded are the fields that are signed once more often than they occur, so that
// nobody can add one: what people read, what decides where an answer goes and how
// it is threaded, what the body means, and who must not answer (RFC 6376 sections
// 5.4.1 and 5.4.2).
var guarded = []string{
	"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
}

// covered are signed where they occur. Mailing lists set their own; RFC 8058
// section 4 wants those for leaving a list signed.
var covered = []string{"X-Auto-Response-Suppress", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}

// maxHeader is far above what we write, and an end for what is no mail.
const maxHeader = 256 << 10

// Signer takes a whole mail with CRLF line ends and makes its signatures. It is
// for one mail.
type Signer struct {
	by     []Identity
	header []byte // until the empty line
	inBody bool
	body   relaxedBody
	err    error
}

// NewSigner makes a signer for one mail.
func NewSigner(by []Identity) *Signer {
	return &Signer{by: by, body: relaxedBody{hash: sha256.New()}}
}

// Write implements io.Writer. It fails at a CR or LF on its own: servers change
// those on the way, and the signature would be of another mail.
func (s *Signer) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	rest := p
	if !s.inBody {
		rest = s.takeHeader(p)
	}
	if s.err == nil && len(rest) > 0 {
		s.err = s.body.write(rest)
	}
	if s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

// takeHeader keeps what belongs to the header and returns what does not.
func (s *Signer) takeHeader(p []byte) []byte {
	from := max(0, len(s.header)-3)
	s.header = append(s.header, p...)
	i := bytes.Index(s.header[from:], []byte("\r\n\r\n"))
	if i < 0 {
		if len(s.header) > maxHeader {
			s.err = fmt.Errorf("sign mail: its header has more than %d bytes", maxHeader)
		}
		return nil
	}
	end := from + i + 4
	rest := p[len(p)-(len(s.header)-end):]
	s.header, s.inBody = s.header[:end-2], true
	return rest
}

// Fields returns the signatures as header fields with their line ends, to be put
// on top of the mail. The one of an RSA key stands first: some receivers know no
// other, and judge by what they meet first.
func (s *Signer) Fields(now time.Time) ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	if !s.inBody {
		return nil, errors.New("sign mail: it has no end of its header")
	}
	bodyHash, err := s.body.sum()
	if err != nil {
		return nil, err
	}
	fields, err := splitFields(s.header)
	if err != nil {
		return nil, err
	}
	names, input := choose(fields)
	by := slices.Clone(s.by)
	slices.SortStableFunc(by, func(a, b Identity) int { return rank(a) - rank(b) })
	var out []byte
	for _, id := range by {
		field, err := id.signature(names, input, bodyHash, now)
		if err != nil {
			return nil, err
		}
		out = append(out, field...)
	}
	return out, nil
}

func rank(i Identity) int {
	if i.Key.algorithm == "rsa" {
		return 0
	}
	return 1
}

// choose returns the names for h=, and the canonical fields in that order. Of
// fields of the same name the last one is signed first (RFC 6376 section 5.4.2).
func choose(fields []field) (names []string, input []byte) {
	take := func(name string, more int) {
		for _, f := range slices.Backward(fields) {
			if f.name == strings.ToLower(name) {
				names = append(names, name)
				input = append(input, f.relaxed...)
			}
		}
		for range more {
			names = append(names, name)
		}
	}
	for _, name := range guarded {
		take(name, 1)
	}
	for _, name := range covered {
		take(name, 0)
	}
	return names, input
}

// signature makes the field. Its lines are folded where white space changes
// nothing, below 78 characters.
func (i Identity) signature(names []string, input, bodyHash []byte, now time.Time) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed;\r\n\td=%s;\r\n\ts=%s; t=%s;\r\n\th=",
		i.Key.algorithm, i.Domain, i.Selector, strconv.FormatInt(now.Unix(), 10))
	line := len("\th=")
	for n, name := range names {
		if n > 0 {
			b.WriteByte(':')
		}
		if line += len(name) + 1; line > 76 {
			b.WriteString("\r\n\t ")
			line = len("\t ") + len(name) + 1
		}
		b.WriteString(name)
	}
	fmt.Fprintf(&b, ";\r\n\tbh=%s;\r\n\tb=", base64.StdEncoding.EncodeToString(bodyHash))
	unsigned := b.String()
	_, canonical := relaxField([]byte(unsigned + "\r\n"))
	sum := sha256.New()
	sum.Write(input)
	sum.Write(bytes.TrimSuffix(canonical, []byte("\r\n"))) // RFC 6376 section 3.7: without its line end
	signed, err := i.Key.sign(sum.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("sign mail: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(signed)
	for n := 0; n < len(text); n += 72 {
		if n > 0 {
			b.WriteString("\r\n\t ")
		}
		b.WriteString(text[n:min(n+72, len(text))])
	}
	b.WriteString("\r\n")
	return []byte(b.String()), nil
}

// relaxedBody hashes a body in its relaxed form (RFC 6376 section 3.4.4): runs of
// white space count as one space, those at the end of a line and empty lines at
// the end of the body as nothing.
type relaxedBody struct {
	hash  hash.Hash
	out   [4096]byte
	n     int
	cr    bool // the last byte was a CR
	space bool // white space since the last other character
	lines int  // line ends that count only if something follows
	some  bool // something was written
}

var errLoneLineEnd = errors.New("sign mail: it has a CR or LF on its own")

func (r *relaxedBody) write(p []byte) error {
	for _, c := range p {
		if r.cr != (c == '\n') {
			return errLoneLineEnd
		}
		switch c {
		case '\r':
			r.cr = true
		case '\n':
			r.cr, r.space = false, false
			r.lines++
		case ' ', '\t':
			r.space = true
		default:
			r.text(c)
		}
	}
	return nil
}

// text puts out a character, and what counts now that it is there.
func (r *relaxedBody) text(c byte) {
	for ; r.lines > 0; r.lines-- {
		r.put('\r')
		r.put('\n')
	}
	if r.space {
		r.put(' ')
		r.space = false
	}
	r.some = true
	r.put(c)
}

func (r *relaxedBody) put(c byte) {
	if r.n == len(r.out) {
		r.hash.Write(r.out[:])
		r.n = 0
	}
	r.out[r.n] = c
	r.n++
}

func (r *relaxedBody) sum() ([]byte, error) {
	if r.cr {
		return nil, errLoneLineEnd
	}
	if r.some {
		r.put('\r')
		r.put('\n')
	}
	r.hash.Write(r.out[:r.n])
	r.n = 0
	return r.hash.Sum(nil), nil
}

// field is one field of a header.
type field struct {
	name    string // in lower case
	relaxed []byte // RFC 6376 section 3.4.2, with its line end
}

func splitFields(header []byte) ([]field, error) {
	var fields []field
	for len(header) > 0 {
		end := 0
		for { // to the first line that is not folded
			i := bytes.Index(header[end:], []byte("\r\n"))
			if i < 0 {
				return nil, errLoneLineEnd
			}
			end += i + 2
			if end == len(header) || header[end] != ' ' && header[end] != '\t' {
				break
			}
		}
		raw := header[:end]
		if bytes.Count(raw, []byte("\r")) != bytes.Count(raw, []byte("\r\n")) || bytes.Count(raw, []byte("\n")) != bytes.Count(raw, []byte("\r\n")) {
			return nil, errLoneLineEnd
		}
		if bytes.IndexByte(raw, ':') < 1 {
			return nil, fmt.Errorf("sign mail: %.40q is no header field", raw)
		}
		name, relaxed := relaxField(raw)
		fields = append(fields, field{name: name, relaxed: relaxed})
		header = header[end:]
	}
	return fields, nil
}

// relaxField makes the canonical form of a field with its line end.
func relaxField(raw []byte) (name string, relaxed []byte) {
	before, value, _ := bytes.Cut(raw, []byte(":"))
	name = strings.ToLower(strings.TrimRight(string(before), " \t"))
	relaxed = append([]byte(name), ':')
	for i, word := range bytes.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
		if i > 0 {
			relaxed = append(relaxed, ' ')
		}
		relaxed = append(relaxed, word...)
	}
	return name, append(relaxed, '\r', '\n')
}
