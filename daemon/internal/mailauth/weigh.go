package mailauth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// evidence is all that was found out about a mail.
type evidence struct {
	spf     *claim // nil when the peer tells nothing
	dkim    []claim
	policy  policy
	results results
}

// weigh turns evidence into the verdict.
func (c *Checker) weigh(ctx context.Context, m Mail, from string, found evidence) (Verdict, error) {
	v := Verdict{DMARC: DMARC{Result: None}}
	open := c.align(ctx, from, &found)
	v.show(found)

	var refused string
	var unaligned []string
	for _, cl := range found.all() {
		switch {
		case cl.Result.Result == Pass && cl.Aligned:
			v.pass(m, cl)
		case cl.refused != "" && cl.Aligned && refused == "":
			refused = cl.refused
		case cl.Result.Result == Pass:
			unaligned = append(unaligned, cl.Domain)
		}
	}
	p := found.policy
	if v.Trust.Proof == helpdesk.ProofPass {
		v.settle(p, Pass)
		return v, nil
	}
	if open == nil && refused == "" && p.domain == "" && found.pathKnown(m) {
		open = p.err // whether a record applies
	}
	v.Trust.Proof = helpdesk.ProofNone
	if open != nil {
		v.settle(p, TempError)
		v.because("DNS does not answer, so it is unknown whether the sender can be proven.")
		return v, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("check the sender of a mail from %s: %w", from, open))
	}
	v.withoutProof(p, from, refused, found.pathKnown(m))
	if found.results.absent != "" {
		v.because(found.results.absent)
	}
	if len(unaligned) > 0 {
		v.because(fmt.Sprintf("What it does carry is a proof for %s, which is another sender than %s.", unaligned[0], from))
	}
	return v, nil
}

// withoutProof tells a failure from a mail that merely has no proof.
func (v *Verdict) withoutProof(p policy, from, refused string, pathKnown bool) {
	switch {
	case refused != "":
		v.settle(p, Pass) // to RFC 9989 a pass is a pass, though not to us
		v.because(refused)
	case p.applies && pathKnown:
		v.settle(p, Fail)
		v.Trust.Proof, v.Trust.Policy = helpdesk.ProofFail, p.asked()
		v.because(fmt.Sprintf("The domain %s asks that mail in its name is proven, and neither SPF nor DKIM prove this one.", from))
	case p.applies:
		v.settle(p, None)
		v.because("No signature proves who sent it, and the server that it came from first is not known, so SPF could not be checked.")
	default:
		v.settle(p, None)
		v.because("Nothing proves who sent it.")
	}
}

// all lists the claims, ours first.
func (e *evidence) all() []*claim {
	var all []*claim
	if e.spf != nil {
		all = append(all, e.spf)
	}
	for i := range e.dkim {
		all = append(all, &e.dkim[i])
	}
	for i := range e.results.claims {
		all = append(all, &e.results.claims[i])
	}
	return all
}

// pathKnown reports that SPF had its chance, so that a missing proof means
// something: we met the sender's server, or one that we believe did.
func (e *evidence) pathKnown(m Mail) bool {
	return m.SPF && m.Peer.IsValid() || e.results.path
}

// align finds out which claims are about the domain of From. The error is about
// a question that stayed open and that may change what is proven.
func (c *Checker) align(ctx context.Context, from string, found *evidence) error {
	var open error
	for _, cl := range found.all() {
		strict := found.policy.strictDKIM
		if cl.Identity != "" {
			strict = found.policy.strictSPF
		}
		switch {
		case cl.Result.Result == TempError && found.policy.mayAlign(from, cl.Domain):
			open = errors.Join(open, fmt.Errorf("%s: %s", cl.Domain, cl.Reason))
		case cl.Result.Result == Pass || cl.refused != "":
			var err error
			if cl.Aligned, err = c.aligned(ctx, found.policy, from, cl.Domain, strict); err != nil {
				open = errors.Join(open, err)
			}
		}
	}
	found.results.heed(found.dkim)
	return open
}

// show copies the claims for those who read the verdict.
func (v *Verdict) show(found evidence) {
	for _, cl := range found.all() {
		r := cl.Result
		switch {
		case cl.method == dmarcMethod:
		case r.Identity != "":
			v.SPF = append(v.SPF, r)
		default:
			v.DKIM = append(v.DKIM, r)
		}
	}
}

// pass notes a claim that proves the writer.
func (v *Verdict) pass(m Mail, cl *claim) {
	v.Trust.Proof = helpdesk.ProofPass
	if v.Domain == "" {
		v.Domain = cl.Domain
	}
	if cl.signature != "" && !slices.Contains(v.Signatures, cl.signature) {
		v.Signatures = append(v.Signatures, cl.signature)
	}
	for _, s := range cl.vouched {
		if !slices.Contains(v.Signatures, s) {
			v.Signatures = append(v.Signatures, s)
		}
	}
	switch {
	case cl.Server != "":
		v.because(fmt.Sprintf("The server %s found that it comes from %s (%s).", cl.Server, cl.Domain, cl.method))
	case cl.Identity != "":
		v.because(fmt.Sprintf("The server %s may send for %s (SPF).", m.Peer.Unmap(), cl.Domain))
	default:
		v.because(fmt.Sprintf("It carries a valid signature of %s (DKIM).", cl.Domain))
	}
}

// maxReasons is one for each claim that can pass, and three.
const maxReasons = MaxSignatures + maxResults + 3

func (v *Verdict) because(sentence string) {
	if len(v.Trust.Reasons) < maxReasons {
		v.Trust.Reasons = append(v.Trust.Reasons, clean(sentence))
	}
}

// settle fills in DMARC: result is pass, fail or temperror as far as a record
// applies.
func (v *Verdict) settle(p policy, result string) {
	v.DMARC = DMARC{Result: result, Organization: p.organization, Reason: p.broken}
	if !p.applies {
		if result != TempError {
			v.DMARC.Result = None
		}
		return
	}
	v.DMARC.Domain, v.DMARC.Policy, v.DMARC.Test = p.domain, p.effective, p.test
	if p.replacedByNo != "" {
		v.DMARC.Reason = "The DMARC record of " + p.domain + " has no valid " + p.replacedByNo + ", so it counts as p=none."
	}
}
