package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	dialTimeout    = 30 * time.Second
	commandTimeout = 60 * time.Second

	// quitTimeout bounds a farewell that nobody waits for.
	quitTimeout = time.Second

	// keepFor is how long a connection waits for another mail: enough for a
	// burst, far below the minutes after which relays hang up.
	keepFor = 3 * time.Second

	// mailsPerConnection stays at what common relays allow by default.
	mailsPerConnection = 100
)

// session is a connection to a relay on which a mail may be handed over.
type session struct {
	relay  helpdesk.Relay
	conn   net.Conn
	client *smtp.Client
	mails  int         // taken so far
	timer  *time.Timer // ends the wait for another mail
	once   sync.Once
}

// errStale marks a connection that was kept and is of no use any more.
var errStale = errors.New("kept connection is of no use")

func (c *SMTPCourier) dial(ctx context.Context, relay helpdesk.Relay) (*session, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address(relay))
	if err != nil {
		return nil, fmt.Errorf("reach relay: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	client, err := c.greet(conn, relay)
	if err == nil {
		// Until the answer to the final dot the mail is nobody's for sure. Asking
		// too early sends it twice, so only the end of the attempt cuts that wait.
		client.CommandTimeout, client.SubmissionTimeout = commandTimeout, attemptTimeout
		err = client.Hello(c.Helo)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("greet relay: %w", err)
	}
	return &session{relay: relay, conn: conn, client: client}, nil
}

// greet opens the dialog with the protection that the relay is declared with:
// never less, whatever the other side offers.
func (c *SMTPCourier) greet(conn net.Conn, relay helpdesk.Relay) (*smtp.Client, error) {
	cfg := &tls.Config{ServerName: relay.Host, MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs}
	switch relay.TLS {
	case helpdesk.TLSImplicit:
		return smtp.NewClient(tls.Client(conn, cfg)), nil
	case helpdesk.TLSStartTLS:
		return smtp.NewClientStartTLS(conn, cfg)
	case helpdesk.TLSNone:
		if !isLoopback(conn.RemoteAddr()) {
			return nil, errors.New("without TLS only a relay on this machine is used")
		}
		return smtp.NewClient(conn), nil
	}
	return nil, fmt.Errorf("unknown protection %q of relay", relay.TLS)
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// submit is one transaction. After an error the session is of no use.
func (s *session) submit(p Parcel) (string, error) {
	if err := s.client.Mail(p.From.String(), &smtp.MailOptions{Size: int64(len(p.Bytes))}); err != nil {
		err = fmt.Errorf("name sender to relay: %w", err)
		if s.mails > 0 {
			return "", fmt.Errorf("%w: %w", errStale, err)
		}
		return "", err
	}
	if err := s.client.Rcpt(p.To.String(), nil); err != nil {
		return "", fmt.Errorf("name recipient to relay: %w", aboutTheMail(err))
	}
	w, err := s.client.Data()
	if err != nil {
		return "", fmt.Errorf("hand mail to relay: %w", aboutTheMail(err))
	}
	if _, err := w.Write(p.Bytes); err != nil {
		return "", fmt.Errorf("hand mail to relay: %w", err)
	}
	done, err := w.CloseWithResponse()
	if err != nil {
		return "", fmt.Errorf("hand mail to relay: %w", aboutTheMail(err))
	}
	s.mails++
	return clean(done.StatusText), nil
}

// close hangs up at once.
func (s *session) close() { s.once.Do(func() { _ = s.conn.Close() }) }

// quit says farewell and hangs up.
func (s *session) quit() {
	s.client.CommandTimeout = quitTimeout
	_ = s.client.Quit() // whatever it answers, nothing is under way
	s.close()
}

// keep puts a session by for the next mail to the same relay.
func (c *SMTPCourier) keep(s *session) {
	if s.mails >= mailsPerConnection {
		s.close()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle == nil {
		c.idle = map[helpdesk.Relay][]*session{}
	}
	s.timer = time.AfterFunc(keepFor, func() {
		if c.forget(s) {
			s.quit()
		}
	})
	c.idle[s.relay] = append(c.idle[s.relay], s)
}

// take returns the session that was kept last, nil if there is none.
func (c *SMTPCourier) take(relay helpdesk.Relay) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.idle[relay]
	if len(kept) == 0 {
		return nil
	}
	s := kept[len(kept)-1]
	s.timer.Stop()
	c.remove(s)
	return s
}

// forget reports whether the session still was kept, and keeps it no longer.
func (c *SMTPCourier) forget(s *session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.idle[s.relay], s) {
		return false
	}
	c.remove(s)
	return true
}

func (c *SMTPCourier) remove(s *session) {
	kept := slices.DeleteFunc(c.idle[s.relay], func(k *session) bool { return k == s })
	if c.idle[s.relay] = kept; len(kept) == 0 {
		delete(c.idle, s.relay)
	}
}

// Close ends the connections that are kept. The courier can go on after it.
func (c *SMTPCourier) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, kept := range idle {
		for _, s := range kept {
			s.timer.Stop()
			s.quit()
		}
	}
}
