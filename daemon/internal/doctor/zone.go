package doctor

import (
	"fmt"
	"net/netip"
	"strings"
)

// line is a line of a zone file (RFC 1035 section 5.1), with names in full.
func line(name, kind, value string) string { return name + ". IN " + kind + " " + value }

// addressLine leaves the address to whoever knows it: from inside it can't be told
// which one is seen from outside. 192.0.2.1 is for documentation (RFC 5737).
func addressLine(host string) string {
	return line(host, "A", "192.0.2.1 ; put the public address of this server here")
}

// textLine is a TXT record, in strings of 255 bytes at most (RFC 1035 section
// 3.3.14).
func textLine(name, text string) string {
	const most = 255
	var pieces []string
	for len(text) > most {
		pieces, text = append(pieces, quoted(text[:most])), text[most:]
	}
	return line(name, "TXT", strings.Join(append(pieces, quoted(text)), " "))
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// reverse is the name under which the name of an address stands (RFC 1035 section
// 3.5, RFC 3596 section 2.5).
func reverse(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
	}
	var s strings.Builder
	b := a.As16()
	for i := len(b) - 1; i >= 0; i-- {
		fmt.Fprintf(&s, "%x.%x.", b[i]&0xf, b[i]>>4)
	}
	return s.String() + "ip6.arpa"
}
