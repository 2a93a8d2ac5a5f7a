package smtpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

const sample = "Subject: x\r\n\r\nhello\r\n"

func TestDialog(t *testing.T) {
	const from, to = "MAIL FROM:<a@customer.example>\r\n", "RCPT TO:<support@acme.example>\r\n"
	const data = "DATA\r\n" + sample + ".\r\n"
	one := []taken{{From: "a@customer.example", To: []string{"support@acme.example"}, Body: sample}}
	tests := []struct {
		name  string
		send  string
		codes string
		want  []taken
	}{
		{"one mail", from + to + data + "QUIT\r\n", "250 250 354 250 221", one},
		{"lower case", "mail from:<a@customer.example>\r\nrcpt to:<support@acme.example>\r\ndata\r\n" + sample + ".\r\n", "250 250 354 250", one},
		{"dots are unstuffed", from + to + "DATA\r\n..x\r\n.\r\n", "250 250 354 250",
			[]taken{{From: "a@customer.example", To: []string{"support@acme.example"}, Body: ".x\r\n"}}},
		{"several recipients, one bad", from + to + "RCPT TO:<nobody@acme.example>\r\nRCPT TO:<SALES@Acme.Example>\r\n" + data, "250 250 550 250 354 250",
			[]taken{{From: "a@customer.example", To: []string{"support@acme.example", "SALES@acme.example"}, Body: sample}}},
		{"null sender", "MAIL FROM:<>\r\n" + to + data, "250 250 354 250", []taken{{To: []string{"support@acme.example"}, Body: sample}}},
		{"reset forgets", from + to + "RSET\r\n" + data[:6], "250 250 250 502", nil},
		{"hello forgets", from + to + "EHLO again.example\r\n" + data[:6], "250 250 250 502", nil},
		{"two mails", from + to + data + from + to + data, "250 250 354 250 250 250 354 250", append(one, one...)},
		{"second MAIL", from + to + "MAIL FROM:<evil@customer.example>\r\n" + data, "250 250 503 354 250", one},
		{"RCPT first", to, "502", nil},
		{"DATA without recipients", from + "DATA\r\n", "250 502", nil},
		{"sender without domain", "MAIL FROM:<alice>\r\n", "501", nil},
		{"sender with control byte", "MAIL FROM:<a@b\x00.example>\r\n", "553", nil},
		{"sender with CR", "MAIL FROM:<a\rRCPT@b.example>\r\n", "553", nil},
		{"sender is a literal", "MAIL FROM:<a@[127.0.0.1]>\r\n", "553", nil},
		{"recipient without domain", from + "RCPT TO:<alice>\r\n", "250 501", nil},
		{"recipient with two @", from + "RCPT TO:<\"a@evil.example\"@acme.example>\r\n", "250 553", nil},
		{"quoted local part", from + "RCPT TO:<\"two words\"@acme.example>\r\n" + data, "250 250 354 250",
			[]taken{{From: "a@customer.example", To: []string{`"two words"@acme.example`}, Body: sample}}},
		{"quotes without need", from + "RCPT TO:<\"support\"@acme.example>\r\n" + data, "250 250 354 250", one},
		{"quotes that are part of the name", from + "RCPT TO:<\"\\\"support\\\"\"@acme.example>\r\n" + data, "250 250 354 250",
			[]taken{{From: "a@customer.example", To: []string{`"\"support\""@acme.example`}, Body: sample}}},
		{"SMTPUTF8", "MAIL FROM:<jürgen@BÜCHER.example> SMTPUTF8\r\nRCPT TO:<support@Bücher.example>\r\n" + data, "250 250 354 250",
			[]taken{{From: "jürgen@xn--bcher-kva.example", To: []string{"support@xn--bcher-kva.example"}, Body: sample}}},
		{"Unicode without SMTPUTF8", "MAIL FROM:<jürgen@customer.example>\r\n" + from + "RCPT TO:<support@bücher.example>\r\n", "553 250 553", nil},
		{"domain that looks like ours", "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<support@acme.e\u200bxample>\r\nRCPT TO:<support@ａcme.example>\r\nRCPT TO:<support@acme\u3002example>\r\n", "250 553 553 553", nil},
		{"invalid UTF-8", "MAIL FROM:<\xff@customer.example> SMTPUTF8\r\n", "553", nil},
		{"no authentication, no TLS", "AUTH PLAIN AGEAYg==\r\nSTARTTLS\r\n", "5 502", nil},
		{"VRFY and EXPN tell nothing", "VRFY support\r\nEXPN support\r\n", "252 502", nil},
		{"nothing after QUIT", "QUIT\r\nEHLO x\r\n" + from + to + data, "221", nil},
		{"nothing after QUIT in a mail", from + to + "QUIT\r\n" + data + "BDAT 1 LAST\r\nx", "250 250 221", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send(tt.send) // all at once: PIPELINING
			c.want(strings.Fields(tt.codes)...)
			if !strings.HasSuffix(tt.codes, "221") {
				c.send("QUIT\r\n")
				c.want("221")
			}
			if more := c.rest(); more != "" {
				t.Errorf("more answers: %q", more)
			}
			if diff := cmp.Diff(tt.want, w.taken()); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGreeting(t *testing.T) {
	w := start(t, Limits{MessageBytes: 12345, Recipients: 7})
	c := w.dial(t)
	c.want("220 mx.acme.example ESMTP")
	c.send("EHLO client.example\r\n")
	want := "250-Hello client.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n" +
		"250-SMTPUTF8\r\n250-SIZE 12345\r\n250 LIMITS RCPTMAX=7\r\n"
	if diff := cmp.Diff(want, c.reply()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An unknown mailbox and a token that does not verify must not be told apart.
func TestUnknownRecipientsLookAlike(t *testing.T) {
	c := start(t, Limits{}).hello(t)
	c.send("MAIL FROM:<>\r\nRCPT TO:<nobody@acme.example>\r\nRCPT TO:<support+badtoken@acme.example>\r\n")
	c.want("250")
	first, second := c.reply(), c.reply()
	if first != second || first != "550 5.1.1 No such mailbox here\r\n" {
		t.Errorf("answers %q and %q", first, second)
	}
}

func TestRelayProbes(t *testing.T) {
	probes := []string{
		"<victim@other.example>", "victim@other.example", "<victim%other.example@acme.example>",
		"<victim%other.example>", `<"victim%other.example">`, `<"victim%other.example"@acme.example>`,
		`<"victim@other.example">`, `<"victim@other.example"@acme.example>`, "<victim@other.example@acme.example>",
		"<@acme.example:victim@other.example>", "<@acme.example,@b.example:victim@other.example>",
		"<support@acme.example@other.example>", "<other.example!victim>", "<other.example!victim@acme.example>",
		"<victim@[192.0.2.1]>", "<support@[127.0.0.1]>", "<victim@192.0.2.1>", "<victim>", "<support>",
		"<support@acme.example.>", "<support@localhost>", "<support@>", "<support@sub.acme.example>",
		"<support@acme.example>@other.example", "<support@acme.example,victim@other.example>",
		"<support@acme.example\x00.other.example>", "<support@acme.example\t@other.example>", "<>",
	}
	for _, probe := range probes {
		t.Run(probe, func(t *testing.T) {
			c := start(t, Limits{}).hello(t)
			c.send("MAIL FROM:<>\r\nRCPT TO:" + probe + "\r\nDATA\r\n")
			c.want("250", "5", "502")
		})
	}
}

func TestRecipientLimits(t *testing.T) {
	w := start(t, Limits{BadRecipients: 2, Recipients: 2})
	c := w.hello(t)
	c.send("MAIL FROM:<>\r\n" + strings.Repeat("RCPT TO:<support@acme.example>\r\n", 3))
	c.want("250", "250", "250", "452 4.5.3")
	c.send("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<x1@acme.example>\r\nRCPT TO:<x2@acme.example>\r\nRSET\r\nEHLO y\r\nMAIL FROM:<>\r\n")
	c.want("250", "250", "550", "550", "250", "250", "250")
	c.send("RCPT TO:<x3@acme.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n" + sample + ".\r\n")
	c.want("421 4.7.0")
	_ = c.Conn.(interface{ CloseWrite() error }).CloseWrite()
	if more := c.rest(); more != "" {
		t.Errorf("after 421: %q", more)
	}
	w.wantTaken(t, 0)
	if diff := cmp.Diff(map[string]int{"refused recipient": 2, "refused recipients": 1}, w.meter.read()); diff != "" {
		t.Errorf("meter (-want +got):\n%s", diff)
	}
}

// covers: P04
func TestErrorsOfIntake(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"internal", helpdesk.Wrap(helpdesk.Internal, errors.New(secret)), "451 4.3.0"},
		{"not found", helpdesk.Wrap(helpdesk.NotFound, errors.New(secret)), "550 5.1.1"},
		{"invalid", &helpdesk.Error{Kind: helpdesk.Invalid, Public: secret}, "554 5.6.0"},
		{"conflict", helpdesk.Wrap(helpdesk.Conflict, errors.New(secret)), "451 4.3.0"},
		{"unavailable", helpdesk.Wrap(helpdesk.Unavailable, errors.New(secret)), "451 4.3.0"},
		{"full", helpdesk.Wrap(helpdesk.Full, errors.New(secret)), "452 4.3.1"},
		{"too large", helpdesk.Wrap(helpdesk.TooLarge, errors.New(secret)), "552 5.3.4"},
		{"sign in", helpdesk.Wrap(helpdesk.SignIn, errors.New(secret)), "451 4.3.0"},
		{"loop", helpdesk.Wrap(helpdesk.Loop, errors.New(secret)), "554 5.4.6"},
		{"unknown", errors.New(secret), "451 4.3.0"},
		{"wrapped", fmt.Errorf("%s: %w", secret, helpdesk.Errorf(helpdesk.Full, "x")), "452 4.3.1"},
		{"panic", nil, "451 4.3.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, Limits{})
			w.accept = func(_ context.Context, env inbound.Envelope, _ io.Reader) error {
				switch {
				case env.From.Local() == "b": // of alive
					return nil
				case tt.err == nil:
					panic(secret)
				}
				return tt.err
			}
			for _, transfer := range []string{"DATA\r\n" + sample + ".\r\n", fmt.Sprintf("BDAT %d LAST\r\n%s", len(sample), sample)} {
				c := w.hello(t)
				c.send("MAIL FROM:<a@customer.example>\r\nRCPT TO:<support@acme.example>\r\n" + transfer)
				c.want("250", "250")
				if strings.HasPrefix(transfer, "DATA") {
					c.want("354")
				}
				if got := c.reply(); !strings.HasPrefix(got, tt.want) || strings.Contains(got, "10.0.0.7") {
					t.Errorf("answer %q, want %s", got, tt.want)
				}
				c.alive("still here")
			}
			w.wantTaken(t, 2)
			if diff := cmp.Diff(map[string]int{"refused error": 2, "in opened": 2}, w.meter.read()); diff != "" {
				t.Errorf("meter (-want +got):\n%s", diff)
			}
		})
	}
}

// covers: P04
func TestErrorsOfRoute(t *testing.T) {
	for _, local := range []string{"broken", "panic"} {
		t.Run(local, func(t *testing.T) {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send("MAIL FROM:<>\r\nRCPT TO:<" + local + "@acme.example>\r\nRSET\r\n")
			c.want("250")
			if got := c.reply(); got != "451 4.3.0 Try again later\r\n" {
				t.Errorf("answer %q", got)
			}
			c.want("250")
			c.alive("still here")
		})
	}
}

// covers: P04
func TestAcceptMustReadToTheEnd(t *testing.T) {
	w := start(t, Limits{})
	w.server.intake = lazyIntake{w}
	c := w.begin(t)
	c.send(sample + ".\r\n")
	c.want("451 4.3.0")
}

// lazyIntake is content with the first byte.
type lazyIntake struct{ Intake }

func (lazyIntake) AcceptEach(_ context.Context, _ inbound.Envelope, raw io.Reader) ([]inbound.Settled, error) {
	_, err := raw.Read(make([]byte, 1))
	return nil, err
}
