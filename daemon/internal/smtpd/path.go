package smtpd

import (
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/eml"
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
		if domain, err = eml.ASCIIDomain(domain); err != nil {
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

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
