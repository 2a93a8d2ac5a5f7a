package helpdesk

import (
	"slices"
	"time"
)

// Status of a ticket.
type Status string

const (
	Open     Status = "Open"     // agents have to act
	Pending  Status = "Pending"  // waiting for the customer
	Resolved Status = "Resolved" // agents think it is done; a reply reopens it
	Closed   Status = "Closed"   // over; a reply makes a new, linked ticket
)

// Statuses in the order in which a ticket lives.
var Statuses = []Status{Open, Pending, Resolved, Closed}

// ParseStatus reads one of [Statuses].
func ParseStatus(s string) (Status, error) {
	if !slices.Contains(Statuses, Status(s)) {
		return "", Errorf(Invalid, "%q is not a status; use Open, Pending, Resolved or Closed", clip(s))
	}
	return Status(s), nil
}

// Channel is the way by which a ticket or an entry came.
type Channel string

const (
	ByMail    Channel = "mail"
	ByPortal  Channel = "portal"
	ByConsole Channel = "console"
	ByImport  Channel = "import" // a mail of the past, from an archive
)

// Role of a participant.
type Role string

const (
	Requester    Role = "requester"
	Collaborator Role = "collaborator"
)

// Participant is a contact on a ticket. Number is unique in the ticket and is
// never given to somebody else; links and reply addresses carry it.
type Participant struct {
	Number  uint16  `json:"number"`
	Contact ID      `json:"contact"`
	Name    string  `json:"name,omitempty"`
	Address Address `json:"address"` // where this person's mail goes
	Role    Role    `json:"role"`
	// LinkGen counts up to kill every link and reply address issued before.
	LinkGen uint16     `json:"linkGen"`
	Joined  time.Time  `json:"joined"`
	Left    *time.Time `json:"left,omitempty"`
	// Thread is how many Message-IDs the thread had before they joined: those are
	// of mails that they may know nothing of.
	Thread int `json:"thread,omitempty"`
	// Unasked marks whom another customer named by an address that nobody had proven.
	// Until its owner has, it gets fixed words and nothing else (row M04).
	Unasked bool `json:"unasked,omitempty"`
	// History lets a collaborator read what came before they joined.
	History bool `json:"history,omitempty"`
}

// Active reports whether the participant still is one.
func (p *Participant) Active() bool { return p.Left == nil }

// DisplayName is the name, or the address where there is none.
func (p *Participant) DisplayName() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Address.String()
}

// Sees reports whether the participant may read an entry: it is public, and a
// collaborator was there when it became so, or was shown the history.
func (p *Participant) Sees(e *Entry) bool {
	return e.Public() && (p.Role != Collaborator || p.History || !e.Published().Before(p.Joined))
}

// MaxParticipants keeps a ticket head small and one reply within the operations
// of one transaction: each recipient costs two.
const MaxParticipants = 30

// maxParticipantsEver bounds how often people may come and go: those who left
// stay in the head, as what they wrote is theirs.
const maxParticipantsEver = 300

