package outbound

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What answers a note that names somebody becomes a note, never words to a customer.
//
// covers: S30, P10
func TestMentionIsAnsweredByANote(t *testing.T) {
	for purpose, note := range map[helpdesk.Purpose]bool{helpdesk.MentionMail: true, helpdesk.AgentNotice: false} {
		o, c := agentSample(t, purpose), newComposer(t)
		p, err := c.compose(o)
		if err != nil {
			t.Fatal(err)
		}
		to := eml.Read(written(t, p)).ReplyTo()
		if len(to) != 1 {
			t.Fatalf("%s: answers go to %v", purpose, to)
		}
		if got := to[0].Address.Same(c.agentAddress(o, c.signer.AgentNoteToken)); got != note {
			t.Errorf("%s: answers go to %s; to the address for notes: %t, want %t", purpose, to[0].Address, got, note)
		}
	}
}

// No mail to a customer has a word of what only agents know of a ticket.
//
// covers: S30, P10
func TestCustomersMailHasNothingOfAgents(t *testing.T) {
	const canary = "canary"
	for _, purpose := range purposes {
		t.Run(string(purpose), func(t *testing.T) {
			o := sampleOccasion(t, purpose)
			by := helpdesk.Author{Role: helpdesk.AgentAs, ID: canary, Name: canary, Address: helpdesk.MustAddress(canary + "@acme.example")}
			o.ticket.Tags, o.ticket.Priority, o.ticket.Team, o.ticket.Assignee = []string{canary}, canary, canary, canary
			o.ticket.Fields = map[string]string{canary: canary}
			o.ticket.Watchers, o.ticket.Mentioned = []helpdesk.ID{canary}, []helpdesk.ID{canary}
			o.ticket.Snoozed, o.ticket.Spam, o.ticket.Submitter = &helpdesk.Snooze{Until: noon, By: canary}, &helpdesk.Called{By: by, At: noon}, &by
			o.ticket.Last = &helpdesk.LastWords{By: canary, Text: canary}
			o.ticket.Sides, o.ticket.GoesOnAs = []helpdesk.TicketID{0xdeadbeefdeadbeef}, []helpdesk.TicketID{0xdeadbeefdeadbeef}
			o.ticket.Suggested = []helpdesk.Suggestion{{Name: canary, Address: by.Address}}
			for _, side := range []*helpdesk.Side{nil, {Ticket: 0xdeadbeefdeadbeef, Number: 98765}} {
				o.ticket.Side = side
				p, err := newComposer(t).compose(o)
				if err != nil {
					t.Fatal(err)
				}
				raw := strings.ToLower(string(written(t, p)))
				for _, word := range []string{canary, "98765", "deadbeef"} {
					if strings.Contains(raw, word) {
						t.Errorf("it tells of %s:\n%s", word, raw)
					}
				}
			}
		})
	}
}

// A request that an agent begins has its own subject, and no answer's.
//
// covers: S40
func TestFirstWordsOfAnAgent(t *testing.T) {
	o := sampleOccasion(t, helpdesk.AgentReply)
	o.before, o.entry.Seq = nil, 1
	p, err := newComposer(t).compose(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := eml.Read(written(t, p)).Subject(); got != o.ticket.Subject {
		t.Errorf("subject %q, want %q", got, o.ticket.Subject)
	}
}
