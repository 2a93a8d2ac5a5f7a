package smtpd

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// note tells the envelope of each mail before it is read.
func (w *world) note(to chan inbound.Envelope) func(context.Context, inbound.Envelope, io.Reader) error {
	return func(_ context.Context, env inbound.Envelope, _ io.Reader) error {
		to <- env
		return nil
	}
}

// wait tells that a mail is being taken in, and goes on when it is told to.
func (w *world) wait(entered, leave chan struct{}) func(context.Context, inbound.Envelope, io.Reader) error {
	return func(context.Context, inbound.Envelope, io.Reader) error {
		close(entered)
		<-leave
		return nil
	}
}

// lhlo is dial, the greeting and LHLO.
func (w *world) lhlo(t testing.TB) *client {
	t.Helper()
	c := w.dial(t)
	c.want("220 mx.acme.example LMTP")
	c.send("LHLO mta.example\r\n")
	c.want("250")
	return c
}

// Each recipient has the answer of its own mailbox, in the order of RCPT.
//
// covers: P01, P04
func TestLMTP(t *testing.T) {
	const mail = "Subject: x\r\n\r\nhello\r\n"
	full := helpdesk.Wrap(helpdesk.Full, fmt.Errorf("%s", secret))
	tests := []struct {
		name    string
		to      []string
		trouble map[string]error
		want    []string
	}{
		{"one", []string{"support"}, nil, []string{"250"}},
		{"two", []string{"support", "sales"}, nil, []string{"250", "250"}},
		{"the first has trouble", []string{"support", "sales"}, map[string]error{"support": full}, []string{"452 4.3.1", "250"}},
		{"the second has trouble", []string{"support", "sales"}, map[string]error{"sales": full}, []string{"250", "452 4.3.1"}},
		{"one mailbox thrice", []string{"support", "SUPPORT", "support"}, map[string]error{"support": full}, []string{"452", "452", "452"}},
		{"unknown trouble", []string{"sales", "support"}, map[string]error{"sales": fmt.Errorf("%s", secret)}, []string{"451 4.3.0", "250"}},
	}
	for _, tt := range tests {
		for name, transfer := range map[string]string{
			"DATA": "DATA\r\n" + mail + ".\r\n", "BDAT": fmt.Sprintf("BDAT 5\r\n%sBDAT %d LAST\r\n%s", mail[:5], len(mail)-5, mail[5:]),
		} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				w := serve(t, Options{LMTP: true})
				w.trouble = tt.trouble
				c := w.lhlo(t)
				c.send("MAIL FROM:<a@customer.example>\r\n")
				c.want("250")
				for _, to := range tt.to {
					c.send("RCPT TO:<" + to + "@acme.example>\r\n")
					c.want("250")
				}
				c.send(transfer)
				c.want(map[string]string{"DATA": "354", "BDAT": "250"}[name])
				for i, want := range tt.want {
					got := c.reply()
					if !strings.HasPrefix(got, want) || !strings.Contains(got, "<"+tt.to[i]+"@acme.example>") || strings.Contains(got, "10.0.0.7") {
						t.Errorf("answer %q, want %s", got, want)
					}
				}
				c.send("NOOP\r\n")
				c.want("250 2.0.0 I have")
				w.wantTaken(t, 1)
			})
		}
	}
}

// A mail that is not read to its end is answered for each recipient too, however it
// comes: what the client sends behind it is answered after that.
//
// covers: P01, P04
func TestLMTPAnswersWhatIsNotRead(t *testing.T) {
	const size = 300 << 10 // more than any buffer on the way holds
	mail := mailOf(size)
	chunks := fmt.Sprintf("BDAT %d\r\n%sBDAT %d LAST\r\n%s", size/2, mail[:size/2], size-size/2, mail[size/2:])
	for name, transfer := range map[string]string{
		"DATA": "DATA\r\n" + mail + ".\r\n", "one chunk": fmt.Sprintf("BDAT %d LAST\r\n%s", size, mail), "two chunks": chunks,
	} {
		for _, tt := range []struct {
			name   string
			limits Limits
			accept func(context.Context, inbound.Envelope, io.Reader) error
			want   string
		}{
			{"too large", Limits{MessageBytes: 1 << 10}, nil, "552 5.3.4"},
			{"no room", Limits{}, func(context.Context, inbound.Envelope, io.Reader) error {
				return helpdesk.Errorf(helpdesk.Full, "no room")
			}, "452 4.3.1"},
		} {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				w := serve(t, Options{LMTP: true, Limits: tt.limits})
				w.accept = tt.accept
				c := w.lhlo(t)
				c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nRCPT TO:<sales@acme.example>\r\n" + transfer + "NOOP\r\n")
				c.want("250", "250", "250")
				switch name {
				case "DATA":
					c.want("354")
				case "two chunks":
					c.want("250")
				}
				c.want(tt.want+" <support", tt.want+" <sales", "250 2.0.0 I have")
			})
		}
	}
}

// What nobody wants is read on, but not for ever.
func TestLMTPReadsOnToALimit(t *testing.T) {
	w := serve(t, Options{LMTP: true, Limits: Limits{MessageBytes: 1 << 10, discardAtMost: 100 << 10}})
	c := w.lhlo(t)
	c.send("MAIL FROM:<>\r\nRCPT TO:<sales@acme.example>\r\n" + fmt.Sprintf("BDAT %d LAST\r\n%s", 300<<10, mailOf(300<<10)))
	c.want("250", "250", "421 4.7.0")
	if rest := c.rest(); rest != "" {
		t.Errorf("after that %q", rest)
	}
}

