package links

import (
	"errors"
	"fmt"
	"strings"
)

const (
	// maxLocalPart is RFC 5321 section 4.5.3.1.1.
	maxLocalPart = 64

	// MaxReplyBase is what a token and its delimiter leave of a local part.
	MaxReplyBase = maxLocalPart - 1 - ReplyTokenLen

	// ReplyDelimiters are the subaddress delimiters mail servers are set up
	// with: "+" almost everywhere, "-" at qmail's, "=" where both are taken;
	// "." is for a domain of ours that has nothing but reply addresses.
	ReplyDelimiters = "+-=."
)

// ErrSubaddress is the cause of every error of [JoinSubaddress].
var ErrSubaddress = errors.New("cannot make a reply address")

// JoinSubaddress returns the local part base, delimiter, token. The delimiter
// is one of [ReplyDelimiters], the token as this package made it, and base 1 to
// [MaxReplyBase] octets of an unquoted local part (RFC 5321 Dot-string), so
// that the whole fits into 64.
func JoinSubaddress(base string, delimiter byte, token string) (string, error) {
	if base == "" || len(base) > MaxReplyBase {
		return "", fmt.Errorf("%w: the part before the token has %d octets, there must be 1 to %d",
			ErrSubaddress, len(base), MaxReplyBase)
	}
	for i := range len(base) {
		if !isAtext(base[i]) && base[i] != '.' {
			return "", fmt.Errorf("%w: %q needs quoting, which reply addresses do without", ErrSubaddress, base)
		}
	}
	if strings.IndexByte(ReplyDelimiters, delimiter) < 0 {
		return "", fmt.Errorf("%w: delimiter %q is none of %q", ErrSubaddress, delimiter, ReplyDelimiters)
	}
	if lower, ok := foldBase32(token, ReplyTokenLen); !ok || lower != token {
		return "", fmt.Errorf("%w: the token is not %d characters of lower-case base32", ErrSubaddress, ReplyTokenLen)
	}
	return base + string(delimiter) + token, nil
}

// SplitSubaddress finds a token at the end of a local part: the part after the
// last delimiter, if it is 40 characters of base32 in any ASCII case and
// something stands before the delimiter. base is as written, token in lower
// case. It says nothing about authenticity, and nothing is allocated for a
// local part without a token, as it runs on every RCPT.
func SplitSubaddress(local, delimiters string) (base, token string, ok bool) {
	at := len(local) - ReplyTokenLen - 1
	if at < 1 || strings.IndexByte(delimiters, local[at]) < 0 {
		return "", "", false
	}
	token, ok = foldBase32(local[at+1:], ReplyTokenLen)
	if !ok {
		return "", "", false
	}
	return local[:at], token, true
}

// isAtext is atext of RFC 5322 section 3.2.3.
func isAtext(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
