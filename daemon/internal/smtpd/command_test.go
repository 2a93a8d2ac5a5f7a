package smtpd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Commands that bring no mail are bounded; those of mails are not.
func TestCommandLimits(t *testing.T) {
	const begin, to, data = "MAIL FROM:<>\r\n", "RCPT TO:<support@acme.example>\r\n", "DATA\r\n" + sample + ".\r\n"
	const most = 10
	tests := []struct {
		name  string
		limit Limits
		send  string
		codes string // and then 421, unless it ends in "221"
		meter string
	}{
		{"NOOP", Limits{}, strings.Repeat("NOOP\r\n", 20), strings.Repeat("250 ", most-1) + "421", "commands"},
		{"RSET", Limits{}, strings.Repeat("RSET\r\n", 20), strings.Repeat("250 ", most-1) + "421", "commands"},
		{"VRFY", Limits{}, strings.Repeat("VRFY support\r\n", 20), strings.Repeat("252 ", most-1) + "421", "commands"},
		{"HELP", Limits{}, strings.Repeat("HELP\r\n", 20), strings.Repeat("214 ", most-1) + "421", "commands"},
		{"hello", Limits{}, strings.Repeat("EHLO x\r\n", 20), strings.Repeat("250 ", most-1) + "421", "commands"},
		{"mails begun", Limits{}, strings.Repeat(begin+"RSET\r\n", 20), strings.Repeat("250 ", most-1) + "421", "commands"},
		{"recipients of no mail", Limits{Recipients: 4}, begin + strings.Repeat(to, 30), "250 " + strings.Repeat("250 ", 4) + strings.Repeat("452 ", most-2) + "421", "commands"},
		{"empty chunks", Limits{}, begin + to + strings.Repeat("BDAT 0\r\n", 20), "250 250 " + strings.Repeat("250 ", most-2) + "421", "commands"},
		{"mails begin anew", Limits{}, strings.Repeat(begin+to+data+"NOOP\r\n", 6) + "QUIT\r\n", strings.Repeat("250 250 354 250 250 ", 6) + "221", ""},
		{"many recipients", Limits{}, begin + strings.Repeat(to, 50) + data + "QUIT\r\n", "250 " + strings.Repeat("250 ", 50) + "354 250 221", ""},
		{"large chunks", Limits{}, begin + to + strings.Repeat(fmt.Sprintf("BDAT %d\r\n%s", 1024, mailOf(1024)), 20) + "BDAT 0 LAST\r\nQUIT\r\n", "250 250 " + strings.Repeat("250 ", 21) + "221", ""},
		{"errors", Limits{Errors: 3}, strings.Repeat("EXPN x\r\n", 9), "502 502 502 502 421", "errors"},
		{"mails", Limits{Mails: 2}, strings.Repeat(begin+to+data, 3), "250 250 354 250 250 250 354 250 421", "mails"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.limit.Commands = most
			w := start(t, tt.limit)
			c := w.hello(t) // a command too
			c.send(tt.send)
			c.want(strings.Fields(tt.codes)...)
			if more := c.rest(); more != "" {
				t.Errorf("more: %q", more)
			}
			if tt.meter != "" && w.meter.read()["refused "+tt.meter] != 1 {
				t.Errorf("meter %v", w.meter.read())
			}
			// A relay that the operator named has its reasons.
			w = start(t, tt.limit, loopback)
			c = w.hello(t)
			c.send(strings.Repeat("NOOP\r\n", 2*most) + strings.Repeat(begin+to+data, 3) + strings.Repeat("EXPN x\r\n", 5) + "QUIT\r\n")
			c.want(append(strings.Fields(strings.Repeat("250 ", 2*most)+strings.Repeat("250 250 354 250 ", 3)+strings.Repeat("502 ", 5)), "221")...)
		})
	}
}

func TestOtherCommands(t *testing.T) {
	tests := []struct{ send, want string }{
		{"HELP\r\n", "214 2.0.0"},
		{"help mail\r\n", "214 2.0.0"},
		{"VRFY <support@acme.example>\r\n", "252"},
		{"EXPN staff\r\n", "502"},
		{"AUTH PLAIN AHgAeQ==\r\n", "502 5.5.1 There is no sign-in here"},
		{"AUTH LOGIN\r\n", "502 5.5.1"},
		{"STARTTLS\r\n", "502 5.5.1"},
		{"STARTTLSX\r\n", "502"},
		{"TURN\r\n", "502"},
		{"XCLIENT ADDR=192.0.2.1\r\n", "50"},
		{"MAIL FROM:<a@customer.example> AUTH=<>\r\n", "250"},
		{"MAIL FROM:<a@customer.example> RET=FULL\r\n", "504"},
		{"MAIL FROM:<a@customer.example> BODY=BINARYMIME\r\n", "504"},
		{"MAIL FROM:<a@customer.example> BODY=8BITMIME SMTPUTF8 SIZE=5\r\n", "250"},
		{"\r\n", "500"},
	}
	for _, tt := range tests {
		t.Run(tt.send, func(t *testing.T) {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send(tt.send)
			if got := c.reply(); !strings.HasPrefix(got, tt.want) {
				t.Errorf("answer %q, want %s", got, tt.want)
			}
		})
	}
}

func TestNoAuthIsOffered(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS()})
	for _, c := range []*client{w.hello(t), w.startTLS(t)} {
		c.send("EHLO again.example\r\n")
		if got := c.reply(); strings.Contains(got, "AUTH") {
			t.Errorf("offered: %q", got)
		}
		c.send("AUTH PLAIN AHgAeQ==\r\n")
		c.want("502")
	}
}

// The postmaster needs no domain (RFC 5321 section 4.5.1); that of our host is the
// one of its domain.
func TestPostmaster(t *testing.T) {
	for _, tt := range []struct{ to, code string }{
		{"<postmaster>", "250"}, {"<Postmaster>", "250"}, {"<POSTMASTER> ", "250"}, {"<postmaster@mx.acme.example>", "250"},
		{"<postmaster@acme.example>", "250"}, {"<postmaster@other.example>", "550"}, {"postmaster", "501"}, {"<postmaster", "501"}, {"<postmaster@>", "501"},
		{"<support@mx.acme.example>", "550"}, {"<abuse>", "501"},
	} {
		t.Run(tt.to, func(t *testing.T) {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send("MAIL FROM:<>\r\nRCPT TO:" + tt.to + "\r\n")
			c.want("250", tt.code)
		})
	}
	w := start(t, Limits{})
	c := w.hello(t)
	c.send("MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n" + sample + ".\r\n")
	c.want("250", "250", "354", "250")
	if diff := cmp.Diff([]taken{{To: []string{"postmaster@mx.acme.example"}, Body: sample}}, w.taken()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
