package helpdesk

import (
	"io"
	"time"
)

// History says of a mail that it is of the past: it comes from an archive that the
// operator vouches for. Nothing is sent because of it, and nobody is told.
type History struct {
	Status  Status    // of the ticket that it opens
	At      time.Time // when it was written, as far as the archive tells
	Ours    []Address // whose mails are ours too, besides those of mailboxes, aliases and agents
	Sent    bool      // it lies among the mail that was sent: whoever wrote it is one of us
	OwnFile bool      // it lies in a file of its own; among others, somebody may have written it into theirs
}

// Archived is a mail of an archive, and where it belongs.
type Archived struct {
	Account, Mailbox string
	History          History
	Raw              io.Reader // no more than the mailbox takes is read
	Look             bool      // only tell what would become of it
}

// Places tells at which time each entry of a ticket stands in its history. The
// order is that of the numbers, as clocks differ; but what was imported stands
// where it was written, even if more of it came later.
func Places(entries []Entry) []time.Time {
	places := make([]time.Time, len(entries))
	var last time.Time
	for i := range entries {
		e := &entries[i]
		if e.Channel == ByImport {
			places[i] = e.At
			continue
		}
		last = later(last, e.At)
		places[i] = last
	}
	return places
}
