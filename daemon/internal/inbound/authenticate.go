package inbound

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// patience is how long a mail is sent back for another try when DNS does not
// answer, counted from its Date. After that it is taken in as proven by nothing:
// a domain whose DNS is broken for days must not lose its users' mail.
const patience = time.Hour

// authenticate finds what is proven about the writer. A mail without exactly
// one From names nobody about whom anything could be proven (A06).
func (p *Pipeline) authenticate(ctx context.Context, c *incoming) error {
	switch {
	case c.writer.Address.IsZero():
		c.trust = helpdesk.Trust{Proof: helpdesk.ProofNone, Reasons: []string{"The mail does not name exactly one sender."}}
		return nil
	case c.env.Trusted:
		c.trust = helpdesk.Trust{
			Proof:   helpdesk.ProofPass,
			Reasons: []string{"It came from " + c.env.Peer + ", a trusted relay that checks its senders."},
		}
		return nil
	}
	if c.kept.verdict == nil { // the same for each of our mailboxes and however often a race is lost
		verdict, err := p.prove(ctx, c)
		if err != nil {
			return err
		}
		c.kept.verdict = &verdict
	}
	c.trust = c.kept.verdict.Trust
	return p.replayed(ctx, c, c.kept.verdict) // replay.go: differs with the account and what came meanwhile
}

func (p *Pipeline) prove(ctx context.Context, c *incoming) (mailauth.Verdict, error) {
	peer, err := netip.ParseAddr(c.env.Peer)
	verdict, failed := p.Auth.Check(ctx, mailauth.Mail{
		Message: c.mail, EnvelopeFrom: c.env.From, Helo: c.env.Helo, Peer: peer, SPF: err == nil,
		Ours: func(a helpdesk.Address) bool {
			_, err := p.Route(a)
			return err == nil
		},
	})
	if failed != nil {
		if sent, ok := c.mail.Date(); ok && c.now.Sub(sent) < patience {
			return mailauth.Verdict{}, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("check the sender: %w", failed))
		}
	}
	return verdict, nil
}