func TestLMTPDialog(t *testing.T) {
	const to = "RCPT TO:<support@acme.example>\r\nRCPT TO:<nobody@acme.example>\r\nRCPT TO:<sales@acme.example>\r\n"
	tests := []struct {
		name  string
		send  string
		codes string
		mails int
	}{
		{"no SMTP", "EHLO x\r\nHELO x\r\n", "500 500", 0},
		{"one is unknown", "MAIL FROM:<>\r\n" + to + "DATA\r\n" + sample + ".\r\n", "250 250 550 250 354 250 250", 1},
		{"no recipient", "MAIL FROM:<>\r\nRCPT TO:<nobody@acme.example>\r\nDATA\r\n", "250 550 502", 0},
		{"too large for one", "MAIL FROM:<>\r\n" + to + "DATA\r\n" + mailOf(smallMailbox+1) + ".\r\n", "250 250 550 250 354 250 552", 1},
		{"too large for the only one", "MAIL FROM:<>\r\nRCPT TO:<sales@acme.example>\r\nDATA\r\n" + mailOf(smallMailbox+1) + ".\r\n", "250 250 354 552", 0},
		{"lone LF", "MAIL FROM:<>\r\n" + to + "DATA\r\na\nb\r\n.\r\n", "250 250 550 250 354 521", 0},
		{"two mails", strings.Repeat("MAIL FROM:<>\r\nRCPT TO:<sales@acme.example>\r\nDATA\r\n"+sample+".\r\n", 2), "250 250 354 250 250 250 354 250", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, Options{LMTP: true})
			c := w.lhlo(t)
			c.send(tt.send)
			c.want(strings.Fields(tt.codes)...)
			_ = c.Close()
			w.wantTaken(t, tt.mails)
		})
	}
}

// Behind another server a refusal would become a bounce.
func TestLMTPIsNeverRefusable(t *testing.T) {
	for _, lmtp := range []bool{false, true} {
		w := serve(t, Options{LMTP: lmtp})
		env := make(chan inbound.Envelope, 1)
		w.accept = w.note(env)
		var c *client
		if lmtp {
			c = w.lhlo(t)
		} else {
			c = w.hello(t)
		}
		c.alive("x")
		if got := <-env; got.Refusable == lmtp {
			t.Errorf("LMTP %v: refusable %v", lmtp, got.Refusable)
		}
	}
}

// serveSocket adds a unix socket.
func (w *world) serveSocket(t testing.TB) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "lmtp")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(l) }()
	t.Cleanup(func() {
		w.server.Shutdown(t.Context())
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return path
}

// Whoever comes over the socket is a relay only if the operator says so, and is
// not counted as one address either way.
func TestSocket(t *testing.T) {
	tests := []struct {
		name   string
		relays inbound.Relays
		want   bool
	}{
		{"not named", inbound.Relays{{Network: loopback}}, false},
		{"named", inbound.Relays{{Socket: true}}, true},
		{"named with results", inbound.Relays{{Socket: true}, {Socket: true, Results: "mx.acme.example"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, Options{LMTP: true, Relays: tt.relays, Limits: Limits{PerAddress: 1}})
			env := make(chan inbound.Envelope, 3)
			w.accept = w.note(env)
			path := w.serveSocket(t)
			var open []*client
			for range 3 {
				nc, err := net.Dial("unix", path)
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				c := newClient(t, nc)
				c.want("220")
				open = append(open, c)
			}
			for _, c := range open {
				c.send("LHLO mta.example\r\n")
				c.want("250")
				c.alive("x")
				got := <-env
				if got.Peer != inbound.SocketPeer || got.Trusted != tt.want || got.Refusable {
					t.Errorf("envelope %+v", got)
				}
			}
		})
	}
}

func TestSocketOfRepairedRelay(t *testing.T) {
	w := serve(t, Options{LMTP: true, Repair: Clients{Socket: true}})
	nc, err := net.Dial("unix", w.serveSocket(t))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := newClient(t, nc)
	c.send("LHLO mta.example\r\n")
	c.want("220", "250")
	c.alive("a\nb")
	want := []taken{{From: "b@customer.example", To: []string{"support@acme.example"}, Body: "a\r\nb\r\n"}}
	if diff := cmp.Diff(want, w.taken()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLMTPShutdownFinishesTransfers(t *testing.T) {
	w := serve(t, Options{LMTP: true})
	entered := make(chan inbound.Envelope, 1)
	w.accept = w.note(entered)
	c := w.lhlo(t)
	c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nRCPT TO:<sales@acme.example>\r\nDATA\r\nSubject: x\r\n")
	c.want("250", "250", "250", "354")
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	done := make(chan struct{})
	go func() { w.server.Shutdown(ctx); close(done) }()
	for end := time.Now().Add(guard); !w.server.isDraining() && time.Now().Before(end); {
	}
	c.send("\r\nlate\r\n.\r\n")
	c.want("250", "250", "421 4.3.2")
	<-done
	w.wantTaken(t, 1)
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}
