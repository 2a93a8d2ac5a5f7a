package outbound

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// ask decides a mail about a sign-in and commits it, with its pass.
func (d *desk) ask(t testing.TB, q *Queue, purpose helpdesk.Purpose, to string) (helpdesk.Delivery, bool) {
	t.Helper()
	change := &helpdesk.Change{Account: account}
	m := AccountMail{HelpCenter: *sampleCenter(), Mailbox: d.boxes["support"], To: helpdesk.MustAddress(to), Purpose: purpose, Now: q.Now()}
	found, err := d.Lookup(t.Context(), account, store.Query{Address: m.To})
	if err != nil {
		t.Fatal(err)
	}
	if found.Contact != nil {
		m.Contact = found.Contact.ID
	}
	if purpose.BringsPass() {
		pass := helpdesk.Pass{
			ID: helpdesk.NewID(), Kind: helpdesk.PassSignUp, Address: m.To, Name: "canary", HelpCenter: "acme", Created: m.Now, Expires: m.Now.Add(helpdesk.SignUpLifetime),
		}
		m.Pass, change.Passes = pass.ID, []helpdesk.Pass{pass}
	}
	sent, err := q.Planner.Account(t.Context(), change, m)
	if err != nil {
		t.Fatal(err)
	}
	d.commit(t, change)
	if !sent {
		return helpdesk.Delivery{}, false
	}
	return change.Deliveries[0], true
}

// awaitLoose waits for a mail of no ticket.
func (d *desk) awaitLoose(t testing.TB, id helpdesk.ID, s helpdesk.DeliveryState) *helpdesk.Delivery {
	t.Helper()
	ticket := d.ticket
	d.ticket = &helpdesk.Ticket{}
	defer func() { d.ticket = ticket }()
	return d.await(t, id, string(s), isState(s))
}

// covers: S24, M04
func TestAccountMailGoesOut(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	made, ok := d.ask(t, q, helpdesk.SignUpMail, "new@customer.example")
	if !ok {
		t.Fatal("it was not let through")
	}
	run(t, q)
	sent := d.awaitLoose(t, made.ID, helpdesk.Sent)
	if sent.Copy != "" {
		t.Error("a copy was kept of a mail that lets somebody in")
	}
	got := d.relay.mails()[0]
	if got.From != "" || !strings.Contains(got.To, "new@customer.example") || !strings.Contains(got.Data, "/pass/pp1_") || strings.Contains(got.Data, "canary") {
		t.Errorf("from <%s> to %s:\n%s", got.From, got.To, got.Data)
	}
	token := got.Data[strings.Index(got.Data, "pp1_"):]
	token = strings.ReplaceAll(token, "=\r\n", "")[:links.PassTokenLen]
	if id, err := q.Signer.ParsePass(sampleCenter().Audience, token); err != nil || id != string(made.Pass) {
		t.Errorf("the link names %q, %v", id, err)
	}
	all, err := d.Deliveries(t.Context(), account, d.ticket.ID)
	if err != nil || len(all) != 0 {
		t.Errorf("a ticket lists mail that is not its own: %v, %v", all, err)
	}
}

// What was used, has lapsed or leads nowhere is not sent.
//
// covers: S24, S11
func TestAccountMailIsWithdrawn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(d *desk, x *helpdesk.Delivery)
	}{
		{"the pass is gone", func(_ *desk, x *helpdesk.Delivery) { x.Pass = helpdesk.NewID() }},
		{"the pass has lapsed", func(d *desk, _ *helpdesk.Delivery) { d.clock.forward(helpdesk.SignUpLifetime) }},
		{"the help center is gone", func(_ *desk, x *helpdesk.Delivery) { x.HelpCenter = "other" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			q := d.queue(t, "a")
			made, _ := d.ask(t, q, helpdesk.ResetMail, "alice@customer.example")
			tt.change(d, &made)
			now, err := d.Delivery(t.Context(), account, 0, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			made.Rev = now.Rev
			if err := d.SaveDelivery(t.Context(), account, &made); err != nil {
				t.Fatal(err)
			}
			run(t, q)
			d.awaitLoose(t, made.ID, helpdesk.Withdrawn)
			if n := len(d.relay.mails()); n != 0 {
				t.Errorf("%d mails went out", n)
			}
		})
	}
}

