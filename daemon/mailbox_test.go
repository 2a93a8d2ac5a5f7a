package main

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P01
func TestPolledInWords(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.Local)
	tests := []struct {
		name   string
		polled bool
		poll   *helpdesk.Poll
		want   string
	}{
		{"not polled at all", false, nil, ""},
		{"works", true, &helpdesk.Poll{Success: at}, "all taken in at 2026-03-04 12:00:00"},
		{"works, with something to do", true, &helpdesk.Poll{Success: at, Undone: 3}, "all taken in at 2026-03-04 12:00:00, 3 not marked or moved at the server yet"},
		{"is behind", true, &helpdesk.Poll{Success: at, Waiting: 7}, "7 mails wait"},
		{"has just begun", true, &helpdesk.Poll{}, "not looked at yet"},
		{"fails", true, &helpdesk.Poll{Step: "AUTH", Words: "no", Since: at, Next: at.Add(time.Hour)}, "AUTH fails since 2026-03-04 12:00:00: no, tried again at 13:00:00"},
		{"nobody polls", false, &helpdesk.Poll{Success: at}, "no replica polls it now"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := polled(admin.Mailbox{Polled: test.polled, Poll: test.poll}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
