package outbound

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	dialTimeout    = 30 * time.Second
	commandTimeout = 60 * time.Second

	// writeTimeout bounds each piece of a mail that is written: a connection on
	// which nothing moves that long is dead.
	writeTimeout = 60 * time.Second

	// maxAnswers is how many bytes a relay may say in one transaction. Certificates
	// and a long list of extensions have a few KiB.
	maxAnswers = 256 << 10
)

// dial opens a connection on which a mail may be handed over. Each error tells its
// step.
func (c *SMTPCourier) dial(ctx context.Context, relay helpdesk.Relay) (*session, error) {
	if relay.Host == "" {
		return nil, failed(StepRelay, errors.New("neither the mailbox nor the daemon names one"))
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address(relay))
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return nil, failed(StepDNS, dns)
	}
	if err != nil {
		return nil, failed(StepTCP, err)
	}
	s := &session{relay: relay, conn: &paced{Conn: conn, left: maxAnswers}}
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	if err := c.open(ctx, s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open goes from a connection to a relay that waits for MAIL.
func (c *SMTPCourier) open(ctx context.Context, s *session) error {
	way, err := c.protect(ctx, s)
	if err != nil {
		return err
	}
	s.client = smtp.NewClient(way)
	// Until the answer to the final dot the mail is nobody's for sure. Asking too
	// early sends it twice, so only the end of the attempt cuts that wait.
	s.client.CommandTimeout, s.client.SubmissionTimeout = commandTimeout, attemptTimeout
	if err := s.client.Hello(c.Helo); err != nil {
		return failed(StepGreeting, err)
	}
	if s.relay.Login.IsZero() {
		return nil
	}
	return c.signIn(ctx, s)
}

// protect makes the way to the relay as safe as it is declared: never less,
// whatever the other side offers.
func (c *SMTPCourier) protect(ctx context.Context, s *session) (net.Conn, error) {
	switch s.relay.TLS {
	case helpdesk.TLSImplicit:
		err := c.handshake(ctx, s)
		return s.tls, err
	case helpdesk.TLSStartTLS:
		greeting, err := c.startTLS(s.conn)
		if err != nil {
			return nil, err
		}
		if err := c.handshake(ctx, s); err != nil {
			return nil, err
		}
		return &greeted{Conn: s.tls, first: []byte("220 " + greeting + "\r\n")}, nil
	case helpdesk.TLSNone:
		if !isLoopback(s.conn.RemoteAddr()) {
			return nil, failed(StepTLS, errors.New("without TLS only a relay on this machine is used"))
		}
		return s.conn, nil
	}
	return nil, failed(StepTLS, fmt.Errorf("unknown protection %q of relay", s.relay.TLS))
}

// handshake begins TLS and checks the name in the certificate.
func (c *SMTPCourier) handshake(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	s.tls = tls.Client(s.conn, &tls.Config{ServerName: s.relay.Host, MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs})
	return failed(StepTLS, s.tls.HandshakeContext(ctx))
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// startTLS has the dialog before the protection, and returns the greeting. go-smtp
// could have it too, but always calls itself localhost then, which some relays
// refuse.
func (c *SMTPCourier) startTLS(conn net.Conn) (string, error) {
	if err := conn.SetDeadline(time.Now().Add(commandTimeout)); err != nil {
		return "", failed(StepTCP, err)
	}
	in := bufio.NewReader(conn)
	text := textproto.NewReader(in)
	greeting, err := answerTo(text, "", conn, 220)
	if err != nil {
		return "", failed(StepGreeting, err)
	}
	extensions, err := answerTo(text, "EHLO "+c.Helo, conn, 250)
	if err != nil {
		return "", failed(StepGreeting, err)
	}
	if !offers(extensions, "STARTTLS") {
		return "", failed(StepTLS, errors.New("the relay does not offer STARTTLS"))
	}
	if _, err := answerTo(text, "STARTTLS", conn, 220); err != nil {
		return "", failed(StepTLS, err)
	}
	if in.Buffered() > 0 {
		// Somebody on the way may have put it there for us to read as if it came
		// protected (CVE-2011-0411).
		return "", failed(StepTLS, errors.New("the relay said more before the protection began"))
	}
	greeting, _, _ = strings.Cut(greeting, "\n")
	return greeting, failed(StepTCP, conn.SetDeadline(time.Time{}))
}

// answerTo says a command, if any, and reads the answer.
func answerTo(text *textproto.Reader, command string, w io.Writer, want int) (string, error) {
	if command != "" {
		if strings.ContainsAny(command, "\r\n") {
			return "", fmt.Errorf("%.60q is no command", command)
		}
		if _, err := io.WriteString(w, command+"\r\n"); err != nil {
			return "", err
		}
	}
	_, words, err := text.ReadResponse(want)
	if refusal, ok := errors.AsType[*textproto.Error](err); ok {
		return "", asAnswer(refusal)
	}
	return words, err
}

// asAnswer is what go-smtp makes of a refusal: with the enhanced code apart.
func asAnswer(e *textproto.Error) *smtp.SMTPError {
	answer := &smtp.SMTPError{Code: e.Code, Message: e.Msg}
	first, rest, _ := strings.Cut(e.Msg, " ")
	var code smtp.EnhancedCode
	parts := strings.Split(first, ".")
	if len(parts) != len(code) {
		return answer
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 10)
		if err != nil {
			return answer
		}
		code[i] = int(n)
	}
	answer.EnhancedCode, answer.Message = code, rest
	return answer
}

func offers(extensions, keyword string) bool {
	for line := range strings.Lines(extensions) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}

// greeted gives the greeting that came before the protection to whoever begins
// to read after it.
type greeted struct {
	net.Conn
	first []byte
}

// Read implements net.Conn.
func (g *greeted) Read(p []byte) (int, error) {
	if len(g.first) > 0 {
		n := copy(p, g.first)
		g.first = g.first[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// paced bounds each write in time, and all that is read in size.
type paced struct {
	net.Conn
	left int64 // bytes that may still be read
}

// Write implements net.Conn.
func (p *paced) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// Read implements net.Conn.
func (p *paced) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, fmt.Errorf("the relay said more than %d bytes", maxAnswers)
	}
	n, err := p.Conn.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	return n, err
}
