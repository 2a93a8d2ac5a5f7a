package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const account = "support"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// openStore runs a real etcd for one test.
func openStore(t *testing.T) *Store {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s, err := New(server.Client(), "test", Local())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// sample is a change that opens a ticket, with everything a mail causes.
func sample(number int64, receipt string) *helpdesk.Change {
	alice := helpdesk.MustAddress("alice@customer.example")
	contact := &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{{Address: alice}}}
	ticket := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: "Order", Status: helpdesk.Open, Mailbox: "support",
		Participants: []helpdesk.Participant{{Number: 1, Contact: contact.ID, Address: alice, Role: helpdesk.Requester, LinkGen: 1}},
	}
	entry := helpdesk.Entry{Kind: helpdesk.Message, Text: "Where is it?", At: noon, MessageID: "<1@customer.example>"}
	ticket.Append(&entry)
	return &helpdesk.Change{
		Account:    account,
		Receipt:    &helpdesk.Receipt{Key: receipt, At: noon, Outcome: helpdesk.Outcome{Result: helpdesk.Created, Ticket: ticket.ID, Number: number}},
		Ticket:     ticket,
		Entries:    []helpdesk.Entry{entry},
		Messages:   []helpdesk.MessageRef{{MessageID: entry.MessageID, Ticket: ticket.ID, Entry: 1}},
		Contact:    contact,
		Deliveries: []helpdesk.Delivery{{ID: helpdesk.NewID(), Ticket: ticket.ID, Entry: 1, State: helpdesk.Queued, Next: noon}},
		Budgets:    []helpdesk.Budget{{Key: "proven/x", Used: 1, Until: noon.Add(time.Hour)}},
	}
}

