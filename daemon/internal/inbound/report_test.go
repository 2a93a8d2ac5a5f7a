package inbound

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// deliveryReport is a multipart/report about one recipient (RFC 3464) that
// returns the header of the mail with that id.
func deliveryReport(action, status, diagnostic, id string) (text, head string) {
	return "--b\r\n\r\nThis is the mail system.\r\n\r\n-----Original Message-----\r\nFrom: support@acme.example\r\n\r\nPlease try another socket.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n" +
			"Final-Recipient: rfc822; alice@customer.example\r\nAction: " + action + "\r\nStatus: " + status + "\r\nDiagnostic-Code: smtp; " + diagnostic + "\r\n\r\n" +
			"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: " + id + "\r\n\r\n--b--\r\n",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b"
}

// covers: P06, P11, M07
func TestReportMarksItsDelivery(t *testing.T) {
	type copies = map[string]helpdesk.DeliveryState // by entry
	tests := []struct {
		name           string
		action, status string
		diagnostic     string
		about          int  // entry whose copy is returned, 0 for none
		token          bool // it comes to our bounce address
		twice          bool
		want           copies
		wantStatus     helpdesk.Status
		wantText       string // of the event
	}{
		{"hard, by return path and id", "failed", "5.1.1", "550 5.1.1 User unknown", 2, true, false,
			copies{"2": helpdesk.Bounced, "3": helpdesk.Sent}, helpdesk.Open, "The mail to alice@customer.example could not be delivered, the address does not exist: 550 5.1.1 User unknown"},
		{"by our Message-ID alone", "failed", "5.2.2", "552 5.2.2 Mailbox full", 3, false, false,
			copies{"2": helpdesk.Sent, "3": helpdesk.Bounced}, helpdesk.Open, "a trouble that may pass: 552 5.2.2 Mailbox full"},
		{"by return path, no id: the newest", "failed", "5.7.1", "550 5.7.1 Message rejected as spam", 0, true, false,
			copies{"2": helpdesk.Sent, "3": helpdesk.Bounced}, helpdesk.Open, "it was refused"},
		{"delay", "delayed", "4.4.1", "421 4.4.1 Connection timed out", 3, true, false,
			copies{"2": helpdesk.Sent, "3": helpdesk.Sent}, helpdesk.Pending, "is delayed"},
		{"delivered", "delivered", "2.0.0", "250 2.0.0 Ok", 3, true, false,
			copies{"2": helpdesk.Sent, "3": helpdesk.Sent}, helpdesk.Pending, "was delivered"},
		{"no token of ours", "failed", "5.1.1", "550 5.1.1 User unknown", 0, false, false,
			copies{"2": helpdesk.Sent, "3": helpdesk.Sent}, helpdesk.Pending, ""},
		{"the same report again", "failed", "5.1.1", "550 5.1.1 User unknown", 3, true, true,
			copies{"2": helpdesk.Sent, "3": helpdesk.Bounced}, helpdesk.Open, "could not be delivered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			first := b.accept(mail(alice, "<1@x>", "My lamp is dark."), "support@acme.example")
			ids := map[int]string{2: b.answered(first.Number, 1), 3: b.answered(first.Number, 1)}
			b.change(first.Number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Pending })
			text, head := deliveryReport(tt.action, tt.status, tt.diagnostic, ids[tt.about])
			to := "support@acme.example"
			if tt.token {
				m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress(to))
				to = "support+" + b.Signer.BounceToken(links.Audience(m.Audience), b.locator(b.ticket(first.Number), 1)) + "@acme.example"
			}
			outcomes, err := b.tryEnvelope(Envelope{ID: "t", Peer: "192.0.2.9"}, mail("mailer-daemon@mx.example", "<r@mx.example>", text, head), to)
			if err != nil {
				t.Fatal(err)
			}
			if tt.twice {
				if _, err := b.tryEnvelope(Envelope{ID: "t", Peer: "192.0.2.9"}, mail("mailer-daemon@mx.example", "<r2@mx.example>", text, head), to); err != nil {
					t.Fatal(err)
				}
			}
			all, err := b.db.Deliveries(t.Context(), "support", first.Ticket)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				if want, ok := tt.want[fmt.Sprint(d.Entry)]; ok && d.State != want {
					t.Errorf("copy of entry %d is %s, want %s; report %+v", d.Entry, d.State, want, d.Report)
				}
			}
			if got := b.ticket(first.Number).Status; got != tt.wantStatus {
				t.Errorf("ticket is %s, want %s", got, tt.wantStatus)
			}
			if tt.wantText == "" {
				if outcomes[0].Result != helpdesk.HeldBack {
					t.Errorf("result = %s, want it held", outcomes[0].Result)
				}
				return
			}
			if e := b.entry(outcomes[0]); e.Kind != helpdesk.Event || e.Public() || !strings.Contains(e.Text, tt.wantText) || !strings.Contains(e.Quoted, "This is the mail system.") || !strings.Contains(e.Quoted, "another socket") {
				t.Errorf("event = %q, folded %q, want %q", e.Text, e.Quoted, tt.wantText)
			}
		})
	}
}

// answered adds an agent's reply with a copy that was sent, and returns its
// Message-ID.
func (b *bench) answered(number int64, participant uint16) string {
	b.t.Helper()
	b.say(number, "Please try another socket.")
	ticket := b.ticket(number)
	m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
	id := b.Signer.MessageID(links.Audience(m.Audience), b.locator(ticket, participant), [8]byte{byte(ticket.Entries)}, "acme.example")
	d := helpdesk.Delivery{
		ID: helpdesk.NewID(), Ticket: ticket.ID, Entry: ticket.Entries, Participant: participant, To: ticket.Participants[participant-1].Address,
		Purpose: helpdesk.AgentReply, Mailbox: "support", MessageID: id, Created: noon.Add(time.Duration(ticket.Entries) * time.Minute), State: helpdesk.Sent,
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Deliveries: []helpdesk.Delivery{d}}); err != nil {
		b.t.Fatal(err)
	}
	return id
}
