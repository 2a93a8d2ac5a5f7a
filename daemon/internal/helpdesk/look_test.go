package helpdesk

import (
	"testing"
	"time"
)

// covers: S30
func TestLook(t *testing.T) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	ticket := func() *Ticket {
		return &Ticket{
			ID: 1, Rev: 7, Subject: "Order", Status: Open, Said: noon, Updated: noon,
			Participants: []Participant{{Number: 1, Address: MustAddress("alice@customer.example"), Role: Requester}},
		}
	}
	first := ticket()
	for _, tt := range []struct {
		name   string
		change func(t *Ticket)
		want   bool // another look
	}{
		{"nothing", func(*Ticket) {}, false},
		{"a note", func(t *Ticket) { t.Rev++; t.Append(&Entry{Kind: Note, At: noon.Add(time.Hour)}) }, false},
		{"a hidden message", func(t *Ticket) { t.Append(&Entry{Kind: Message, Hidden: true, At: noon.Add(time.Hour)}) }, false},
		{"an agent takes it", func(t *Ticket) { t.Assignee, t.Priority = "ada", "High" }, false},
		{"a message", func(t *Ticket) { t.Append(&Entry{Kind: Message, At: noon.Add(time.Hour)}) }, true},
		{"a message is shown", func(t *Ticket) {
			t.Release(&Entry{Kind: Message, Hidden: true, At: noon}, Release{At: noon.Add(time.Hour)})
		}, true},
		{"its status", func(t *Ticket) { t.Status = Resolved }, true},
		{"its subject", func(t *Ticket) { t.Subject = "Bill" }, true},
		{"somebody joins", func(t *Ticket) { t.Join("bob", "Bob", MustAddress("bob@customer.example"), noon) }, true},
		{"it goes on elsewhere", func(t *Ticket) { t.Merged = &Merge{Into: 2} }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := ticket()
			tt.change(now)
			if got := now.Look(&now.Participants[0]) != first.Look(&first.Participants[0]); got != tt.want {
				t.Errorf("another look: %t, want %t", got, tt.want)
			}
		})
	}
}
