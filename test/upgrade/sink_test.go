package upgrade

import (
	"bytes"
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
	s := &sink{}
	s.address = peers.MailServer{Domain: "sink.example", UTF8: true, From: s.puts, Take: s.take}.Serve(t, "127.0.0.1:0")
	return s
}

// puts mail off while it is to refuse it.
func (s *sink) puts(string) error {
	if s.refusing.Load() {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Come again later"}
	}
	return nil
}

func (s *sink) take(taken peers.Taken) error {
	m, err := mail.ReadMessage(bytes.NewReader(taken.Raw))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, received{to: strings.ToLower(strings.Join(taken.To, ", ")), id: m.Header.Get("Message-ID"), raw: taken.Raw})
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
