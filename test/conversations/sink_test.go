package conversations

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

// sink is the relay of every desk and the mailbox of everybody outside: it takes
// all outgoing mail and keeps it.
type sink struct {
	address string

	mu    sync.Mutex
	mails []*received
	more  chan struct{} // closed when a mail comes in, and made anew
}

// received is a mail that a desk sent.
type received struct {
	from string // reverse-path, "" for none
	to   string
	raw  []byte
	n    int // its place in the order of arrival

	once sync.Once
	read *reading
}

func startSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{more: make(chan struct{})}
	s.address = peers.MailServer{Domain: "sink.test", UTF8: true, Take: s.take}.Serve(t, "127.0.0.1:0")
	return s
}

// take keeps a mail. It has one recipient, as the desk promises.
func (s *sink) take(m peers.Taken) error {
	if len(m.To) != 1 {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 5, 3}, Message: "One recipient for each mail"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, &received{from: m.From, to: strings.ToLower(m.To[0]), raw: m.Raw, n: len(s.mails)})
	close(s.more)
	s.more = make(chan struct{})
	return nil
}

// all is what has come so far.
func (s *sink) all() []*received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails[:len(s.mails):len(s.mails)]
}

// wait returns the first mail to an address that holds some words;
// nil if none comes in time.
func (s *sink) wait(to, words string) *received {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	seen := 0
	for {
		s.mu.Lock()
		mails, more := s.mails, s.more
		s.mu.Unlock()
		for _, m := range mails[seen:] {
			if m.to == strings.ToLower(to) && strings.Contains(m.reading().all, words) {
				return m
			}
		}
		seen = len(mails)
		select {
		case <-more:
		case <-timeout.C:
			return nil
		}
	}
}
