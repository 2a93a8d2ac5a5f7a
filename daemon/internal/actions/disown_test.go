package actions

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// covers: M04, M03
func TestDisown(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	disown := func(change func(*links.Link)) string {
		return b.link(center(), number, func(l *links.Link) {
			l.Scope = links.Disown
			if change != nil {
				change(l)
			}
		})
	}
	good, view := disown(nil), b.link(center(), number, nil)
	other := center()
	other.Name, other.Audience = "other", links.AudienceOf("support", "HelpCenter", "other")
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		token  string
	}{
		{"link to look at the request", center(), view},
		{"expired", center(), disown(func(l *links.Link) { l.Expires = noon.Add(-time.Hour) })},
		{"of an older generation", center(), disown(func(l *links.Link) { l.Gen-- })},
		{"of nobody", center(), disown(func(l *links.Link) { l.Participant = 9 })},
		{"of another help center", other, good},
		{"empty", center(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, err := range []error{b.Disownable(t.Context(), tt.center, tt.token), b.Disown(t.Context(), tt.center, tt.token)} {
				if helpdesk.KindOf(err) != helpdesk.NotFound {
					t.Errorf("%v, want not found", err)
				}
			}
		})
	}
	if _, _, err := b.ViewByLink(t.Context(), center(), good); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the link shows the request: %v", err)
	}
	before := b.revision()
	if err := b.Disownable(t.Context(), center(), good); err != nil || b.revision() != before {
		t.Fatalf("looking: %v, wrote %t", err, b.revision() != before)
	}
	for range 2 {
		if err := b.Disown(t.Context(), center(), good); err != nil {
			t.Fatal(err)
		}
	}
	detail := b.detail(number)
	if p := detail.Ticket.Participants[0]; p.Active() || detail.Ticket.Status != helpdesk.Closed || len(detail.Entries) != 2 {
		t.Errorf("ticket %+v with %d entries, want it closed, left, and told once", detail.Ticket, len(detail.Entries))
	}
	if _, _, err := b.ViewByLink(t.Context(), center(), view); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the old link still shows the request: %v", err)
	}
	if err := b.Disownable(t.Context(), center(), good); err != nil {
		t.Errorf("what was said can be looked at: %v", err)
	}
	b.wait(30 * 24 * time.Hour)
	again := b.detail(b.ticket("n2"))
	if len(again.Deliveries) != 0 {
		t.Errorf("%d mails to an address that wants none", len(again.Deliveries))
	}
}

// It holds where the request goes on, and when that is undone.
//
// covers: M04
func TestDisownMerged(t *testing.T) {
	b := newBench(t)
	one, two := b.request("Victim", "asked in my name"), b.request("Bob", "other")
	token := b.link(center(), one, func(l *links.Link) { l.Scope = links.Disown })
	must(t, b.Merge(t.Context(), operator, one, two))
	b.wait(time.Hour)
	must(t, b.Disown(t.Context(), center(), token))
	must(t, b.Reply(t.Context(), operator, two, Reply{Text: "hello"}))
	for _, to := range sentTo(b.detail(two), helpdesk.AgentReply) {
		if to == "victim@customer.example" {
			t.Errorf("mail to %s, who asked for nothing", to)
		}
	}
	must(t, b.Unmerge(t.Context(), operator, one))
	if s := b.detail(one).Ticket.Status; s != helpdesk.Closed {
		t.Errorf("the request is %s after the merge is undone, want Closed", s)
	}
}
