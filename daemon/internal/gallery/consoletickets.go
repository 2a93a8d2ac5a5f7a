package gallery

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

var (
	aliceContact = helpdesk.ID("alicealicealicea")
	bobContact   = helpdesk.ID("bobbobbobbobbobb")
	byAlice      = helpdesk.Author{Role: helpdesk.Customer, ID: aliceContact, Name: "Alice Morgan", Address: alice}
	byBob        = helpdesk.Author{Role: helpdesk.Customer, ID: bobContact, Name: "Bob Hill", Address: bob}
	proven       = helpdesk.Trust{Proof: helpdesk.ProofPass, Reasons: []string{"DKIM of customer.example passed and fits the From address."}}
)

// Ticket implements [console.Desk].
func (d *agentDesk) Ticket(_ context.Context, _ actions.Actor, number int64) (*actions.Detail, error) {
	if d.scene.refused != nil {
		return nil, d.scene.refused
	}
	if d.scene.ticket == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such request")
	}
	detail := d.scene.ticket()
	detail.Ticket.Number = cmp.Or(detail.Ticket.Number, number)
	return detail, nil
}

// deskOrder is a request with everything that belongs to a day's work.
func deskOrder() *actions.Detail {
	detail := &actions.Detail{
		Ticket: helpdesk.Ticket{
			ID: 42, Number: 1042, Subject: "Where is my order?", Status: helpdesk.Open, Channel: helpdesk.ByMail, HelpCenter: "acme", Mailbox: "support",
			Priority: "High", Tags: []string{"delivery", "skates"}, Assignee: robinAgent.ID, Team: repairs.ID, Watchers: []helpdesk.ID{samAgent.ID},
			Opened: ago(2 * day), Updated: ago(40 * time.Minute), Fields: map[string]string{"model": "RS2"},
			Participants: []helpdesk.Participant{
				{Number: 1, Contact: aliceContact, Name: "Alice Morgan", Address: alice, Role: helpdesk.Requester, Joined: ago(2 * day)},
				{Number: 2, Contact: bobContact, Name: "Bob Hill", Address: bob, Role: helpdesk.Collaborator, Joined: ago(day)},
			},
			Form: &helpdesk.FormAnswer{Form: "repair", Values: []helpdesk.FormValue{
				{Name: "product", Label: "Product", Text: "Rocket skates"}, {Name: "order", Label: "Order number", Text: "ORD-48213"},
			}},
		},
		Files: helpdesk.FileLimits{Bytes: 25 << 20, Blocked: []string{"exe"}},
		Settings: helpdesk.DeskSettings{TicketFields: []helpdesk.FieldSpec{
			{Name: "model", Label: "Model", Type: helpdesk.TextField}, {Name: "fault", Label: "Fault", Type: helpdesk.SelectField, Options: []string{"Lost", "Broken"}},
		}},
	}
	tell(detail, helpdesk.Entry{Kind: helpdesk.Message, Author: byAlice, At: ago(2 * day), Raw: "00", Text: "Hello,\n\nI ordered a pair of rocket skates two weeks ago and they have not arrived yet. The shop says that they were sent on the 5th.\n\nCan you find out where they are?",
		Recognised: &helpdesk.Recognition{Rule: "new-request", Token: helpdesk.TokenNone, Sender: helpdesk.SenderStranger, Class: helpdesk.ClassMessage, Trust: proven}})
	tell(detail, helpdesk.Entry{Kind: helpdesk.Event, Author: robinAgent.Author(), At: ago(27 * time.Hour), Text: "Assigned to Robin Sample."})
	tell(detail, helpdesk.Entry{Kind: helpdesk.Note, Author: samAgent.Author(), At: ago(26*time.Hour + 20*time.Minute), Text: "The carrier lost the whole pallet. @Robin Sample, we send everybody on it a new pair; no need to ask."})
	tell(detail, helpdesk.Entry{Kind: helpdesk.Message, Author: robinAgent.Author(), At: ago(26 * time.Hour), Text: "Good morning Alice,\n\nyour parcel left our house on the 5th, but the carrier lost it on the way. I have sent you another pair today; you can follow it here: https://carrier.example/track/84213377\n\nWould you tell us whether the box is whole?",
		Attachments: []helpdesk.Attachment{{Name: "delivery note.pdf", MediaType: "application/pdf", Size: 84_213}}})
	tell(detail, helpdesk.Entry{Kind: helpdesk.Message, Author: byAlice, At: ago(40 * time.Minute), Raw: "00", Text: "They are here, thank you! One corner of the box is dented, but the skates are fine.",
		Quoted:      "> Would you tell us whether the box is whole?",
		Attachments: []helpdesk.Attachment{{Name: "IMG_2041.jpeg", MediaType: "image/jpeg", Size: 1_843_200}},
		Recognised:  &helpdesk.Recognition{Rule: "own-reply", Token: helpdesk.TokenOwn, Sender: helpdesk.SenderParticipant, Class: helpdesk.ClassMessage, Trust: proven}})
	sent := ago(26*time.Hour - time.Minute)
	detail.Deliveries = []helpdesk.Delivery{
		{ID: "deliverytoaliceh", Ticket: 42, Entry: 4, Participant: 1, To: alice, Purpose: helpdesk.AgentReply, Mailbox: "support", Created: ago(26 * time.Hour), State: helpdesk.Sent, Attempts: 1, Sent: &sent},
		{ID: "deliverytobobhil", Ticket: 42, Entry: 4, Participant: 2, To: bob, Purpose: helpdesk.AgentReply, Mailbox: "support", Created: ago(26 * time.Hour), State: helpdesk.Failed, Attempts: 3,
			Last: &helpdesk.Attempt{At: ago(25 * time.Hour), Relay: "smtp.acme.example:465", Code: 550, Enhanced: "5.1.1", Words: "no such mailbox here"}},
	}
	return detail
}

