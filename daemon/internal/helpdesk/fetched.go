package helpdesk

import "time"

// Mark says that a mail at another server was taken in, and that the server does
// not know yet. Its key is the identity of the mail there.
type Mark struct {
	Mailbox   string `json:"-"`
	Numbering int64  `json:"-"` // of the [Cursor]: a UID means nothing in another one
	UID       uint32 `json:"-"`

	// Stay leaves the mail there as it is: not all of it was fetched.
	Stay bool `json:"stay,omitempty"`
}

// Cursor is how far the mail at another server was fetched.
type Cursor struct {
	Schema  int    `json:"schema"`
	Mailbox string `json:"-"`

	// Source is the folder and the server, UIDValidity what its UIDs hang on (RFC
	// 9051 section 2.3.1.1). When one of them changes, Numbering goes up.
	Source      string `json:"source"`
	UIDValidity uint32 `json:"uidValidity"`
	Numbering   int64  `json:"numbering"`

	// Done is the UID up to which all mail is settled. Above it, marks tell.
	Done uint32 `json:"done"`

	// From is before which a mail came to the server that is none of ours. Zero
	// means that all are.
	From time.Time `json:"from,omitzero"`
	// Floor is the same for UIDs up to FloorUpTo alone: those that were there when
	// the numbering began. What is put into the folder later counts, however old.
	Floor     time.Time `json:"floor,omitzero"`
	FloorUpTo uint32    `json:"floorUpTo,omitempty"`
	// LastSeen is when the newest mail that was settled came to the server, and
	// CaughtUp that nothing older waited at some time of this numbering.
	LastSeen time.Time `json:"lastSeen,omitzero"`
	CaughtUp bool      `json:"caughtUp,omitempty"`

	Rev int64 `json:"-"`
}

// Wants reports a mail that is to be fetched. Of one without a time nobody can say
// that it is too old.
func (c *Cursor) Wants(uid uint32, at time.Time) bool {
	return uid > c.Done && (uid > c.FloorUpTo || at.IsZero() || !at.Before(c.Floor))
}

// Saw takes in when a mail that was settled came to the server. Whoever puts a mail
// into a folder can give it any time, so that none counts which is still to come:
// at the next numbering it would hide all that is there.
func (c *Cursor) Saw(at, now time.Time) {
	if at.After(now) {
		at = now
	}
	if at.After(c.LastSeen) {
		c.LastSeen = at
	}
}

// LookBack is how far before the newest known mail a folder is looked through when
// its numbers mean something else than before: servers date mail by when they got
// it, and may get it late.
const LookBack = 7 * 24 * time.Hour

// Renumber begins a new numbering: a server counts from anew, or it is another
// folder. What is there already, up to the UID top, counts if it is about as new
// as what was seen last; receipts recognise what of that is known.
func (c *Cursor) Renumber(source string, validity, top uint32) {
	if floor := c.LastSeen.Add(-LookBack); c.CaughtUp && floor.After(c.From) {
		c.Floor = floor
	} else {
		c.Floor = c.From
	}
	c.Source, c.UIDValidity, c.Done, c.FloorUpTo, c.CaughtUp = source, validity, 0, top, false
	c.Numbering++
}

// FirstCursor is where the fetching of a mailbox begins; now is the clock of the
// server, as far as anybody knows it.
func FirstCursor(mailbox string, box *IMAP, source string, validity, top uint32, now time.Time) *Cursor {
	c := &Cursor{Mailbox: mailbox, Source: source, UIDValidity: validity, Numbering: 1}
	switch box.Start {
	case FromAll:
	case FromSince:
		c.From, c.Floor, c.FloorUpTo = box.Since, box.Since, top
	default:
		c.Done, c.From, c.CaughtUp = top, now, true
	}
	return c
}

// Poll is who fetches the mail of a mailbox, and how that goes.
type Poll struct {
	Schema  int    `json:"schema"`
	Mailbox string `json:"mailbox"`

	// Holder is the replica that fetches, until it says more or Until has passed.
	Holder string    `json:"holder,omitempty"`
	Until  time.Time `json:"until,omitzero"`

	// Step is the one that fails, "" if none does, since Since, with the words of
	// the server; Next is when it is tried again.
	Step  string    `json:"step,omitempty"`
	Words string    `json:"words,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Next  time.Time `json:"next,omitzero"`
	// Note is what somebody should know though nothing fails, said at Noted.
	Note  string    `json:"note,omitempty"`
	Noted time.Time `json:"noted,omitzero"`

	Success time.Time `json:"success,omitzero"` // when all that was there had been taken in
	Waiting int       `json:"waiting"`          // mails that the server has and we have not
	Oldest  time.Time `json:"oldest,omitzero"`  // since when one of these waits, as far as we know
	Undone  int       `json:"undone"`           // mails that are taken in and not yet marked or moved there

	Rev int64 `json:"-"`
}

// Held reports that somebody fetches now.
func (p *Poll) Held(now time.Time) bool { return p.Holder != "" && now.Before(p.Until) }
