package eml

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MaxMailboxes is how many mailboxes of one field are read. The largest
// recipient lists that mail systems accept hold about 500.
const MaxMailboxes = 1000

// maxWritten bounds [Mailbox.Written]; RFC 5321 allows 254 octets.
const maxWritten = 320

// Mailbox is one person of an address field.
type Mailbox struct {
	Name    string           // decoded, one line, "" when there is none
	Address helpdesk.Address // zero when what stood there is no valid address
	Written string           // the address, or what stood in its place; for display only
	Group   bool             // was a member of a group; groups are flattened

	loose bool // another reader might find another address here
}

// String shows the mailbox to people.
func (b Mailbox) String() string {
	switch {
	case b.Name == "":
		return b.Written
	case b.Written == "":
		return b.Name
	}
	return b.Name + " <" + b.Written + ">"
}

// readMailboxes reads every field of that name.
func readMailboxes(h Header, name, hint string, fs *faults) []Mailbox {
	var all []Mailbox
	for _, f := range h {
		if equalFold(f.Name, name) {
			list, cut := parseMailboxes(string(unfold(f.Raw)), hint)
			if all = append(all, list...); cut || len(all) > MaxMailboxes {
				fs.add(FaultMailboxLimit, "%s", name)
				all = all[:min(len(all), MaxMailboxes)]
			}
		}
	}
	return all
}

// ParseMailboxes reads an unfolded address list of RFC 5322 section 3.4 and
// much that only resembles one: missing brackets, semicolons between
// addresses, unterminated quotes and comments. It never fails; what is no
// address becomes a Mailbox without one. At most [MaxMailboxes] are returned.
func ParseMailboxes(value string) []Mailbox {
	list, _ := parseMailboxes(value, "")
	return list
}

// readAddress reads what should be an addr-spec. odd tells that it had to be
// repaired: by removing a route, blanks, quotes or "mailto:".
func readAddress(s string) (a helpdesk.Address, written string, odd bool) {
	s = strings.TrimSpace(s)
	written = clipBytes(strings.Map(maskRune, decodeCharset([]byte(s), "", "")), maxWritten)
	if a, err := toAddress(s); err == nil {
		return a, a.String(), false
	}
	spec := s
	if strings.HasPrefix(spec, "@") { // RFC 5322 section 4.4: @a,@b:c@d
		if _, after, ok := strings.Cut(spec, ":"); ok {
			spec = after
		}
	}
	if len(spec) > 7 && equalFold(spec[:7], "mailto:") {
		spec = spec[7:]
	}
	spec = strings.Trim(strings.Join(strings.Fields(dropComments(spec)), ""), `'<>`)
	if inner, ok := strings.CutPrefix(spec, `"`); ok && strings.HasSuffix(inner, `"`) {
		spec = inner[:len(inner)-1]
	}
	if a, err := toAddress(spec); err == nil {
		return a, a.String(), true
	}
	return helpdesk.Address{}, written, true
}

// maskRune makes visible what an address may not hold: without its invisible
// characters a refused address could look like a good one.
func maskRune(r rune) rune {
	if cleanRune(r) != r {
		return '\ufffd'
	}
	return r
}

// dropComments removes balanced comments outside quotes.
func dropComments(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	var out strings.Builder
	depth, quote := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' && depth == 0:
			quote = !quote
			out.WriteByte(c)
		case c == '(' && !quote:
			depth++
		case c == ')' && !quote && depth > 0:
			depth--
		case depth == 0:
			out.WriteByte(c)
		}
	}
	return out.String()
}

var errDomain = errors.New("domain is not what it looks like")

// toAddress is [helpdesk.ParseAddress] for addresses whose domain may be
// written in Unicode.
func toAddress(s string) (helpdesk.Address, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || strings.Contains(s, "=?") && strings.Contains(s, "?=") { // RFC 2047 section 5: none inside an addr-spec
		return helpdesk.ParseAddress("")
	}
	domain := strings.TrimSuffix(s[at+1:], ".")
	if !isASCII([]byte(domain)) {
		var err error
		if domain, err = ASCIIDomain(domain); err != nil {
			return helpdesk.Address{}, err
		}
	}
	return helpdesk.ParseAddress(s[:at+1] + domain)
}

// ASCIIDomain converts U-labels to A-labels (RFC 5890). The mapping of UTS 46 removes
// zero-width characters, and turns fullwidth dots and letters, ligatures and
// the Kelvin sign into plain ones; a domain that it changes by more than case
// is refused, since it was written to look like another.
func ASCIIDomain(domain string) (string, error) {
	if !utf8.ValidString(domain) {
		return "", errDomain
	}
	var folded strings.Builder
	for _, r := range domain {
		l := unicode.ToLower(r)
		if r >= utf8.RuneSelf && l < utf8.RuneSelf {
			return "", errDomain
		}
		folded.WriteRune(l)
	}
	ascii, err := idna.Lookup.ToASCII(folded.String())
	if err != nil {
		return "", err
	}
	back, err := idna.Lookup.ToUnicode(ascii)
	if err != nil || back != folded.String() {
		return "", errDomain
	}
	return ascii, nil
}
