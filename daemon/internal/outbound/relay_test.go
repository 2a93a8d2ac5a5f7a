package outbound

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// relay is a real SMTP server on the loopback that does what a test wants.
type relay struct {
	address  helpdesk.Relay
	listener net.Listener

	// What is asked at each stage; nil takes it.
	onMail, onRcpt func() error
	onData         func(c *smtp.Conn, data []byte) error

	mu          sync.Mutex
	took        []taken
	connections int
}

// taken is a mail that the relay said yes to.
type taken struct {
	From, To string
	Data     string
	TLS      bool
}

func startRelay(t testing.TB, r *relay, cfg *tls.Config, implicit bool) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.listener = l
	r.address = helpdesk.Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: helpdesk.TLSNone}
	server := smtp.NewServer(smtp.BackendFunc(r.session))
	server.Domain, server.ErrorLog = "relay.example", silent{}
	if server.TLSConfig = cfg; implicit {
		l = tls.NewListener(l, cfg)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _, _ = server.Close(), l.Close(); <-done }) // Serve may not have begun
	return r
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func (r *relay) session(c *smtp.Conn) (smtp.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections++
	return &relaySession{relay: r, conn: c}, nil
}

func (r *relay) mails() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.took)
}

type relaySession struct {
	relay *relay
	conn  *smtp.Conn
	mail  taken
}

func (s *relaySession) Reset()        { s.mail = taken{} }
func (s *relaySession) Logout() error { return nil }

func (s *relaySession) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.From = from
	if s.relay.onMail != nil {
		return s.relay.onMail()
	}
	return nil
}

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	if s.relay.onRcpt != nil {
		return s.relay.onRcpt()
	}
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, s.mail.TLS = s.conn.TLSConnectionState()
	s.mail.Data = string(data)
	if s.relay.onData != nil {
		if err := s.relay.onData(s.conn, data); err != nil {
			return err
		}
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.relay.took = append(s.relay.took, s.mail)
	return nil
}

// certificate is for 127.0.0.1, with the pool that vouches for it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func smtpError(code int, words string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: words}
}
