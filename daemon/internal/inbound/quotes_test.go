package inbound

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: M08, P08
func TestQuotesOfWhatWasSent(t *testing.T) {
	const answer = "Hello Alice,\n\nplease tell us the number of the order and the colour of the lamp that you have got.\n\n" +
		"Did you try another socket in another room as well?\n\nWe will send a new one as soon as we know."
	tests := []struct {
		name, text string
		want       string // of the reply
		folded     string // something that must be folded
	}{
		{"answers below unmarked lines of a block",
			"See my answers below.\r\n\r\n" +
				"From: Acme Support <support@acme.example>\r\nSent: Monday, May 5, 2025 10:00 AM\r\nTo: Alice <alice@x.example>\r\nSubject: Re: Order\r\n\r\n" +
				"Hello Alice,\r\n\r\nplease tell us the number of the order and the colour of the lamp that you have\r\ngot.\r\n\r\n" +
				"It is 40718 and it is blue.\r\n\r\nDid you try another socket in another room as well?\r\n\r\nYes, in the kitchen.\r\n\r\nWe will send a new one as soon as we know.\r\n",
			"It is 40718 and it is blue.\n\nDid you try another socket in another room as well?\n\nYes, in the kitchen.",
			"We will send a new one as soon as we know."},
		{"a quote that nothing marks",
			"It is 40718.\r\n\r\nHello Alice, please tell us the number of the order and the colour of the\r\nlamp that you have got. Did you try another socket in another room as well?\r\nWe will send a new one as soon as we know.\r\n",
			"It is 40718.",
			"Did you try another socket"},
		{"the same, with the foot of our mail",
			"It is 40718.\r\n\r\nHello Alice, please tell us the number of the order and the colour of the\r\nlamp that you have got.\r\n\r\nRobin\r\n\r\n--\r\nYou get this mail because request #1 at Acme Support is yours. To answer, just reply.\r\n",
			"It is 40718.",
			"You get this mail because"},
		{"a marked log is not what was sent",
			"This is what it says:\r\n\r\n> lamp: no current at the third contact\r\n> lamp: the fuse of the whole floor is out\r\n",
			"This is what it says:\n\n> lamp: no current at the third contact\n> lamp: the fuse of the whole floor is out",
			""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			first := b.accept(mail(alice, "<1@x>", "My lamp is dark."), "support@acme.example")
			b.say(first.Number, answer)
			o := b.accept(mail(alice, "<2@x>", tt.text, "In-Reply-To: "+b.sentID(first.Number, 1)), b.replyAddress(first.Number, 1))
			e := b.entry(o)
			if !strings.Contains(e.Text, tt.want) {
				t.Errorf("reply\n%s\nlacks\n%s", e.Text, tt.want)
			}
			if tt.folded != "" && (strings.Contains(e.Text, tt.folded) || !strings.Contains(e.Quoted, tt.folded)) {
				t.Errorf("%q is not folded:\n%s\n--- folded\n%s", tt.folded, e.Text, e.Quoted)
			}
		})
	}
}

// covers: P07
func TestForwardIsShown(t *testing.T) {
	b := newBench(t)
	o := b.accept(mail(alice, "<1@x>", "See below.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Bob <bob@shop.example>\r\n"+
		"Date: Mon, May 5, 2025 at 10:00 AM\r\nSubject: Fwd: Order\r\nTo: Alice <alice@customer.example>\r\n\r\nYour order is 40718.\r\n"), "support@acme.example")
	if e := b.entry(o); !strings.Contains(e.Text, "Your order is 40718.") || e.Quoted != "" {
		t.Errorf("text\n%s\n--- folded\n%s", e.Text, e.Quoted)
	}
}

// say adds a public message of an agent to a ticket.
func (b *bench) say(number int64, text string) {
	b.t.Helper()
	ticket := b.ticket(number)
	ticket.Entries++
	err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Ticket: ticket, Entries: []helpdesk.Entry{{
		Ticket: ticket.ID, Seq: ticket.Entries, Kind: helpdesk.Message, Channel: helpdesk.ByConsole, At: noon, Text: text,
		Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Robin"},
	}}})
	if err != nil {
		b.t.Fatal(err)
	}
}
