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
	"strings"

	"golang.org/x/crypto/acme/autocert"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
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
	fs.StringVar(&s.hostname, "hostname", "", "`name` by which the daemon calls itself in SMTP, and that of its certificate for mail (default: the host name)")
	fs.StringVar(&s.https, "https", "", "`address` of the portal and the agents' pages with TLS; --http then only leads there (default: none, for a web server with TLS in front of --http)")
	fs.StringVar(&s.tls, "tls", "", "`folder` with certificates, read again when they change: NAME.crt with NAME.key, or fullchain.pem with privkey.pem, in it or in folders in it")
	fs.Func("acme", "`address` that a certificate authority may write to, or \"on\" for none: ask it by ACME for the certificates that --tls does not have, and accept its terms", s.setACME)
	fs.StringVar(&s.acme.directory, "acme-directory", autocert.DefaultACMEDirectory, "`URL` of the directory of that authority")
	fs.StringVar(&s.acme.ca, "acme-ca", "", "`file` with the certificate authority that the directory itself is believed by (default: those of the system)")
	fs.StringVar(&s.smtps, "smtps", "", "`address` to take mail on with TLS from the first byte (default: none; --smtp offers STARTTLS when there are certificates)")
	fs.StringVar(&s.lmtp, "lmtp", "", "`address` to take mail on by LMTP, from a mail server in front: HOST:PORT, or unix:PATH for a socket (default: none)")
	fs.DurationVar(&s.greeting, "greeting-delay", 0, "`time` that SMTP clients wait to be greeted, while it is seen whether they talk too early")
	fs.Func("proxy-protocol", "`network` (CIDR) of a balancer in front of --smtp and --smtps that tells by the PROXY protocol, version 2, whom a connection is from; it is required of it; may be repeated", addNetwork(&s.mailProxies))
	fs.Func("repair-line-ends", "`network` (CIDR), or unix, of a mail server in front whose lone CRs and LFs are repaired, not refused; may be repeated", s.addRepair)
	fs.Func("trusted-relay", "`network` (CIDR), or unix for the socket of --lmtp, of a mail server in front that checks its senders: whatever it brings counts as proven; may be repeated", s.addRelay)
	fs.Func("relay-results", "`network=server`: the network (CIDR), or unix, of a mail server in front, and the name with which the Authentication-Results begin that are believed on top of what it brings; may be repeated", s.addResults)
	fs.Func("trusted-proxy", "`network` (CIDR) of a web server in front that says in X-Forwarded-For whom it speaks for; may be repeated", addNetwork(&s.proxies))
	fs.Func("relay", "`host:port` that takes outgoing mail of mailboxes that declare no relay", s.setRelay)
	s.declaredFlags(fs)
	user := fs.String("relay-user", "", relayUserHelp)
	rest, err := parse(fs, args)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("unexpected argument %q: %w", rest[0], errUsage)
	}
	if err := s.setRelayUser(*user); err != nil {
		return nil, err
	}
	return s, s.complete()
}

// ownAccount is where secrets of the daemon itself are. No namespace can have this
// name, so no manifest can name them.
const ownAccount = "_daemon"

// parseNetwork reads a network, or one address.
func parseNetwork(v string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(v)
	if err != nil {
		addr, addrErr := netip.ParseAddr(v)
		if addrErr != nil {
			return netip.Prefix{}, err
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	return prefix.Masked(), nil
}

func addNetwork(to *[]netip.Prefix) func(string) error {
	return func(v string) error {
		network, err := parseNetwork(v)
		*to = append(*to, network)
		return err
	}
}

// addRepair reads whose line ends are mended.
func (s *settings) addRepair(v string) error {
	if v == inbound.SocketPeer {
		s.repair.Socket = true
		return nil
	}
	return addNetwork(&s.repair.Networks)(v)
}

// addRelay reads a relay that is believed for any From.
func (s *settings) addRelay(v string) error {
	relay, err := parseRelay(v)
	s.relays = append(s.relays, relay)
	return err
}

// parseRelay reads a network, or the word for the unix socket.
func parseRelay(v string) (inbound.Relay, error) {
	if v == inbound.SocketPeer {
		return inbound.Relay{Socket: true}, nil
	}
	network, err := parseNetwork(v)
	return inbound.Relay{Network: network}, err
}

// addResults reads a relay, and the server whose results are believed.
func (s *settings) addResults(v string) error {
	at, server, _ := strings.Cut(v, "=")
	relay, err := parseRelay(at)
	if err != nil {
		return err
	}
	// It is looked for where a host name stands, and mail servers write one there.
	if _, err := helpdesk.ParseAddress("postmaster@" + server); err != nil {
		return fmt.Errorf("%q is not a network and the name of a server, such as 192.0.2.1=mx.acme.example", v)
	}
	relay.Results = strings.ToLower(server)
	s.relays = append(s.relays, relay)
	return nil
}

// setACME reads an address, or "on".
func (s *settings) setACME(v string) error {
	s.acme.on = true
	if v == "on" {
		return nil
	}
	_, err := helpdesk.ParseAddress(v)
	s.acme.email = v
	return err
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

const relayUserHelp = "`name` to sign in to --relay with; the password is the file " + ownAccount + "/relay/password of --secrets (default: no sign-in)"

// setRelayUser signs in to the daemon's own relay; "" does not.
func (s *settings) setRelayUser(name string) error {
	if name == "" {
		return nil
	}
	if s.relay.Host == "" {
		return fmt.Errorf("--relay-user needs --relay: %w", errUsage)
	}
	s.relay.Login = helpdesk.Login{Account: ownAccount, Username: name, Password: helpdesk.SecretRef{Name: "relay", Key: "password"}}
	return nil
}

func relayTLS(host string, port int) helpdesk.TLSMode {
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
