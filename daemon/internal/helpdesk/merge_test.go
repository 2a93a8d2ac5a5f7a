package helpdesk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is some tickets with people who take part in them, and a clock.
type world struct {
	tickets []*Ticket
	entries map[TicketID][]Entry
	now     time.Time
	merges  []int // what was merged, in order
}

var persons = []string{"alice", "bob", "carol", "dora"}

func drawWorld(t *rapid.T) *world {
	w := &world{entries: map[TicketID][]Entry{}, now: noon}
	for i := range rapid.IntRange(2, 5).Draw(t, "tickets") {
		who := rapid.SliceOfNDistinct(rapid.SampledFrom(persons), 1, len(persons), rapid.ID).Draw(t, "people")
		ticket := &Ticket{ID: TicketID(i + 1), Number: int64(i + 1), Status: rapid.SampledFrom(Statuses).Draw(t, "status"), Opened: w.now}
		for n, name := range who {
			ticket.Join(ID(name), name, MustAddress(name+"@customer.example"), w.now)
			if n == 0 {
				ticket.Participants[0].Role = Requester
			}
			w.now = w.now.Add(time.Minute)
			e := Entry{Kind: Message, At: w.now, Text: fmt.Sprintf("%s in %d", name, i+1), Author: Author{Role: Customer, ID: ID(name)}}
			ticket.Append(&e)
			w.entries[ticket.ID] = append(w.entries[ticket.ID], e)
		}
		w.tickets = append(w.tickets, ticket)
	}
	return w
}

func (w *world) read(id TicketID) (*Ticket, error) { return w.tickets[id-1], nil }

// others are the tickets that were merged into t, but for one.
func (w *world) others(t *Ticket, but TicketID) []Ticket {
	var found []Ticket
	for _, id := range t.Absorbed {
		if id != but {
			found = append(found, *w.tickets[id-1])
		}
	}
	return found
}

func (w *world) merge(t *rapid.T, from, into int) {
	a, b := w.tickets[from], w.tickets[into]
	if from == into || a.Merged != nil || b.Merged != nil {
		return
	}
	w.now = w.now.Add(time.Minute)
	if err := a.MergeInto(b, w.others(b, 0), nil, Author{}, w.now); err != nil {
		t.Fatal(err)
	}
	w.merges = append(w.merges, from)
}

// views are what each of the people sees of each ticket, and who takes part.
func (w *world) views() map[string][]string {
	views := map[string][]string{}
	for _, ticket := range w.tickets {
		for _, name := range persons {
			p := ticket.ParticipantByAddress(MustAddress(name + "@customer.example"))
			if p == nil {
				continue
			}
			key := fmt.Sprintf("%s in #%d", name, ticket.Number)
			views[key] = []string{string(p.Role), string(ticket.Status)}
			for _, m := range ticket.CustomerView(p, w.entries[ticket.ID], HelpCenter{}).Thread {
				views[key] = append(views[key], m.Text)
			}
		}
	}
	return views
}

// Whatever is merged into whatever, nobody sees the past of a ticket in which
// they took no part, everything ends somewhere, and undoing all of it leaves
// everybody with what they saw before.
//
// covers: S30
func TestMergeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		before := w.views()
		for range rapid.IntRange(1, 6).Draw(t, "merges") {
			w.merge(t, rapid.IntRange(0, len(w.tickets)-1).Draw(t, "from"), rapid.IntRange(0, len(w.tickets)-1).Draw(t, "into"))
		}
		for key, view := range w.views() {
			if was, took := before[key]; took && !cmp.Equal(was[2:], view[2:]) || !took && len(view) > 2 {
				t.Fatalf("%s sees %q after merging, saw %q", key, view, was)
			}
		}
		for _, ticket := range w.tickets {
			end, err := End(ticket, w.read)
			if err != nil || end.Merged != nil {
				t.Fatalf("#%d ends at %+v, %v", ticket.Number, end, err)
			}
			for i := range ticket.Participants {
				if p := &ticket.Participants[i]; p.Active() && end.ParticipantByAddress(p.Address) == nil {
					t.Fatalf("%s takes part in #%d and not in #%d, where it goes on", p.Name, ticket.Number, end.Number)
				}
			}
		}
		for _, i := range slices.Backward(w.merges) {
			from := w.tickets[w.tickets[i].Merged.Into-1]
			w.tickets[i].Unmerge(from, w.others(from, w.tickets[i].ID), func(*Participant) bool { return false }, w.now)
		}
		if diff := cmp.Diff(before, w.views()); diff != "" {
			t.Fatalf("views after all was undone (-before +after):\n%s", diff)
		}
	})
}

func TestMergeIntoTooMany(t *testing.T) {
	from, into := &Ticket{Participants: []Participant{{Number: 1, Address: MustAddress("last@a.example"), Role: Requester}}}, &Ticket{Number: 2}
	for i := range MaxParticipants {
		into.Join("", "", MustAddress(fmt.Sprintf("p%d@a.example", i)), noon)
	}
	if err := from.MergeInto(into, nil, nil, Author{}, noon); KindOf(err) != Invalid || !strings.Contains(Public(err), "#2 would have too many participants") {
		t.Errorf("error = %v, want Invalid", err)
	}
}

func TestFamilyIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name         string
		absorbs      func(id TicketID) []TicketID
		want, height int
	}{
		{"none", func(TicketID) []TicketID { return nil }, 0, 0},
		{"one of two", func(id TicketID) []TicketID {
			return map[TicketID][]TicketID{1: {2, 404}, 2: {3}}[id]
		}, 2, 2},
		{"endless chain", func(id TicketID) []TicketID { return []TicketID{id + 1} }, MaxChain, MaxChain},
		{"endless tree", func(id TicketID) []TicketID { return []TicketID{2 * id, 2*id + 1} }, MaxFamily, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := func(id TicketID) (*Ticket, error) {
				if id == 404 {
					return nil, Errorf(NotFound, "gone")
				}
				return &Ticket{ID: id, Absorbed: tt.absorbs(id)}, nil
			}
			got, height, err := Family(&Ticket{ID: 1, Absorbed: tt.absorbs(1)}, read)
			if len(got) != tt.want || height != tt.height || err != nil {
				t.Errorf("%d tickets on %d levels, %v, want %d on %d", len(got), height, err, tt.want, tt.height)
			}
		})
	}
}

// covers: S30
func TestMovedEntriesAreNotPublic(t *testing.T) {
	moved := &EntryRef{Number: 2, Seq: 1}
	entries := []Entry{{Seq: 1, Kind: Message, Text: "stays", MessageID: "<1@x>"}, {Seq: 2, Kind: Message, Text: "went", MessageID: "<2@x>", MovedTo: moved}}
	view := (&Ticket{}).CustomerView(&Participant{Role: Requester}, entries, HelpCenter{})
	if len(view.Thread) != 1 || view.Thread[0].Text != "stays" {
		t.Errorf("thread = %+v", view.Thread)
	}
	ticket := &Ticket{MessageIDs: []string{"<1@x>", "<2@x>"}}
	ticket.Rethread(entries)
	if diff := cmp.Diff([]string{"<1@x>"}, ticket.MessageIDs); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}
