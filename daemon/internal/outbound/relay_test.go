package outbound

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"maps"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
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
	mechanisms     map[string]func() sasl.Server // how clients may sign in; all must when there are any
	extensions     func(*smtp.Server)            // what else it offers

	mu          sync.Mutex
	took        []taken
	connections int
	helos       []string
	from        string
}

// taken is a mail that the relay said yes to.
type taken struct {
	From, To string
	Data     string
	TLS      bool
	User     string // who signed in
	Mail     smtp.MailOptions
	Rcpt     smtp.RcptOptions
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
	server.Domain, server.ErrorLog, server.AllowInsecureAuth = "relay.example", silent{}, true
	if r.extensions != nil {
		r.extensions(server)
	}
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
	r.helos = append(r.helos, c.Hostname())
	session := &relaySession{relay: r, conn: c}
	if r.mechanisms != nil {
		return &signedIn{relaySession: session}, nil
	}
	return session, nil
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

// sender is whom the transaction under way names.
func (r *relay) sender() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from
}

func (s *relaySession) Reset()        { s.mail = taken{} }
func (s *relaySession) Logout() error { return nil }

func (s *relaySession) Mail(from string, opts *smtp.MailOptions) error {
	s.mail.From, s.mail.Mail = from, *opts
	s.relay.mu.Lock()
	s.relay.from = from
	s.relay.mu.Unlock()
	if s.relay.onMail != nil {
		return s.relay.onMail()
	}
	return nil
}

func (s *relaySession) Rcpt(to string, opts *smtp.RcptOptions) error {
	s.mail.To, s.mail.Rcpt = to, *opts
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

// signedIn is a session of a relay that takes nothing from strangers.
type signedIn struct {
	*relaySession
	user string
}

func (s *signedIn) AuthMechanisms() []string { return slices.Sorted(maps.Keys(s.relay.mechanisms)) }

func (s *signedIn) Auth(mechanism string) (sasl.Server, error) {
	return &noting{Server: s.relay.mechanisms[mechanism](), done: func() { s.user = mechanism }}, nil
}

func (s *signedIn) Mail(from string, opts *smtp.MailOptions) error {
	if s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	s.mail.User = s.user
	return s.relaySession.Mail(from, opts)
}

type noting struct {
	sasl.Server
	done func()
}

func (n *noting) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := n.Server.Next(response)
	if done && err == nil {
		n.done()
	}
	return challenge, done, err
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
