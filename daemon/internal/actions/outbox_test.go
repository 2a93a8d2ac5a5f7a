package actions

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// answered is a ticket with an agent's answer whose copy is as change makes it.
func (b *bench) answered(by Actor, change func(*helpdesk.Delivery)) (number int64, id string) {
	b.t.Helper()
	number = b.ticket("n" + string(helpdesk.NewID()))
	if err := b.Reply(b.t.Context(), by, number, Reply{Text: "On its way.", Status: helpdesk.Pending}); err != nil {
		b.t.Fatal(err)
	}
	for _, x := range b.detail(number).Deliveries {
		if x.Purpose == helpdesk.AgentReply {
			change(&x)
			if err := b.db.SaveDelivery(b.t.Context(), "support", &x); err != nil {
				b.t.Fatal(err)
			}
			return number, string(x.ID)
		}
	}
	b.t.Fatal("there is no copy of the answer")
	return 0, ""
}

func givenUp(x *helpdesk.Delivery) {
	x.State, x.Attempts, x.Warned, x.Last = helpdesk.Failed, 30, 2, &helpdesk.Attempt{At: noon, Code: 451, Words: "busy"}
}

// copyOf reads one delivery of a ticket.
func (b *bench) copyOf(number int64, id string) helpdesk.Delivery {
	b.t.Helper()
	all := b.detail(number).Deliveries
	i := slices.IndexFunc(all, func(x helpdesk.Delivery) bool { return string(x.ID) == id })
	if i < 0 {
		b.t.Fatalf("ticket #%d has no delivery %s", number, id)
	}
	return all[i]
}

func (b *bench) lastEvent(number int64) helpdesk.Entry {
	b.t.Helper()
	entries := b.detail(number).Entries
	return entries[len(entries)-1]
}

// What was given up gets two new days, and the same Message-ID. The history says
// who wanted that, once.
//
// covers: P11
func TestTryAgain(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	number, id := b.answered(ada, givenUp)
	was := b.copyOf(number, id)
	b.wait(time.Hour)
	atOnce(4, func(int) {
		if err := b.TryAgain(t.Context(), ada, id); err != nil {
			t.Error(err)
		}
	})
	got := b.copyOf(number, id)
	if got.State != helpdesk.Queued || !got.Born().Equal(b.time()) || !got.Next.Equal(b.time()) || got.Attempts != 0 || got.Warned != 0 || !got.Hurry || got.MessageID != was.MessageID {
		t.Errorf("delivery = %+v, want it to begin anew", got)
	}
	e := b.lastEvent(number)
	if e.Kind != helpdesk.Event || e.Author.ID != ada.Agent.ID || e.Text != "Had the mail to alice@customer.example tried again." {
		t.Errorf("last entry = %+v, want who had it tried", e)
	}
	if n := b.detail(number).Ticket.Entries; e.Seq != n || n != 3 {
		t.Errorf("%d entries, want 3: it was told more than once", n)
	}
}

// covers: P11
func TestDropDelivery(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	number, id := b.answered(ada, givenUp)
	if err := b.Drop(t.Context(), operator, id); err != nil {
		t.Fatal(err)
	}
	if got := b.copyOf(number, id); got.State != helpdesk.Withdrawn || got.Last.Words != "dropped by Operator" {
		t.Errorf("delivery is %s, last %+v", got.State, got.Last)
	}
	if e := b.lastEvent(number); e.Text != "Dropped the mail to alice@customer.example: it will not be sent." || e.Author.DisplayName() != "Operator" {
		t.Errorf("last entry = %+v", e)
	}
	if _, err := b.Outgoing(t.Context(), operator, id); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("it is still there: %v", err)
	}
}

func TestOutboxIsRefused(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	number, id := b.answered(ada, givenUp)
	_, sending := b.answered(ada, func(x *helpdesk.Delivery) { x.Claim, x.Until = "a", noon.Add(time.Hour) })
	_, sent := b.answered(ada, func(x *helpdesk.Delivery) { x.State = helpdesk.Sent })
	before := b.revision()
	for _, tt := range []struct {
		name string
		by   Actor
		id   string
		want helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, id, helpdesk.SignIn},
		{"disabled", Actor{Account: "support", Agent: &helpdesk.Agent{Disabled: true}}, id, helpdesk.SignIn},
		{"another account", Actor{Account: "other", Agent: ada.Agent}, id, helpdesk.NotFound},
		{"no id", ada, "../x", helpdesk.NotFound},
		{"unknown", ada, "aaaaaaaaaaaaaaaa", helpdesk.NotFound},
		{"being sent", ada, sending, helpdesk.Invalid},
		{"sent", ada, sent, helpdesk.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for what, act := range map[string]func() error{
				"retry": func() error { return b.TryAgain(t.Context(), tt.by, tt.id) },
				"drop":  func() error { return b.Drop(t.Context(), tt.by, tt.id) },
			} {
				if err := act(); err == nil || helpdesk.KindOf(err) != tt.want {
					t.Errorf("%s: %v, want %v", what, err, tt.want)
				}
			}
		})
	}
	if now := b.revision(); now != before {
		t.Errorf("something was written: revision %d, was %d", now, before)
	}
	if list, _, err := b.Outbox(t.Context(), ada, true, ""); err != nil || len(list) != 1 || list[0].Number != number {
		t.Errorf("given up: %+v, %v, want the one of #%d", list, err, number)
	}
	if _, _, err := b.Outbox(t.Context(), Actor{Account: "support"}, true, ""); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("nobody lists the outbox: %v", err)
	}
}