func TestCommitAndLookup(t *testing.T) {
	s := openStore(t)
	change := sample(1, "r1")
	if err := s.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	found, err := s.Lookup(t.Context(), account, Query{
		Receipt: "r1", Address: helpdesk.MustAddress("ALICE@customer.example"),
		MessageIDs: []string{"<unknown@x>", "<1@customer.example>"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if found.Receipt == nil || found.Receipt.Outcome.Ticket != change.Ticket.ID {
		t.Errorf("receipt = %+v, want the one that was committed", found.Receipt)
	}
	if found.Contact == nil || found.Contact.ID != change.Contact.ID || found.Contact.Rev == 0 {
		t.Errorf("contact = %+v, want the one of the address, whatever its case", found.Contact)
	}
	if diff := cmp.Diff(change.Messages, found.Refs); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	ticket, err := s.TicketByNumber(t.Context(), account, 1)
	if err != nil {
		t.Fatal(err)
	}
	if ticket.ID != change.Ticket.ID || ticket.Rev == 0 || ticket.Schema != Schema {
		t.Errorf("ticket = %+v, want the committed one with its revision", ticket)
	}
	entries, err := s.Entries(t.Context(), account, ticket.ID)
	if err != nil || len(entries) != 1 || entries[0].Text != "Where is it?" {
		t.Errorf("entries = %+v, %v, want the one that was committed", entries, err)
	}
}

// covers: P05
func TestCommitIsAllOrNothing(t *testing.T) {
	s := openStore(t)
	first := sample(1, "r1")
	if err := s.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(c *helpdesk.Change)
	}{
		{"same receipt", func(c *helpdesk.Change) { c.Receipt.Key = "r1" }},
		{"same number", func(c *helpdesk.Change) { c.Ticket.Number = 1 }},
		{"address that is somebody's", func(*helpdesk.Change) {}},
		{"budget that was spent meanwhile", func(c *helpdesk.Change) { c.Contact = nil }},
		{"contact that changed meanwhile", func(c *helpdesk.Change) {
			c.Contact, c.Budgets = nil, nil
			c.Unchanged = []helpdesk.Revision{{Contact: first.Contact.ID, Rev: 1}}
		}},
		{"ticket that changed meanwhile", func(c *helpdesk.Change) {
			c.Contact, c.Budgets = nil, nil
			c.Ticket.ID, c.Ticket.Rev = first.Ticket.ID, 1
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			second := sample(2, "r2")
			tt.change(second)
			err := s.Commit(t.Context(), second)
			if helpdesk.KindOf(err) != helpdesk.Conflict {
				t.Fatalf("commit = %v, want a conflict", err)
			}
			if _, err := s.TicketByNumber(t.Context(), account, 2); helpdesk.KindOf(err) != helpdesk.NotFound {
				t.Errorf("ticket of the refused change = %v, want NotFound", err)
			}
			if r, err := s.Receipt(t.Context(), account, "r2"); r != nil || err != nil {
				t.Errorf("receipt of the refused change = %v, %v, want none", r, err)
			}
		})
	}
}

// An act on two tickets is one act, and a Message-ID can be given to another
// ticket.
//
// covers: P05
func TestCommitTwoTickets(t *testing.T) {
	s := openStore(t)
	first := sample(1, "r1")
	if err := s.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	old, err := s.Ticket(t.Context(), account, first.Ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	stale := *old
	stale.Rev--
	moved := helpdesk.MessageRef{MessageID: first.Messages[0].MessageID, Ticket: helpdesk.NewTicketID(), Entry: 1}
	for _, tt := range []struct {
		name string
		also *helpdesk.Ticket
		want []helpdesk.MessageRef
	}{
		{"the other one changed meanwhile", &stale, first.Messages},
		{"both as they were read", old, []helpdesk.MessageRef{moved}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := &helpdesk.Change{
				Account: account, Ticket: &helpdesk.Ticket{ID: moved.Ticket, Number: 2}, Also: tt.also,
				Messages: []helpdesk.MessageRef{moved}, Forgotten: first.Messages,
			}
			tt.also.Subject = "changed"
			if err := s.Commit(t.Context(), change); (err == nil) != (tt.also == old) {
				t.Errorf("commit = %v", err)
			}
			found, err := s.Lookup(t.Context(), account, Query{MessageIDs: []string{moved.MessageID}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, found.Refs); diff != "" {
				t.Errorf("refs (-want +got):\n%s", diff)
			}
			now, err := s.Ticket(t.Context(), account, old.ID)
			if err != nil || (now.Subject == "changed") != (tt.also == old) {
				t.Errorf("other ticket = %+v, %v", now, err)
			}
		})
	}
}

// covers: P05
func TestCommitRace(t *testing.T) {
	s := openStore(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 8 {
		wg.Go(func() {
			err := s.Commit(t.Context(), sample(int64(i+1), "same"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if helpdesk.KindOf(err) != helpdesk.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d of 8 racing commits of one mail won, want 1", won)
	}
}

// Many at once get every number once, without a gap, and what was taken ahead
// of them is given back in the end.
func TestTickets(t *testing.T) {
	s := openStore(t)
	for n := int64(1); n <= 12; n++ {
		c := sample(n, fmt.Sprint("r", n))
		c.Contact, c.Budgets = nil, nil
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		before int64
		limit  int
		want   []int64
	}{
		{"newest", 0, 3, []int64{12, 11, 10}},
		{"next page", 10, 3, []int64{9, 8, 7}},
		{"last page", 3, 5, []int64{2, 1}},
		{"beyond", 1, 5, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tickets, err := s.Tickets(t.Context(), account, tt.before, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, ticket := range tickets {
				got = append(got, ticket.Number)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSessionsExpireAndEnd(t *testing.T) {
	s := openStore(t)
	session := helpdesk.Session{Agent: helpdesk.NewID(), Created: noon, Expires: noon.Add(time.Hour)}
	for _, hash := range []string{"a", "b"} {
		if err := s.PutSession(t.Context(), account, hash, session); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Session(t.Context(), account, "a", noon); err != nil {
		t.Error(err)
	}
	if _, err := s.Session(t.Context(), account, "a", session.Expires); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("at its end: %v, want NotFound", err)
	}
	if err := s.EndSession(t.Context(), account, "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), account, "a", noon); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("ended: %v, want NotFound", err)
	}
	if n, err := s.Sweep(t.Context(), account, noon.Add(2*time.Hour)); n != 1 || err != nil {
		t.Errorf("sweep removed %d, %v; want the one session that is left", n, err)
	}
}

func TestRingIsSealed(t *testing.T) {
	s := openStore(t)
	kek := [KeySize]byte{1}
	if ring, rev, err := s.Ring(t.Context()); ring != nil || rev != 0 || err != nil {
		t.Fatalf("before the first start: %s, %d, %v; want none", ring, rev, err)
	}
	if err := s.PutRing(t.Context(), kek, []byte("secret ring"), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRing(t.Context(), kek, []byte("other"), 0); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a second replica's ring: %v, want a conflict", err)
	}
	sealed, _, err := s.Ring(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ring, err := s.OpenRing(kek, sealed); string(ring) != "secret ring" || err != nil {
		t.Errorf("ring = %q, %v", ring, err)
	}
	if _, err := s.OpenRing([KeySize]byte{2}, sealed); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with another key: %v, want ErrWrongKey", err)
	}
	raw, err := s.get(t.Context(), s.keys.ring())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(raw.Kvs[0].Value); len(got) < 11 || got[:6] == "secret" || cmp.Equal(got, "secret ring") {
		t.Errorf("stored as %q, want it sealed", got)
	}
}

// A lost etcd is Unavailable, never a verdict about the mail.
func TestRefreshTokensAreSealed(t *testing.T) {
	s := openStore(t)
	kek, other := [KeySize]byte{1}, [KeySize]byte{2}
	tokens := s.RefreshTokens(kek)
	if got, err := tokens.RefreshToken(t.Context(), "a", "declared"); got != "" || err != nil {
		t.Fatalf("got %q, %v before any was kept", got, err)
	}
	for _, token := range []string{"first", "second"} {
		if err := tokens.KeepRefreshToken(t.Context(), "a", "declared", token); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ account, declared, want string }{{"a", "declared", "second"}, {"a", "changed", ""}, {"b", "declared", ""}} {
		if got, err := tokens.RefreshToken(t.Context(), tt.account, tt.declared); got != tt.want || err != nil {
			t.Errorf("%s of %s: got %q, %v, want %q", tt.declared, tt.account, got, err, tt.want)
		}
	}
	if _, err := s.RefreshTokens(other).RefreshToken(t.Context(), "a", "declared"); !errors.Is(err, ErrWrongKey) {
		t.Errorf("with another key: %v", err)
	}
	resp, err := s.etcd.Get(t.Context(), tokens.key("a", "declared"))
	if err != nil || len(resp.Kvs) != 1 || strings.Contains(string(resp.Kvs[0].Value), "second") {
		t.Errorf("stored as %q, %v", resp.Kvs, err)
	}
}

func TestLostEtcd(t *testing.T) {
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(server.Client(), "test")
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	if err := s.Commit(t.Context(), sample(1, "r1")); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("commit = %v (kind %v), want Unavailable", err, helpdesk.KindOf(err))
	}
}

// A store that is full takes no mail in, says so as something that passes, and
// still reads: what was accepted stays.
//
// covers: P04
func TestFullEtcd(t *testing.T) {
	const quota = 1 << 20
	server, err := embedded.StartWithQuota(t.Context(), filepath.Join(t.TempDir(), "etcd"), quota)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s, err := New(server.Client(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), sample(1, "first")); err != nil {
		t.Fatal(err)
	}
	var refused error
	for n := int64(2); refused == nil && n < 10_000; n++ {
		c := sample(n, fmt.Sprint("r", n))
		c.Contact, c.Budgets = nil, nil
		c.Entries[0].Text = strings.Repeat("words ", 2000)
		refused = s.Commit(t.Context(), c)
	}
	if helpdesk.KindOf(refused) != helpdesk.Unavailable {
		t.Errorf("a full store answered %v (kind %v), want Unavailable", refused, helpdesk.KindOf(refused))
	}
	if _, err := s.TicketByNumber(t.Context(), account, 1); err != nil {
		t.Errorf("reading from a full store: %v", err)
	}
}

// Each account's records lie below its own prefix: no operation of one touches
// another's.
func TestAccountsAreApart(t *testing.T) {
	s := openStore(t)
	change := sample(1, "r1")
	if err := s.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	const other = "sales"
	found, err := s.Lookup(t.Context(), other, Query{
		Receipt: "r1", Address: helpdesk.MustAddress("alice@customer.example"), MessageIDs: []string{"<1@customer.example>"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Found{}, found); diff != "" {
		t.Errorf("another account finds (-want +got):\n%s", diff)
	}
	if _, err := s.Ticket(t.Context(), other, change.Ticket.ID); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("another account's ticket: %v, want NotFound", err)
	}
	if tickets, err := s.Tickets(t.Context(), other, 0, 10); len(tickets) != 0 || err != nil {
		t.Errorf("another account lists %v, %v", tickets, err)
	}
}