// Ticket is the head of a request; its history is in entries.
type Ticket struct {
	Schema       int               `json:"schema"`
	ID           TicketID          `json:"id"`
	Number       int64             `json:"number"` // what people say: #1042
	Subject      string            `json:"subject"`
	Status       Status            `json:"status"`
	Channel      Channel           `json:"channel"`
	HelpCenter   string            `json:"helpCenter,omitempty"`
	Mailbox      string            `json:"mailbox"`
	Locale       string            `json:"locale,omitempty"` // in which the customer was asked; "" is the help center's default
	Priority     string            `json:"priority,omitempty"`
	Tags         []string          `json:"tags,omitempty"`
	Participants []Participant     `json:"participants"`
	Assignee     ID                `json:"assignee,omitempty"`  // the agent whose work it is; "" for nobody
	Team         ID                `json:"team,omitempty"`      // the team whose work it is
	Watchers     []ID              `json:"watchers,omitempty"`  // agents who follow it; at most MaxWatchers
	Mentioned    []ID              `json:"mentioned,omitempty"` // agents who were named in a note and have not looked since
	Snoozed      *Snooze           `json:"snoozed,omitempty"`
	Back         time.Time         `json:"back,omitzero"` // when it last came back by itself
	Spam         *Called           `json:"spam,omitempty"`
	Side         *Side             `json:"side,omitempty"`
	Sides        []TicketID        `json:"sides,omitempty"`
	Fields       map[string]string `json:"fields,omitempty"` // the account's own, by name; see [DeskSettings]
	Last         *LastWords        `json:"last,omitempty"`
	Seats        []Seat            `json:"seats,omitempty"`
	Submitter    *Author           `json:"submitter,omitempty"` // the agent who brought it in for its requester
	Form         *FormAnswer       `json:"form,omitempty"`
	Follows      TicketID          `json:"follows,omitzero"`   // the ticket that this one goes on from
	GoesOnAs     []TicketID        `json:"goesOnAs,omitempty"` // tickets that go on from this one; the newest, at most MaxGoesOn
	Ordered      *Order            `json:"ordered,omitempty"`  // a merge that is to be done next
	Maybe        TicketID          `json:"maybe,omitzero"`     // the ticket that its first mail may have meant
	Suggested    []Suggestion      `json:"suggested,omitempty"`
	Merged       *Merge            `json:"merged,omitempty"`    // it goes on in another ticket
	Absorbed     []TicketID        `json:"absorbed,omitempty"`  // tickets that were merged into this one
	SplitFrom    *EntryRef         `json:"splitFrom,omitempty"` // the entry that this ticket began as
	Opened       time.Time         `json:"opened"`
	Updated      time.Time         `json:"updated"`
	// Said is when customers last got something to read; zero in records of older
	// programs.
	Said time.Time `json:"said,omitzero"`

	// Entries counts the history; the next entry gets this number plus one.
	Entries int `json:"entries"`
	// MessageIDs are the newest ids of the public thread, oldest first, for
	// the References of what we send. At most MaxThreadIDs.
	MessageIDs []string `json:"messageIDs,omitempty"`
	// Threaded counts all ids that ever joined the thread.
	Threaded int `json:"threaded,omitempty"`

	Rev int64 `json:"-"` // revision read from the store; 0 = not stored yet
}

// MaxThreadIDs bounds References: some gateways refuse header blocks over 4 KiB,
// and 20 ids of 90 octets stay under 2 KiB.
const MaxThreadIDs = 20

// FormAnswer is what was filled in, with the revision of the form that asked.
type FormAnswer struct {
	Form     string         `json:"form"`
	Revision string         `json:"revision"`
	Values   []FormValue    `json:"values,omitempty"`
	Raw      map[string]any `json:"raw,omitempty"`
}

// FormValue is one answer in words, as it was shown to who gave it.
type FormValue struct {
	Name  string `json:"name"`
	Label string `json:"label"` // of a consent: the words that were agreed to
	Text  string `json:"text"`
	// Version tells apart the wordings of a consent; "" of everything else.
	Version string `json:"version,omitempty"`
}

// Requester is the participant who asked. Every ticket has one, but one made
// by an older, broken record may not: then it is nil.
func (t *Ticket) Requester() *Participant {
	for i := range t.Participants {
		if t.Participants[i].Role == Requester {
			return &t.Participants[i]
		}
	}
	return nil
}

// Participant finds an active participant by number.
func (t *Ticket) Participant(number uint16) *Participant {
	for i := range t.Participants {
		if p := &t.Participants[i]; p.Number == number && p.Active() {
			return p
		}
	}
	return nil
}

// ParticipantByAddress finds an active participant by the identity of an address.
func (t *Ticket) ParticipantByAddress(a Address) *Participant {
	for i := range t.Participants {
		if p := &t.Participants[i]; p.Active() && p.Address.Same(a) {
			return p
		}
	}
	return nil
}

// PartOf is how a contact who is signed in takes part: as the active participant
// whose contact they are, and only by an address that they have proven; nil if
// they take no part. Either alone is too little: an address that was typed by
// somebody else makes a contact who owns nothing, and one that found another owner
// is not the participant's any more. Of several, the requester is chosen.
func (t *Ticket) PartOf(c *Contact) *Participant {
	var part *Participant
	for i := range t.Participants {
		p := &t.Participants[i]
		if !p.Active() || p.Contact != c.ID || !c.Proves(p.Address) {
			continue
		}
		if p.Role == Requester {
			return p
		}
		if part == nil {
			part = p
		}
	}
	return part
}

// Leave ends that somebody takes part: their links and reply addresses are dead
// from then on, and mail to them that waits is not sent.
func (p *Participant) Leave(at time.Time) {
	p.Left = &at
	p.LinkGen++
}

