package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// contactPage is one contact.
type contactPage struct {
	*actions.ContactDetail
	Tickets   *actions.ContactTickets
	Desk      *helpdesk.DeskSettings // names statuses
	Name      string
	Path      string
	Addresses []contactAddress
	Fields    []contactField
	Invitable []string // addresses to which an invitation can go; none where there is a sign-in
	MayInvite bool     // customers can sign in at this help center
	Again     bool     // an invitation holds that a new one ends
	Typed     typedContact
	Done      string
	Error     string
	Trouble   *web.Trouble

	MayEdit, MayRemove, MayExport bool
}

// typedContact is what was typed and could not be saved, to be mended.
type typedContact struct {
	Editing bool // the form is open
	Name    string
	Rev     int64
	Address string // that was to be added
}

// contactAddress is an address and how it was shown to be theirs.
type contactAddress struct {
	Address helpdesk.Address
	Proven  *time.Time
	How     string
	Only    bool // the last one, which stays
}

// contactField is one of the account's fields with what it holds.
type contactField struct {
	helpdesk.FieldSpec
	ID    string // of its input
	Value string
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

// contactDone are what an agent reads after an act on a contact.
var contactDone = map[string]string{
	"edited":     "The contact is saved.",
	"addresses":  "The addresses are saved.",
	"added":      "The contact is written down. Nothing proves the address yet.",
	"merged":     "The two are one contact now.",
	"deleted":    "The contact is deleted. They come back when they write.",
	"restored":   "The contact is back. Their sign-in is not: send an activation link if they need one.",
	"signed-out": "They are signed in nowhere any more.",
	"blocked":    "The contact is blocked. Their mail is held as spam from now on, and they are not told.",
	"unblocked":  "The contact is heard again. Mail that was held meanwhile waits under Held mail.",
}

func (c *Handler) showContact(v *visit) error { return c.writeContact(v, typedContact{}, nil) }

// contactID reads the id in the address of a page.
func contactID(v *visit) (helpdesk.ID, error) {
	id, err := helpdesk.ParseID(v.r.PathValue("id"))
	if err != nil {
		return "", missing()
	}
	return id, nil
}

func (c *Handler) writeContact(v *visit, typed typedContact, failure error) error {
	id, err := contactID(v)
	if err != nil {
		return err
	}
	page, err := c.contactPage(v, id)
	if err != nil {
		return err
	}
	if v.r.Method == http.MethodGet && page.ID != id { // it became part of another one
		http.Redirect(v.w, v.r, contactPath(page.ID), http.StatusSeeOther)
		return nil
	}
	page.Typed = typed
	if !typed.Editing {
		page.Typed.Name, page.Typed.Rev = page.Contact.Name, page.Rev
	}
	done := v.r.FormValue("done")
	if page.Done = contactDone[done]; done == "invited" && page.Invitation != nil {
		page.Done = "A mail with the activation link is on its way to " + page.Invitation.To.String() + "."
	}
	switch {
	case failure == nil:
	case helpdesk.KindOf(failure) == helpdesk.Invalid:
		page.Done, page.Error = "", web.Sentence(helpdesk.Public(failure))
	default:
		trouble := c.site.Trouble(v.r, failure)
		page.Done, page.Trouble = "", &trouble
	}
	c.write(v, web.Status(failure), "contact", page.Name, c.frame(v, "contacts"), page)
	return nil
}

func contactPath(id helpdesk.ID) string { return "/agent/contacts/" + string(id) }

// contactPage reads all that stands on the page of a contact.
func (c *Handler) contactPage(v *visit, id helpdesk.ID) (*contactPage, error) {
	detail, err := c.desk.ContactDetail(v.context(), v.by, string(id))
	if err != nil {
		return nil, err
	}
	tickets, err := c.desk.ContactTickets(v.context(), v.by, &detail.Contact, v.center.Name)
	if err != nil {
		return nil, err
	}
	settings, err := c.desk.DeskSettings(v.context(), v.by)
	if err != nil {
		return nil, err
	}
	page := &contactPage{
		ContactDetail: detail, Tickets: tickets, Desk: settings, Name: detail.DisplayName(), Path: contactPath(detail.ID),
		MayInvite: v.center.PortalOn && v.center.SignUp.Any(), Again: !detail.InvitedUntil.IsZero(),
		MayEdit: v.by.May(helpdesk.EditContacts), MayRemove: v.by.May(helpdesk.RemoveContacts), MayExport: v.by.May(helpdesk.ExportData),
	}
	for _, a := range detail.Contact.Addresses {
		page.Addresses = append(page.Addresses, contactAddress{
			Address: a.Address, Proven: a.Proven, How: or(provenWords[a.How], a.How), Only: len(detail.Contact.Addresses) == 1,
		})
		if detail.SignIn == nil && detail.Blocked == nil && detail.Deleted == nil {
			page.Invitable = append(page.Invitable, a.Address.String())
		}
	}
	for _, f := range settings.ContactFields {
		page.Fields = append(page.Fields, contactField{FieldSpec: f, ID: "field-" + f.Name, Value: detail.Contact.Fields[f.Name]})
	}
	return page, nil
}

// contactAct is a form on the page of a contact: it is done, or the page says why it
// was not.
func (c *Handler) contactAct(done string, act func(*visit, helpdesk.ID) error) func(*visit) error {
	return func(v *visit) error {
		if err := web.ReadForm(v.r); err != nil {
			return err
		}
		id, err := contactID(v)
		if err != nil {
			return err
		}
		err = act(v, id)
		switch kind := helpdesk.KindOf(err); {
		case err == nil:
			http.Redirect(v.w, v.r, contactPath(id)+"?done="+url.QueryEscape(done), http.StatusSeeOther)
			return nil
		case kind == helpdesk.SignIn, kind == helpdesk.NotFound, kind == helpdesk.Forbidden:
			return err
		}
		return c.writeContact(v, typedIn(v.r.PostForm, done), err)
	}
}

func typedIn(form url.Values, done string) typedContact {
	switch done {
	case "edited":
		return typedContact{Editing: true, Name: form.Get("name"), Rev: revision(form)}
	case "addresses":
		return typedContact{Address: form.Get("address")}
	}
	return typedContact{}
}

// invite sends the activation link (row S27). Where it went stands on the contact: in
// the record, not in the address.
func (c *Handler) invite(v *visit, id helpdesk.ID) error {
	_, err := c.desk.InviteContact(v.context(), v.by, actions.Invitation{Contact: id, Address: v.r.PostForm.Get("address"), HelpCenter: v.center.Name})
	return err
}
