package helpdesk

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlaces(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2020, 1, 2, hour, 0, 0, 0, time.UTC) }
	live := func(hour int) Entry { return Entry{Kind: Message, Channel: ByMail, At: at(hour)} }
	past := func(hour int) Entry { return Entry{Kind: Message, Channel: ByImport, At: at(hour)} }
	for _, tt := range []struct {
		name    string
		entries []Entry
		want    []int // in which order they are read, by seq
	}{
		{"nothing", nil, nil},
		{"live, a clock that went back", []Entry{live(3), live(2), live(4)}, []int{1, 2, 3}},
		{"an archive in two pieces", []Entry{past(1), past(3), past(2)}, []int{1, 3, 2}},
		{"an archive into a live request", []Entry{live(2), live(4), past(3), past(1), past(9)}, []int{4, 1, 3, 2, 5}},
		{"at the same time", []Entry{past(1), past(1)}, []int{1, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.entries {
				tt.entries[i].Seq = i + 1
			}
			var read []int
			for _, m := range (&Ticket{}).CustomerView(&Participant{Role: Requester}, slices.Clone(tt.entries), HelpCenter{}).Thread {
				read = append(read, m.Seq)
			}
			if diff := cmp.Diff(tt.want, read); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppendOfThePast(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2020, 1, n, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name            string
		ticket, entry   Channel
		at              time.Time
		opened, updated time.Time
	}{
		{"live", ByMail, ByMail, day(9), day(5), day(9)},
		{"live, a clock that went back", ByMail, ByMail, day(4), day(5), day(4)},
		{"older, into a live request", ByMail, ByImport, day(1), day(5), day(6)},
		{"older, into an imported one", ByImport, ByImport, day(1), day(1), day(6)},
		{"newer", ByImport, ByImport, day(8), day(5), day(8)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ticket := Ticket{Channel: tt.ticket, Opened: day(5), Updated: day(6)}
			ticket.Append(&Entry{Kind: Message, Channel: tt.entry, At: tt.at})
			if !ticket.Opened.Equal(tt.opened) || !ticket.Updated.Equal(tt.updated) {
				t.Errorf("opened %v, updated %v, want %v, %v", ticket.Opened, ticket.Updated, tt.opened, tt.updated)
			}
		})
	}
}
