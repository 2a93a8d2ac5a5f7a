package peers

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// MailServer is one that mail of a desk or of another mail server ends at. What is nil
// of it lets everything through.
type MailServer struct {
	Domain string // that it greets with
	UTF8   bool   // it takes addresses of RFC 6531
	TLS    *tls.Config
	From   func(from string) error // answers MAIL
	To     func(to string) error   // answers RCPT
	Take   func(Taken) error       // answers DATA
}

// Taken is a mail that it took.
type Taken struct {
	From string // reverse-path, "" for none
	To   []string
	Raw  []byte
}

// Serve listens at an address, whose port may be 0, until the test ends, and tells where.
func (m MailServer) Serve(t testing.TB, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &taking{server: m}, nil }))
	server.Domain, server.EnableSMTPUTF8, server.TLSConfig = m.Domain, m.UTF8, m.TLS
	server.MaxLineLength, server.ErrorLog = 1<<20, log.New(io.Discard, "", 0)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return l.Addr().String()
}

// taking is a session of a MailServer.
type taking struct {
	server MailServer
	mail   Taken
}

// Reset implements [smtp.Session].
func (s *taking) Reset() { s.mail = Taken{} }

// Logout implements [smtp.Session].
func (s *taking) Logout() error { return nil }

// Mail implements [smtp.Session].
func (s *taking) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.From = from
	if s.server.From == nil {
		return nil
	}
	return s.server.From(from)
}

// Rcpt implements [smtp.Session].
func (s *taking) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.To != nil {
		if err := s.server.To(to); err != nil {
			return err
		}
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data implements [smtp.Session].
func (s *taking) Data(r io.Reader) (err error) {
	if s.mail.Raw, err = io.ReadAll(r); err != nil || s.server.Take == nil {
		return err
	}
	return s.server.Take(s.mail)
}
