package console

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Before a merge agents see whom it lets in.
func TestMergeTellsWhoJoins(t *testing.T) {
	left := time.Now()
	person := func(address string) helpdesk.Participant {
		return helpdesk.Participant{Number: 1, Address: helpdesk.MustAddress(address)}
	}
	gone := person("gone@customer.example")
	gone.Left = &left
	from := &helpdesk.Ticket{Participants: []helpdesk.Participant{person("mallory@evil.example"), person("Alice@customer.example"), gone}}
	into := &helpdesk.Ticket{Participants: []helpdesk.Participant{person("alice@customer.example")}}
	got := joining(from, into)
	if len(got) != 1 || got[0].Address != helpdesk.MustAddress("mallory@evil.example") {
		t.Errorf("%+v join, want Mallory alone", got)
	}
	if n := len(joining(into, from)); n != 0 {
		t.Errorf("%d join, want nobody", n)
	}
}
