package outbound

import (
	"bytes"
	"flag"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

var update = flag.Bool("update", false, "write the golden files anew")

const account = "support"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// newSigner signs the same in every run.
func newSigner(t testing.TB) *links.Signer {
	t.Helper()
	ring, err := links.NewRing(bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 8)))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := links.NewSigner(ring, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func sampleMailbox() helpdesk.Mailbox {
	return helpdesk.Mailbox{
		Account: account, Name: "support", Address: helpdesk.MustAddress("support@acme.example"), DisplayName: "Acme Support",
		HelpCenter: "acme", Audience: links.AudienceOf(account, "Mailbox", "support@acme.example"),
	}
}

func sampleCenter() *helpdesk.HelpCenter {
	return &helpdesk.HelpCenter{
		Account: account, Name: "acme", DisplayName: "Acme Help", BaseURL: "https://help.acme.example", PortalOn: true,
		LinkLifetime: 30 * 24 * time.Hour, AgentNames: helpdesk.FirstName, Audience: links.AudienceOf(account, "HelpCenter", "acme"),
	}
}

// sampleTicket has two participants and one who left.
func sampleTicket() *helpdesk.Ticket {
	left := noon
	return &helpdesk.Ticket{
		ID: 0x1234, Number: 1042, Subject: "Where is my order?", Status: helpdesk.Open, HelpCenter: "acme", Mailbox: "support",
		Participants: []helpdesk.Participant{
			{Number: 1, Contact: "alice", Name: "Alice", Address: helpdesk.MustAddress("alice@customer.example"), Role: helpdesk.Requester, LinkGen: 1},
			{Number: 2, Contact: "bob", Address: helpdesk.MustAddress("bob@customer.example"), Role: helpdesk.Collaborator, LinkGen: 3},
			{Number: 3, Contact: "carol", Address: helpdesk.MustAddress("carol@customer.example"), Role: helpdesk.Collaborator, LinkGen: 1, Left: &left},
		},
		Entries: 2, MessageIDs: []string{"<1@customer.example>", "<2@customer.example>"},
	}
}
