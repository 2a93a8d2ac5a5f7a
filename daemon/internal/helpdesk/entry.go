package helpdesk

import "time"

// EntryKind of a thread's item.
type EntryKind string

const (
	Message EntryKind = "message" // somebody said something to somebody outside
	Note    EntryKind = "note"    // agents among themselves
	Event   EntryKind = "event"   // something happened: status changed, mail bounced
)

// AuthorRole says on which side of the desk an author sits.
type AuthorRole string

const (
	Customer AuthorRole = "customer"
	AgentAs  AuthorRole = "agent"
	System   AuthorRole = "system"
)

// Author of an entry. ID names a contact or an agent, after the role.
type Author struct {
	Role    AuthorRole `json:"role"`
	ID      ID         `json:"id,omitempty"`
	Name    string     `json:"name,omitempty"`
	Address Address    `json:"address,omitzero"`
}

// DisplayName is the name, or the address where there is none.
func (a Author) DisplayName() string {
	switch {
	case a.Name != "":
		return a.Name
	case !a.Address.IsZero():
		return a.Address.String()
	}
	return "Postern"
}

// Entry is one item of a ticket's history. Texts are plain text in UTF-8 with
// LF; over MaxInlineText they live in a blob and Text holds their beginning.
type Entry struct {
	Schema  int       `json:"schema"`
	Ticket  TicketID  `json:"ticket"`
	Seq     int       `json:"seq"` // from 1
	Kind    EntryKind `json:"kind"`
	Channel Channel   `json:"channel"`
	Author  Author    `json:"author"`
	At      time.Time `json:"at"`

	Text       string `json:"text"`
	TextBlob   string `json:"textBlob,omitempty"`
	Quoted     string `json:"quoted,omitempty"` // folded, never dropped
	QuotedBlob string `json:"quotedBlob,omitempty"`

	Attachments []Attachment `json:"attachments,omitempty"`

	// Hidden keeps a message from customers until an agent releases it: its
	// writer was not proven, or no person wrote it.
	Hidden bool `json:"hidden,omitempty"`
	// Released is who let customers see what had been held back or hidden.
	Released *Release `json:"released,omitempty"`

	// Answers is the merged ticket that the mail was an answer to: who took no part
	// in that one must not read what it quotes.
	Answers TicketID `json:"answers,omitzero"`

	// MovedTo is where the message stands now: it was split off, or its copy went
	// back. Here only agents see that it was there.
	MovedTo *EntryRef `json:"movedTo,omitempty"`

	// ToldBy is the ticket that tells of this event too: where both histories are
	// read, once is enough.
	ToldBy TicketID `json:"toldBy,omitzero"`

	MessageID  string       `json:"messageID,omitempty"`
	Raw        string       `json:"raw,omitempty"`  // blob of the mail as it came
	HTML       bool         `json:"html,omitempty"` // that mail says it as HTML too
	Recognised *Recognition `json:"recognised,omitempty"`
	// SignedIn: the customer who wrote it on a page was signed in, as the owner of
	// the author's address.
	SignedIn bool `json:"signedIn,omitempty"`
}

// MaxInlineText is the most bytes of a text that a record of the store holds:
// entries are read by the dozen for one page.
const MaxInlineText = 16 << 10

// Public reports whether customers may see the entry.
func (e *Entry) Public() bool { return e.Kind == Message && !e.Hidden && e.MovedTo == nil }

// Release records on whose word something came before customers.
type Release struct {
	By Author    `json:"by"`
	At time.Time `json:"at"`
}

// Published is when the entry came before customers, if it is [Entry.Public]:
// what waited for an agent did so later than it was written.
func (e *Entry) Published() time.Time {
	if e.Released != nil {
		return e.Released.At
	}
	return e.At
}

// FromCustomer reports a message of a customer that stands here.
func (e *Entry) FromCustomer() bool {
	return e.Kind == Message && e.Author.Role == Customer && e.MovedTo == nil
}
