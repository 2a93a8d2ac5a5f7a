package gallery

import (
	"context"
	"io"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// contactAlice has everything that a contact can have.
func contactAlice() *actions.ContactDetail {
	since, set := ago(300*day), ago(20*day)
	return &actions.ContactDetail{
		Contact: helpdesk.Contact{
			ID: aliceContact, Name: "Alice Morgan", Created: ago(400 * day), Rev: 5, Fields: map[string]string{"company": "Morgan & Daughters"},
			Addresses: []helpdesk.ContactAddress{
				{Address: alice, Proven: &since, How: string(helpdesk.PassSignUp)}, {Address: helpdesk.MustAddress("a.morgan@very-long-company-name-of-the-north.example")},
			},
			SignIn: &helpdesk.PortalSignIn{Since: since, Password: "set", PasswordSet: &set, Locale: "en", Subjects: []helpdesk.Subject{{Issuer: "https://id.acme.example", Subject: "made-up", Name: "acme-id", Since: set}}},
		},
		Sessions: 2, Browsers: []helpdesk.CustomerSession{
			{ID: "bbbbbbbbbbbbbbbb", How: actions.ByPassword, Browser: "Firefox, Linux", Created: ago(2 * time.Hour)},
			{ID: "eeeeeeeeeeeeeeee", How: actions.ByCode, Browser: "Safari, iPhone", Created: ago(3 * day)},
		},
	}
}

// contactInvited wrote once, and was sent an activation link.
func contactInvited() *actions.ContactDetail {
	return &actions.ContactDetail{InvitedUntil: now.Add(5 * day), Contact: helpdesk.Contact{
		ID: bobContact, Addresses: []helpdesk.ContactAddress{{Address: bob}}, Created: ago(3 * day),
		Invitation: &helpdesk.Invitation{By: robinAgent.Author(), To: bob, At: ago(2 * day)},
	}}
}

func contactBlocked() *actions.ContactDetail {
	c := contactInvited()
	c.InvitedUntil, c.Invitation, c.Name, c.Blocked = time.Time{}, nil, "Bob Hill", &helpdesk.Called{By: robinAgent.Author(), At: ago(day)}
	return c
}

func contactDeleted() *actions.ContactDetail {
	c := contactInvited()
	c.InvitedUntil, c.Invitation, c.Name, c.Deleted, c.Erases = time.Time{}, nil, "Bob Hill", &helpdesk.Called{By: samAgent.Author(), At: ago(4 * day)}, now.Add(10*day)
	return c
}

// ContactDetail implements [console.ContactPages].
func (d *agentDesk) ContactDetail(_ context.Context, _ actions.Actor, id string) (*actions.ContactDetail, error) {
	if d.scene.contact != nil {
		return d.scene.contact(), nil
	}
	if id == string(bobContact) {
		return contactInvited(), nil
	}
	return contactAlice(), nil
}

// ContactTickets implements [console.ContactPages].
func (d *agentDesk) ContactTickets(context.Context, actions.Actor, *helpdesk.Contact, string) (*actions.ContactTickets, error) {
	if d.scene.empty {
		return &actions.ContactTickets{}, nil
	}
	found := &actions.ContactTickets{Here: 3, Elsewhere: 1}
	for _, r := range agentRows()[:3] {
		found.Newest = append(found.Newest, r.Ticket)
	}
	return found, nil
}

// Contacts implements [console.ContactPages].
func (d *agentDesk) Contacts(context.Context, actions.Actor, actions.ContactsQuery) (*actions.ContactsPage, error) {
	if d.scene.empty {
		return &actions.ContactsPage{}, nil
	}
	long := helpdesk.Contact{
		ID: "carolcarolcarolc", Name: "Carol Fernández-Østergaard of the Northern Branch", Created: ago(60 * day),
		Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("c.fernandez-ostergaard@very-long-company-name-of-the-north.example")}},
	}
	return &actions.ContactsPage{
		Contacts: []helpdesk.Contact{contactAlice().Contact, contactInvited().Contact, long, contactBlocked().Contact, contactDeleted().Contact}, Total: 5012, Older: "made-up",
	}, nil
}

// Erasures implements [console.ContactPages].
func (d *agentDesk) Erasures(context.Context, actions.Actor) ([]helpdesk.Erasure, error) {
	return nil, nil
}

// KeepImport implements [console.ContactPages].
func (d *agentDesk) KeepImport(context.Context, actions.Actor, string, io.Reader) (actions.Upload, error) {
	return actions.Upload{Attachment: helpdesk.Attachment{Name: "contacts.csv", Size: 4711}}, nil
}

// Find implements [console.Searching].
func (d *agentDesk) Find(context.Context, actions.Actor, actions.FindQuery) (*actions.Finding, error) {
	if d.scene.empty {
		return &actions.Finding{At: now}, nil
	}
	rows := agentRows()
	return &actions.Finding{
		At: now, Total: 214, Older: "made-up", Filters: []actions.FindFilter{{Words: "Assigned to Robin Sample", Without: "skates"}, {Words: "With the tag safety", Without: "skates assignee:robin"}},
		Rows: []actions.FoundRow{
			{Row: rows[1], Subject: []actions.Piece{{Text: "Rocket "}, {Text: "skates", Hit: true}, {Text: " overheat after ten minutes on a flat road"}}, By: "Bob Castellanos", Kind: helpdesk.Message, Seq: 1,
				Snippet: []actions.Piece{{Text: "… bought the "}, {Text: "skates", Hit: true}, {Text: " in spring, and they get so hot that the left one smokes …"}}},
			{Row: rows[0], Subject: []actions.Piece{{Text: "Where is my order?"}}, By: "Robin Sample", Kind: helpdesk.Note, Seq: 4,
				Snippet: []actions.Piece{{Text: "… a new pair of "}, {Text: "skates", Hit: true}, {Text: " for everybody on that pallet …"}}},
			{Row: rows[4], Subject: []actions.Piece{{Text: "متى يصل طلبي؟"}}},
		},
	}, nil
}
