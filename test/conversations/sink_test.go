package conversations

import (
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{address: l.Addr().String(), more: make(chan struct{})}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: s}, nil }))
	server.Domain = "sink.test"
	server.MaxLineLength = 1 << 20
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(l) }) // ends with Close
	t.Cleanup(func() { _ = server.Close(); wg.Wait() })
	return s
}

type sinkSession struct {
	sink     *sink
	from, to string
}

func (s *sinkSession) Reset()        { s.from, s.to = "", "" }
func (s *sinkSession) Logout() error { return nil }

func (s *sinkSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt takes one recipient for each mail, as the desk promises.
func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to != "" {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 5, 3}, Message: "One recipient for each mail"}
	}
	s.to = strings.ToLower(to)
	return nil
}

func (s *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.mails = append(s.sink.mails, &received{from: s.from, to: s.to, raw: raw, n: len(s.sink.mails)})
	close(s.sink.more)
	s.sink.more = make(chan struct{})
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