// Join makes somebody a collaborator and takes them off the suggestions. It
// returns nil when the ticket has [MaxParticipants] already, and who takes part
// already as they are.
func (t *Ticket) Join(contact ID, name string, a Address, at time.Time) *Participant {
	if known := t.ParticipantByAddress(a); known != nil {
		return known
	}
	if !t.HasRoom() {
		return nil
	}
	number := uint16(1)
	for _, p := range t.Participants {
		number = max(number, p.Number+1) // of those who left too: numbers are never given again
	}
	t.Suggested = slices.DeleteFunc(t.Suggested, func(s Suggestion) bool { return s.Address.Same(a) })
	t.Participants = append(t.Participants, Participant{
		Number: number, Contact: contact, Name: name, Address: a, Role: Collaborator, LinkGen: 1, Joined: at, Thread: t.Threaded,
	})
	return &t.Participants[len(t.Participants)-1]
}

// HasRoom reports whether one more may take part.
func (t *Ticket) HasRoom() bool {
	active := 0
	for i := range t.Participants {
		if t.Participants[i].Active() {
			active++
		}
	}
	return active < MaxParticipants && len(t.Participants) < maxParticipantsEver
}

// Heard is when there was last something new to read for customers: internal
// notes tell them nothing, not even their time.
func (t *Ticket) Heard() time.Time {
	if t.Said.IsZero() {
		return t.Updated
	}
	return t.Said
}

// CustomerReplied reopens what waited for the customer (row P03), and brings back
// what was out of sight.
func (t *Ticket) CustomerReplied() {
	t.Snoozed = nil
	if t.Status == Pending || t.Status == Resolved {
		t.Status = Open
	}
}

// ReplyBounced puts the ticket back before an agent: the customer waits for an
// answer that never arrived.
func (t *Ticket) ReplyBounced() {
	t.Snoozed = nil
	if t.Status == Pending || t.Status == Resolved {
		t.Status = Open
	}
}

// Append gives the entry its number and brings the head up to date. The
// entry's Message-ID joins the thread if customers may see the entry.
func (t *Ticket) Append(e *Entry) {
	t.Entries++
	e.Ticket, e.Seq = t.ID, t.Entries
	if e.Channel != ByImport {
		t.Updated = e.At
	} else { // it may be older than what is there
		t.Updated = later(t.Updated, e.At)
		if t.Channel == ByImport && e.At.Before(t.Opened) {
			t.Opened = e.At
		}
	}
	if e.Public() {
		t.Said = later(t.Said, e.At)
	}
	t.heardFrom(e)
	t.threaded(e)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Rethread finds the ids of the public thread anew, after entries of the past
// became public or ceased to be.
func (t *Ticket) Rethread(entries []Entry) {
	t.MessageIDs, t.Threaded, t.Said = nil, 0, time.Time{}
	for i := range entries {
		e := &entries[i]
		if e.Public() {
			t.Said = later(t.Said, e.Published())
		}
		t.threaded(e)
	}
}

// Unthread takes an id out of the thread, of a mail of which nothing is left.
func (t *Ticket) Unthread(id string) {
	t.MessageIDs = slices.DeleteFunc(t.MessageIDs, func(known string) bool { return known == id })
}

// threaded adds the Message-ID of an entry to the thread if customers may see
// the entry.
func (t *Ticket) threaded(e *Entry) {
	if e.MessageID == "" || !e.Public() {
		return
	}
	t.MessageIDs = append(t.MessageIDs, e.MessageID)
	t.Threaded++
	if n := len(t.MessageIDs); n > MaxThreadIDs {
		// The first id anchors the thread in most mail programs.
		t.MessageIDs = append(t.MessageIDs[:1:1], t.MessageIDs[n-MaxThreadIDs+1:]...)
	}
}

// ThreadOf is the Message-IDs of the thread that a participant may know, oldest
// first: who came later learns nothing from References of what was before.
func (t *Ticket) ThreadOf(p *Participant) []string {
	if p.Role != Collaborator || p.History || p.Thread == 0 {
		return t.MessageIDs
	}
	// The first id stays in the list when others go; it is of the first mail.
	later := min(max(t.Threaded-p.Thread, 0), max(len(t.MessageIDs)-1, 0))
	return t.MessageIDs[len(t.MessageIDs)-later:]
}

// Release shows a hidden message to customers and brings the head up to date.
func (t *Ticket) Release(e *Entry, r Release) {
	e.Hidden, e.Released = false, &r
	t.Updated = r.At
	t.Said = later(t.Said, r.At)
	t.threaded(e)
}
