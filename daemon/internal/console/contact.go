package console

import (
	"context"
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Contacts is who writes to us, and how they sign in to the portal.
type Contacts interface {
	ContactDetail(ctx context.Context, by actions.Actor, idOrAddress string) (*actions.ContactDetail, error)
	ContactTickets(ctx context.Context, by actions.Actor, c *helpdesk.Contact, helpCenter string) (*actions.ContactTickets, error)
	InviteContact(ctx context.Context, by actions.Actor, in actions.Invitation) (*actions.Invited, error)
}

// contactPage is one contact.
type contactPage struct {
	*actions.ContactDetail
	Tickets   *actions.ContactTickets
	Name      string
	Path      string
	Addresses []contactAddress
	Invitable []string // addresses to which an invitation can go; none where there is a sign-in
	MayInvite bool     // customers can sign in at this help center
	Again     bool     // an invitation holds that a new one ends
	Done      string
	Error     string
	Trouble   *web.Trouble
}

// contactAddress is an address and how it was shown to be theirs.
type contactAddress struct {
	Address helpdesk.Address
	Proven  *time.Time
	How     string
}

// provenWords tell what proved an address.
var provenWords = map[string]string{
	"mail":                          "a mail whose sender was proven",
	string(helpdesk.PassSignUp):     "the link in the mail of their sign-up",
	string(helpdesk.PassInvitation): "the link in the mail of an invitation",
	string(helpdesk.PassReset):      "the link in a mail to set another password",
	string(helpdesk.PassCode):       "a code that was sent to it",
	string(helpdesk.PassLink):       "the link in a mail",
}

func (c *Handler) showContact(v *visit) error { return c.writeContact(v, nil) }

func (c *Handler) writeContact(v *visit, failure error) error {
	id, err := helpdesk.ParseID(v.r.PathValue("id"))
	if err != nil {
		return missing()
	}
	detail, err := c.desk.ContactDetail(v.context(), v.by, string(id))
	if err != nil {
		return err
	}
	tickets, err := c.desk.ContactTickets(v.context(), v.by, &detail.Contact, v.center.Name)
	if err != nil {
		return err
	}
	page := contactPage{
		ContactDetail: detail, Tickets: tickets, Name: detail.DisplayName(), Path: "/agent/contacts/" + string(id),
		MayInvite: v.center.PortalOn && v.center.SignUp.Any(), Again: !detail.InvitedUntil.IsZero(),
	}
	for _, a := range detail.Contact.Addresses {
		page.Addresses = append(page.Addresses, contactAddress{Address: a.Address, Proven: a.Proven, How: or(provenWords[a.How], a.How)})
		if detail.SignIn == nil {
			page.Invitable = append(page.Invitable, a.Address.String())
		}
	}
	if failure == nil && v.r.FormValue("done") == "invited" && detail.Invitation != nil {
		page.Done = "A mail with the activation link is on its way to " + detail.Invitation.To.String() + "."
	}
	switch {
	case failure != nil && helpdesk.KindOf(failure) == helpdesk.Invalid:
		page.Error = web.Sentence(helpdesk.Public(failure))
	case failure != nil:
		trouble := c.site.Trouble(v.r, failure)
		page.Trouble = &trouble
	}
	c.write(v, web.Status(failure), "contact", page.Name, c.frame(v, ""), page)
	return nil
}

// invite sends the activation link (row S27) and goes back to the contact. Where
// it went stands there: in the record, not in the address.
func (c *Handler) invite(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	id, err := helpdesk.ParseID(v.r.PathValue("id"))
	if err != nil {
		return missing()
	}
	_, err = c.desk.InviteContact(v.context(), v.by, actions.Invitation{Contact: id, Address: v.r.PostForm.Get("address"), HelpCenter: v.center.Name})
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		http.Redirect(v.w, v.r, "/agent/contacts/"+string(id)+"?done=invited", http.StatusSeeOther)
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound:
		return err
	}
	return c.writeContact(v, err)
}
