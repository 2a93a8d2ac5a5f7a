package admin

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) HeldDecided(context.Context, actions.Actor) ([]helpdesk.HeldItem, error) {
	return []helpdesk.HeldItem{{ID: "decided", Decision: &helpdesk.Decision{Verdict: helpdesk.Drop}}}, nil
}

func (d *desk) DecideHeld(_ context.Context, by actions.Actor, id string, verdict helpdesk.Verdict) (*helpdesk.Decision, error) {
	return &helpdesk.Decision{Verdict: verdict, Number: 12}, d.did(by, "decide", id, verdict)
}

func (d *desk) LiftSpam(_ context.Context, by actions.Actor, address string) error {
	return d.did(by, "unblock", address)
}

func (d *desk) Release(_ context.Context, by actions.Actor, number int64, seq int) error {
	return d.did(by, "release", number, seq)
}

func (d *desk) AddParticipant(_ context.Context, by actions.Actor, number int64, address, name string, history bool) error {
	return d.did(by, "add", number, address, name, history)
}

func (d *desk) RemoveParticipant(_ context.Context, by actions.Actor, number int64, participant uint16) error {
	return d.did(by, "remove", number, participant)
}

func (d *desk) DismissSuggestion(_ context.Context, by actions.Actor, number int64, address string) error {
	return d.did(by, "dismiss", number, address)
}

// did remembers an act; account "away" can do nothing.
func (d *desk) did(by actions.Actor, what ...any) error {
	if !by.Operator || by.Account != "support" {
		return helpdesk.Errorf(helpdesk.Conflict, "somebody was faster")
	}
	d.added = append(d.added, fmt.Sprint(what...))
	return nil
}

// covers: P10
func TestSocketActs(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	for _, tt := range []struct {
		name, path string
		in         any
		did        string
		want       string // error
	}{
		{"decide", "/accounts/support/held/x", Verdict{helpdesk.AcceptOnce}, "decidexaccept", ""},
		{"unblock", "/accounts/support/contacts/unblock", Person{Address: "a@b.example"}, "unblocka@b.example", ""},
		{"release", "/accounts/support/tickets/12/entries/3/release", nil, "release12 3", ""},
		{"add", "/accounts/support/tickets/12/participants", Person{"a@b.example", "A", true}, "add12a@b.exampleAtrue", ""},
		{"remove", "/accounts/support/tickets/12/participants/2/remove", nil, "remove12 2", ""},
		{"dismiss", "/accounts/support/tickets/12/suggestions/dismiss", Person{Address: "a@b.example"}, "dismiss12a@b.example", ""},
		{"decided before", "/accounts/away/held/x", Verdict{helpdesk.AcceptOnce}, "", "somebody was faster"},
		{"no number", "/accounts/support/tickets/x/participants", Person{}, "", `"x" is not a number`},
		{"no entry", "/accounts/support/tickets/12/entries/0/release", nil, "", `"0" is not a number`},
		{"no participant", "/accounts/support/tickets/12/participants/70000/remove", nil, "", `"70000" is not the number of a participant`},
		{"no request", "/accounts/support/held/x", "accept", "", "the request can't be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.added = nil
			err := c.Post(t.Context(), tt.path, tt.in, new(any))
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
			var want []string
			if tt.did != "" {
				want = []string{tt.did}
			}
			if diff := cmp.Diff(want, d.added); diff != "" {
				t.Errorf("did (-want +got):\n%s", diff)
			}
		})
	}
	for query, want := range map[string]int{"": 0, "?all=yes": 1} {
		var items []helpdesk.HeldItem
		if err := c.Get(t.Context(), "/accounts/support/held"+query, &items); err != nil || len(items) != want {
			t.Errorf("held%s: %d items, %v, want %d", query, len(items), err, want)
		}
	}
}