// knows makes a contact of the address.
func (d *desk) knows(t testing.TB, address string, proven *time.Time) {
	t.Helper()
	c := &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress(address), Proven: proven}}, Created: noon}
	d.commit(t, &helpdesk.Change{Account: account, Contact: c})
}

// Of all mails about sign-ins, an address that nobody has proven gets three a day, and
// none while it said "this was not me"; the confirmation of a request is counted apart.
//
// covers: M04
func TestAccountMailToUnprovenAddresses(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	d.knows(t, "claimed@customer.example", nil)
	d.knows(t, "proven@customer.example", &noon)
	kinds := []helpdesk.Purpose{helpdesk.SignUpMail, helpdesk.CodeMail, helpdesk.Known, helpdesk.Invited, helpdesk.LinkMail}
	gets := func(addresses ...string) (n int) {
		for i, purpose := range kinds {
			if _, ok := d.ask(t, q, purpose, addresses[i%len(addresses)]); ok {
				n++
			}
		}
		return n
	}
	suppress := func(address string) {
		a := helpdesk.MustAddress(address)
		b, err := d.Budget(t.Context(), account, SuppressKey(a))
		if err != nil {
			t.Fatal(err)
		}
		d.commit(t, &helpdesk.Change{Account: account, Budgets: []helpdesk.Budget{Suppress(a, b.Rev, q.Now())}})
	}
	confirmed := &helpdesk.Participant{Number: 1, Address: helpdesk.MustAddress("claimed@customer.example")}
	change := &helpdesk.Change{Account: account}
	if err := q.Planner.Automatic(t.Context(), change, Occasion{Mailbox: d.boxes["support"], Ticket: d.ticket, Entry: 1, To: confirmed, Purpose: helpdesk.Confirmation, Now: q.Now()}); err != nil || len(change.Deliveries) != 1 {
		t.Fatalf("no confirmation: %v", err)
	}
	d.commit(t, &helpdesk.Change{Account: account, Budgets: change.Budgets})
	for _, tt := range []struct {
		name      string
		addresses []string
		want      int
	}{
		{"nobody's", []string{"new@customer.example", "new+1@customer.example"}, accountUnprovenDay},
		{"a contact's, after a confirmation", []string{"claimed@customer.example"}, accountUnprovenDay},
		{"proven", []string{"proven@customer.example"}, accountAddressHour},
	} {
		if n := gets(tt.addresses...); n != tt.want {
			t.Errorf("%s: %d mails, want %d", tt.name, n, tt.want)
		}
	}
	d.clock.forward(23 * time.Hour)
	if n := gets("new@customer.example"); n != 0 {
		t.Errorf("%d more on the same day", n)
	}
	d.clock.forward(2 * time.Hour)
	for _, address := range []string{"claimed@customer.example", "proven@customer.example"} {
		suppress(address)
	}
	if n := gets("claimed@customer.example", "claimed+1@customer.example"); n != 0 {
		t.Errorf("%d mails to who said that it was not them", n)
	}
	if n := gets("proven@customer.example"); n != accountAddressHour {
		t.Errorf("%d mails to a proven address, want %d", n, accountAddressHour)
	}
	if n := gets("new@customer.example"); n != accountUnprovenDay {
		t.Errorf("%d mails on another day, want %d", n, accountUnprovenDay)
	}
	d.clock.forward(unwanted - time.Hour)
	if n := gets("claimed@customer.example"); n != 0 {
		t.Errorf("%d mails in the last hour of the year", n)
	}
	d.clock.forward(2 * time.Hour)
	if n := gets("claimed@customer.example"); n != accountUnprovenDay {
		t.Errorf("%d mails after the year, want %d", n, accountUnprovenDay)
	}
}