// tell adds an entry to the end of a history.
func tell(detail *actions.Detail, e helpdesk.Entry) {
	e.Ticket, e.Seq, e.Channel = detail.Ticket.ID, len(detail.Entries)+1, cmp.Or(e.Channel, helpdesk.ByMail)
	detail.Entries = append(detail.Entries, e)
	detail.Ticket.Entries = e.Seq
}

// deskShort was brought in a minute ago, and says next to nothing.
func deskShort() *actions.Detail {
	detail := &actions.Detail{Ticket: helpdesk.Ticket{
		ID: 39, Number: 1039, Status: helpdesk.Open, Channel: helpdesk.ByMail, Mailbox: "support", Opened: ago(time.Minute), Updated: ago(time.Minute),
		Participants: []helpdesk.Participant{{Number: 1, Address: helpdesk.MustAddress("d@very-long-company-name.example"), Role: helpdesk.Requester}},
	}}
	tell(detail, helpdesk.Entry{Kind: helpdesk.Message, Author: helpdesk.Author{Role: helpdesk.Customer, Address: helpdesk.MustAddress("d@very-long-company-name.example")}, At: ago(time.Minute), Text: "hi, it does not work", Raw: "00"})
	return detail
}

// deskLong has a history that is folded, long words, and many people and tags.
func deskLong() *actions.Detail {
	detail := deskOrder()
	t := &detail.Ticket
	t.Subject = "Everything that has gone wrong with the installation of the rocket skates since we bought them, in order, with the serial number RS2-0000-4711-0815-KX"
	t.Tags = append(t.Tags, "northern-branch", "escalated-by-the-board", "warranty", "second-time", "x-ray")
	for i := range 24 {
		e := detail.Entries[[]int{0, 2, 3, 4}[i%4]]
		e.At, e.Text = ago(time.Duration(39-i)*time.Minute), strings.Repeat(e.Text+"\n\n", 1+i%2)+"https://shop.example/a/very/long/address/that/does/not/end/anywhere/near/the/edge/of/a/telephone?with=many&parts=of&a=query"
		tell(detail, e)
	}
	for i, name := range []string{"Carol Fernández-Østergaard of the Northern Branch", "Dora", "Eve Okafor", "Frank", "Grace Whitfield", "يوسف حداد"} {
		t.Participants = append(t.Participants, helpdesk.Participant{
			Number: uint16(3 + i), Name: name, Address: helpdesk.MustAddress(string(rune('c'+i)) + "@very-long-company-name-of-the-north.example"), Role: helpdesk.Collaborator, Joined: ago(day),
		})
	}
	t.Suggested = []helpdesk.Suggestion{{Address: helpdesk.MustAddress("workshop@elsewhere.example"), Name: "Workshop", By: alice, At: ago(30 * time.Minute)}}
	detail.Sides = []actions.SideThread{{Number: 1050, Subject: "Rocket skates: left bearing", Status: helpdesk.Pending, With: "Dora Lindqvist", Updated: ago(time.Hour), Of: 1042,
		Last: &helpdesk.LastWords{By: "Dora Lindqvist", Text: "The left bearing is dry. We can mend it here.", At: ago(time.Hour)}}}
	detail.GoesOnAs = []int64{1051}
	return detail
}

