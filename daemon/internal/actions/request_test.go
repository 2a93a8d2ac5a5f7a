package actions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// shared is the help center with collaborators and a way to sign in.
func shared() helpdesk.HelpCenter {
	h := center()
	h.Locale, h.Collaborators, h.LinkLifetime = "en", true, 30*24*time.Hour
	h.SignUp = helpdesk.SignUp{Open: true, Password: true}
	return h
}

// proven signs the owner of an address in, who has proven it.
func (b *bench) proven(address string) *Customer {
	b.t.Helper()
	a := helpdesk.MustAddress(address)
	c, err := b.contactByAddress(b.t.Context(), "support", a)
	if err != nil {
		b.t.Fatal(err)
	}
	if c == nil {
		c = newContact("", a, b.time())
	}
	if c.Prove(a, "mail", b.time()); c.SignIn == nil {
		c.SignIn = &helpdesk.PortalSignIn{Since: b.time()}
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
		b.t.Fatal(err)
	}
	c, err = b.db.Contact(b.t.Context(), "support", c.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return &Customer{Account: "support", Contact: c}
}

// forged is a link with one character of its own.
func forged(link string) string {
	at := len(link) - 20
	other := "x"
	if link[at] == 'x' {
		other = "y"
	}
	return link[:at] + other + link[at+1:]
}

func kindOf(err error) string {
	if err == nil {
		return "ok"
	}
	return helpdesk.KindOf(err).String()
}

// Who may do what on whose request. Whatever is not allowed looks as if there were
// no such request.
//
// covers: S04, S06, S21
func TestAuthorityOfCustomers(t *testing.T) {
	const missing = "not found"
	for _, tt := range []struct {
		name                                  string
		who                                   func(b *bench, number int64) (helpdesk.HelpCenter, *Customer)
		see, answer, solve, add, remove, self string
	}{
		{"the requester", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), b.proven("alice@customer.example")
		}, "ok", "ok", "ok", "ok", "ok", missing},
		{"a collaborator", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), b.proven("bob@customer.example")
		}, "ok", "ok", missing, missing, missing, "ok"},
		{"a collaborator who has proven nothing", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), &Customer{Account: "support", Contact: b.contact(helpdesk.MustAddress("bob@customer.example"))}
		}, missing, missing, missing, missing, missing, missing},
		{"who was removed", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			if err := b.RemoveParticipant(b.t.Context(), operator, number, 2); err != nil {
				b.t.Fatal(err)
			}
			return shared(), b.proven("bob@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"another customer", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			return shared(), b.proven("eve@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"a contact who took the address over", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			b.change(number, func(t *helpdesk.Ticket) { t.Participants[0].Contact = "somebodyelseabcd" })
			return shared(), b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"the contact, by an address of theirs that is not the participant's", func(b *bench, number int64) (helpdesk.HelpCenter, *Customer) {
			b.change(number, func(t *helpdesk.Ticket) { t.Participants[0].Address = helpdesk.MustAddress("other@customer.example") })
			return shared(), b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"another account", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			c := b.proven("alice@customer.example")
			c.Account = "other"
			return shared(), c
		}, missing, missing, missing, missing, missing, missing},
		{"another help center", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			h := shared()
			h.Name = "second"
			return h, b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"portal off", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			h := shared()
			h.PortalOn = false
			return h, b.proven("alice@customer.example")
		}, missing, missing, missing, missing, missing, missing},
		{"no collaborators here", func(b *bench, _ int64) (helpdesk.HelpCenter, *Customer) {
			h := shared()
			h.Collaborators = false
			return h, b.proven("alice@customer.example")
		}, "ok", "ok", "ok", missing, "ok", missing},
		{"nobody", func(*bench, int64) (helpdesk.HelpCenter, *Customer) { return shared(), nil }, "sign-in needed", "sign-in needed", "sign-in needed", "sign-in needed", "sign-in needed", "sign-in needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			ctx, number := t.Context(), b.ticket("n1")
			for _, address := range []string{"bob@customer.example", "carol@customer.example"} {
				if err := b.AddParticipant(ctx, operator, number, address, "", false); err != nil {
					t.Fatal(err)
				}
			}
			h, who := tt.who(b, number)
			check := func(what, want string, err error) {
				t.Helper()
				if got := kindOf(err); got != want {
					t.Errorf("%s: %s (%v), want %s", what, got, err, want)
				}
			}
			before := b.revision()
			_, err := b.Request(ctx, h, who, number, "")
			check("see", tt.see, err)
			_, err = b.RequestFile(ctx, h, who, number, 1, 1)
			if tt.see == "ok" {
				check("a file that is not there", missing, err)
			} else {
				check("a file", tt.see, err)
			}
			_, err = b.AnswerLimits(ctx, h, who, number)
			check("limits", tt.see, err)
			if b.revision() != before {
				t.Error("looking changed the store")
			}
			_, err = b.KeepAnswerFile(ctx, h, who, number, "a.txt", "text/plain", strings.NewReader("x"))
			check("keep a file", tt.answer, err)
			_, err = b.AnswerRequest(ctx, h, who, number, Answer{Text: "Hello", Nonce: "x"})
			check("answer", tt.answer, err)
			check("say that it is solved", tt.solve, b.CloseRequest(ctx, h, who, number))
			check("add", tt.add, b.AddPerson(ctx, h, who, number, "dan@elsewhere.example", ""))
			check("remove another", tt.remove, b.RemovePerson(ctx, h, who, number, 3))
			if tt.name == "the requester" || tt.name == "no collaborators here" {
				check("remove themselves", tt.self, b.RemovePerson(ctx, h, who, number, 1))
			} else {
				check("leave", tt.self, b.RemovePerson(ctx, h, who, number, 2))
			}
		})
	}
}

// covers: S05, S07, P03
func TestCloseRequest(t *testing.T) {
	b := newBench(t)
	ctx, number := t.Context(), b.ticket("n1")
	ada := b.agent("ada@acme.example")
	if err := errors.Join(b.AddParticipant(ctx, ada, number, "bob@customer.example", "", false), b.Assign(ctx, ada, number, ada.Agent.ID)); err != nil {
		t.Fatal(err)
	}
	alice, h := b.proven("alice@customer.example"), shared()
	for range 2 {
		if err := b.CloseRequest(ctx, h, alice, number); err != nil {
			t.Fatal(err)
		}
	}
	d := b.detail(number)
	if d.Ticket.Status != helpdesk.Resolved {
		t.Errorf("status = %s", d.Ticket.Status)
	}
	said := 0
	for _, e := range d.Entries {
		if e.Text == "Alice says that it is solved." && e.Kind == helpdesk.Event && e.Channel == helpdesk.ByPortal {
			said++
		}
	}
	if said != 1 || len(sentTo(d, helpdesk.AgentNotice)) == 0 {
		t.Errorf("said %d times, agents told %v", said, sentTo(d, helpdesk.AgentNotice))
	}
	if diff := cmp.Diff([]string{"bob@customer.example"}, sentTo(d, helpdesk.StatusChanged)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if _, err := b.AnswerRequest(ctx, h, alice, number, Answer{Text: "No", Nonce: "x"}); err != nil || b.detail(number).Ticket.Status != helpdesk.Open {
		t.Errorf("after an answer: %s, %v", b.detail(number).Ticket.Status, err)
	}
}
