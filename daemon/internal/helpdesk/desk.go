package helpdesk

import (
	"io"
	"slices"
	"strings"
	"time"
)

// Mailbox is a support address as declared, in the daemon's own words.
type Mailbox struct {
	Account     string
	Name        string
	Address     Address
	Since       time.Time // when it was declared; zero if that is not known, as of files
	DisplayName string
	HelpCenter  string // whose customers it serves; "" if none
	MaxBytes    int64  // of one mail
	Relay       Relay
	DKIM        []DKIM // who signs its mail; none: the relay may
	IMAP        *IMAP  // nil: mail is brought to us
	Policy      Policy
	Files       FileLimits // of what agents send from the console
	// Audience binds reply addresses and Message-IDs to this mailbox.
	Audience [16]byte

	// Aliases forward to this mailbox. They are ours, but no mail is taken for them.
	Aliases []Address
	// Results is the authserv-id of the server that checks mail which is fetched
	// from or relayed to this mailbox; "" if its word counts nothing.
	Results string
}

// HasAlias reports an address that forwards to the mailbox.
func (m *Mailbox) HasAlias(a Address) bool { return slices.ContainsFunc(m.Aliases, a.Same) }

// Visitor is who looks at a portal.
type Visitor string

const (
	Anonymous    Visitor = "anonymous"
	SignedIn     Visitor = "customer"
	AgentVisitor Visitor = "agent"
)

// ViewAccess says who may see a ticket.
type ViewAccess string

const (
	ViewWithLink ViewAccess = "AnyoneWithLink"
	ViewSignedIn ViewAccess = "SignedIn"
)

// HelpCenter is a portal as declared and resolved, in one of its languages.
type HelpCenter struct {
	// Locale is the language of the words below; Locales are all that are offered,
	// the default first (BCP 47).
	Locale  string
	Locales []string
	// In gives the same help center in another of its languages, and in the default
	// one for what it does not offer; nil where there is only one.
	In          func(locale string) HelpCenter
	Account     string
	Name        string
	DisplayName string
	BaseURL     string // scheme://host, no slash at the end; the only base of links
	Mailbox     string // tickets born here are answered from it
	Color       string // #rrggbb
	PortalOn    bool   // viewing and links
	View        ViewAccess
	// Collaborators says whether customers may add others to their tickets.
	Collaborators bool
	SignUp        SignUp
	Agents        []AgentIssuer // beside a password
	LinkLifetime  time.Duration
	AgentNames    AgentNames
	ShowsField    func(name string) bool // which answers of a form customers see
	StatusLabels  map[Status]string
	ButtonLabel   string
	PageTitle     string
	FormLabel     string
	Forms         []Form // connected and published, in order; empty = submission is hidden
	Audience      [16]byte
	// Mail has the help center's own words for mails, in this language; what is not
	// in it is said in ours.
	Mail map[Purpose]MailTemplate
}

// MailTemplate makes the words of a mail from what it may know.
type MailTemplate interface {
	Execute(w io.Writer, facts any) error
}

// SubmissionVisible reports whether submitting is live: on, and with at least
// one published and connected form that is loaded (rows S18, S41).
func (h *HelpCenter) SubmissionVisible() bool { return h.PortalOn && len(h.Forms) > 0 }

// Form finds a connected form.
func (h *HelpCenter) Form(name string) *Form {
	for i := range h.Forms {
		if h.Forms[i].Name == name {
			return &h.Forms[i]
		}
	}
	return nil
}

// Speaking gives the help center in a language, as it is if it has only one.
func (h HelpCenter) Speaking(locale string) HelpCenter {
	if h.In == nil || locale == h.Locale {
		return h
	}
	return h.In(locale)
}

// SignUp says how customers get a way into the portal. It holds for all help
// centers of the account (row S42).
type SignUp struct {
	Open      bool // everybody may; otherwise only who was invited
	Password  bool
	EmailCode bool
	OIDC      []OIDC
}

// Any reports whether there is any way to sign in.
func (s *SignUp) Any() bool { return s.Password || s.EmailCode || len(s.OIDC) > 0 }

// OIDC is an issuer of OpenID Connect.
type OIDC struct {
	Name     string // in addresses
	Google   bool   // the preset: its addresses prove more, and less, than those of others
	Issuer   string
	Label    string // on the button
	ClientID string
	Secret   SecretRef

	// Scopes are asked for beside the usual ones; Groups is the claim that tells
	// groups, "" for none.
	Scopes []string
	Groups string
}

// AgentIssuer is an issuer that agents may sign in with.
type AgentIssuer struct {
	OIDC
	// Allowed are the groups that may, with the names of roles; the first one that
	// somebody is in counts.
	Allowed []GroupRole
}

// GroupRole is the role of those who are in a group of an issuer.
type GroupRole struct{ Group, Role string }

// RoleOf is the name of the role for somebody in some groups; "" if none is allowed.
func (a *AgentIssuer) RoleOf(groups []string) string {
	for _, g := range a.Allowed {
		if slices.Contains(groups, g.Group) {
			return g.Role
		}
	}
	return ""
}

// AgentIssuer finds an issuer of agents by its name; nil if there is none.
func (h *HelpCenter) AgentIssuer(name string) *AgentIssuer {
	for i := range h.Agents {
		if h.Agents[i].Name == name {
			return &h.Agents[i]
		}
	}
	return nil
}

// StatusLabel is what customers read for a status: the help center's own words,
// or ours in English.
func (h *HelpCenter) StatusLabel(s Status) string {
	if label := h.StatusLabels[s]; label != "" {
		return label
	}
	return customerStatus[s]
}

var customerStatus = map[Status]string{
	Open:     "We are looking into it",
	Pending:  "Waiting for your answer",
	Resolved: "Solved",
	Closed:   "Closed",
}

// Form is a ticket form as declared.
type Form struct {
	Name         string
	Title        string
	Description  string
	SubjectLabel string
	MessageLabel string
	Revision     string // hash of the declaration
	Subject      string // fixed for all tickets of the form; "" = asked for
	Fields       []Field
	Checker      FormChecker
	Access       map[Visitor]Access
}

// Access is what becomes of a visitor who wants to submit a form.
type Access string

const (
	Granted     Access = "granted"
	NeedsSignIn Access = "sign-in"
	NotOffered  Access = "" // as if there were no such form
)

// FormsFor lists the forms that a visitor finds, those included that need a
// sign-in first.
func (h *HelpCenter) FormsFor(v Visitor) []Form {
	var offered []Form
	if !h.SubmissionVisible() {
		return nil
	}
	for _, f := range h.Forms {
		if f.Access[v] != NotOffered {
			offered = append(offered, f)
		}
	}
	return offered
}

// AgentNames says how agents are named to customers.
type AgentNames string

const (
	FullName   AgentNames = "FullName"
	FirstName  AgentNames = "FirstName"
	HiddenName AgentNames = "Hidden"
)

// AgentName is what customers read for who answered (row S30).
func (h *HelpCenter) AgentName(a Author) string {
	first, _, _ := strings.Cut(a.Name, " ")
	switch {
	case h.AgentNames == FullName && a.Name != "":
		return a.Name
	case h.AgentNames == FirstName && first != "":
		return first
	}
	return h.DisplayName
}
