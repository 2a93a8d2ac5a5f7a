package actions

import (
	"slices"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P09
func TestWorkIsShared(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.agent("ada@acme.example"), b.agent("bob@acme.example"), b.ticket("n1")
	ctx := t.Context()
	steps := []struct {
		name string
		act  func() error
		want string // the event
	}{
		{"assign", func() error { return b.Assign(ctx, ada, number, bob.Agent.ID) }, "Assigned to Ada Lovelace."},
		{"assign to nobody", func() error { return b.Assign(ctx, bob, number, "") }, "Assigned to nobody."},
		{"priority", func() error { return b.SetPriority(ctx, ada, number, "urgent") }, "Priority set to Urgent."},
		{"tags", func() error { return b.SetTags(ctx, ada, number, []string{"VIP", "late"}, []string{"form", "gone"}) }, "Tags added: vip, late. Tags removed: form."},
		{"remove a tag", func() error { return b.SetTags(ctx, ada, number, nil, []string{"late"}) }, "Tags removed: late."},
	}
	for _, s := range steps {
		if err := s.act(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		d := b.detail(number)
		if e := d.Entries[len(d.Entries)-1]; e.Kind != helpdesk.Event || e.Text != s.want {
			t.Errorf("%s: entry %+v, want %q", s.name, e, s.want)
		}
		before := b.revision()
		if err := s.act(); err != nil || b.revision() != before {
			t.Errorf("%s again: %v, revision %d, was %d; want nothing to happen", s.name, err, b.revision(), before)
		}
	}
	if head := b.detail(number).Ticket; head.Assignee != "" || head.Priority != "Urgent" || !slices.Equal(head.Tags, []string{"vip"}) {
		t.Errorf("ticket %+v", head)
	}
}

// covers: P09
func TestWorkIsRefused(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.agent("ada@acme.example"), b.agent("bob@acme.example"), b.ticket("n1")
	ctx := t.Context()
	if _, err := b.SetAgent(ctx, operator, "bob@acme.example", AgentChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	before := b.revision()
	for _, tt := range []struct {
		name string
		err  error
		want helpdesk.Kind
	}{
		{"assign to who is disabled", b.Assign(ctx, ada, number, bob.Agent.ID), helpdesk.Invalid},
		{"assign to nobody known", b.Assign(ctx, ada, number, helpdesk.NewID()), helpdesk.NotFound},
		{"assign as nobody", b.Assign(ctx, Actor{Account: "support"}, number, ada.Agent.ID), helpdesk.SignIn},
		{"priority unknown", b.SetPriority(ctx, ada, number, "huge"), helpdesk.Invalid},
		{"tag of two words", b.SetTags(ctx, ada, number, []string{"two words"}, nil), helpdesk.Invalid},
		{"agents change no agents", func() error { _, err := b.SetAgent(ctx, ada, "ada@acme.example", AgentChange{}); return err }(), helpdesk.Forbidden},
		{"no such agent", func() error { _, err := b.SetAgent(ctx, operator, "cid@acme.example", AgentChange{}); return err }(), helpdesk.NotFound},
		{"no address", func() error { _, err := b.SetAgent(ctx, operator, "cid", AgentChange{}); return err }(), helpdesk.Invalid},
	} {
		if tt.err == nil || helpdesk.KindOf(tt.err) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	if after := b.revision(); after != before {
		t.Errorf("refusals wrote to the store: revision %d, was %d", after, before)
	}
}

// covers: P09
func TestWhoWritesWatches(t *testing.T) {
	b := newBench(t)
	ada, bob, cid, number := b.agent("ada@acme.example"), b.agent("bob@acme.example"), b.agent("cid@acme.example"), b.ticket("n1")
	for _, err := range []error{
		b.Note(t.Context(), ada, number, Note{Text: "x"}), b.Reply(t.Context(), bob, number, Reply{Text: "y"}), b.Note(t.Context(), ada, number, Note{Text: "z"}),
		b.SetStatus(t.Context(), cid, number, helpdesk.Pending), b.Note(t.Context(), operator, number, Note{Text: "o"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.detail(number).Ticket.Watchers, []helpdesk.ID{ada.Agent.ID, bob.Agent.ID}; !slices.Equal(got, want) {
		t.Errorf("watchers %v, want %v", got, want)
	}
}

// covers: P09
func TestSetAgent(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	if a, err := b.SetAgent(t.Context(), operator, "ADA@acme.example", AgentChange{Mail: new(helpdesk.MailAll)}); err != nil || a.Mail != helpdesk.MailAll || a.Disabled {
		t.Fatalf("agent %+v, %v", a, err)
	}
	if _, err := b.SetAgent(t.Context(), operator, "ada@acme.example", AgentChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	a, err := b.db.Agent(t.Context(), "support", ada.Agent.ID)
	if err != nil || a.Mail != helpdesk.MailAll || !a.Disabled {
		t.Fatalf("agent %+v, %v", a, err)
	}
	if _, err := b.SignIn(t.Context(), "support", AgentTry{Address: "ada@acme.example", Password: "correct horse battery"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("a disabled agent signs in: %v", err)
	}
}

// covers: P09
func TestSubmissionsTellAgents(t *testing.T) {
	b := newBench(t)
	b.agent("ada@acme.example")
	b.agent("bob@acme.example")
	if _, err := b.SetAgent(t.Context(), operator, "bob@acme.example", AgentChange{Mail: new(helpdesk.MailAll)}); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, d := range b.detail(b.ticket("n1")).Deliveries {
		told = append(told, string(d.Purpose)+" "+d.To.String())
	}
	slices.Sort(told)
	if want := []string{"agentnotice bob@acme.example", "confirmation alice@customer.example"}; !slices.Equal(told, want) {
		t.Errorf("mails %v, want %v", told, want)
	}
}