// deskHeld has a message that customers do not see until an agent shows it.
func deskHeld() *actions.Detail {
	detail := deskOrder()
	tell(detail, helpdesk.Entry{Kind: helpdesk.Message, Author: byBob, At: ago(12 * time.Minute), Raw: "00", Hidden: true, Text: "Please send the next pair to my new address instead.",
		Recognised: &helpdesk.Recognition{Rule: "unproven-participant", Token: helpdesk.TokenOwn, Sender: helpdesk.SenderParticipant, Class: helpdesk.ClassMessage,
			Trust: helpdesk.Trust{Proof: helpdesk.ProofFail, Reasons: []string{"DMARC of customer.example failed: neither SPF nor DKIM fits the From address."}}}})
	return detail
}

// deskMerged holds another request, and was split in its turn.
func deskMerged() *actions.Detail {
	detail := deskOrder()
	other := actions.Detail{Ticket: helpdesk.Ticket{
		ID: 38, Number: 1038, Subject: "Parcel", Status: helpdesk.Closed, Mailbox: "support", Opened: ago(day), Updated: ago(20 * time.Hour), Participants: detail.Ticket.Participants[:1],
		Merged: &helpdesk.Merge{Into: 42, Number: 1042, By: robinAgent.Author(), At: ago(20 * time.Hour), Status: helpdesk.Open},
	}}
	tell(&other, helpdesk.Entry{Kind: helpdesk.Message, Author: byAlice, At: ago(22 * time.Hour), Raw: "00", Text: "I forgot to say: the parcel is addressed to Morgan and Hill."})
	detail.Merged, detail.Ticket.Absorbed = []actions.Detail{other}, []helpdesk.TicketID{38}
	return detail
}

// deskMergedAway goes on in another request.
func deskMergedAway() *actions.Detail {
	detail := deskShort()
	detail.Ticket.Merged = &helpdesk.Merge{Into: 42, Number: 1042, By: robinAgent.Author(), At: ago(20 * time.Second), Status: helpdesk.Open}
	return detail
}

// deskSpam was called spam.
func deskSpam() *actions.Detail {
	detail := deskShort()
	detail.Ticket.Status, detail.Ticket.Spam = helpdesk.Closed, &helpdesk.Called{By: robinAgent.Author(), At: ago(20 * time.Second)}
	return detail
}

// Writing implements [console.Work].
func (d *agentDesk) Writing(context.Context, actions.Actor, int64) (*helpdesk.Writing, error) {
	return d.scene.writing, nil
}

var noteBegun = &helpdesk.Writing{Kind: helpdesk.Note, Text: "Sam, did the carrier say when", At: ago(5 * time.Minute), Rev: 9}

// CannedReplies implements [console.Work].
func (d *agentDesk) CannedReplies(context.Context, actions.Actor) ([]helpdesk.Canned, error) {
	if d.scene.empty {
		return nil, nil
	}
	return []helpdesk.Canned{
		{ID: "cannedcannedcann", Name: "Parcel lost", Text: "Hello {{customer.name}},\n\nthe carrier has lost your parcel.", Changed: ago(9 * day), Rev: 3},
		{ID: "owncannedowncann", Name: "My greeting", Text: "Kind regards\nRobin", Owner: robinAgent.ID, Changed: ago(day), Rev: 4},
	}, nil
}

// CannedReply implements [console.Settings].
func (d *agentDesk) CannedReply(ctx context.Context, by actions.Actor, _ helpdesk.ID) (*helpdesk.Canned, error) {
	all, err := d.CannedReplies(ctx, by)
	return &all[0], err
}

// LookedAt implements [console.Work].
func (d *agentDesk) LookedAt(context.Context, actions.Actor, int64) error { return nil }

// SplitSubject implements [console.Merging].
func (d *agentDesk) SplitSubject(context.Context, actions.Actor, int64, int) (string, error) {
	return "Where is my order?", nil
}
