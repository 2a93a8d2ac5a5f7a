package outbound

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func newCourier(t *testing.T) *SMTPCourier {
	t.Helper()
	c := &SMTPCourier{Helo: "postern.example", Now: func() time.Time { return noon }}
	t.Cleanup(c.Close)
	return c
}

// soon ends what hangs.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func parcel(t *testing.T, r helpdesk.Relay) Parcel {
	t.Helper()
	return Parcel{
		Relay: r, From: helpdesk.MustAddress("bounce@acme.example"), To: helpdesk.MustAddress("alice@customer.example"),
		Mail: spooled(t, "Subject: x\r\n\r\n.\r\n..dots\r\nFrom here\r\n"),
	}
}

// covers: P11, M07
func TestDeliver(t *testing.T) {
	r := startRelay(t, &relay{}, nil, false)
	p := parcel(t, r.address)
	attempt, err := newCourier(t).Deliver(soon(t), p)
	if err != nil {
		t.Fatal(err)
	}
	if attempt.Code != 250 || attempt.Relay != address(r.address) || !attempt.At.Equal(noon) || attempt.Words == "" {
		t.Errorf("attempt = %+v, want what the relay said", attempt)
	}
	want := []taken{{From: p.From.String(), To: p.To.String(), Data: string(written(t, p))}}
	if diff := cmp.Diff(want, r.mails(), cmpopts.IgnoreFields(taken{}, "Mail", "Rcpt")); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	p.From = helpdesk.Address{}
	if _, err := newCourier(t).Deliver(soon(t), p); err != nil || r.mails()[1].From != "" {
		t.Errorf("null sender: %v, %+v", err, r.mails())
	}
}

// covers: P11, M07
func TestDeliverRefused(t *testing.T) {
	at := func(stage string, code int) *relay {
		answer := func() error { return smtpError(code, "no, see https://relay.example/"+stage) }
		switch stage {
		case "MAIL":
			return &relay{onMail: answer}
		case "RCPT":
			return &relay{onRcpt: answer}
		}
		return &relay{onData: func(*smtp.Conn, []byte) error { return answer() }}
	}
	for _, tt := range []struct {
		stage string
		code  int
		want  bool // permanent
	}{
		{"MAIL", 451, false},
		{"MAIL", 550, false}, // of our sender, not of the recipient
		{"RCPT", 450, false},
		{"RCPT", 550, true},
		{"RCPT", 554, true},
		{"RCPT", 503, false},
		{"RCPT", 530, false},
		{"DATA", 421, false},
		{"DATA", 452, false},
		{"DATA", 554, true},
	} {
		t.Run(fmt.Sprintf("%s %d", tt.stage, tt.code), func(t *testing.T) {
			r := startRelay(t, at(tt.stage, tt.code), nil, false)
			attempt, err := newCourier(t).Deliver(soon(t), parcel(t, r.address))
			if err == nil || (Judge(err) == Refused) != tt.want {
				t.Errorf("error %v is permanent = %v, want %v", err, Judge(err) == Refused, tt.want)
			}
			want := helpdesk.Attempt{
				At: noon, Relay: address(r.address), Code: tt.code, Enhanced: fmt.Sprintf("%d.7.1", tt.code/100), Words: "no, see https://relay.example/" + tt.stage,
			}
			if diff := cmp.Diff(want, attempt); diff != "" {
				t.Errorf("attempt (-want +got):\n%s", diff)
			}
		})
	}
}

// dialog serves raw lines: each is an answer to one command, the first the greeting.
func dialog(t *testing.T, answers ...string) helpdesk.Relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		defer func() { _, _ = io.Copy(io.Discard, in) }() // says no more until the other side hangs up
		for _, a := range answers {
			if _, err := conn.Write([]byte(a + "\r\n")); err != nil {
				return
			}
			if _, err := in.ReadString('\n'); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return helpdesk.Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: helpdesk.TLSNone}
}

