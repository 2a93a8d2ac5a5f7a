package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// reserved are the tops of names that lead nowhere (RFC 2606, RFC 6761).
var reserved = []string{"example", "test", "invalid", "localhost", "example.com", "example.net", "example.org"}

// unknowable reports a name that the world's DNS can't know.
func (d *Doctor) unknowable(name string) bool {
	return !d.Reserved && slices.ContainsFunc(reserved, func(top string) bool { return name == top || strings.HasSuffix(name, "."+top) })
}

// addresses looks up where a host is. None is no error.
func (d *Doctor) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	found, err := d.Resolver.LookupIPAddr(ctx, host+".")
	if err != nil {
		return nil, unanswered(err)
	}
	var all []netip.Addr
	for _, f := range found {
		if a, ok := netip.AddrFromSlice(f.IP); ok {
			all = append(all, a.Unmap())
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all, nil
}

// texts looks up TXT records. None is no error.
func (d *Doctor) texts(ctx context.Context, name string) ([]string, error) {
	found, err := d.Resolver.LookupTXT(ctx, name+".")
	return found, unanswered(err)
}

// unanswered is the error of a question that stayed open; nil for the answer that
// there is nothing.
func unanswered(err error) error {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil
	}
	return err
}

// silent is what is found out when DNS does not answer.
func silent(what, name string, err error) Finding {
	words := err.Error()
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		words = dns.Err // the whole names a server that may not have been asked
	}
	return Finding{What: what, State: Wrong, Words: "DNS does not answer about " + name + ": " + words}
}

// server looks up the name that others send mail to.
func (d *Doctor) server(ctx context.Context) Chapter {
	c := Chapter{Kind: "Server", Title: d.Hostname}
	switch {
	case !strings.Contains(d.Hostname, "."):
		c.Findings = []Finding{{What: "name", State: Warning, Words: "nobody outside can look this name up: give the mail server one with --hostname"}}
		return c
	case d.unknowable(d.Hostname):
		c.Findings = []Finding{{What: "DNS", State: Skipped, Words: "it is a name for examples: nobody can look it up"}}
		return c
	}
	found, err := d.addresses(ctx, d.Hostname)
	switch {
	case err != nil:
		c.Findings = []Finding{silent("address", d.Hostname, err)}
	case len(found) == 0:
		c.Findings = []Finding{{What: "address", State: Missing, Words: "no address is known, so nobody can bring mail", Set: []string{addressLine(d.Hostname)}}}
	default:
		c.Findings = []Finding{{What: "address", State: OK, Words: join(found)}}
	}
	for _, a := range found {
		c.Findings = append(c.Findings, d.ptr(ctx, a))
	}
	if d.SMTP != "" {
		c.Findings = append(c.Findings, d.greeted(ctx))
	}
	return c
}

// ptr looks up the name of an address. Many servers take no mail from one that has
// none; relays have their own.
func (d *Doctor) ptr(ctx context.Context, a netip.Addr) Finding {
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return Finding{What: "PTR", State: Skipped, Words: a.String() + " is an address of this network alone"}
	}
	names, err := d.Resolver.LookupAddr(ctx, a.String())
	if unanswered(err) != nil {
		return silent("PTR", a.String(), err)
	}
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".")
	}
	if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, d.Hostname) }) {
		return Finding{What: "PTR", State: OK, Words: a.String() + " is " + d.Hostname}
	}
	return Finding{
		What: "PTR", State: Warning, Is: names,
		Words: a.String() + " has another name, or none; it matters where mail is sent from this address. Whoever gave you the address sets it",
		Set:   []string{line(reverse(a), "PTR", d.Hostname+".")},
	}
}

func join(all []netip.Addr) string {
	var words []string
	for _, a := range all {
		words = append(words, a.String())
	}
	return strings.Join(words, ", ")
}
