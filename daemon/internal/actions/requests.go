package actions

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Lists finds tickets. It orders and counts; what it says gives no right.
type Lists interface {
	// Await waits, but not for long, until what was written before now is in.
	Await(ctx context.Context, account string) error
	Find(account string, q index.Query) index.Page
	Subscribe(account string, id helpdesk.TicketID) (*index.Subscription, error)
	// Choose and Tally are for the lists of agents.
	Choose(account string, c index.Choice) index.Chosen
	Tally(account string, choices []index.Choice) []int
	// Sift is for searches, which find what they find in another order.
	Sift(account string, c index.Choice) index.Sieve
	SubscribeAll(account string, id helpdesk.TicketID) (*index.Subscription, error)
	// Nudge tells of what is no ticket and belongs to one.
	Nudge(account string, id helpdesk.TicketID)
}

const (
	// RequestsOnPage is how many requests a page lists: one screen or two.
	RequestsOnPage = 20
	// glimpse is how many entries of each are read for its last words: notes and
	// events may stand behind them. Without any among these the row has none.
	glimpse = 4
	// maxLastWords is how many characters of them are shown.
	maxLastWords = 160
)

// RequestsQuery is what a customer wants to see of their list.
type RequestsQuery struct {
	Statuses []helpdesk.Status // none: all
	// Words to be found in number, subject or messages; "" for no search.
	Words string
	// Before and After are places that an earlier page named; what is none is the
	// beginning.
	Before, After string
	// Most is how many are wanted; 0 is a page of them.
	Most int
}

// RequestRow is one request of the list.
type RequestRow struct {
	Number  int64
	Subject string
	Status  helpdesk.Status
	Heard   time.Time
	// Words are the last that were said, and By is who said them; "" for none.
	Words, By string
	Mine      bool // the customer said them
}

// Requests is a page of a customer's list.
type Requests struct {
	Rows         []RequestRow
	Newer, Older string // places to go on from; "" where there is nothing more
	Counts       map[helpdesk.Status]int
	Elsewhere    []Elsewhere
	// Partly: the search ended before it had looked at everything.
	Partly bool
}

// Elsewhere is another help center of the account in which the customer has
// requests.
type Elsewhere struct {
	Name, URL string
	Count     int
}

// Requests lists the requests of a customer in a help center, what was last heard
// of first (row S02). Each is read from the truth again and shown only to who
// takes part in it by an address that they have proven. It changes nothing.
func (d *Desk) Requests(ctx context.Context, h helpdesk.HelpCenter, by *Customer, q RequestsQuery) (*Requests, error) {
	switch {
	case !h.PortalOn:
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	case by == nil || by.Account != h.Account:
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in to see your requests")
	}
	if err := d.lists.Await(ctx, h.Account); errors.Is(err, index.ErrBuilding) {
		return nil, &helpdesk.Error{Kind: helpdesk.Unavailable, Public: "the list is being put together", Err: err}
	} else if err != nil {
		return nil, err
	}
	l := &listing{desk: d, center: h, by: by}
	find := index.Query{Addresses: proven(by.Contact), HelpCenter: h.Name, Statuses: q.Statuses, Limit: cmp.Or(min(max(q.Most, 0), RequestsOnPage), RequestsOnPage)}
	if words := searchWords(q.Words); len(words) > 0 {
		return l.search(ctx, find, words)
	}
	if place, err := index.ParsePlace(q.Before); err == nil {
		find.Before = &place
	} else if place, err := index.ParsePlace(q.After); err == nil {
		find.After = &place
	}
	return l.page(ctx, find)
}

// proven are the addresses that were shown to be the contact's.
func proven(c *helpdesk.Contact) []helpdesk.Address {
	var all []helpdesk.Address
	for i := range c.Addresses {
		if c.Addresses[i].Proven != nil {
			all = append(all, c.Addresses[i].Address)
		}
	}
	return all
}

// listing is a list in the making.
type listing struct {
	desk   *Desk
	center helpdesk.HelpCenter
	by     *Customer
}

func (l *listing) page(ctx context.Context, find index.Query) (*Requests, error) {
	found := l.desk.lists.Find(l.center.Account, find)
	out := l.requests(found)
	tickets, err := l.read(ctx, found.Tickets, glimpse)
	if err != nil {
		return nil, err
	}
	for i := range tickets {
		said, err := tickets[i].said(l.center, 1)
		if err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, row(&tickets[i], said))
	}
	if n := len(found.Tickets); n > 0 {
		if found.Newer {
			out.Newer = found.Tickets[0].Place.String()
		}
		if found.Older {
			out.Older = found.Tickets[n-1].Place.String()
		}
	}
	return out, nil
}

// requests is what a list says besides its rows.
func (l *listing) requests(found index.Page) *Requests {
	out := &Requests{Counts: found.Counts}
	for name, n := range found.Elsewhere {
		if other, ok := l.desk.directory.HelpCenter(l.center.Account, name); ok && other.PortalOn {
			out.Elsewhere = append(out.Elsewhere, Elsewhere{Name: other.DisplayName, URL: other.BaseURL, Count: n})
		}
	}
	slices.SortFunc(out.Elsewhere, func(a, b Elsewhere) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.URL, b.URL)) })
	return out
}

// part is a request with who the customer is in it.
type part struct {
	store.Listed
	self *helpdesk.Participant
}

// read reads tickets and leaves out those that are not the customer's, whatever
// the index thought.
func (l *listing) read(ctx context.Context, found []index.Found, entries int) ([]part, error) {
	ids := make([]helpdesk.TicketID, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	tickets, err := l.desk.store.Listed(ctx, l.center.Account, ids, entries)
	if err != nil {
		return nil, err
	}
	var mine []part
	for i := range tickets {
		one := part{Listed: tickets[i]}
		if one.self = one.PartOf(l.by.Contact); one.self != nil && one.HelpCenter == l.center.Name {
			mine = append(mine, one)
		}
	}
	return mine, nil
}

func row(t *part, said []helpdesk.PublicMessage) RequestRow {
	row := RequestRow{Number: t.Number, Subject: t.Subject, Status: t.Status, Heard: t.Heard()}
	if len(said) > 0 {
		last := said[len(said)-1]
		row.Words, row.By, row.Mine = firstWords(last.Text), last.Name, last.Mine
	}
	return row
}

// said are the newest messages that the customer sees, at most so many, of the
// entries that were read.
func (t *part) said(h helpdesk.HelpCenter, most int) ([]helpdesk.PublicMessage, error) {
	var seen []helpdesk.Entry
	for e, err := range t.Newest() {
		if err != nil {
			return nil, err
		}
		if !t.self.Sees(e) {
			continue
		}
		if seen = append(seen, *e); len(seen) == most {
			break
		}
	}
	slices.Reverse(seen)
	view := t.CustomerView(t.self, seen, h)
	return view.Thread, nil
}

// firstWords are the beginning of a text in one line, cut between words.
func firstWords(text string) string {
	beginning := strings.ToValidUTF8(text[:min(len(text), 8*maxLastWords)], "")
	words := strings.Join(strings.Fields(beginning), " ")
	n := 0
	for i := range words {
		if n++; n > maxLastWords {
			end := i
			if blank := strings.LastIndexByte(words[:i], ' '); blank > i/2 {
				end = blank
			}
			return words[:end] + "…"
		}
	}
	return words
}
