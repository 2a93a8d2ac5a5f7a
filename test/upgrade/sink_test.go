package upgrade

import (
	"io"
	"log"
	"net"
	"net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

// sink is the mail server that takes what desks send, or puts it off.
type sink struct {
	address  string
	refusing atomic.Bool

	mu    sync.Mutex
	mails []received
}

// received is a mail that it took.
type received struct {
	to, id string // id is its Message-ID
	raw    []byte
}

func startSink(t *testing.T) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{address: l.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: s}, nil }))
	server.Domain, server.MaxLineLength, server.EnableSMTPUTF8 = "sink.example", 1<<20, true
	server.ErrorLog = log.New(io.Discard, "", 0)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return s
}

type sinkSession struct {
	sink *sink
	to   string
}

func (s *sinkSession) Reset()        { s.to = "" }
func (s *sinkSession) Logout() error { return nil }

func (s *sinkSession) Mail(string, *smtp.MailOptions) error {
	if s.sink.refusing.Load() {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Come again later"}
	}
	return nil
}

func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = strings.ToLower(to)
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.mails = append(s.sink.mails, received{to: s.to, id: m.Header.Get("Message-ID"), raw: raw})
	return nil
}

func (s *sink) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails[:len(s.mails):len(s.mails)]
}

// times is how often each mail came, by its Message-ID.
func (s *sink) times() map[string]int {
	times := map[string]int{}
	for _, m := range s.all() {
		times[m.id]++
	}
	return times
}

// noneTwice fails for what came more than once.
func (s *sink) noneTwice(t *testing.T) {
	t.Helper()
	for _, m := range s.all() {
		if n := s.times()[m.id]; n != 1 {
			t.Errorf("%s to %s came %d times", m.id, m.to, n)
		}
	}
}

// letter waits for the newest mail to somebody that has a link of a kind.
func (s *sink) letter(t *testing.T, to, kind string) (found peers.Letter) {
	t.Helper()
	peers.Eventually(t, peers.Patience, func() error {
		for _, m := range s.all() {
			if m.to != to {
				continue
			}
			for _, link := range peers.OpenLetter(t, m.raw).Links {
				if strings.Contains(link, kind) {
					found = peers.OpenLetter(t, m.raw)
				}
			}
		}
		if found.Raw == nil {
			return &net.AddrError{Err: "no mail with " + kind + " has come", Addr: to}
		}
		return nil
	})
	return found
}