// A relay that is back gets what waits for it and what was given up meanwhile, but
// not what it refused.
//
// covers: P11
func TestTryRelay(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	copies := map[string]string{} // delivery by what it is
	numbers := map[string]int64{}
	for name, change := range map[string]func(x *helpdesk.Delivery){
		"given up": givenUp,
		"refused": func(x *helpdesk.Delivery) {
			givenUp(x)
			x.Last.Code = 550
		},
		"waiting": func(x *helpdesk.Delivery) { x.Attempts, x.Next = 3, noon.Add(time.Hour) },
		"sending": func(x *helpdesk.Delivery) { x.Claim, x.Until = "a", noon.Add(time.Hour) },
		"elsewhere": func(x *helpdesk.Delivery) {
			givenUp(x)
			x.Mailbox = "billing"
		},
		"no relay": func(x *helpdesk.Delivery) {
			givenUp(x)
			x.Mailbox = "gone"
		},
	} {
		numbers[name], copies[name] = b.answered(ada, change)
	}
	for _, tt := range []struct {
		relay string
		n     int
		want  []string
	}{
		{"other.relay.example", 0, nil},
		{"support.relay.example:26", 0, nil},
		{"BILLING.relay.example:465", 1, []string{"elsewhere"}},
		{"support.relay.example", 3, []string{"elsewhere", "given up", "waiting"}}, // and the confirmation
		{"support.relay.example", 0, []string{"elsewhere", "given up", "waiting"}},
	} {
		n, err := b.TryRelay(t.Context(), ada, tt.relay)
		if err != nil {
			t.Fatal(err)
		}
		var hurried []string
		for name, id := range copies {
			if b.copyOf(numbers[name], id).Hurry {
				hurried = append(hurried, name)
			}
		}
		slices.Sort(hurried)
		if diff := cmp.Diff(tt.want, hurried); diff != "" || n != tt.n {
			t.Errorf("%s: %d tried, want %d; (-want +got):\n%s", tt.relay, n, tt.n, diff)
		}
	}
	if n, err := b.TryRelay(t.Context(), Actor{Account: "support"}, "support.relay.example"); n != 0 || helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("nobody retries: %d, %v", n, err)
	}
}

// Mail about a sign-in has no ticket, and is listed, tried again and dropped all the
// same. Nothing of it shows what it lets somebody do.
//
// covers: M07, P11
func TestOutboxWithoutATicket(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	box, _ := b.directory.Mailbox("support", "support")
	pass := helpdesk.Pass{ID: helpdesk.NewID(), Kind: helpdesk.PassCode, Address: helpdesk.MustAddress("alice@customer.example"), HelpCenter: "acme", Created: noon, Expires: noon.Add(helpdesk.CodeLifetime)}
	change := &helpdesk.Change{Account: "support", Passes: []helpdesk.Pass{pass}}
	for range 2 {
		m := outbound.AccountMail{HelpCenter: center(), Mailbox: box, To: pass.Address, Purpose: helpdesk.CodeMail, Pass: pass.ID, Now: b.time()}
		if ok, err := b.planner.Account(t.Context(), change, m); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	givenUp(&change.Deliveries[0])
	must(t, b.db.Commit(t.Context(), change))
	failed, waiting := string(change.Deliveries[0].ID), string(change.Deliveries[1].ID)
	for _, given := range []bool{true, false} {
		list, _, err := b.Outbox(t.Context(), ada, given, "")
		if err != nil || len(list) != 1 || list[0].Number != 0 || list[0].Delivery.To != pass.Address {
			t.Fatalf("given up %t: %+v, %v", given, list, err)
		}
	}
	if one, err := b.Outgoing(t.Context(), ada, failed); err != nil || one.Number != 0 {
		t.Errorf("%+v, %v", one, err)
	}
	must(t, b.TryAgain(t.Context(), ada, failed))
	must(t, b.Drop(t.Context(), ada, waiting))
	list, _, err := b.Outbox(t.Context(), ada, false, "")
	if err != nil || len(list) != 1 || string(list[0].Delivery.ID) != failed || list[0].Delivery.State != helpdesk.Queued {
		t.Errorf("what waits: %+v, %v", list, err)
	}
	if list, _, err := b.Outbox(t.Context(), ada, true, ""); err != nil || len(list) != 0 {
		t.Errorf("what was given up: %+v, %v", list, err)
	}
}
