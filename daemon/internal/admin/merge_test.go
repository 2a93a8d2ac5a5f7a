package admin

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) merged(by actions.Actor, format string, args ...any) {
	d.added = append(d.added, by.Account+" "+fmt.Sprintf(format, args...))
}

func (d *desk) Merge(_ context.Context, by actions.Actor, from, into int64) error {
	if from == into {
		return helpdesk.Errorf(helpdesk.Invalid, "a request can't be merged into itself")
	}
	d.merged(by, "merge %d into %d", from, into)
	return nil
}

func (d *desk) Unmerge(_ context.Context, by actions.Actor, number int64) error {
	d.merged(by, "unmerge %d", number)
	return nil
}

func (d *desk) Split(_ context.Context, by actions.Actor, number int64, seq int, subject string) (int64, error) {
	d.merged(by, "split %d %d %q", number, seq, subject)
	return 13, nil
}

func (d *desk) Unsplit(_ context.Context, by actions.Actor, number int64) (int64, error) {
	d.merged(by, "unsplit %d", number)
	return 12, nil
}

func TestSocketMerges(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	for _, tt := range []struct {
		name, path string
		in         any
		err        string
		did        string
		want       int64
	}{
		{"merge", "1/merge", Merging{Into: 2}, "", "support merge 1 into 2", 2},
		{"merge into itself", "1/merge", Merging{Into: 1}, "a request can't be merged into itself", "", 0},
		{"unmerge", "1/unmerge", Merging{}, "", "support unmerge 1", 1},
		{"split", "12/split", Merging{Entry: 3, Subject: "Cup"}, "", `support split 12 3 "Cup"`, 13},
		{"unsplit", "13/unsplit", Merging{}, "", "support unsplit 13", 12},
		{"no number", "x/merge", Merging{}, `"x" is not a ticket number`, "", 0},
		{"no such act", "1/burn", Merging{}, "there is no such command", "", 0},
		{"not to be read", "1/merge", "x", "the request can't be read", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.added = nil
			var out Merging
			err := c.Post(t.Context(), "/accounts/support/tickets/"+tt.path, tt.in, &out)
			if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err || out.Number != tt.want {
				t.Errorf("%+v, %v, want %d, error %q", out, err, tt.want, tt.err)
			}
			var want []string
			if tt.did != "" {
				want = []string{tt.did}
			}
			if diff := cmp.Diff(want, d.added); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
		})
	}
}

func TestViewOfMergedTickets(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 4, 12, minute, 0, 0, time.UTC) }
	d := &actions.Detail{
		Ticket:     helpdesk.Ticket{ID: 1, Number: 1},
		Entries:    []helpdesk.Entry{{Seq: 1, At: at(1)}, {Seq: 2, At: at(3), MovedTo: &helpdesk.EntryRef{Ticket: 9, Number: 9, Seq: 1}}},
		Deliveries: []helpdesk.Delivery{{ID: "d1"}},
		Merged: []actions.Detail{{
			Ticket:  helpdesk.Ticket{ID: 2, Number: 2, Merged: &helpdesk.Merge{Into: 1, Number: 1}},
			Entries: []helpdesk.Entry{{Seq: 1, At: at(2)}, {Seq: 2, At: at(4), MovedTo: &helpdesk.EntryRef{Ticket: 1, Number: 1, Seq: 1}}}, Deliveries: []helpdesk.Delivery{{ID: "d2"}},
		}},
	}
	v := viewDetail("support", d)
	var places []string
	for _, e := range v.Entries {
		places = append(places, e.Place())
	}
	if diff := cmp.Diff([]string{"1.", "#2 1.", "2. (moved to #9)"}, places); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if len(v.Deliveries) != 2 || v.Deliveries[0].From != 0 || v.Deliveries[1].From != 2 {
		t.Errorf("deliveries = %+v", v.Deliveries)
	}
	if got := viewTicket("support", &d.Merged[0].Ticket).MergedInto; got != 1 {
		t.Errorf("merged into %d, want 1", got)
	}
}
