package smtpd

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// parsePath reads an address as go-smtp hands it over: with its local part
// unquoted, so that one which needs quotes has to be quoted again. A domain in
// U-labels (RFC 6531) becomes one in A-labels.
func parsePath(path string) (helpdesk.Address, error) {
	at := strings.LastIndexByte(path, '@')
	if at < 0 {
		return helpdesk.ParseAddress(path)
	}
	local, domain := path[:at], path[at+1:]
	if !isASCII(domain) {
		var err error
		if domain, err = asciiDomain(domain); err != nil {
			return helpdesk.Address{}, err
		}
	}
	// Quotes that are left are part of the name, they do not quote it.
	if !strings.HasPrefix(local, `"`) {
		if address, err := helpdesk.ParseAddress(local + "@" + domain); err == nil {
			return address, nil
		}
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local)
	return helpdesk.ParseAddress(`"` + quoted + `"@` + domain)
}

var errDomain = errors.New("domain is not what it looks like")

// asciiDomain refuses a domain that UTS 46 maps to something else than itself
// in lower case: it was written to look like another.
func asciiDomain(domain string) (string, error) {
	if !utf8.ValidString(domain) {
		return "", errDomain
	}
	for _, r := range domain {
		if r >= utf8.RuneSelf && unicode.ToLower(r) < utf8.RuneSelf {
			return "", errDomain // the Kelvin sign is no k
		}
	}
	folded := strings.ToLower(domain)
	ascii, err := idna.Lookup.ToASCII(folded)
	if err != nil {
		return "", err
	}
	if back, err := idna.Lookup.ToUnicode(ascii); err != nil || back != folded {
		return "", errDomain
	}
	return ascii, nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
