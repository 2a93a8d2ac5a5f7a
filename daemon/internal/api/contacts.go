package api

import (
	"context"
	"io"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Contacts is what programs do about people outside.
type Contacts interface {
	ContactDetail(ctx context.Context, by actions.Actor, idOrAddress string) (*actions.ContactDetail, error)
	ContactTickets(ctx context.Context, by actions.Actor, c *helpdesk.Contact, helpCenter string) (*actions.ContactTickets, error)
	InviteContact(ctx context.Context, by actions.Actor, in actions.Invitation) (*actions.Invited, error)
	AddContact(ctx context.Context, by actions.Actor, in actions.NewContact) (*helpdesk.Contact, error)
	EditContact(ctx context.Context, by actions.Actor, id helpdesk.ID, in actions.ContactEdit) error
	AddAddress(ctx context.Context, by actions.Actor, id helpdesk.ID, address string) error
	RemoveAddress(ctx context.Context, by actions.Actor, id helpdesk.ID, address string) error
	SignOutContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	BlockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	UnblockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	LiftSpam(ctx context.Context, by actions.Actor, address string) error
	Contacts(ctx context.Context, by actions.Actor, q actions.ContactsQuery) (*actions.ContactsPage, error)
	DeleteContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	RestoreContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	EraseContact(ctx context.Context, by actions.Actor, id helpdesk.ID, typed string) error
	Erasures(ctx context.Context, by actions.Actor) ([]helpdesk.Erasure, error)
	MergeContacts(ctx context.Context, by actions.Actor, from, into helpdesk.ID) error
	ExportContact(ctx context.Context, by actions.Actor, id helpdesk.ID, w io.Writer) error
	WriteContacts(ctx context.Context, by actions.Actor, w io.Writer) error
	KeepImport(ctx context.Context, by actions.Actor, name string, r io.Reader) (actions.Upload, error)
	ImportKept(ctx context.Context, by actions.Actor, token string, do bool) (*actions.Imported, error)
}

// contact is somebody outside.
type contact struct {
	ID           helpdesk.ID       `json:"id"`
	Name         string            `json:"name,omitempty"`
	Addresses    []contactAddress  `json:"addresses"`
	Created      time.Time         `json:"created"`
	SignsIn      bool              `json:"signsIn" doc:"They have a sign-in at the help centers."`
	InvitedUntil *time.Time        `json:"invitedUntil,omitempty" doc:"How long the link of their invitation holds."`
	Spam         *time.Time        `json:"spam,omitempty" doc:"When mail of theirs was called spam."`
	Blocked      *time.Time        `json:"blocked,omitempty"`
	Deleted      *time.Time        `json:"deleted,omitempty" doc:"When they were taken away; they come back when they write."`
	Fields       map[string]string `json:"fields,omitempty" doc:"The account's own fields."`
	Rev          string            `json:"rev" doc:"Changes with everything in it; the ETag is made of it."`
}

func (x contact) etag() string { return `"` + x.Rev + `"` }

type contactAddress struct {
	Address string     `json:"address"`
	Proven  *time.Time `json:"proven,omitempty" doc:"When it was shown to be theirs."`
	How     string     `json:"how,omitempty"`
}

func contactOf(x *helpdesk.Contact) contact {
	out := contact{ID: x.ID, Name: x.Name, Addresses: []contactAddress{}, Created: x.Created, SignsIn: x.SignIn != nil, Spam: x.Spam, Fields: x.Fields, Rev: revOf(x.Rev)}
	for _, a := range x.Addresses {
		out.Addresses = append(out.Addresses, contactAddress{a.Address.String(), a.Proven, a.How})
	}
	if x.Blocked != nil {
		out.Blocked = &x.Blocked.At
	}
	if x.Deleted != nil {
		out.Deleted = &x.Deleted.At
	}
	return out
}

func (h *Handler) getContact(c *call) (out contact, err error) {
	d, err := h.desk.ContactDetail(c.ctx, c.by, c.r.PathValue("contact"))
	if err != nil {
		return out, err
	}
	out = contactOf(&d.Contact)
	if !d.InvitedUntil.IsZero() {
		out.InvitedUntil = &d.InvitedUntil
	}
	return out, nil
}

// contactTickets are the newest requests of a contact.
type contactTickets struct {
	Items     []ticket `json:"items" doc:"What was last heard of first."`
	Here      int      `json:"here" doc:"How many there are in the help center that was asked."`
	Elsewhere int      `json:"elsewhere" doc:"How many there are in the others."`
}

func (h *Handler) contactTickets(c *call) (out contactTickets, err error) {
	d, err := h.desk.ContactDetail(c.ctx, c.by, c.r.PathValue("contact"))
	if err != nil {
		return out, err
	}
	found, err := h.desk.ContactTickets(c.ctx, c.by, &d.Contact, c.center.Name)
	if err != nil {
		return out, err
	}
	return contactTickets{ticketsOf(found.Newest), found.Here, found.Elsewhere}, nil
}

// liftSpam no longer calls what an address writes spam.
func (h *Handler) liftSpam(c *call, in anAddress) error {
	return h.desk.LiftSpam(c.ctx, c.by, in.Address)
}

type invitation struct {
	Address    string `json:"address,omitempty" doc:"One of the contact's; nothing: their main one."`
	HelpCenter string `json:"helpCenter,omitempty" doc:"At which they can sign in; nothing: the one that is asked."`
}

type invited struct {
	Address string    `json:"address" doc:"Where the mail goes."`
	Expires time.Time `json:"expires" doc:"How long its link holds."`
	Before  bool      `json:"before,omitempty" doc:"It had gone out a moment ago, and nothing was done."`
}

func (h *Handler) invite(c *call, in invitation) (out invited, err error) {
	center := in.HelpCenter
	if center == "" {
		center = c.center.Name
	}
	d, err := h.desk.ContactDetail(c.ctx, c.by, c.r.PathValue("contact"))
	if err != nil {
		return out, err
	}
	sent, err := h.desk.InviteContact(c.ctx, c.by, actions.Invitation{Contact: d.ID, Address: in.Address, HelpCenter: center})
	if err != nil {
		return out, err
	}
	return invited{sent.Address.String(), sent.Expires, sent.Before}, nil
}

type newContact struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// madeContact tells which contact is there now.
type madeContact struct {
	ID helpdesk.ID `json:"id"`
}

func (m madeContact) at() string { return "/contacts/" + string(m.ID) }

func madeContactOf(_ *call, m helpdesk.Made) madeContact { return madeContact{m.Contact} }

func (h *Handler) addContact(c *call, in newContact) error {
	_, err := h.desk.AddContact(c.ctx, c.by, actions.NewContact{Name: in.Name, Address: in.Address})
	return err
}

// contactID finds the id of whom the address of the request names.
func (h *Handler) contactID(c *call) (helpdesk.ID, error) {
	d, err := h.desk.ContactDetail(c.ctx, c.by, c.r.PathValue("contact"))
	if err != nil {
		return "", err
	}
	return d.ID, nil
}

type contactChanges struct {
	Name   *string           `json:"name,omitempty"`
	Fields map[string]string `json:"fields,omitempty" doc:"By name; those that are not there stay."`
}

// editContact overwrites name and fields, so it takes an If-Match.
func (h *Handler) editContact(c *call, in contactChanges) (out contact, err error) {
	rev, err := c.ifMatch()
	if err != nil {
		return out, err
	}
	id, err := h.contactID(c)
	if err != nil {
		return out, err
	}
	if err := h.desk.EditContact(c.ctx, c.by, id, actions.ContactEdit{Name: in.Name, Fields: in.Fields, If: rev}); err != nil {
		return out, err
	}
	return h.getContact(c)
}

// onContact is an act that needs to know whom alone.
func (h *Handler) onContact(do func(ctx context.Context, by actions.Actor, id helpdesk.ID) error) func(*call) error {
	return func(c *call) error {
		id, err := h.contactID(c)
		if err != nil {
			return err
		}
		return do(c.ctx, c.by, id)
	}
}

func (h *Handler) addAddress(c *call, in anAddress) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	return h.desk.AddAddress(c.ctx, c.by, id, in.Address)
}

func (h *Handler) removeAddress(c *call) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	return h.desk.RemoveAddress(c.ctx, c.by, id, c.r.PathValue("address"))
}

func (h *Handler) signOutContact(c *call) error {
	return h.onContact(func(ctx context.Context, by actions.Actor, id helpdesk.ID) error {
		return h.desk.SignOutContact(ctx, by, id)
	})(c)
}

func (h *Handler) blockContact(c *call) error {
	return h.onContact(func(ctx context.Context, by actions.Actor, id helpdesk.ID) error {
		return h.desk.BlockContact(ctx, by, id)
	})(c)
}

func (h *Handler) unblockContact(c *call) error {
	return h.onContact(func(ctx context.Context, by actions.Actor, id helpdesk.ID) error {
		return h.desk.UnblockContact(ctx, by, id)
	})(c)
}
