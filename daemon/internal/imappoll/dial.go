package imappoll

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// dialTimeout bounds each of DNS, TCP and TLS. A mail server that takes longer
	// is down.
	dialTimeout = 20 * time.Second

	// keepAlive finds out within two minutes that the other side is gone without a
	// word, and is often enough for every NAT on the way.
	keepAlive = 30 * time.Second
)

// Dialer reaches servers. The zero value is ready to use.
type Dialer struct {
	Roots *x509.CertPool // nil: those of the system

	stall time.Duration // instead of stallTimeout; 0 for that
}

// dial goes from a name to a protected connection on which the server has not
// been listened to, or has greeted before STARTTLS.
func (d Dialer) dial(ctx context.Context, box *helpdesk.IMAP) (net.Conn, error) {
	lookup, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(lookup, "ip", box.Host)
	if err != nil {
		return nil, failed(StepDNS, err)
	}
	dialer := net.Dialer{Timeout: dialTimeout, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAlive, Interval: keepAlive, Count: 3}}
	var conn net.Conn
	var tried []error
	for _, a := range addresses[:min(len(addresses), maxAddresses)] {
		if conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.Unmap().String(), strconv.Itoa(box.Port))); err == nil {
			break
		}
		tried = append(tried, err)
	}
	if conn == nil {
		return nil, failed(StepTCP, errors.Join(tried...))
	}
	protected, err := d.protect(ctx, conn, box)
	if err != nil {
		_ = conn.Close() // nothing was said on it that matters
		return nil, failed(StepTLS, err)
	}
	return protected, nil
}

// maxAddresses is how many of a server's addresses are tried in one go: more are
// tried when DNS turns them round.
const maxAddresses = 4

// protect opens the protection that the mailbox is declared with: never less,
// whatever the other side offers.
func (d Dialer) protect(ctx context.Context, conn net.Conn, box *helpdesk.IMAP) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	switch box.TLS {
	case helpdesk.TLSNone:
		if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
			return nil, misconfigured(StepTLS, "without TLS only a server on this machine is used")
		}
		return conn, nil
	case helpdesk.TLSStartTLS:
		if err := startTLS(conn); err != nil {
			return nil, err
		}
	case helpdesk.TLSImplicit:
	default:
		return nil, misconfigured(StepTLS, "unknown protection %q", box.TLS)
	}
	secure := tls.Client(conn, &tls.Config{ServerName: box.Host, MinVersion: tls.VersionTLS12, RootCAs: d.Roots})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if box.TLS == helpdesk.TLSStartTLS {
		// The greeting came before; what reads from here on waits for one.
		return &greeted{Conn: secure, said: strings.NewReader("* OK the way is protected\r\n")}, nil
	}
	return secure, nil
}

// startTLS asks for TLS in the clear and believes nothing else that is said
// there (RFC 9051 section 6.2.1): whoever sits on the way could have said it.
func startTLS(conn net.Conn) error {
	// One byte at a time, so that nothing behind the answer is read: what an
	// attacker put there then breaks the handshake.
	r := bufio.NewReaderSize(oneByte{conn}, 16)
	greeting, err := plainLine(r)
	if err != nil {
		return fmt.Errorf("read greeting: %w", err)
	}
	if word, _, _ := strings.Cut(strings.TrimPrefix(greeting, "* "), " "); !strings.EqualFold(word, "OK") {
		return fmt.Errorf("the server does not greet as one that offers STARTTLS: %q", greeting)
	}
	if _, err := io.WriteString(conn, "S1 STARTTLS\r\n"); err != nil {
		return err
	}
	for range maxPlainLines {
		line, err := plainLine(r)
		if err != nil {
			return fmt.Errorf("ask for STARTTLS: %w", err)
		}
		if answer, ok := strings.CutPrefix(line, "S1 "); ok {
			if word, _, _ := strings.Cut(answer, " "); !strings.EqualFold(word, "OK") {
				return fmt.Errorf("the server gives no STARTTLS: %q", answer)
			}
			return nil
		}
	}
	return errors.New("the server does not answer STARTTLS")
}

const (
	maxPlainLines = 20   // a few untagged answers may come first
	maxPlainLine  = 8192 // RFC 9051 section 4 has servers cope with 8,192
)

func plainLine(r *bufio.Reader) (string, error) {
	var line []byte
	for len(line) < maxPlainLine {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b)
	}
	return "", errors.New("the server sent an endless line")
}

// oneByte reads byte by byte.
type oneByte struct{ io.Reader }

// Read implements io.Reader.
func (o oneByte) Read(p []byte) (int, error) { return o.Reader.Read(p[:min(len(p), 1)]) }

// greeted is a connection that begins with words of ours.
type greeted struct {
	net.Conn
	said *strings.Reader
}

// Read implements io.Reader.
func (g *greeted) Read(p []byte) (int, error) {
	if g.said.Len() > 0 {
		return g.said.Read(p)
	}
	return g.Conn.Read(p)
}
