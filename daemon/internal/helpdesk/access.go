package helpdesk

import (
	"slices"
	"time"
)

// Scope is one thing that a token lets a program do, of what its agent may.
type Scope string

const (
	ReadTickets   Scope = "tickets:read"
	WriteTickets  Scope = "tickets:write"
	ReadContacts  Scope = "contacts:read"
	WriteContacts Scope = "contacts:write"
	// ScopeRemove is apart: whoever keeps names in step need not be able to erase people.
	ScopeRemove Scope = "contacts:remove"
	ReadHeld    Scope = "held:read"
	WriteHeld   Scope = "held:write"
	ScopePeople Scope = "people"
	ScopeDesk   Scope = "desk"
	ScopeAccess Scope = "access"
	ScopeAudit  Scope = "audit"
	ScopeExport Scope = "export"
)

// Scopes in the order in which they are offered.
var Scopes = []Scope{
	ReadTickets, WriteTickets, ReadContacts, WriteContacts, ScopeRemove, ReadHeld, WriteHeld, ScopePeople, ScopeDesk, ScopeAccess, ScopeAudit, ScopeExport,
}

// scopeOf is the scope that a token needs for what takes a permission.
var scopeOf = map[Permission]Scope{
	DecideHeld: WriteHeld, EditContacts: WriteContacts, RemoveContacts: ScopeRemove, ExportData: ScopeExport, ShareThings: ScopeDesk,
	ManagePeople: ScopePeople, ManageDesk: ScopeDesk, ManageAccess: ScopeAccess, ReadAudit: ScopeAudit,
}

// Scope is what a token has to have for it. A permission that was never given one
// is of the widest.
func (p Permission) Scope() Scope {
	if s, ok := scopeOf[p]; ok {
		return s
	}
	return ScopeAccess
}

// AccessToken lets a program act for an agent. Its key in the store is the hash of its
// secret, so that a copy of the store lets nobody in.
type AccessToken struct {
	ID      ID        `json:"id"`
	Agent   ID        `json:"agent"` // for whom it acts
	By      ID        `json:"by,omitempty"`
	Name    string    `json:"name"`
	Scopes  []Scope   `json:"scopes"`
	Hint    string    `json:"hint"` // the last letters of the secret, to tell tokens apart
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Used    time.Time `json:"used,omitzero"`    // to the hour
}

// Limits of tokens.
const (
	MaxTokenName = 60
	MaxTokens    = 500 // of an account
	// MaxTokensOfAgent keeps one from using up what all have in common.
	MaxTokensOfAgent = 50
	// TokenUsedEvery is how exactly it is known when a token was last used: a write
	// for each request would cost more than most requests.
	TokenUsedEvery = time.Hour
)

// Grants reports whether a program with the token may do what takes the scope.
func (t *AccessToken) Grants(s Scope) bool { return slices.Contains(t.Scopes, s) }

// Live reports whether it lets anybody in at a time.
func (t *AccessToken) Live(now time.Time) bool { return t.Expires.IsZero() || now.Before(t.Expires) }

// Once records, with what an act wrote, that a program had it done under a key of its
// own choice: the same again is answered with what came of it the first time.
type Once struct {
	Digest string    `json:"digest"` // of what was asked for
	Made   Made      `json:"made"`
	Until  time.Time `json:"until"`
}

// OnceLifetime is how long a key is remembered.
const OnceLifetime = 48 * time.Hour

// Made tells what a change made or changed, as far as an answer names it.
type Made struct {
	Number  int64  `json:"number,omitempty"` // of the ticket
	Entry   int    `json:"entry,omitempty"`  // the first new one there
	Other   int64  `json:"other,omitempty"`  // number of the second ticket, where an act changes two
	Contact ID     `json:"contact,omitempty"`
	Agent   ID     `json:"agent,omitempty"`
	Record  string `json:"record,omitempty"` // id of the small record that lasts
}

// answered are the kinds of records that answers name.
var answered = map[RecordKind]bool{ViewRecord: true, CannedRecord: true, RoleRecord: true, TeamRecord: true, TokenRecord: true, HookRecord: true}

// Made tells what the change makes.
func (c *Change) Made() Made {
	var m Made
	if c.Ticket != nil {
		m.Number = c.Ticket.Number
		for i := range c.Entries {
			if e := &c.Entries[i]; e.Ticket == c.Ticket.ID && (m.Entry == 0 || e.Seq < m.Entry) {
				m.Entry = e.Seq
			}
		}
	}
	if c.Also != nil {
		m.Other = c.Also.Number
	}
	if c.Contact != nil {
		m.Contact = c.Contact.ID
	}
	if c.Agent != nil {
		m.Agent = c.Agent.ID
	}
	for _, r := range c.Records {
		if !answered[r.Kind] || r.Gone || m.Record != "" {
			continue
		}
		m.Record = r.ID
		if t, ok := r.Value.(*AccessToken); ok {
			m.Record = string(t.ID) // its key is nobody's to know
		}
	}
	return m
}