// covers: M04
func TestAccountMailIsBounded(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	d.knows(t, "a@customer.example", &noon)
	count := func(to string, n int) (sent int) {
		for range n {
			if _, ok := d.ask(t, q, helpdesk.CodeMail, to); ok {
				sent++
			}
		}
		return sent
	}
	if n := count("a@customer.example", 9) + count("a+1@customer.example", 9); n != accountAddressHour {
		t.Errorf("one person got %d mails in an hour, want %d", n, accountAddressHour)
	}
	for _, change := range []helpdesk.Purpose{helpdesk.PasswordChanged, helpdesk.SignInAdded, helpdesk.SignInRemoved} {
		if _, ok := d.ask(t, q, change, "a@customer.example"); !ok {
			t.Errorf("who has had enough of codes is not told: %s", change)
		}
	}
	day := accountAddressHour
	for range 10 {
		d.clock.forward(time.Hour)
		day += count("a@customer.example", accountAddressHour)
	}
	if day != accountAddressDay {
		t.Errorf("one person got %d mails in a day, want %d", day, accountAddressDay)
	}
	change := &helpdesk.Change{Account: account}
	total := 0
	for i := range 2 * accountCenterHour {
		m := AccountMail{HelpCenter: *sampleCenter(), Mailbox: d.boxes["support"], To: helpdesk.MustAddress(fmt.Sprintf("x%d@y.example", i)), Purpose: helpdesk.Known, Now: q.Now().Add(48 * time.Hour)}
		if ok, err := q.Planner.Account(t.Context(), change, m); err != nil {
			t.Fatal(err)
		} else if ok {
			total++
		}
	}
	if total > accountCenterHour || total < accountCenterHour*9/10 {
		t.Errorf("a help center sent %d mails in an hour, want at most %d", total, accountCenterHour)
	}
}

// A mail about a stopped hook says which and why; nobody is mailed any more once
// somebody has seen to it.
func TestHookStoppedIsTold(t *testing.T) {
	for _, tt := range []struct {
		name string
		hook *helpdesk.Hook // as it is when the mail goes out; nil if it is gone
		want helpdesk.DeliveryState
	}{
		{"stopped", &helpdesk.Hook{ID: "h", Name: "Billing robot", Disabled: noon, Why: "it answered 410: it is gone"}, helpdesk.Sent},
		{"started again", &helpdesk.Hook{ID: "h", Name: "Billing robot"}, helpdesk.Withdrawn},
		{"stopped by a person since", &helpdesk.Hook{ID: "h", Name: "Billing robot", Disabled: noon}, helpdesk.Withdrawn},
		{"removed", nil, helpdesk.Withdrawn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			q := d.queue(t, "a")
			change := &helpdesk.Change{Account: account}
			if tt.hook != nil {
				change.Records = []helpdesk.Record{{Kind: helpdesk.HookRecord, ID: "h", Value: tt.hook}}
			}
			m := AccountMail{HelpCenter: *sampleCenter(), Mailbox: d.boxes["support"], To: helpdesk.MustAddress("ada@acme.example"), Purpose: helpdesk.HookStopped, Hook: "h", Now: q.Now()}
			if ok, err := q.Planner.Account(t.Context(), change, m); !ok || err != nil {
				t.Fatal(ok, err)
			}
			d.commit(t, change)
			run(t, q)
			d.awaitLoose(t, change.Deliveries[0].ID, tt.want)
			if tt.want == helpdesk.Withdrawn {
				if n := len(d.relay.mails()); n != 0 {
					t.Errorf("%d mails went out", n)
				}
				return
			}
			mail := strings.ReplaceAll(d.relay.mails()[0].Data, "=\r\n", "")
			for _, want := range []string{"Subject: The hook Billing robot was stopped", "it answered 410: it is gone", "/agent/access/hooks/h"} {
				if !strings.Contains(mail, want) {
					t.Errorf("the mail lacks %q:\n%s", want, mail)
				}
			}
		})
	}
}

