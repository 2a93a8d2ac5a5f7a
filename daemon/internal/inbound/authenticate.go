package inbound

import "github.com/posterndesk/postern/daemon/internal/helpdesk"

// authenticate finds what is proven about the writer. A mail without exactly
// one From names nobody about whom anything could be proven (A06).
func (p *Pipeline) authenticate(c *incoming) {
	c.trust = helpdesk.Trust{Proof: helpdesk.ProofNone}
	switch {
	case c.writer.Address.IsZero():
		c.trust.Reasons = []string{"The mail does not name exactly one sender."}
	case c.env.Trusted:
		c.trust.Proof = helpdesk.ProofPass
		c.trust.Reasons = []string{"It came from " + c.env.Peer + ", a trusted relay that checks its senders."}
	default:
		c.trust.Reasons = []string{"Nothing proves who sent it."}
	}
}
