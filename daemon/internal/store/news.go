package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// hooksKnown is how long it is believed that an account has hooks, or none: so long a
// new one may hear of nothing that other replicas do.
const hooksKnown = 2 * time.Second

// listeners remembers which accounts have hooks, so that those without pay nothing.
type listeners struct {
	mu    sync.Mutex
	known map[string]listening
}

type listening struct {
	any bool
	at  time.Time
}

// listens reports whether an account has hooks.
func (s *Store) listens(ctx context.Context, account string) (bool, error) {
	s.listeners.mu.Lock()
	known, ok := s.listeners.known[account]
	s.listeners.mu.Unlock()
	if ok && time.Since(known.at) < hooksKnown {
		return known.any, nil
	}
	asked := time.Now()
	prefix := s.keys.account(account).records(helpdesk.HookRecord)
	resp, err := s.get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithLimit(1), clientv3.WithKeysOnly())
	if err != nil {
		return false, fmt.Errorf("look for hooks: %w", err)
	}
	known = listening{len(resp.Kvs) > 0, asked}
	s.listeners.mu.Lock()
	s.listeners.known[account] = known
	s.listeners.mu.Unlock()
	return known.any, nil
}

// forget has the next change of an account look for hooks.
func (l *listeners) forget(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, account)
}

// withNews adds to a change what hooks are to be told of it, so that it is written
// with the change or not at all.
func (s *Store) withNews(ctx context.Context, c *helpdesk.Change) (*helpdesk.Change, error) {
	if c.Ticket == nil && c.Contact == nil && c.Held == nil && c.Also == nil {
		return c, nil
	}
	if any, err := s.listens(ctx, c.Account); err != nil || !any {
		return c, err
	}
	var events []helpdesk.HappenedTo
	for _, t := range []*helpdesk.Ticket{c.Ticket, c.Also} {
		found, err := s.ticketNews(ctx, c, t)
		if err != nil {
			return nil, err
		}
		events = append(events, found...)
	}
	found, err := s.contactNews(ctx, c)
	if err != nil {
		return nil, err
	}
	events = append(events, found...)
	if h := c.Held; h != nil {
		e := helpdesk.HappenedTo{Type: helpdesk.HeldCreated, Held: h.ID, Number: h.Number}
		if h.Decision != nil {
			e.Type, e.Number, e.Entry = helpdesk.HeldDecided, h.Decision.Number, h.Decision.Entry
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return c, nil
	}
	now, with := time.Now().UTC(), *c
	with.Records = append(c.Records[:len(c.Records):len(c.Records)], helpdesk.Record{
		Kind: helpdesk.NewsRecord, ID: string(helpdesk.NewTimedID(now)),
		Value: helpdesk.News{At: now, Events: events, Until: now.Add(helpdesk.NewsLifetime)},
	})
	return &with, nil
}

// Members of the API that tell of a change. The rest is of no use to anybody outside.
var (
	ticketMembers = []string{"subject", "status", "priority", "tags", "participants", "suggested", "assignee", "team", "watchers", "mentioned", "snoozed", "spam",
		"fields", "merged", "helpCenter", "mailbox"}
	contactMembers = []string{"name", "addresses", "spam", "signIn", "blocked", "deleted", "fields", "merged"}
)

// ticketNews compares a ticket with what is stored. If that is not what the change
// rests on, the change will not be written either.
func (s *Store) ticketNews(ctx context.Context, c *helpdesk.Change, t *helpdesk.Ticket) ([]helpdesk.HappenedTo, error) {
	if t == nil {
		return nil, nil
	}
	about := helpdesk.HappenedTo{Ticket: t.ID, Number: t.Number, HelpCenter: t.HelpCenter}
	var events []helpdesk.HappenedTo
	before := helpdesk.Ticket{}
	if t.Rev == 0 {
		about.Type = helpdesk.TicketCreated
		events = append(events, about)
	} else {
		was, _, err := getRecord[helpdesk.Ticket](ctx, s, s.keys.account(c.Account).ticket(t.ID))
		if err != nil {
			return nil, err
		}
		if was != nil {
			before = *was
		}
		if about.Changed = changed(before, *t, ticketMembers); len(about.Changed) > 0 {
			about.Type = helpdesk.TicketUpdated
			events = append(events, about)
		}
	}
	for i := range c.Entries {
		if e := &c.Entries[i]; e.Ticket == t.ID && e.Seq > before.Entries {
			events = append(events, helpdesk.HappenedTo{
				Type: helpdesk.EntryCreated, Ticket: t.ID, Number: t.Number, HelpCenter: t.HelpCenter, Entry: e.Seq, Kind: e.Kind,
			})
		}
	}
	return events, nil
}

func (s *Store) contactNews(ctx context.Context, c *helpdesk.Change) ([]helpdesk.HappenedTo, error) {
	x := c.Contact
	switch {
	case x == nil:
		return nil, nil
	case x.Rev == 0:
		return []helpdesk.HappenedTo{{Type: helpdesk.ContactCreated, Contact: x.ID}}, nil
	}
	was, _, err := getRecord[helpdesk.Contact](ctx, s, s.keys.account(c.Account).contact(x.ID))
	if err != nil || was == nil {
		return nil, err
	}
	if names := changed(*was, *x, contactMembers); len(names) > 0 {
		return []helpdesk.HappenedTo{{Type: helpdesk.ContactUpdated, Contact: x.ID, Changed: names}}, nil
	}
	return nil, nil
}

// changed names the members, of those that tell, in which two records differ.
func changed(before, after any, tell []string) []string {
	old, young := members(before), members(after)
	var names []string
	for _, name := range tell {
		if !bytes.Equal(old[name], young[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func members(record any) map[string]json.RawMessage {
	raw, err := json.Marshal(record)
	if err != nil {
		return nil // the change itself can't be written then
	}
	var all map[string]json.RawMessage
	_ = json.Unmarshal(raw, &all) // it was just written
	return all
}
