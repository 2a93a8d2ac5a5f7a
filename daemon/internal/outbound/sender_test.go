package outbound

import (
	"io"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A relay that lets a mailbox send as itself alone gets its mail so, with the words
// of Postfix, of Exchange, and of those that take no mail from nobody.
//
// covers: P11, M07
func TestRelayThatTakesNoOtherSender(t *testing.T) {
	box := helpdesk.MustAddress("support@acme.example")
	refuse := func(code int, enhanced smtp.EnhancedCode, words string) func(from string) error {
		return func(from string) error {
			if from == box.String() {
				return nil
			}
			return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
		}
	}
	for _, tt := range []struct {
		name   string
		from   string
		stage  string
		answer func(from string) error
		want   bool // it goes out
		tries  int  // transactions for two mails
	}{
		{"at MAIL", "support+b@acme.example", "MAIL", refuse(553, smtp.EnhancedCode{5, 7, 1}, "not yours"), true, 3},
		{"at RCPT", "support+b@acme.example", "RCPT", refuse(553, smtp.EnhancedCode{5, 7, 1}, "Sender address rejected: not owned by user desk"), true, 3},
		{"at the end", "support+b@acme.example", "DATA", refuse(554, smtp.EnhancedCode{5, 2, 252}, "SendAsDenied; a not allowed to send as b"), true, 3},
		{"nobody", "", "MAIL", refuse(501, smtp.EnhancedCode{5, 1, 7}, "null sender refused"), true, 3},
		{"about the recipient", "support+b@acme.example", "RCPT", refuse(550, smtp.EnhancedCode{5, 1, 1}, "no such user"), false, 2},
		{"not now", "support+b@acme.example", "MAIL", refuse(451, smtp.EnhancedCode{4, 3, 0}, "later"), false, 2},
		{"signed in as somebody else", "support+b@acme.example", "MAIL", func(string) error {
			return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not yours"}
		}, false, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tries := 0
			r := &relay{}
			at := func(stage string) func() error {
				return func() error {
					if stage == "MAIL" {
						tries++
					}
					if stage == tt.stage {
						return tt.answer(r.sender())
					}
					return nil
				}
			}
			r.extensions = func(s *smtp.Server) { s.EnableDSN = true }
			r.onMail, r.onRcpt = at("MAIL"), at("RCPT")
			r.onData = func(*smtp.Conn, []byte) error { return at("DATA")() }
			startRelay(t, r, nil, false)
			var now clock
			c := newCourier(t)
			c.Now = now.now
			send := func() error {
				p := parcel(t, r.address)
				p.Box, p.From, p.ID = box, helpdesk.Address{}, "abc"
				if tt.from != "" {
					p.From = helpdesk.MustAddress(tt.from)
				}
				_, err := c.Deliver(soon(t), p)
				return err
			}
			for range 2 {
				if err := send(); (err == nil) != tt.want {
					t.Fatalf("error %v, want sent = %v", err, tt.want)
				}
			}
			if tries != tt.tries {
				t.Errorf("%d transactions, want %d", tries, tt.tries)
			}
			if !tt.want {
				return
			}
			for _, m := range r.mails() {
				quiet := len(m.Rcpt.Notify) == 1 && m.Rcpt.Notify[0] == smtp.DSNNotifyNever && m.Mail.EnvelopeID == ""
				if m.From != box.String() || quiet != (tt.from == "") {
					t.Errorf("went out from %s, asking %v", m.From, m.Rcpt.Notify)
				}
			}
			now.forward(plainFor)
			if err := send(); err != nil || tries != 5 {
				t.Errorf("an hour later: %v, %d transactions, want the other sender to be tried again", err, tries)
			}
		})
	}
}

// Words that are about us, but not about who the mail says to be from, cause no
// second try.
func TestSenderRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"sign in first", failed(StepSender, answer(530, smtp.EnhancedCode{5, 7, 57}, "not signed in")), false},
		{"too large", failed(StepSender, answer(552, smtp.EnhancedCode{5, 3, 4}, "too large")), false},
		{"no opinion", failed(StepGreeting, answer(554, smtp.EnhancedCode{5, 7, 1}, "not owned by user")), false},
		{"relays nothing", failed(StepRecipient, answer(554, smtp.EnhancedCode{5, 7, 1}, "Relay access denied")), false},
		{"spam", failed(StepData, answer(554, smtp.EnhancedCode{5, 7, 1}, "spam")), false},
		{"a broken connection", failed(StepSender, io.EOF), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := senderRefused(tt.err); got != tt.want {
				t.Errorf("senderRefused(%v) = %v", tt.err, got)
			}
		})
	}
}
