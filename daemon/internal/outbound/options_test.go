package outbound

import (
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P11, M07
func TestReportsAreAskedFor(t *testing.T) {
	offered := func(s *smtp.Server) { s.EnableDSN, s.EnableSMTPUTF8 = true, true }
	failures := []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}
	for _, tt := range []struct {
		name       string
		extensions func(*smtp.Server)
		from, to   string
		mail       smtp.MailOptions
		rcpt       smtp.RcptOptions
	}{
		{
			"offered", offered, "bounce@acme.example", "alice@customer.example", smtp.MailOptions{Return: smtp.DSNReturnHeaders, EnvelopeID: "abc"},
			smtp.RcptOptions{Notify: failures, OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: "alice@customer.example"},
		},
		{
			"an address with blanks and signs", offered, "bounce@acme.example", `"a = +b"@customer.example`, smtp.MailOptions{Return: smtp.DSNReturnHeaders, EnvelopeID: "abc"},
			smtp.RcptOptions{Notify: failures, OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: `"a = +b"@customer.example`},
		},
		{
			"an address beyond ASCII", offered, "bounce@acme.example", "jörg@customer.example", smtp.MailOptions{Return: smtp.DSNReturnHeaders, EnvelopeID: "abc", UTF8: true},
			smtp.RcptOptions{Notify: failures, OriginalRecipientType: smtp.DSNAddressTypeUTF8, OriginalRecipient: "jörg@customer.example"},
		},
		{"nobody would get one", offered, "", "alice@customer.example", smtp.MailOptions{}, smtp.RcptOptions{}},
		{"not offered", nil, "bounce@acme.example", "alice@customer.example", smtp.MailOptions{}, smtp.RcptOptions{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := startRelay(t, &relay{extensions: tt.extensions}, nil, false)
			p := parcel(t, r.address)
			p.ID, p.To, p.From = "abc", helpdesk.MustAddress(tt.to), helpdesk.Address{}
			if tt.from != "" {
				p.From = helpdesk.MustAddress(tt.from)
			}
			if _, err := newCourier(t).Deliver(soon(t), p); err != nil {
				t.Fatal(err)
			}
			got := r.mails()[0]
			want := taken{To: tt.to, Mail: tt.mail, Rcpt: tt.rcpt}
			want.Mail.Size, want.Mail.Body = p.Mail.Size(), smtp.Body8BitMIME
			if got.Mail.Size == 0 {
				want.Mail.Size = 0
			}
			if got.To = strings.Trim(got.To, " "); got.From != tt.from {
				t.Errorf("from %q", got.From)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(taken{}, "From", "To", "Data", "TLS", "User")); diff != "" {
				t.Errorf("options (-want +got):\n%s", diff)
			}
		})
	}
}

// covers: P11
func TestAddressBeyondASCII(t *testing.T) {
	o := sampleOccasion(t, helpdesk.AgentReply)
	o.delivery.To = helpdesk.MustAddress("jörg@customer.example")
	for _, tt := range []struct {
		name string
		has  bool
		want Verdict
	}{{"the relay takes it", true, Taken}, {"the relay does not", false, Refused}} {
		t.Run(tt.name, func(t *testing.T) {
			r := startRelay(t, &relay{extensions: func(s *smtp.Server) { s.EnableSMTPUTF8 = tt.has }}, nil, false)
			o.box.Relay = r.address
			p, err := newComposer(t).compose(o)
			if err != nil {
				t.Fatal(err)
			}
			attempt, err := newCourier(t).Deliver(soon(t), p)
			if got := Judge(err); got != tt.want || len(r.mails()) == 1 != tt.has {
				t.Errorf("%s, %d mails taken", got, len(r.mails()))
			}
			if !tt.has && !strings.Contains(attempt.Words, "needs SMTPUTF8") {
				t.Errorf("words %q", attempt.Words)
			}
		})
	}
}
