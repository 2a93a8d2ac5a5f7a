package mailauth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Section 4.10 of RFC 9989, step 4: a name of eight labels or more is cut to
// seven after the first question, so that no name costs more than eight.
const (
	longName = 8
	cutName  = 7
)

// found is a record at one name of a walk.
type found struct {
	domain string
	record
}

// walk makes the DNS Tree Walk of RFC 9989 section 4.10 from domain to the top,
// and returns the records that it met, the longest name first. The error is
// about a question that stayed open; what was found below it comes along.
func (c *cache) walk(ctx context.Context, domain string) ([]found, error) {
	var met []found
	for _, name := range walkNames(domain) {
		r, ok, err := c.policyAt(ctx, name)
		if err != nil {
			return met, err
		}
		if !ok {
			continue
		}
		met = append(met, found{name, r})
		if r.psd != 'u' { // steps 2 and 6
			break
		}
	}
	return met, nil
}

// walkNames are the names that a walk asks at (steps 1, 4 and 7).
func walkNames(domain string) []string {
	labels := strings.Split(domain, ".")
	names := []string{domain}
	rest := labels[1:]
	if len(labels) >= longName {
		rest = labels[len(labels)-cutName:]
	}
	for i := range rest {
		names = append(names, strings.Join(rest[i:], "."))
	}
	return names
}

// policyAt reads the record at one name. Several records are as good as none
// (steps 2 and 6).
func (c *cache) policyAt(ctx context.Context, domain string) (record, bool, error) {
	txts, err := c.LookupTXT(ctx, "_dmarc."+domain)
	if err != nil && !notFound(err) {
		return record{}, false, err
	}
	var r record
	n := 0
	for _, txt := range txts {
		if one, ok := parseRecord(txt); ok {
			r = one
			n++
		}
	}
	return r, n == 1, nil
}

// organization selects the organizational domain from what a walk from domain
// met (RFC 9989 section 4.10.2).
//
// It is stricter in one point. Names under which anybody can register, such as
// co.uk, must say psd=y, but some publish a record without it; then all their
// customers would be one organization, and each could write as any other. A
// record at such a name counts as psd=y unless it says psd=n.
func organization(domain string, met []found) string {
	for _, f := range met { // the longest name first
		switch {
		case f.psd == 'n':
			return f.domain
		case f.domain != domain && (f.psd == 'y' || isPublicSuffix(f.domain)):
			return oneBelow(domain, f.domain)
		}
	}
	if len(met) > 0 {
		return met[len(met)-1].domain
	}
	return domain
}

func isPublicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// oneBelow is the ancestor of domain (or domain itself) with one label more than
// ancestor.
func oneBelow(domain, ancestor string) string {
	above := strings.TrimSuffix(domain, "."+ancestor)
	return above[strings.LastIndexByte(above, '.')+1:] + "." + ancestor
}

// policy is what was found out about the domain of From.
type policy struct {
	found               // the record that applies; only if there is one
	applies      bool   // there is one, and it is usable
	organization string // "" when the walk did not come to its end
	effective    string // what applies to the domain: of p, sp and np
	broken       string // why a record that is there does not apply
	err          error  // a question stayed open
}

// asked is what the domain asks to be done with mail that fails: one step less
// while it only tries its policy out (t=y, RFC 9989 section 4.7).
func (p *policy) asked() string {
	switch {
	case p.test && p.effective == "reject":
		return "quarantine"
	case p.test && p.effective == "quarantine":
		return None
	}
	return p.effective
}

// discover finds the record that applies to a domain (RFC 9989 section 4.10.1)
// and its organizational domain.
func (c *Checker) discover(ctx context.Context, domain string) policy {
	met, err := c.dns.walk(ctx, domain)
	p := policy{err: err}
	if err == nil {
		p.organization = organization(domain, met)
	}
	i := slices.IndexFunc(met, func(f found) bool { return f.domain == domain })
	if i < 0 && err != nil {
		return p // what applies may be above the open question
	}
	if i < 0 {
		i = slices.IndexFunc(met, func(f found) bool { return f.domain == p.organization })
	}
	if i < 0 { // the public suffix domain, or a record that its name alone made one
		i = len(met) - 1
	}
	if i < 0 {
		return p
	}
	p.found = met[i]
	p.applies = !p.unprocessed
	if p.unprocessed {
		p.broken = "The DMARC record of " + p.domain + " has no valid " + p.replacedByNo + " and no address for reports, so it does not count."
	}
	p.effective = c.effective(ctx, domain, p.found)
	return p
}

// effective is the policy for domain: p at the domain itself; below it sp, or np
// where the domain does not exist (RFC 9989 sections 4.7 and 4.10.1).
func (c *Checker) effective(ctx context.Context, domain string, f found) string {
	if f.domain == domain {
		return f.policy
	}
	for _, s := range []struct {
		policy string
		only   func() bool
	}{{f.missing, func() bool { return c.missing(ctx, domain) }}, {f.subdomains, func() bool { return true }}} {
		if s.policy != "" && s.only() {
			return s.policy
		}
	}
	return f.policy
}

// missing reports that a domain does not exist. RFC 9989 means the response code
// NXDOMAIN, which resolvers of operating systems do not pass on; a name without
// any address, MX or TXT comes closest. An open question counts as existing.
func (c *Checker) missing(ctx context.Context, domain string) bool {
	_, txt := c.dns.LookupTXT(ctx, domain)
	_, mx := c.dns.LookupMX(ctx, domain)
	_, ip := c.dns.LookupIPAddr(ctx, domain)
	return notFound(txt) && notFound(mx) && notFound(ip)
}

// errOpen says that two domains cannot be compared.
var errOpen = errors.New("organizational domain unknown")

// aligned reports whether a domain that passed may speak for the domain of From
// (RFC 9989 sections 4.4 and 4.10.2).
func (c *Checker) aligned(ctx context.Context, p policy, from, domain string, strict bool) (bool, error) {
	switch {
	case domain == from:
		return true, nil
	case !p.mayAlign(from, domain):
		return false, nil
	case p.organization == "":
		// Whether strict is asked for may be unknown as well.
		return false, errors.Join(errOpen, p.err)
	case strict:
		return false, nil
	}
	met, err := c.dns.walk(ctx, domain)
	if err != nil {
		return false, errors.Join(errOpen, err)
	}
	return organization(domain, met) == p.organization, nil
}

// mayAlign rules out strangers without a question. An organizational domain is
// the domain itself or above it; while it is unknown, it is taken to have two
// labels at least.
func (p policy) mayAlign(from, domain string) bool {
	if p.organization != "" {
		return within(domain, p.organization)
	}
	return within(domain, from) || within(from, domain) || topTwo(domain) == topTwo(from)
}

// within reports that domain is the same as above, or below it.
func within(domain, above string) bool {
	return domain == above || strings.HasSuffix(domain, "."+above)
}

func topTwo(domain string) string {
	i := strings.LastIndexByte(domain, '.')
	if i < 0 {
		return domain
	}
	return domain[strings.LastIndexByte(domain[:i], '.')+1:]
}