// Mail of no ticket that could not be tried for two days ends, and nobody is told.
func TestAccountMailIsGivenUp(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	made, _ := d.ask(t, q, helpdesk.Invited, "alice@customer.example")
	q.begin()
	p := pendingOf(made)
	q.see(p)
	l := q.laneOf(sender{account, "support"})
	for range 20 {
		l.learn(Trouble, false, "no route", q.Now(), q.Now())
	}
	if !l.open() {
		t.Fatal("the relay is not left alone")
	}
	q.tell(t.Context())
	if now, err := d.Delivery(t.Context(), account, 0, made.ID); err != nil || now.State != helpdesk.Queued {
		t.Fatalf("given up at once: %+v, %v", now, err)
	}
	d.clock.forward(q.Schedule.GiveUp)
	q.tell(t.Context())
	now, err := d.Delivery(t.Context(), account, 0, made.ID)
	if err != nil || now.State != helpdesk.Failed {
		t.Fatalf("not given up after two days: %+v, %v", now, err)
	}
	list, _, err := d.Outbox(t.Context(), account, true, "", 10)
	if err != nil || len(list) != 1 {
		t.Errorf("listed as given up: %v, %v", list, err)
	}
	if n, err := d.Sweep(t.Context(), account, q.Now().Add(40*24*time.Hour)); err != nil || n == 0 {
		t.Fatalf("swept %d, %v", n, err)
	}
	if _, err := d.Delivery(t.Context(), account, 0, made.ID); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("it is kept for ever: %v", err)
	}
}

// Fixed mails differ in their links and numbers alone, whatever a stranger chose.
//
// covers: M04
func TestFixedMailsHoldNothingOfAStranger(t *testing.T) {
	const canary = "canary"
	for _, purpose := range append(append([]helpdesk.Purpose{}, purposes...), accountPurposes...) {
		t.Run(string(purpose), func(t *testing.T) {
			o := sampleAccount(purpose)
			if !purpose.OfAccount() {
				o = sampleOccasion(t, purpose)
				o.to.Name, o.ticket.Subject = canary, canary
				o.entry.Text, o.entry.Author = canary, helpdesk.Author{Role: helpdesk.Customer, Name: canary, Address: helpdesk.MustAddress(canary + "@x.example")}
				o.ticket.MessageIDs, o.before = []string{"<" + canary + "@x.example>"}, o.entry
			} else {
				o.pass.Name, o.pass.Next, o.pass.Address = canary, "/"+canary, helpdesk.MustAddress(canary+"@x.example")
				o.pass.Subject = &helpdesk.Subject{Issuer: canary, Subject: canary, Name: canary}
				o.delivery.Issuer = canary // no longer declared
			}
			p, err := newComposer(t).compose(o)
			if err != nil {
				t.Fatal(err)
			}
			if holds := strings.Contains(string(written(t, p)), canary); holds == purpose.Fixed() {
				t.Errorf("it holds what a stranger chose: %v", holds)
			}
		})
	}
}

// Who has proven nothing is told of a status without a word of what stands in the
// ticket: it may be a stranger who wrote that in their name.
//
// covers: M04, S07
func TestStatusToWhoProvedNothing(t *testing.T) {
	for _, proven := range []bool{false, true} {
		d := newDesk(t, &relay{})
		contact := &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("victim@customer.example")}}}
		if proven {
			contact.Addresses[0].Proven = &noon
		}
		d.ticket.Subject = "canary"
		p := &d.ticket.Participants[0]
		p.Contact, p.Name, p.Address = contact.ID, "canary", contact.Addresses[0].Address
		q := d.queue(t, "a")
		change := &helpdesk.Change{Account: account, Ticket: d.ticket, Contact: contact}
		o := Occasion{Mailbox: d.boxes["support"], Ticket: d.ticket, Entry: 2, To: p, Purpose: helpdesk.StatusChanged, Now: noon}
		if err := q.Planner.Automatic(t.Context(), change, o); err != nil {
			t.Fatal(err)
		}
		d.commit(t, change)
		run(t, q)
		d.await(t, change.Deliveries[0].ID, "sent", isState(helpdesk.Sent))
		mail := d.relay.mails()[0].Data
		if holds := strings.Contains(mail, "canary"); holds != proven {
			t.Errorf("proven %t: the mail holds words of the ticket: %t\n%s", proven, holds, mail)
		}
		if !strings.Contains(mail, "We are looking into it") {
			t.Errorf("it does not tell the status:\n%s", mail)
		}
	}
}
