package actions

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// typedAddress reads an address as people type it: the domain may be in their own
// letters (bücher.example). The cause of its errors is [helpdesk.ErrAddress].
func typedAddress(typed string) (helpdesk.Address, error) {
	typed = strings.TrimSpace(typed)
	if at := strings.LastIndexByte(typed, '@'); at >= 0 && !isASCII(typed[at:]) {
		// One letter may come as two signs; a domain that only looks like another is
		// refused below, as it is.
		if domain, err := eml.ASCIIDomain(norm.NFC.String(typed[at+1:])); err == nil {
			typed = typed[:at+1] + domain
		}
	}
	a, err := helpdesk.ParseAddress(typed)
	if err != nil {
		return a, notAnAddress(err)
	}
	return a, nil
}

// newAddress is typedAddress for one that is mailed to without ever having written
// to us. A domain without a dot is a slip then (name@example for name@example.com),
// and its mail would be lost.
func newAddress(typed string) (helpdesk.Address, error) {
	a, err := typedAddress(typed)
	if err == nil && !strings.Contains(a.Domain(), ".") {
		return helpdesk.Address{}, notAnAddress(helpdesk.ErrAddress)
	}
	return a, err
}

func notAnAddress(cause error) error {
	return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "enter a mail address such as name@example.com", Err: cause}
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 }
