package conversations

import (
	"fmt"
	"time"
)

// truth is what became of everything, as the operator sees it.
type truth struct {
	tickets map[int64]*ticket // of the account under test
	held    []held
	at      map[string][]place // where a mail is, by mailbox and hash
	sentBy  map[string]int64   // ticket of a mail of ours, by Message-ID
	state   map[string]string  // of a mail of ours, by Message-ID
	byID    map[string]int64   // number of a ticket, by id
}

// place is an entry or a held item.
type place struct {
	ticket int64 // 0 for a held item that names none
	entry  *entry
	held   *held
}

// accounts of the desk under test.
var accounts = []string{"support", "beta"}

// settle waits until a desk has nothing more to send, and brings the tickets of
// an account in known up to date.
func (d *desk) settle(account string, known map[int64]*ticket) error {
	err := d.tickets(account, func(page []ticket) bool {
		for _, head := range page {
			if old := known[head.Number]; old == nil || old.queued() || old.EntryCount != head.EntryCount || !old.Updated.Equal(head.Updated) {
				known[head.Number] = nil
			}
		}
		return false
	})
	for deadline := time.Now().Add(patience); err == nil; {
		waiting := 0
		for number, old := range known {
			if old != nil && !old.queued() {
				continue
			}
			if known[number], err = d.ticket(account, number); err != nil {
				return err
			}
			if known[number].queued() {
				waiting++
			}
		}
		if waiting == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d requests still have mail to send", waiting)
		}
		time.Sleep(20 * time.Millisecond) // an attempt takes about that long
	}
	return err
}

func (t *ticket) queued() bool {
	for _, d := range t.Deliveries {
		if d.State == "queued" {
			return true
		}
	}
	return false
}

// findTruth reads everything when nothing is under way any more.
func (w *world) findTruth() (*truth, error) {
	f := &truth{at: map[string][]place{}, sentBy: map[string]int64{}, state: map[string]string{}, byID: map[string]int64{}, tickets: map[int64]*ticket{}}
	for _, account := range accounts {
		tickets := map[int64]*ticket{}
		if err := w.acme.settle(account, tickets); err != nil {
			return nil, err
		}
		for number, t := range tickets {
			if account != "support" {
				number = -number // numbers are of one account; nothing must join the two
			}
			f.addTicket(number, t)
		}
		var items []held
		if err := w.acme.get("/accounts/"+account+"/held", &items); err != nil {
			return nil, err
		}
		for _, h := range items {
			f.held = append(f.held, h)
			f.at[h.Mailbox+h.Raw] = append(f.at[h.Mailbox+h.Raw], place{ticket: h.Number, held: &h})
		}
	}
	return f, nil
}

func (f *truth) addTicket(number int64, t *ticket) {
	f.tickets[number] = t
	f.byID[t.ID] = number
	inHere := map[string]bool{}
	for i := range t.Entries {
		e := &t.Entries[i]
		// What an agent orders by mail is told besides what was written in it.
		if e.stands() && (e.Kind != "event" || !inHere[e.Raw]) {
			inHere[e.Raw] = true
			f.at[t.Mailbox+e.Raw] = append(f.at[t.Mailbox+e.Raw], place{ticket: number, entry: e})
		}
	}
	for _, d := range t.Deliveries {
		if d.From != 0 {
			continue
		}
		f.sentBy[d.MessageID], f.state[d.MessageID] = number, d.State
	}
}

// places is where a mail is, whichever of its copies was kept.
func (f *truth) places(s *sent) []place {
	var all []place
	seen := map[string]bool{}
	for _, h := range s.hashes {
		if !seen[h] {
			seen[h] = true
			all = append(all, f.at[boxName(s.box)+h]...)
		}
	}
	return all
}

// wanted is the ticket where a careful human would put a mail, 0 if that can't
// be said.
func (f *truth) wanted(s *sent) int64 {
	switch {
	case s.wants != 0:
		return s.wants
	case s.answers != nil:
		return f.sentBy[s.answers.reading().messageID]
	case s.follows != nil:
		for _, p := range f.places(s.follows) {
			return p.ticket
		}
	}
	return 0
}

// goesOn reports whether a ticket is another one, or goes on from it.
func (f *truth) goesOn(number, from int64) bool {
	for range 100 {
		if number == from {
			return true
		}
		t := f.tickets[number]
		if t == nil || t.Follows == "" {
			return false
		}
		number = f.byID[t.Follows]
	}
	return false
}
