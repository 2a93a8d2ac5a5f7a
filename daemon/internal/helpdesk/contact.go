package helpdesk

import "time"

// Contact is a person outside, with the addresses by which we know them.
type Contact struct {
	Schema    int              `json:"schema"`
	ID        ID               `json:"id"`
	Name      string           `json:"name,omitempty"`
	Addresses []ContactAddress `json:"addresses"`
	Created   time.Time        `json:"created"`
	// Spam is when an agent called mail of this contact spam; nil: never. What
	// they write is held from then on.
	Spam *time.Time `json:"spam,omitempty"`
	// SpamProven says that it was theirs for sure. Otherwise somebody may have
	// written in their name, and only what nothing proves is held.
	SpamProven bool `json:"spamProven,omitempty"`
	// SignIn is how they sign in to the portal; nil: they cannot.
	SignIn *PortalSignIn `json:"signIn,omitempty"`
	// Invited names the pass of the last invitation, which a new one ends.
	Invited ID `json:"invited,omitempty"`
	// Invitation is the last one, for agents to read.
	Invitation *Invitation `json:"invitation,omitempty"`

	// Blocked is when an agent shut them out: what they write is spam from then on,
	// whatever proves it, and nothing answers by itself.
	Blocked *Called `json:"blocked,omitempty"`
	// Deleted is when an agent took the contact away. It comes back when they write,
	// and is erased when nobody has within [DeletedFor].
	Deleted *Called           `json:"deleted,omitempty"`
	Fields  map[string]string `json:"fields,omitempty"` // the account's own, by name; see [DeskSettings]

	// Erasing is since when everything about the contact is being removed. Until that
	// is done nothing may come in from their addresses: it would be removed too.
	Erasing *time.Time `json:"erasing,omitempty"`
	// Was are the ids of contacts that were merged into this one: what they wrote
	// bears them still.
	Was []ID `json:"was,omitempty"`
	// MergedInto is the contact that this one became part of. Nothing else is left of
	// it here.
	MergedInto ID `json:"mergedInto,omitempty"`

	Rev int64 `json:"-"`
}

// Unheard reports somebody whose words agents do not want: what they write is kept
// and wakes nobody.
func (c *Contact) Unheard() bool { return c.Spam != nil || c.Blocked != nil }

// Unanswered reports somebody who gets no automatic mail about requests.
func (c *Contact) Unanswered() bool { return c.Blocked != nil || c.Deleted != nil || c.Erasing != nil }

// Restore brings the contact back if it was deleted, and reports whether it was.
func (c *Contact) Restore() bool {
	if c.Deleted == nil || c.Erasing != nil {
		return false
	}
	c.Deleted = nil
	return true
}

// ContactReturned is the record of somebody who was deleted and came back by
// themselves; how is "mail" or "portal".
func ContactReturned(id ID, how string, at time.Time) AuditRecord {
	return AuditRecord{At: at.UTC(), Act: "contact.restore", Subject: "contact/" + string(id), By: AuditBy{System: true}, Details: map[string]string{"how": how}}
}

// DeletedFor is how long a contact that was taken away can come back.
const DeletedFor = 14 * 24 * time.Hour

// Invitation records who let a contact have a sign-in, and where the mail went.
type Invitation struct {
	By Author    `json:"by"`
	To Address   `json:"to"`
	At time.Time `json:"at"`
}

// ContactAddress is an address of a contact and how it was proven to be theirs.
type ContactAddress struct {
	Address Address    `json:"address"`
	Proven  *time.Time `json:"proven,omitempty"` // nil: never
	How     string     `json:"how,omitempty"`
}

// Prove notes that an address of the contact is theirs, and how that was shown. It
// reports whether that is news.
func (c *Contact) Prove(a Address, how string, at time.Time) bool {
	for i := range c.Addresses {
		if known := &c.Addresses[i]; known.Address.Same(a) && known.Proven == nil {
			known.Proven, known.How = &at, how
			return true
		}
	}
	return false
}

// MainAddress is the first one that was proven, else the first; none is the zero
// Address.
func (c *Contact) MainAddress() Address {
	for _, a := range c.Addresses {
		if a.Proven != nil {
			return a.Address
		}
	}
	if len(c.Addresses) == 0 {
		return Address{}
	}
	return c.Addresses[0].Address
}

// DisplayName is the name, or the address where there is none.
func (c *Contact) DisplayName() string {
	if c.Name != "" {
		return c.Name
	}
	return c.MainAddress().String()
}
