package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func runServe(ctx context.Context, args []string, _, errs io.Writer) error {
	s, err := serveSettings(args, errs)
	if err != nil {
		return err
	}
	return run(ctx, s, slog.New(slog.NewJSONHandler(os.Stderr, nil)), nil)
}

func serveSettings(args []string, errs io.Writer) (*settings, error) {
	s := &settings{}
	fs := newFlags("serve", "[FLAGS]", errs)
	s.commonFlags(fs, ":25", ":8080", ":9090")
	fs.StringVar(&s.hostname, "hostname", "", "how the daemon calls itself in SMTP (default: the host name)")
	fs.Func("trusted-relay", "`network` (CIDR) of a mail server in front that checks its senders; may be repeated", addNetwork(&s.trusted))
	fs.Func("trusted-proxy", "`network` (CIDR) of a web server in front that says in X-Forwarded-For whom it speaks for; may be repeated", addNetwork(&s.proxies))
	fs.Func("relay", "`host:port` that takes outgoing mail of mailboxes that declare no relay", s.setRelay)
	rest, err := parse(fs, args)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("unexpected argument %q: %w", rest[0], errUsage)
	}
	return s, s.complete()
}

// addNetwork reads a network, or one address.
func addNetwork(to *[]netip.Prefix) func(string) error {
	return func(v string) error {
		prefix, err := netip.ParsePrefix(v)
		if err != nil {
			addr, addrErr := netip.ParseAddr(v)
			if addrErr != nil {
				return err
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		*to = append(*to, prefix.Masked())
		return nil
	}
}

// setRelay reads host:port. TLS is required everywhere but on this machine.
func (s *settings) setRelay(v string) error {
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	s.relay = helpdesk.Relay{Host: host, Port: int(n), TLS: relayTLS(host, int(n))}
	return nil
}

func relayTLS(host string, port int) helpdesk.RelayTLS {
	const submissions = 465 // RFC 8314: TLS from the first byte
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "localhost", err == nil && addr.IsLoopback():
		return helpdesk.TLSNone
	case port == submissions:
		return helpdesk.TLSImplicit
	}
	return helpdesk.TLSStartTLS
}
