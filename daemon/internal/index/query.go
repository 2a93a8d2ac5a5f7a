package index

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Query asks for tickets, what was last heard of first.
type Query struct {
	// Addresses of a person: tickets on which one of them takes part.
	Addresses  []helpdesk.Address
	HelpCenter string
	Statuses   []helpdesk.Status // none: all
	// Before and After are places in the list: at most one is asked for, and Limit
	// tickets that are next to it on its far side.
	Before, After *Place
	Limit         int
}

// Place is where a ticket stands in a list. It opens nothing.
type Place struct {
	heard   int64
	id      helpdesk.TicketID
	urgency uint8 // in a list that begins with what is urgent
}

// String makes the place fit for an address; [ParsePlace] reads it.
func (p Place) String() string {
	return strconv.FormatInt(p.heard, 36) + "." + strconv.FormatUint(uint64(p.id), 36) + "." + strconv.Itoa(int(p.urgency))
}

// ParsePlace undoes String.
func ParsePlace(s string) (Place, error) {
	heard, rest, _ := strings.Cut(s, ".")
	id, urgency, _ := strings.Cut(rest, ".")
	at, err := strconv.ParseInt(heard, 36, 64)
	if err != nil {
		return Place{}, fmt.Errorf("read place in a list: %w", err)
	}
	n, err := strconv.ParseUint(id, 36, 64)
	if err != nil {
		return Place{}, fmt.Errorf("read place in a list: %w", err)
	}
	p := Place{heard: at, id: helpdesk.TicketID(n)}
	if urgency != "" { // older addresses have none
		u, err := strconv.ParseUint(urgency, 10, 8)
		if err != nil {
			return Place{}, fmt.Errorf("read place in a list: %w", err)
		}
		p.urgency = uint8(u)
	}
	return p, nil
}

// Found is one ticket of a list.
type Found struct {
	ID    helpdesk.TicketID
	Place Place
}

// Page is a part of a list.
type Page struct {
	Tickets      []Found
	Newer, Older bool // there are more on that side
	// Counts are how many of the person's tickets have each status in the help
	// center, whichever were asked for; Elsewhere how many stand in others.
	Counts    map[helpdesk.Status]int
	Elsewhere map[string]int
}

// Find answers a query from what the index knows.
func (x *Index) Find(account string, q Query) Page {
	t := x.table(account)
	t.mu.RLock()
	defer t.mu.RUnlock()
	page := Page{Counts: map[helpdesk.Status]int{}, Elsewhere: map[string]int{}}
	center, wanted := find(q.HelpCenter), bits(helpdesk.Statuses, q.Statuses)
	var counts [4]int
	var all []*head
	for _, h := range t.of(q.Addresses) {
		if h.center != center {
			page.Elsewhere[h.center.word()]++
			continue
		}
		counts[h.status]++
		if wanted&(1<<h.status) != 0 {
			all = append(all, h)
		}
	}
	for i, n := range counts {
		if n > 0 {
			page.Counts[helpdesk.Statuses[i]] = n
		}
	}
	from, to := q.window(all)
	page.Newer, page.Older = from > 0, to < len(all)
	for _, h := range all[from:to] {
		page.Tickets = append(page.Tickets, Found{ID: h.id, Place: Place{heard: h.heard, id: h.id}})
	}
	return page
}

// window is which of all are asked for.
func (q *Query) window(all []*head) (from, to int) {
	switch {
	case q.After != nil:
		to, _ = slices.BinarySearchFunc(all, q.After.head(), newestFirst)
		return max(to-q.Limit, 0), to
	case q.Before != nil:
		at, found := slices.BinarySearchFunc(all, q.Before.head(), newestFirst)
		if found {
			at++
		}
		from = at
	}
	return from, min(from+q.Limit, len(all))
}

func (p *Place) head() *head { return &head{heard: p.heard, id: p.id} }

// ranked is the place in a list of agents.
func (p *Place) ranked() *slot {
	return &slot{head: &head{rank: p.heard, id: p.id}, urgency: p.urgency}
}

func (s *slot) place() Place { return Place{heard: s.rank, id: s.id, urgency: s.urgency} }

// of lists the tickets of whoever has the addresses, each once.
func (t *table) of(addresses []helpdesk.Address) []*head {
	if len(addresses) == 1 {
		return t.people[addresses[0].Key()]
	}
	var all []*head
	for _, a := range addresses {
		all = append(all, t.people[a.Key()]...)
	}
	slices.SortFunc(all, newestFirst)
	return slices.Compact(all)
}
