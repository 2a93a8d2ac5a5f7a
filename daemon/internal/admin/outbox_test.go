package admin

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

var made = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func relaysInTrouble() []outbound.RelayState {
	return []outbound.RelayState{{Relay: "smtp.acme.example:465", Open: true, Words: "reach relay: no route to host"}}
}

func (d *desk) Outbox(_ context.Context, by actions.Actor, failed bool, after helpdesk.ID) ([]actions.Outgoing, helpdesk.ID, error) {
	x := helpdesk.Delivery{ID: "waits", To: helpdesk.MustAddress("a@b.example"), State: helpdesk.Queued, Next: made, Created: made, Mailbox: "support"}
	if failed {
		x.ID, x.State = "failed", helpdesk.Failed
	}
	next := helpdesk.ID("more")
	if after != "" {
		next = ""
	}
	return []actions.Outgoing{{Delivery: x, Number: 12, Relay: "smtp.acme.example:465"}}, next, d.did(by, "list", failed, after)
}

func (d *desk) Outgoing(_ context.Context, by actions.Actor, id string) (*actions.Outgoing, error) {
	if err := d.did(by, "show", id); err != nil {
		return nil, err
	}
	return &actions.Outgoing{Delivery: helpdesk.Delivery{ID: helpdesk.ID(id), Claim: "a", Until: time.Now().Add(time.Hour), Created: made}}, nil
}

func (d *desk) TryAgain(_ context.Context, by actions.Actor, id string) error {
	return d.did(by, "retry", id)
}
func (d *desk) Drop(_ context.Context, by actions.Actor, id string) error {
	return d.did(by, "drop", id)
}
func (d *desk) TryRelay(_ context.Context, by actions.Actor, relay string) (int, error) {
	return 3, d.did(by, "relay", relay)
}

// covers: P11
func TestSocketChangesTheOutbox(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	for _, tt := range []struct {
		name, path string
		in         any
		did        string
		want       string // error
		tried      int
	}{
		{"retry", "/accounts/support/outbox/x/retry", nil, "retryx", "", 1},
		{"drop", "/accounts/support/outbox/x/drop", nil, "dropx", "", 1},
		{"retry a relay", "/accounts/support/outbox", Retrying{Relay: "smtp.acme.example"}, "relaysmtp.acme.example", "", 3},
		{"no relay", "/accounts/support/outbox", Retrying{}, "", "name a relay", 0},
		{"no such act", "/accounts/support/outbox/x/burn", nil, "", "there is no such command", 0},
		{"not allowed", "/accounts/away/outbox/x/retry", nil, "", "somebody was faster", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.added = nil
			var out Retrying
			err := c.Post(t.Context(), tt.path, tt.in, &out)
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want || out.Tried != tt.tried {
				t.Errorf("%d tried, error = %v, want %d, %q", out.Tried, err, tt.tried, tt.want)
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
}

// covers: P11
func TestSocketListsTheOutbox(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir)
	c := NewClient(dir)
	want := Outbox{Relays: relaysInTrouble(), Next: "more", Deliveries: []Outgoing{{
		Delivery: Delivery{ID: "waits", To: "a@b.example", State: helpdesk.Queued, Next: &made}, Number: 12, Mailbox: "support", Relay: "smtp.acme.example:465", Created: made,
	}}}
	var got Outbox
	if err := c.Get(t.Context(), "/accounts/support/outbox?state=waiting", &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("waiting (-want +got):\n%s", diff)
	}
	got = Outbox{}
	if err := c.Get(t.Context(), "/accounts/support/outbox?state=failed&after=x", &got); err != nil || got.Deliveries[0].ID != "failed" || got.Deliveries[0].Next != nil {
		t.Errorf("failed: %+v, %v", got, err)
	}
	if err := c.Get(t.Context(), "/accounts/support/outbox?state=odd", &got); err == nil {
		t.Error("an odd state was taken")
	}
	var one Outgoing
	if err := c.Get(t.Context(), "/accounts/support/outbox/x", &one); err != nil || !one.Sending || one.ID != "x" {
		t.Errorf("show: %+v, %v", one, err)
	}
}