// covers: P11
func TestDeliverGreetingRefused(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []string
		want    int
	}{
		{"greeting", []string{"554 5.7.1 we know nobody of that name"}, 554},
		{"EHLO", []string{"220 hi", "550 5.7.1 go away"}, 550},
		{"no SMTP", []string{"HTTP/1.1 400 Bad Request"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			attempt, err := newCourier(t).Deliver(soon(t), parcel(t, dialog(t, tt.answers...)))
			if err == nil || Judge(err) == Refused {
				t.Errorf("error %v, want a temporary one: it is not about the mail", err)
			}
			if attempt.Code != tt.want || attempt.Words == "" {
				t.Errorf("attempt = %+v, want code %d", attempt, tt.want)
			}
		})
	}
}

// covers: P11
func TestDeliverGivesUpOnASilentRelay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []string
	}{
		{"before the greeting", nil},
		{"after EHLO", []string{"220 hi"}},
		{"after the final dot", []string{"220 hi", "250 hi", "250 ok", "250 ok", "354 go"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			attempt, err := newCourier(t).Deliver(ctx, parcel(t, dialog(t, tt.answers...)))
			if err == nil || Judge(err) == Refused || !strings.HasPrefix(attempt.Words, "the relay took too long") {
				t.Errorf("%v, %+v, want a temporary error that tells of the time", err, attempt)
			}
		})
	}
}

// covers: P11
func TestDeliverNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := helpdesk.Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: helpdesk.TLSNone}
	_ = l.Close()
	attempt, err := newCourier(t).Deliver(soon(t), parcel(t, r))
	if err == nil || Judge(err) == Refused || attempt.Code != 0 || !strings.Contains(attempt.Words, "refused") {
		t.Errorf("%v, %+v, want a temporary error that tells of the refusal", err, attempt)
	}
}

