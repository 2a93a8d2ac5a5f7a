package mailauth

import (
	"context"
	"net"

	"blitiri.com.ar/go/spf"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// RFC 7208 section 4.6.4: mechanisms that ask DNS, and those of them that may
// find nothing.
const (
	maxLookups     = 10
	maxVoidLookups = 2
)

// claim is one way in which the writer may be proven.
type claim struct {
	Result
	refused   string   // why it proves nothing although it passed; a sentence
	signature string   // DKIM: see [Verdict.Signatures]
	method    method   // how another server found it; "" when we did
	vouched   []string // signatures that the other server may have gone by
}

// checkSPF evaluates SPF for the envelope sender, or for the name in HELO when
// that is null (RFC 7208 section 2.4, RFC 9989 section 4.4.2). It returns nil
// when the peer tells nothing.
func (c *Checker) checkSPF(ctx context.Context, m Mail) *claim {
	if !m.SPF || !m.Peer.IsValid() {
		return nil
	}
	sender, identity := m.EnvelopeFrom, "mailfrom"
	if sender.IsZero() {
		var err error
		identity = "helo"
		if sender, err = helpdesk.ParseAddress("postmaster@" + m.Helo); err != nil {
			return &claim{Result: Result{Result: None, Identity: identity, Reason: "The null sender came with no name in HELO."}}
		}
	}
	peer := m.Peer.Unmap().WithZone("")
	cl := &claim{Result: Result{Domain: sender.Domain(), Identity: identity}}
	result, err := c.spf(ctx, peer.AsSlice(), m.Helo, sender)
	cl.Result.Result = string(result)
	if err != nil && result != spf.Pass {
		cl.Reason = clean(err.Error())
	}
	if result == spf.Pass && c.letsAllSend(ctx, peer.Is4(), m.Helo, sender) {
		cl.Result.Result = Policy
		cl.refused = "The SPF record of " + sender.Domain() + " lets every server send in its name, so it proves nothing."
		cl.Reason = cl.refused
	}
	return cl
}

func (c *Checker) spf(ctx context.Context, ip net.IP, helo string, sender helpdesk.Address) (spf.Result, error) {
	return spf.CheckHostWithSender(ip, helo, sender.String(), spf.WithContext(ctx), spf.WithResolver(c.dns),
		spf.OverrideLookupLimit(maxLookups), spf.OverrideVoidLookupLimit(maxVoidLookups))
}

// nobody4 and nobody6 are addresses that no server on the Internet has, for
// measurements in laboratories (RFC 2544, RFC 5180).
var (
	nobody4 = net.IPv4(198, 18, 0, 1)
	nobody6 = net.ParseIP("2001:2::1")
)

// letsAllSend finds records such as "+all" or "ip4:0.0.0.0/0", at whatever depth,
// by asking whether an address that nobody has may send too.
func (c *Checker) letsAllSend(ctx context.Context, v4 bool, helo string, sender helpdesk.Address) bool {
	ip := nobody6
	if v4 {
		ip = nobody4
	}
	result, _ := c.spf(ctx, ip, helo, sender)
	return result == spf.Pass
}
