package inbound

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	inlineForward = "Can we help her?\r\n\r\n---------- Forwarded message ---------\r\nFrom: Zoe Customer <zoe@customer.example>\r\n" +
		"Date: Mon, May 5, 2025 at 10:00 AM\r\nSubject: My lamp\r\nTo: Ann Agent <ann@acme.example>\r\n\r\nMy lamp is dark.\r\n\r\nZoe\r\n"

	attachedForward = "--b\r\nContent-Type: text/plain\r\n\r\nCan we help her?\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" +
		"From: Zoe Customer <zoe@customer.example>\r\nTo: ann@acme.example\r\nSubject: My lamp\r\nMessage-ID: <zoe@customer.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nMy lamp is dark.\r\n\r\nZoe\r\n" +
		"--c\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=lamp.png\r\n\r\nPNG\r\n--c--\r\n--b--\r\n"
)

var twoParts = []string{"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"}

// forwarded is a mail with the subject of a forward.
func forwarded(from, id, text string, extra ...string) string {
	return strings.Replace(mail(from, id, text, extra...), "Subject: Order", "Subject: Fwd: My lamp", 1)
}

// covers: P09
func TestAgentPassesOnACustomersMail(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		extra      []string
		messageID  string
		files      []string
	}{
		{"in the text", inlineForward, nil, "", nil},
		{"as a file", attachedForward, twoParts, "<zoe@customer.example>", []string{"lamp.png"}},
		{"in the text, in the thread of a known mail", inlineForward, []string{"References: <1@x>"}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			cid := o.agent("Cid Agent <cid@acme.example>", helpdesk.MailAll)
			got := o.accept(forwarded(ann, "<f@laptop.acme.example>", tt.text, tt.extra...), "support@acme.example")
			if got.Result != helpdesk.Created || got.Recognised.Rule != "agent-forward" {
				t.Fatalf("outcome %+v", got)
			}
			ticket := o.ticket(got.Number)
			if r := ticket.Requester(); r.Address.String() != "zoe@customer.example" || r.Name != "Zoe Customer" || ticket.Subject != "My lamp" {
				t.Errorf("ticket %+v", ticket)
			}
			if ticket.Submitter == nil || *ticket.Submitter != o.ann.Author() || !slices.Equal(ticket.Watchers, []helpdesk.ID{o.ann.ID}) {
				t.Errorf("submitter %+v, watchers %v", ticket.Submitter, ticket.Watchers)
			}
			if contact, err := o.db.Contact(t.Context(), "support", ticket.Requester().Contact); err != nil || contact.Addresses[0].Proven != nil {
				t.Errorf("contact %+v, %v", contact, err)
			}
			if want := map[bool]helpdesk.TicketID{true: o.first.Ticket}[strings.Contains(tt.name, "known")]; ticket.Maybe != want {
				t.Errorf("maybe of ticket %s, want %s", ticket.Maybe, want)
			}
			entries := o.entries(got)
			if len(entries) != 3 {
				t.Fatalf("entries %+v", entries)
			}
			first := entries[0]
			var files []string
			for _, f := range first.Attachments {
				files = append(files, f.Name)
			}
			if !first.Public() || first.Author.Role != helpdesk.Customer || first.Text != "My lamp is dark.\n\nZoe" || first.MessageID != tt.messageID || !slices.Equal(files, tt.files) {
				t.Errorf("first entry %+v", first)
			}
			if e := entries[1]; e.Kind != helpdesk.Note || e.Text != "Can we help her?" || e.Author.ID != o.ann.ID {
				t.Errorf("second entry %+v", e)
			}
			want := []string{"agentnotice " + cid.Address.String(), "commandreceipt ann@acme.example"}
			if diff := cmp.Diff(want, o.deliveries(got)); diff != "" {
				t.Errorf("mails (-want +got):\n%s", diff)
			}
		})
	}
}

// covers: P09, M02
func TestNothingElseIsPassedOn(t *testing.T) {
	own := strings.ReplaceAll(inlineForward, "zoe@customer.example", "support@acme.example")
	self := strings.ReplaceAll(inlineForward, "zoe@customer.example", "ann@acme.example")
	unnamed := strings.ReplaceAll(inlineForward, " <zoe@customer.example>", "")
	tests := []struct {
		name, from, text string
		trusted          bool
		want             string // rule
	}{
		{"a customer forwards", mary, inlineForward, true, "proven-new"},
		{"an agent, unproven", ann, inlineForward, false, "agent-unproven"},
		{"our own mail", ann, own, true, "proven-new"},
		{"the agent's own mail", ann, self, true, "proven-new"},
		{"nobody's mail", ann, unnamed, true, "proven-new"},
		{"nothing forwarded", ann, "Hello", true, "proven-new"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			env := Envelope{ID: "t", From: helpdesk.MustAddress("x@elsewhere.example"), Peer: "192.0.2.1", Trusted: tt.trusted}
			got, err := o.tryEnvelope(env, forwarded(tt.from, "<f@x>", tt.text), "support@acme.example")
			if err != nil || got[0].Recognised.Rule != tt.want {
				t.Fatalf("%+v, %v, want %s", got, err, tt.want)
			}
			if got[0].Number == 0 {
				return
			}
			if r := o.ticket(got[0].Number).Requester().Address.String(); !strings.Contains(tt.from, r) {
				t.Errorf("the requester is %s", r)
			}
		})
	}
}