// Where nothing moves any more, writing a mail ends long before the attempt would.
func TestWritingToASilentRelayEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe() // nobody reads at the other end
		defer ours.Close()
		defer theirs.Close()
		began := time.Now()
		_, err := (&paced{Conn: ours}).Write([]byte("a mail"))
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != writeTimeout {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// covers: P11
func TestDeliverWithoutARelay(t *testing.T) {
	attempt, err := newCourier(t).Deliver(soon(t), parcel(t, helpdesk.Relay{}))
	if Judge(err) != Trouble || attempt.Relay != "" || attempt.Words != "choose relay: neither the mailbox nor the daemon names one" {
		t.Errorf("%s, %+v", Judge(err), attempt)
	}
}

// covers: P11
func TestDeliverProtection(t *testing.T) {
	cfg, pool := certificate(t)
	for _, tt := range []struct {
		name     string
		declared helpdesk.TLSMode
		server   *tls.Config
		implicit bool
		strange  bool // the certificate is nobody's we know
		want     bool
	}{
		{"STARTTLS", helpdesk.TLSStartTLS, cfg, false, false, true},
		{"STARTTLS that is not offered", helpdesk.TLSStartTLS, nil, false, false, false},
		{"STARTTLS of a stranger", helpdesk.TLSStartTLS, cfg, false, true, false},
		{"implicit", helpdesk.TLSImplicit, cfg, true, false, true},
		{"implicit with a stranger", helpdesk.TLSImplicit, cfg, true, true, false},
		{"implicit to a plain server", helpdesk.TLSImplicit, nil, false, false, false},
		{"none to the loopback", helpdesk.TLSNone, nil, false, false, true},
		{"unknown word", "Maybe", nil, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := startRelay(t, &relay{}, tt.server, tt.implicit)
			r.address.TLS = tt.declared
			c := newCourier(t)
			if !tt.strange {
				c.RootCAs = pool
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := c.Deliver(ctx, parcel(t, r.address))
			if (err == nil) != tt.want || Judge(err) == Refused {
				t.Errorf("error %v, want sent = %v and nothing permanent", err, tt.want)
			}
			mails := r.mails()
			if len(mails) > 0 != tt.want {
				t.Fatalf("%d mails taken, want sent = %v", len(mails), tt.want)
			}
			if tt.want && mails[0].TLS != (tt.declared != helpdesk.TLSNone) {
				t.Errorf("went over TLS = %v", mails[0].TLS)
			}
		})
	}
}

// covers: P11
func TestClearTextStaysOnThisMachine(t *testing.T) {
	ours, theirs := net.Pipe() // has no address of the loopback
	defer ours.Close()
	defer theirs.Close()
	for _, conn := range []net.Conn{ours, elsewhere{ours}} {
		if _, err := newCourier(t).protect(t.Context(), &session{conn: &paced{Conn: conn}, relay: helpdesk.Relay{Host: "relay.example", TLS: helpdesk.TLSNone}}); err == nil {
			t.Errorf("clear text to %v was allowed", conn.RemoteAddr())
		}
	}
}

type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

func TestDeliverKeepsTheConnection(t *testing.T) {
	r := startRelay(t, &relay{}, nil, false)
	c := newCourier(t)
	const mails = mailsPerConnection + 1
	for range mails {
		if _, err := c.Deliver(soon(t), parcel(t, r.address)); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.mails()) != mails || r.connections != 2 {
		t.Errorf("%d mails over %d connections, want %d over 2", len(r.mails()), r.connections, mails)
	}
	c.Close()
	if c.take(r.address) != nil {
		t.Error("a connection is kept after Close")
	}
}

func TestDeliverAfterTheKeptConnectionBroke(t *testing.T) {
	var open atomic.Pointer[smtp.Conn]
	r := startRelay(t, &relay{onData: func(c *smtp.Conn, _ []byte) error { open.Store(c); return nil }}, nil, false)
	c := newCourier(t)
	for range 2 {
		if _, err := c.Deliver(soon(t), parcel(t, r.address)); err != nil {
			t.Fatal(err)
		}
		_ = open.Load().Conn().Close()
	}
	if len(r.mails()) != 2 || r.connections != 2 {
		t.Errorf("%d mails over %d connections, want 2 over 2", len(r.mails()), r.connections)
	}
}

func TestDeliverDropsAConnectionAfterAnError(t *testing.T) {
	var calls int
	r := startRelay(t, &relay{onRcpt: func() error {
		if calls++; calls == 2 {
			return smtpError(550, "no such user")
		}
		return nil
	}}, nil, false)
	c := newCourier(t)
	for i, want := range []bool{true, false, true} {
		if _, err := c.Deliver(soon(t), parcel(t, r.address)); (err == nil) != want {
			t.Fatalf("mail %d: %v, want sent = %v", i, err, want)
		}
	}
	if r.connections != 2 {
		t.Errorf("%d connections, want another after the refusal", r.connections)
	}
}

// covers: M07
func TestSaid(t *testing.T) {
	for _, tt := range []struct {
		name         string
		err          error
		wantCode     int
		wantEnhanced string
		want         string
	}{
		{"answer", smtpError(451, "try\r\nlater\x1b[31m"), 451, "4.7.1", "try  later [31m"},
		{"without enhanced code", &smtp.SMTPError{Code: 550, Message: "no"}, 550, "", "no"},
		{"wrapped", fmt.Errorf("x: %w", smtpError(550, "no")), 550, "5.7.1", "no"},
		{
			"no passwords any more", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 30}, Message: "Basic authentication is not supported for Client Submission."}, 550, "5.7.30",
			"Basic authentication is not supported for Client Submission. (the server takes no password: declare oauth for this relay)",
		},
		{"ours", errors.New("reach relay: refused\n"), 0, "", "reach relay: refused"},
		{"turned round", smtpError(550, "a\u202eb\u0085c\u200b"), 550, "5.7.1", "a b c"},
		{"broken bytes", smtpError(550, "a\xffb"), 550, "5.7.1", "a?b"},
		{"long", smtpError(550, strings.Repeat("ü", 400)), 550, "5.7.1", strings.Repeat("ü", 250) + "…"},
		{"long and odd", smtpError(550, "x"+strings.Repeat("ü", 400)), 550, "5.7.1", "x" + strings.Repeat("ü", 249) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, enhanced, words := said(tt.err)
			if code != tt.wantCode || enhanced != tt.wantEnhanced || words != tt.want {
				t.Errorf("said = %d, %q, %q, want %d, %q, %q", code, enhanced, words, tt.wantCode, tt.wantEnhanced, tt.want)
			}
		})
	}
}

func TestCleanIsPrintable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		got := clean(s)
		if !utf8.ValidString(got) || len(got) > maxWords*2 || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("clean(%q) = %q", s, got)
		}
	})
}
