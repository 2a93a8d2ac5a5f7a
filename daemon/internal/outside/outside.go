// Package outside speaks HTTP to hosts that others name: issuers of sign-ins, and
// programs that want to be told what happens. It goes to public addresses alone, and
// to those that the operator names besides, so that nobody can have this machine or
// its network asked for anything.
package outside

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Options of a client.
type Options struct {
	// Networks are those in which hosts may be though they are not public. What clouds
	// tell their machines about themselves is never asked, even so.
	Networks []netip.Prefix
	Setting  string        // by which the operator names them, for the log
	Timeout  time.Duration // of one request, with its answer
	Answer   int64         // the most bytes of an answer that are read
	Header   int64         // and of its header
}

// Client makes a client. It goes no other way than to the address that was looked up
// and checked: through no proxy, and after no redirect.
func Client(o Options) *http.Client {
	g := guard{o.Networks, o.Setting}
	dialer := &net.Dialer{Timeout: o.Timeout, ControlContext: g.control}
	return &http.Client{
		Transport: limited{&http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: o.Timeout, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: o.Header, MaxIdleConnsPerHost: 2, IdleConnTimeout: o.Timeout,
		}, o.Answer},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       o.Timeout,
	}
}

// limited reads no endless answers.
type limited struct {
	http.RoundTripper
	most int64
}

// RoundTrip implements [http.RoundTripper].
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, l.most), resp.Body}
	}
	return resp, err
}

// guard knows where hosts may be.
type guard struct {
	networks []netip.Prefix
	setting  string
}

// control is asked after names are resolved, for each address that is tried.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read address to connect to: %w", err)
	}
	if !g.allows(at.Addr()) {
		return fmt.Errorf("%s is not a public address, and no %s has it", at.Addr(), g.setting)
	}
	return nil
}

// never are addresses at which nobody is, whatever an operator says: what
// clouds tell their machines about themselves, keys included, and what reaches no
// single host. Each that is not link-local has whose it is beside it.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "240.0.0.0/4",
	"192.0.0.0/24",                                       // Oracle Cloud has its metadata here (RFC 6890: for protocols)
	"168.63.129.16/32",                                   // Azure
	"100.100.100.200/32",                                 // Alibaba Cloud
	"fd00:ec2::/32",                                      // AWS
	"fd20:ce::/32",                                       // Google Cloud
	"::/128", "2002::/16", "2001::/32", "64:ff9b:1::/48", // other addresses in disguise (RFC 3056, 4380, 8215)
)

// private are addresses that only this machine or its network can reach (RFC
// 6890, 6598, 2544, 4193).
var private = prefixes(
	"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7", "fec0::/10", "::/96",
)

// nat64 wraps an IPv4 address where networks have no IPv4 (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// allows reports whether a host may be there.
func (g guard) allows(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !a.IsValid() || within(never, a) {
		return false
	}
	return !within(private, a) || within(g.networks, a)
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}
