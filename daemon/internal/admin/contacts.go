package admin

import (
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Contact is a contact as the command line prints it.
type Contact struct {
	ID        helpdesk.ID      `json:"id"`
	Name      string           `json:"name,omitempty"`
	Addresses []ContactAddress `json:"addresses"`
	SignIn    *ContactSignIn   `json:"signIn,omitempty"` // none: they cannot sign in
	Blocked   *time.Time       `json:"blocked,omitempty"`
	Deleted   *time.Time       `json:"deleted,omitempty"` // they are erased 14 days later, unless they write
	Invited   *Invitation      `json:"invited,omitempty"`
}

// ContactAddress is an address of a contact; Proven is missing if nothing proved it.
type ContactAddress struct {
	Address string     `json:"address"`
	Proven  *time.Time `json:"proven,omitempty"`
	How     string     `json:"how,omitempty"`
}

// ContactSignIn is how a contact signs in.
type ContactSignIn struct {
	Since    time.Time `json:"since"`
	Password bool      `json:"password"` // they have one
	Issuers  []string  `json:"issuers,omitempty"`
	Sessions int       `json:"sessions"`
}

// Invitation is an activation link that was sent. Until is missing once it does
// not hold any more.
type Invitation struct {
	HelpCenter string     `json:"helpCenter,omitempty"` // of a request: where they are to sign in
	To         string     `json:"to,omitempty"`
	At         *time.Time `json:"at,omitempty"`
	Until      *time.Time `json:"until,omitempty"`
	Before     bool       `json:"before,omitempty"` // of an answer: it had gone out a moment ago, and nothing was done
}

func viewContact(c *actions.ContactDetail) Contact {
	v := Contact{ID: c.ID, Name: c.Name, Addresses: []ContactAddress{}}
	for _, a := range c.Addresses {
		v.Addresses = append(v.Addresses, ContactAddress{Address: a.Address.String(), Proven: a.Proven, How: a.How})
	}
	if c.Blocked != nil {
		v.Blocked = &c.Blocked.At
	}
	if c.Deleted != nil {
		v.Deleted = &c.Deleted.At
	}
	if s := c.SignIn; s != nil {
		v.SignIn = &ContactSignIn{Since: s.Since, Password: s.Password != "", Sessions: c.Sessions}
		for _, subject := range s.Subjects {
			v.SignIn.Issuers = append(v.SignIn.Issuers, subject.Issuer)
		}
	}
	if i := c.Invitation; i != nil {
		v.Invited = &Invitation{To: i.To.String(), At: &i.At}
		if !c.InvitedUntil.IsZero() {
			v.Invited.Until = &c.InvitedUntil
		}
	}
	return v
}

func (s *socket) showContact(w http.ResponseWriter, r *http.Request) {
	detail, err := s.desk.ContactDetail(r.Context(), operator(r), r.PathValue("address"))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, viewContact(detail), nil)
}

func (s *socket) inviteContact(w http.ResponseWriter, r *http.Request) {
	var in Invitation
	if !s.read(w, r, &in) {
		return
	}
	done, err := s.desk.InviteContact(r.Context(), operator(r), actions.Invitation{Address: r.PathValue("address"), HelpCenter: in.HelpCenter})
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, Invitation{To: done.Address.String(), Until: &done.Expires, Before: done.Before}, nil)
}
