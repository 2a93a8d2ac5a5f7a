package mailauth

import (
	"context"
	"net/netip"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// SPF tells what receivers find about a server that sends in the name of an
// address, by what the address's domain publishes now. helo is its name.
func (c *Checker) SPF(ctx context.Context, server netip.Addr, helo string, from helpdesk.Address) Result {
	ctx, cancel := context.WithTimeout(ctx, MaxDuration)
	defer cancel()
	return c.checkSPF(ctx, Mail{SPF: true, Peer: server, Helo: helo, EnvelopeFrom: from}).Result
}

// Policy tells which DMARC record applies to mail of a domain, and what it asks
// for: the Result is pass when there is one that counts, none when there is none.
// The error says that DNS did not answer.
func (c *Checker) Policy(ctx context.Context, domain string) (DMARC, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxDuration)
	defer cancel()
	p := c.discover(ctx, domain)
	if p.err != nil {
		return DMARC{}, p.err
	}
	var v Verdict
	v.settle(p, Pass)
	return v.DMARC, nil
}

// Tags reads a record of tags such as v=DKIM1 (RFC 6376 section 3.2). Of a tag
// that stands twice the first counts.
func Tags(record string) map[string]string {
	tags := map[string]string{}
	for _, t := range parseTags(record) {
		if _, twice := tags[t.name]; !twice {
			tags[t.name] = t.value
		}
	}
	return tags
}
