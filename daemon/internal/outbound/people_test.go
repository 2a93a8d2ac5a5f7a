package outbound

import (
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What waits for somebody who was removed is not sent, not even when they come
// back.
//
// covers: S06
func TestRemovedWhileMailWaits(t *testing.T) {
	for _, tt := range []struct {
		name string
		back bool
	}{{"gone", false}, {"back under another number", true}} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			to := &d.ticket.Participants[1]
			waits := d.reply(t, func(x *helpdesk.Delivery) { x.Participant, x.To = to.Number, to.Address })
			removed := *to
			to = &d.ticket.Participants[1] // the ticket was read anew
			to.Left, to.LinkGen = &noon, to.LinkGen+1
			if tt.back {
				if p := d.ticket.Join(removed.Contact, "", removed.Address, noon); p == nil || p.Number == removed.Number {
					t.Fatalf("joined as %+v", p)
				}
			}
			d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket})
			run(t, d.queue(t, "a"))
			d.await(t, waits.ID, "withdrawn", isState(helpdesk.Withdrawn))
			if n := len(d.relay.mails()); n != 0 {
				t.Errorf("%d mails went out", n)
			}
		})
	}
}

// An answer quotes what it answers only to those who were there.
//
// covers: S06
func TestQuoteIsNotForNewcomers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(p *helpdesk.Participant)
		want   bool // the question is quoted
	}{
		{"was there", func(*helpdesk.Participant) {}, true},
		{"joined after the question", func(p *helpdesk.Participant) { p.Joined = noon.Add(time.Minute) }, false},
		{"may read the history", func(p *helpdesk.Participant) { p.Joined, p.History = noon.Add(time.Minute), true }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			tt.change(&d.ticket.Participants[1])
			d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket})
			bob := d.ticket.Participants[1]
			x := d.reply(t, func(x *helpdesk.Delivery) { x.Participant, x.To = bob.Number, bob.Address })
			run(t, d.queue(t, "a"))
			d.await(t, x.ID, "sent", isState(helpdesk.Sent))
			text, _ := eml.Read([]byte(d.relay.mails()[0].Data)).Text()
			if !strings.Contains(text, "On its way.") || strings.Contains(text, "Where is it?") != tt.want {
				t.Errorf("quoted: %t, want %t:\n%s", !tt.want, tt.want, text)
			}
		})
	}
}

// The mail to a newcomer says who added them, and nothing of what was written.
//
// covers: S06, S07
func TestJoinedTellsNoHistory(t *testing.T) {
	d := newDesk(t, &relay{})
	event := helpdesk.Entry{Kind: helpdesk.Event, At: noon, Text: "canary", Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper"}}
	d.ticket.Append(&event)
	d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Entries: []helpdesk.Entry{event}})
	x := d.reply(t, func(x *helpdesk.Delivery) { x.Purpose, x.Entry = helpdesk.Joined, 3 })
	run(t, d.queue(t, "a"))
	d.await(t, x.ID, "sent", isState(helpdesk.Sent))
	raw := d.relay.mails()[0].Data
	text, _ := eml.Read([]byte(raw)).Text()
	for _, words := range []string{"Where is it?", "On its way.", "canary", "Hopper"} {
		if strings.Contains(raw, words) {
			t.Errorf("it tells %q:\n%s", words, text)
		}
	}
	if !strings.Contains(text, "Grace added you to request #1042.") || !strings.Contains(text, "/t/pl1_") {
		t.Errorf("it does not say who added them, or where to look:\n%s", text)
	}
}

// Whom a customer added gets words that somebody chose only after the address was
// proven to be theirs: nobody can have strangers mailed by adding them.
//
// covers: M04, S06
func TestUnaskedGetFixedWordsAlone(t *testing.T) {
	for _, tt := range []struct {
		name    string
		purpose helpdesk.Purpose
		proven  bool
		want    helpdesk.DeliveryState
	}{
		{"the fixed words", helpdesk.Added, false, helpdesk.Sent},
		{"an answer", helpdesk.AgentReply, false, helpdesk.Withdrawn},
		{"what a customer wrote", helpdesk.Update, false, helpdesk.Withdrawn},
		{"another status", helpdesk.StatusChanged, false, helpdesk.Withdrawn},
		{"the words for who is vouched for", helpdesk.Joined, false, helpdesk.Withdrawn},
		{"an answer, proven since", helpdesk.AgentReply, true, helpdesk.Sent},
		{"what a customer wrote, proven since", helpdesk.Update, true, helpdesk.Sent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			bob := &d.ticket.Participants[1]
			contact := &helpdesk.Contact{ID: bob.Contact, Addresses: []helpdesk.ContactAddress{{Address: bob.Address}}}
			if tt.proven {
				contact.Prove(bob.Address, "mail", noon)
			}
			bob.Unasked = true
			d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Contact: contact})
			x := d.reply(t, func(x *helpdesk.Delivery) {
				x.Participant, x.To, x.Purpose = 2, contact.Addresses[0].Address, tt.purpose
			})
			run(t, d.queue(t, "a"))
			d.await(t, x.ID, string(tt.want), isState(tt.want))
			if sent := len(d.relay.mails()) == 1; sent != (tt.want == helpdesk.Sent) {
				t.Errorf("%d mails went out", len(d.relay.mails()))
			}
		})
	}
}
