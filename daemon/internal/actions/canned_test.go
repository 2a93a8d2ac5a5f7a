package actions

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestCanned(t *testing.T) {
	b := newBench(t)
	ada, bob := b.named("Ada Lovelace"), b.named("Bob Noyce")
	reader := bob
	reader.Role = helpdesk.DeskRole{Name: "Reader"}
	ctx := t.Context()
	shared, err := b.SaveCanned(ctx, ada, helpdesk.Canned{Name: "Thanks", Text: "Dear {{customer.first_name}},\r\nthank you for {{ ticket.number }}.\n{{agent.name}}"})
	must(t, err)
	own, err := b.SaveCanned(ctx, ada, helpdesk.Canned{Name: "Ahem", Text: "Ahem", Owner: bob.Agent.ID})
	must(t, err)
	if own.Owner != ada.Agent.ID {
		t.Errorf("Ada writes for %s", own.Owner)
	}
	names := func(by Actor) (all []string) {
		t.Helper()
		list, err := b.CannedReplies(ctx, by)
		must(t, err)
		for _, c := range list {
			all = append(all, c.Name)
		}
		return all
	}
	if diff := cmp.Diff([][]string{{"Ahem", "Thanks"}, {"Thanks"}}, [][]string{names(ada), names(bob)}); diff != "" {
		t.Errorf("lists of Ada and Bob (-want +got):\n%s", diff)
	}
	number := b.ticket("n1")
	if text, err := b.FillCanned(ctx, bob, shared.ID, number); err != nil || text != "Dear Alice,\nthank you for #1.\nBob Noyce" {
		t.Errorf("%q, %v", text, err)
	}
	read, err := b.CannedReply(ctx, bob, shared.ID)
	must(t, err)
	changed := *read
	changed.Text = "Thanks"
	_, err = b.SaveCanned(ctx, bob, changed)
	must(t, err)
	for name, tt := range map[string]struct {
		err  error
		want helpdesk.Kind
	}{
		"of somebody else":      {second(b.CannedReply(ctx, bob, own.ID)), helpdesk.NotFound},
		"filled, of another":    {second(b.FillCanned(ctx, bob, own.ID, number)), helpdesk.NotFound},
		"changed since":         {second(b.SaveCanned(ctx, ada, *read)), helpdesk.Conflict},
		"removed, changed":      {b.RemoveCanned(ctx, ada, shared.ID, read.Rev), helpdesk.Conflict},
		"shared without leave":  {second(b.SaveCanned(ctx, reader, helpdesk.Canned{Name: "x", Text: "y"})), helpdesk.Forbidden},
		"taken without leave":   {second(b.SaveCanned(ctx, reader, helpdesk.Canned{ID: shared.ID, Name: "x", Text: "y", Owner: "me", Rev: read.Rev})), helpdesk.Forbidden},
		"removed without leave": {b.RemoveCanned(ctx, reader, shared.ID, read.Rev), helpdesk.Forbidden},
		"no such one":           {second(b.SaveCanned(ctx, ada, helpdesk.Canned{ID: helpdesk.NewID(), Name: "x", Text: "y"})), helpdesk.NotFound},
		"an id that is a path":  {second(b.CannedReply(ctx, ada, "../x")), helpdesk.NotFound},
		"no such placeholder":   {second(b.SaveCanned(ctx, ada, helpdesk.Canned{Name: "x", Text: "{{customer.password}}"})), helpdesk.Invalid},
		"the operator's own":    {second(b.SaveCanned(ctx, operator, helpdesk.Canned{Name: "x", Text: "y", Owner: "me"})), helpdesk.Invalid},
	} {
		if helpdesk.KindOf(tt.err) != tt.want || helpdesk.Public(tt.err) == "" {
			t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
		}
	}
	now, err := b.CannedReply(ctx, ada, shared.ID)
	must(t, err)
	must(t, b.RemoveCanned(ctx, ada, shared.ID, now.Rev))
	if got := names(bob); len(got) != 0 {
		t.Errorf("Bob has %v", got)
	}
	records, err := b.db.Audit(ctx, "support", 0, true, 3)
	must(t, err)
	var acts []string
	for _, r := range records {
		acts = append(acts, r.Act)
	}
	if diff := cmp.Diff([]string{"canned.remove", "canned.change", "canned.make"}, acts); diff != "" {
		t.Errorf("audit, newest first (-want +got):\n%s", diff)
	}
}

func second[T any](_ T, err error) error { return err }

// covers: P10
func TestDeskSettings(t *testing.T) {
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	boss := ada
	boss.Role = helpdesk.BuiltIn[0]
	ctx := t.Context()
	if _, err := b.SaveDeskSettings(ctx, ada, helpdesk.DeskSettings{}); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("an agent changes settings: %v", err)
	}
	first, err := b.SaveDeskSettings(ctx, boss, helpdesk.DeskSettings{
		StatusLabels: map[helpdesk.Status]string{helpdesk.Pending: " Waiting  for them ", helpdesk.Open: "Open"},
		TicketFields: []helpdesk.FieldSpec{{Name: "order", Label: "Order", Type: helpdesk.TextField, Options: []string{"dropped"}}},
	})
	must(t, err)
	if first.StatusLabel(helpdesk.Pending) != "Waiting for them" || first.StatusLabels[helpdesk.Open] != "" || first.TicketFields[0].Options != nil || first.Rev == 0 {
		t.Errorf("%+v", first)
	}
	second := *first
	second.ContactFields = []helpdesk.FieldSpec{{Name: "vip", Label: "VIP", Type: helpdesk.TickField}}
	_, err = b.SaveDeskSettings(ctx, boss, second)
	must(t, err)
	if _, err := b.SaveDeskSettings(ctx, boss, *first); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("what somebody else has changed is overwritten: %v", err)
	}
	now, err := b.DeskSettings(ctx, ada)
	if err != nil || len(now.ContactFields) != 1 {
		t.Errorf("%+v, %v", now, err)
	}
	records, err := b.db.Audit(ctx, "support", 0, true, 2)
	if err != nil || len(records) != 2 || records[1].Act != "desk.settings" || records[0].Details["contactFields"] != "vip" {
		t.Errorf("audit %+v, %v", records, err)
	}
}
