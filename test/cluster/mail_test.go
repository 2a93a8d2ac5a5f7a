package cluster_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// sink is the mail server that takes what the cluster sends. It speaks TLS, as mail
// is not handed over without.
type sink struct {
	address string
	files   keyPair
	mu      sync.Mutex
	mails   map[string][][]byte // by recipient
}

// startSink listens at an address of this machine that pods reach.
func startSink(t *testing.T, ip string) *sink {
	t.Helper()
	s := &sink{files: certify(t, t.TempDir(), ip), mails: map[string][][]byte{}}
	pair, err := tls.LoadX509KeyPair(s.files.cert, s.files.key)
	if err != nil {
		t.Fatal(err)
	}
	secure := &tls.Config{Certificates: []tls.Certificate{pair}}
	s.address = peers.MailServer{Domain: "sink.example", TLS: secure, Take: s.take}.Serve(t, net.JoinHostPort(ip, "0"))
	return s
}

func (s *sink) take(m peers.Taken) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range m.To {
		s.mails[to] = append(s.mails[to], m.Raw)
	}
	return nil
}

// letter waits for the first mail to somebody.
func (s *sink) letter(t *testing.T, to string) peers.Letter {
	t.Helper()
	var raw []byte
	peers.Eventually(t, patience, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.mails[to]) == 0 {
			return fmt.Errorf("no mail to %s has come", to)
		}
		raw = s.mails[to][0]
		return nil
	})
	return peers.OpenLetter(t, raw)
}

// send hands a mail to the Service.
func (i *install) send(from, subject string) error {
	to := "support@" + i.host
	mail := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s.%s>\r\nDate: %s\r\n\r\nIt is dark.\r\n",
		from, to, subject, strings.ReplaceAll(subject, " ", "-"), from, time.Now().Format(time.RFC1123Z))
	return smtp.SendMail(i.smtp(), nil, from, []string{to}, []byte(mail))
}

// load sends mails side by side, each until it is taken, while something happens. It
// returns when all are taken. Each has a subject and a sender of its own.
func (i *install) load(what string, mails int, meanwhile func()) {
	i.t.Helper()
	const senders = 8
	address, to := i.smtp(), "support@"+i.host
	queue := make(chan int, mails)
	for n := range mails {
		queue <- n
	}
	close(queue)
	deadline := time.Now().Add(2 * patience)
	errs := make(chan error, mails)
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for n := range queue {
				from := fmt.Sprintf("%s%d@customer.example", what, n)
				mail := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s %d\r\nMessage-ID: <%d.%s@customer.example>\r\n\r\nIt is dark.\r\n", from, to, what, n, n, what)
				err := errors.New("not tried")
				for err != nil && time.Now().Before(deadline) {
					if err = smtp.SendMail(address, nil, from, []string{to}, []byte(mail)); err != nil {
						time.Sleep(200 * time.Millisecond) // as a mail server would, but sooner
					}
				}
				if err != nil {
					errs <- fmt.Errorf("%s: %w", from, err)
				}
			}
		})
	}
	meanwhile()
	all.Wait()
	close(errs)
	for err := range errs {
		i.t.Error(err)
	}
	subjects := i.subjects()
	for n := range mails {
		if got := subjects[fmt.Sprintf("%s %d", what, n)]; got != 1 {
			i.t.Errorf("the mail %q %d was taken and is in %d tickets", what, n, got)
		}
	}
}
