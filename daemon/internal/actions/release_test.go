package actions

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// hide adds a hidden message of bob's to a ticket, as inbound does.
func (b *bench) hide(number int64, class helpdesk.Class) {
	b.t.Helper()
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: b.time(), Text: "hidden words", Hidden: true, MessageID: "<bob@customer.example>",
		Author: helpdesk.Author{Role: helpdesk.Customer, ID: "bob", Name: "Bob", Address: helpdesk.MustAddress("bob@customer.example")},
	}
	if class != "" {
		e.Recognised = &helpdesk.Recognition{Class: class}
	}
	t.Append(&e)
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Ticket: t, Entries: []helpdesk.Entry{e}}); err != nil {
		b.t.Fatal(err)
	}
}

// covers: P04, P06, S07
func TestRelease(t *testing.T) {
	for _, tt := range []struct {
		name   string
		class  helpdesk.Class
		status helpdesk.Status
		want   []string // who is told
	}{
		{"person", helpdesk.ClassMessage, helpdesk.Open, []string{"alice@customer.example"}},
		{"older record", "", helpdesk.Open, []string{"alice@customer.example"}},
		{"program", helpdesk.ClassAutomatic, helpdesk.Pending, nil},
		{"away", helpdesk.ClassOutOfOffice, helpdesk.Pending, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			ada, number := b.agent("ada@acme.example"), b.ticket("n1")
			if err := b.AddParticipant(t.Context(), ada, number, "bob@customer.example", "Bob", false); err != nil {
				t.Fatal(err)
			}
			b.hide(number, tt.class)
			b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Pending })
			link := b.linkOf(number, 1)
			if got := b.opened(link); len(got) != 1 {
				t.Fatalf("customers see %v before", got)
			}
			b.wait(time.Hour)
			atOnce(4, func(int) {
				if err := b.Release(t.Context(), ada, number, 3); err != nil {
					t.Error(err)
				}
			})
			d := b.detail(number)
			e := d.Entries[2]
			if e.Hidden || e.Released == nil || e.Released.By.ID != ada.Agent.ID || !e.Released.At.Equal(b.time()) || d.Ticket.Status != tt.status || !d.Ticket.Updated.Equal(b.time()) {
				t.Errorf("status %s, entry %+v", d.Ticket.Status, e)
			}
			if diff := cmp.Diff([]string{"Where is it?", "hidden words"}, b.opened(link)); diff != "" {
				t.Errorf("customers see (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, sentTo(d, helpdesk.Update)); diff != "" {
				t.Errorf("updates (-want +got):\n%s", diff)
			}
			if ids := d.Ticket.MessageIDs; len(ids) != 1 || ids[0] != "<bob@customer.example>" {
				t.Errorf("thread = %v", ids)
			}
		})
	}
}

func TestReleaseIsRefused(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	if err := b.Note(t.Context(), ada, number, Note{Text: "among us"}); err != nil {
		t.Fatal(err)
	}
	if err := b.SetStatus(t.Context(), ada, number, helpdesk.Pending); err != nil {
		t.Fatal(err)
	}
	before := b.revision()
	for _, tt := range []struct {
		name string
		by   Actor
		seq  int
		want helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, 1, helpdesk.SignIn},
		{"note", ada, 2, helpdesk.Invalid},
		{"event", ada, 3, helpdesk.Invalid},
		{"no entry", ada, 4, helpdesk.NotFound},
		{"another account", Actor{Account: "other", Agent: ada.Agent, Role: ada.Role}, 1, helpdesk.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := b.Release(t.Context(), tt.by, number, tt.seq); err == nil || helpdesk.KindOf(err) != tt.want {
				t.Errorf("error = %v, want %v", err, tt.want)
			}
		})
	}
	if err := b.Release(t.Context(), ada, number, 1); err != nil || b.revision() != before {
		t.Errorf("releasing what is shown: %v, revision %d, was %d", err, b.revision(), before)
	}
}
