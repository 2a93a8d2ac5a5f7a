package inbound

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// leave takes somebody out of a ticket, as an agent does.
func (b *bench) leave(number int64, address string) {
	b.t.Helper()
	b.change(number, func(t *helpdesk.Ticket) {
		p := t.ParticipantByAddress(helpdesk.MustAddress(address))
		now := noon
		p.Left = &now
		p.LinkGen++
	})
}

// Who was taken out does not come back by what lets colleagues in.
//
// covers: S06
func TestRemovedPeopleStayOut(t *testing.T) {
	colleagues := helpdesk.Policy{ColleagueDomains: []string{"customer.example"}}
	for _, tt := range []struct {
		name string
		run  func(b *bench) (into int64, who string)
	}{
		{"by the thread", func(b *bench) (int64, string) {
			o := b.accept(mail(alice, "<1@x>", "hello"), "support@acme.example")
			b.accept(mail(bob, "<b1@x>", "I too", "In-Reply-To: <1@x>"), "support@acme.example")
			b.leave(o.Number, "bob@customer.example")
			b.accept(mail(bob, "<b2@x>", "Again", "In-Reply-To: <1@x>"), "support@acme.example")
			return o.Number, "bob@customer.example"
		}},
		{"by the address of a merged request", func(b *bench) (int64, string) {
			one := b.accept(mail(alice, "<1@x>", "hello"), "support@acme.example")
			two := b.accept(mail(mary, "<2@x>", "hello"), "support@acme.example")
			b.merge(one.Number, two.Number)
			b.leave(two.Number, "alice@customer.example")
			b.accept(mail(alice, "<3@x>", "I am back"), b.replyAddress(one.Number, 1))
			return two.Number, "alice@customer.example"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t).under(t, colleagues)
			into, who := tt.run(b)
			if p := b.ticket(into).ParticipantByAddress(helpdesk.MustAddress(who)); p != nil {
				t.Errorf("%s takes part again: %+v", who, p)
			}
		})
	}
}
