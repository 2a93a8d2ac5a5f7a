package helpdesk

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of RFC 5321 section 4.5.3.1: octets of a local part, of a domain, and
// of a path without its angle brackets.
const (
	MaxLocalPart = 64
	MaxDomain    = 253
	MaxAddress   = 254
)

// Address is a mail address that passed [ParseAddress]; the zero value is "no
// address" (the null reverse-path). It is the only type that may name a mailbox
// anywhere in Postern: a string that was not parsed is not an address.
//
// The spelling of the local part is kept for sending. Two addresses are the
// same person's when their [Address.Key] is equal, never by ==.
type Address struct {
	local  string // unquoted
	domain string // lower case, A-labels
}

// ErrAddress is the cause of every error of [ParseAddress].
var ErrAddress = errors.New("not a mail address")

// ParseAddress reads an addr-spec such as alice@customer.example.
//
// It is stricter than RFC 5321 where leniency has led to takeovers: no control
// or invisible characters, no comments, no source routes, no address literals,
// no "@" inside a quoted local part, and only A-labels in the domain (callers
// that meet U-labels convert them first). It is more lenient in one place:
// doubled and trailing dots in a local part are accepted unquoted, as some
// Japanese carriers have issued such addresses.
func ParseAddress(s string) (Address, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return Address{}, fmt.Errorf("%w: %q has no @", ErrAddress, clip(s))
	}
	local, domain := s[:at], asciiLower(s[at+1:])
	if len(local) >= 2 && local[0] == '"' && local[len(local)-1] == '"' {
		var err error
		if local, err = unquoteLocal(local[1 : len(local)-1]); err != nil {
			return Address{}, err
		}
	} else if err := checkAtoms(local); err != nil {
		return Address{}, err
	}
	if local == "" || len(wireLocal(local)) > MaxLocalPart {
		return Address{}, fmt.Errorf("%w: local part of %q must have 1 to %d octets", ErrAddress, clip(s), MaxLocalPart)
	}
	if err := checkDomain(domain); err != nil {
		return Address{}, err
	}
	a := Address{local: local, domain: domain}
	if len(a.String()) > MaxAddress {
		return Address{}, fmt.Errorf("%w: longer than %d octets", ErrAddress, MaxAddress)
	}
	return a, nil
}

// MustAddress is ParseAddress for literals in code and tests.
func MustAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// String returns the address as it goes on the wire, quoted where needed.
func (a Address) String() string {
	if a.IsZero() {
		return ""
	}
	return wireLocal(a.local) + "@" + a.domain
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func wireLocal(local string) string {
	if checkAtoms(local) == nil {
		return local
	}
	return `"` + quoter.Replace(local) + `"`
}

// Key is the identity of the address: ASCII letters folded, everything else
// byte for byte. Unicode folding would let "ſ" or the Kelvin sign claim
// somebody else's address.
func (a Address) Key() string {
	if a.IsZero() {
		return ""
	}
	return asciiLower(a.String())
}

// Same reports whether both name the same mailbox. No address is the same as
// nothing.
func (a Address) Same(b Address) bool { return !a.IsZero() && a.Key() == b.Key() }

// Local is the unquoted local part as written.
func (a Address) Local() string { return a.local }

// Domain is the domain in lower case A-labels.
func (a Address) Domain() string { return a.domain }

// IsZero reports "no address".
func (a Address) IsZero() bool { return a.domain == "" }

// MarshalText and UnmarshalText make an Address a string in JSON; an empty
// string is the zero Address.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *Address) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := ParseAddress(string(b))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// atext of RFC 5322 section 3.2.3 without letters and digits.
const atextSymbols = "!#$%&'*+-/=?^_`{|}~"

// invisible are the letters and marks that show nothing, such as the Hangul
// fillers: with them, two addresses that look alike would differ.
var invisible = []*unicode.RangeTable{unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}

func checkAtoms(local string) error {
	if !utf8.ValidString(local) {
		return fmt.Errorf("%w: local part is not valid UTF-8", ErrAddress)
	}
	for i, r := range local {
		switch {
		case r == '.' && i == 0:
			return fmt.Errorf("%w: local part begins with a dot", ErrAddress)
		case r == '.', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case r < utf8.RuneSelf && strings.ContainsRune(atextSymbols, r):
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) && !unicode.In(r, invisible...):
		default:
			return fmt.Errorf("%w: %q is not allowed in a local part", ErrAddress, r)
		}
	}
	return nil
}

// unquoteLocal reads the inside of a quoted-string local part.
func unquoteLocal(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			c = s[i]
		} else if c == '"' || c == '\\' {
			return "", fmt.Errorf("%w: stray %q in a quoted local part", ErrAddress, c)
		}
		if c < ' ' || c > '~' || c == '@' || c == '<' || c == '>' {
			return "", fmt.Errorf("%w: %q is not allowed in a quoted local part", ErrAddress, c)
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// checkDomain wants letter-digit-hyphen labels (RFC 1123 section 2.1), with
// the underscore that real hosts use. The last one is not a number, as that
// would be an IP address.
func checkDomain(d string) error {
	if d == "" || len(d) > MaxDomain {
		return fmt.Errorf("%w: domain must have 1 to %d octets", ErrAddress, MaxDomain)
	}
	if last := d[strings.LastIndexByte(d, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return fmt.Errorf("%w: %q does not end in a name", ErrAddress, clip(d))
	}
	for label := range strings.SplitSeq(d, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%w: bad label in domain %q", ErrAddress, clip(d))
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return fmt.Errorf("%w: %q is not allowed in a domain", ErrAddress, c)
			}
		}
	}
	return nil
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

// clip keeps what an outsider sent short in an error text.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
