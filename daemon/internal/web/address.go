package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Client is the network address of who asks: the peer, or the rightmost address
// of X-Forwarded-For that is no trusted proxy when the peer is one. Everything
// left of that could have been written by anybody.
func (s *Site) Client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(client) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		client = next.Unmap()
	}
	return client
}

func (s *Site) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// LocalPath returns next if it is a path of this site with at most a query, else
// fallback: nobody is led elsewhere after signing in.
func LocalPath(next, fallback string) string {
	unclear := func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' } // browsers read on over some of them
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, unclear) {
		return fallback
	}
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return fallback
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
