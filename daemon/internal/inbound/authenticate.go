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
	q := check{account: c.box.Account, results: c.believed()}
	switch {
	case c.writer.Address.IsZero():
		c.trust = helpdesk.Trust{Proof: helpdesk.ProofNone, Reasons: []string{"The mail does not name exactly one sender."}}
		return nil
	case c.env.fetched.cause() != "":
		c.trust = helpdesk.Trust{Proof: helpdesk.ProofNone, Reasons: []string{"Not all of the mail is there, so nothing can be proven."}}
		return nil
	case c.past():
		c.trust = helpdesk.Trust{Proof: helpdesk.ProofImported, Reasons: []string{"It comes from an archive that the operator vouches for."}}
		return nil
	case c.env.Trusted && q.results == "":
		c.trust = helpdesk.Trust{
			Proof:   helpdesk.ProofPass,
			Reasons: []string{"It came from " + c.env.Peer + ", a trusted relay that checks its senders."},
		}
		return nil
	}
	verdict, known := c.kept.verdicts[q]
	if !known {
		var err error
		if verdict, err = p.prove(ctx, c, q); err != nil {
			return err
		}
		if c.kept.verdicts == nil {
			c.kept.verdicts = map[check]mailauth.Verdict{}
		}
		c.kept.verdicts[q] = verdict
	}
	c.trust = verdict.Trust
	return p.replayed(ctx, c, verdict) // replay.go: hangs on what came meanwhile
}

// check is all that tells the verdicts on one mail apart. Each is asked once,
// for all mailboxes and however often a race is lost.
type check struct{ account, results string }

func (p *Pipeline) prove(ctx context.Context, c *incoming, q check) (mailauth.Verdict, error) {
	peer, err := netip.ParseAddr(c.env.Peer)
	relayed := c.env.Trusted || c.env.Results != ""
	verdict, failed := p.Auth.Check(ctx, mailauth.Mail{
		Message: c.mail, EnvelopeFrom: c.env.From, Helo: c.env.Helo, Peer: peer, SPF: err == nil && !relayed,
		Ours: func(a helpdesk.Address) bool { return p.belongs(q.account, a) }, Results: q.results,
	})
	if failed != nil {
		if sent, ok := c.mail.Date(); ok && c.now.Sub(sent).Abs() < patience {
			return mailauth.Verdict{}, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("check the sender: %w", failed))
		}
	}
	return verdict, nil
}

// belongs reports an address of the account: of a mailbox, a signed one of it, or
// one that forwards to it. A mail that was signed for another account may be
// brought here by anybody there.
func (p *Pipeline) belongs(account string, a helpdesk.Address) bool {
	r, err := p.Route(a)
	return err == nil && r.Mailbox.Account == account || p.Directory.IsAlias(account, a)
}
