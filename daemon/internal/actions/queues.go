package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Queue names a list of requests that every agent has.
type Queue string

const (
	MineQueue       Queue = "mine"       // open, assigned to who asks
	UnassignedQueue Queue = "unassigned" // open, nobody's
	OpenQueue       Queue = "open"
	PendingQueue    Queue = "pending"
	MentionsQueue   Queue = "mentions"
	SnoozedQueue    Queue = "snoozed"
	DoneQueue       Queue = "done" // resolved and closed
	SpamQueue       Queue = "spam"
	AllQueue        Queue = "all"
)

// Queues in the order in which they stand.
var Queues = []Queue{MineQueue, UnassignedQueue, OpenQueue, PendingQueue, MentionsQueue, SnoozedQueue, DoneQueue, SpamQueue, AllQueue}

// ListQuery asks for a page of a list of requests.
type ListQuery struct {
	Queue  Queue            // "" with a Filter or a View
	View   helpdesk.ID      // of a saved view
	Filter *helpdesk.Filter // of its own
	Order  string           // as in [helpdesk.View]; "" is the view's
	// Before and After are places in the list, as [Listing] gives them.
	Before, After string
	Limit         int // at most [MostListed]
}

// MostListed is the most rows of one page.
const MostListed = 60

// Row is one request of a list.
type Row struct {
	helpdesk.Ticket
	AssigneeName string
	TeamName     string
	Unread       bool // a customer said something that who asks has not seen
	Place        string
}

// Listing is a page of a list.
type Listing struct {
	Rows         []Row
	Newer, Older string // places to ask for with After and Before; "" where there is nothing
	Total        int    // in the whole list, at most [MostCounted]
	View         *helpdesk.View
	Look         string // changes when anything in the list does
	At           time.Time
}

// MostCounted is where counting ends.
const MostCounted = 9999

// List answers a page of a list.
func (d *Desk) List(ctx context.Context, by Actor, q ListQuery) (*Listing, error) {
	return nil, helpdesk.Errorf(helpdesk.Unavailable, "lists are not there yet")
}

// Counts are how many requests stand in each queue, and in each view that who asks
// has ("view:ID"); "held" and "failed" count mail.
func (d *Desk) Counts(ctx context.Context, by Actor) (map[string]int, error) {
	return nil, helpdesk.Errorf(helpdesk.Unavailable, "lists are not there yet")
}
