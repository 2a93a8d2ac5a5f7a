package mailauth

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"
)

// Resolver asks DNS; *[net.Resolver] is one. Names are absolute, with a dot at
// the end, so that no search list is tried. TXT records come with their strings
// joined. Errors should be *[net.DNSError]: whether a name does not exist
// (IsNotFound), or the answer may come later (Temporary), decides.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

const (
	// queryTimeout bounds one question, with the retries of the resolver.
	queryTimeout = 5 * time.Second

	// maxRecords and maxAnswer bound one answer. Large companies have about 150
	// TXT records of 70 bytes each at their domain; DNS itself allows 64 KiB.
	maxRecords = 500
	maxAnswer  = 32 << 10

	// maxName and maxLabel are of RFC 1035 section 2.3.4.
	maxName  = 253
	maxLabel = 63
)

// The methods below make a cache a Resolver whose every error is a
// *net.DNSError, which is what the SPF and DKIM libraries look for.

// LookupTXT implements [Resolver].
func (c *cache) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return ask(ctx, c, 't', name, c.resolver.LookupTXT, func(s string) int { return len(s) })
}

// LookupMX implements [Resolver].
func (c *cache) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return ask(ctx, c, 'm', name, c.resolver.LookupMX, func(mx *net.MX) int { return len(mx.Host) + 2 })
}

// LookupIPAddr implements [Resolver].
func (c *cache) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return ask(ctx, c, 'i', host, c.resolver.LookupIPAddr, func(a net.IPAddr) int { return len(a.IP) })
}

// LookupAddr implements [Resolver].
func (c *cache) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return ask(ctx, c, 'p', addr, c.resolver.LookupAddr, func(s string) int { return len(s) })
}

// ask answers from the cache, or asks once for all who want to know the same.
func ask[T any](ctx context.Context, c *cache, kind byte, name string, lookup func(context.Context, string) ([]T, error), size func(T) int) ([]T, error) {
	q := question{kind, strings.TrimSuffix(lower(name), ".")}
	asked := q.name
	if kind != 'p' {
		if !isName(q.name) {
			return nil, &net.DNSError{Err: "no valid name", Name: clean(name), IsNotFound: true}
		}
		asked += "."
	}
	a := c.answer(ctx, q, func(ctx context.Context) answer {
		records, err := lookup(ctx, asked)
		if err != nil && len(records) == 0 { // with records it only tells that some were left out
			return answer{err: dnsError(ctx, q.name, err)}
		}
		total := 0
		for _, r := range records {
			total += size(r)
		}
		if len(records) > maxRecords || total > maxAnswer {
			// Nobody can mean all of it, and it will not be smaller the next time.
			return answer{err: &net.DNSError{Err: "answer too large", Name: q.name, IsNotFound: true}}
		}
		return answer{records: records, size: total}
	})
	if a.err != nil {
		return nil, a.err
	}
	records := a.records.([]T)
	return append([]T(nil), records...), nil // callers may sort
}

// dnsError keeps of an error what decides: not found, later, or neither. The
// text of a resolver names its server, which is nobody's business.
func dnsError(ctx context.Context, name string, err error) *net.DNSError {
	d := &net.DNSError{Err: "no usable answer", Name: name}
	switch e, ok := errors.AsType[*net.DNSError](err); {
	case ok && e.IsNotFound:
		d.Err, d.IsNotFound = "no such name or record", true
	case ctx.Err() != nil || ok && e.IsTimeout:
		d.Err, d.IsTimeout, d.IsTemporary = "no answer in time", true, true
	case !ok || e.IsTemporary:
		d.Err, d.IsTemporary = "server failure", true
	}
	return d
}

// isName reports whether DNS can be asked for it. Macros of SPF and the tags of
// a signature bring names of any length and with any bytes.
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel {
			return false
		}
		for i := range len(label) {
			if label[i] <= ' ' || label[i] >= 0x7f {
				return false
			}
		}
	}
	return true
}

func notFound(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound
}
