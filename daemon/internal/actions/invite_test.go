package actions

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// closed is a help center where only who is invited gets a sign-in.
func closed() helpdesk.HelpCenter {
	h := center()
	h.SignUp = helpdesk.SignUp{Password: true}
	return h
}

func (o open) HelpCenters() []helpdesk.HelpCenter {
	second := o.center()
	second.Name, second.PortalOn = "second", o.second
	other := o.center()
	other.Account = "other"
	return []helpdesk.HelpCenter{o.center(), second, other}
}

// covers: S26, S27, S28, S29
func TestInviteContact(t *testing.T) {
	b := newAccounts(t)
	b.directory = open{center: closed}
	ada := b.agent("ada@acme.example")
	b.ticket("n1") // alice is a contact with an address that nobody has proven
	alice := b.contact(helpdesk.MustAddress("alice@customer.example"))

	if _, err := b.AskByMail(t.Context(), closed(), Asking{Kind: helpdesk.PassSignUp, Address: "alice@customer.example"}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("sign-up is closed: %v", err)
	}
	done, err := b.InviteContact(t.Context(), ada, Invitation{Contact: alice.ID, HelpCenter: "acme"})
	if err != nil || done.Before || done.Address.String() != "alice@customer.example" || !done.Expires.Equal(noon.Add(helpdesk.InvitationLifetime)) {
		t.Fatalf("invited = %+v, %v", done, err)
	}
	again, err := b.InviteContact(t.Context(), ada, Invitation{Address: "ALICE@customer.example"})
	if err != nil || !again.Before {
		t.Fatalf("pressed twice: %+v, %v", again, err)
	}
	mails := b.accountMails(helpdesk.Invited)
	if len(mails) != 1 || mails[0].To.String() != "alice@customer.example" {
		t.Fatalf("mails = %+v", mails)
	}
	first := b.token(mails[0].Pass)
	detail, err := b.ContactDetail(t.Context(), ada, "alice@customer.example")
	if err != nil || detail.Invitation.By.ID != ada.Agent.ID || !detail.InvitedUntil.Equal(done.Expires) || detail.SignIn != nil {
		t.Fatalf("detail = %+v, %v", detail, err)
	}

	if tickets, err := b.ContactTickets(t.Context(), ada, &detail.Contact, "acme"); err != nil || tickets.Here != 1 || len(tickets.Newest) != 1 || tickets.Newest[0].Number != 1 {
		t.Errorf("tickets = %+v, %v", tickets, err)
	}
	if _, err := b.ContactTickets(t.Context(), Actor{Account: "support"}, &detail.Contact, "acme"); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("tickets for nobody: %v", err)
	}

	b.wait(inviteAgain)
	if _, err := b.InviteContact(t.Context(), ada, Invitation{Contact: alice.ID, HelpCenter: "acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenPass(t.Context(), closed(), first); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the link before the last: %v", err)
	}
	second := b.token(b.contact(alice.Addresses[0].Address).Invited)
	e, err := b.UsePass(t.Context(), closed(), second, Activation{Password: good})
	if err != nil {
		t.Fatal(err)
	}
	who, err := b.CustomerSignedIn(t.Context(), "support", e.Cookie)
	if err != nil || who.Contact.ID != alice.ID || who.Contact.Name != "Alice" || !who.Contact.Proves(done.Address) || who.Contact.Invited != "" {
		t.Errorf("signed in = %+v, %v", who, err)
	}
	if _, err := b.SignInCustomer(t.Context(), closed(), Credentials{Address: "alice@customer.example", Password: good}); err != nil {
		t.Errorf("signing in where sign-up is closed: %v", err)
	}
	if _, err := b.InviteContact(t.Context(), ada, Invitation{Contact: alice.ID}); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), "can sign in already") {
		t.Errorf("who has a sign-in: %v", err)
	}
}

func TestInviteRefused(t *testing.T) {
	b := newAccounts(t)
	b.directory = open{center: closed}
	ada := b.agent("ada@acme.example")
	b.ticket("n1")
	alice := b.contact(helpdesk.MustAddress("alice@customer.example"))
	before := b.revision()
	for _, tt := range []struct {
		name string
		by   Actor
		in   Invitation
		kind helpdesk.Kind
		want string
	}{
		{"by nobody", Actor{Account: "support"}, Invitation{Contact: alice.ID}, helpdesk.SignIn, "sign in"},
		{"no contact", ada, Invitation{Contact: helpdesk.NewID()}, helpdesk.NotFound, "no such contact"},
		{"of another account", Actor{Account: "other", Operator: true}, Invitation{Contact: alice.ID}, helpdesk.NotFound, "no such contact"},
		{"not their address", ada, Invitation{Contact: alice.ID, Address: "eve@customer.example"}, helpdesk.Invalid, "no address of this contact"},
		{"no address", ada, Invitation{Address: "alice"}, helpdesk.Invalid, "enter a mail address"},
		{"an agent", ada, Invitation{Address: "ada@acme.example"}, helpdesk.Invalid, "address of an agent"},
		{"ourselves", ada, Invitation{Address: "support+x@acme.example"}, helpdesk.Invalid, "address of ours"},
		{"no such help center", ada, Invitation{Contact: alice.ID, HelpCenter: "none"}, helpdesk.Invalid, "nobody can sign in to a help center none"},
		{"one whose portal is off", ada, Invitation{Contact: alice.ID, HelpCenter: "second"}, helpdesk.Invalid, "nobody can sign in to a help center second"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if done, err := b.InviteContact(t.Context(), tt.by, tt.in); done != nil || err == nil || helpdesk.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
	if b.revision() != before {
		t.Error("refusals wrote to the store")
	}
	b.directory = open{center: closed, second: true}
	if _, err := b.InviteContact(t.Context(), ada, Invitation{Contact: alice.ID}); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), "acme, second") {
		t.Errorf("two help centers and none named: %v", err)
	}
	nobody := func() helpdesk.HelpCenter { h := center(); h.SignUp = helpdesk.SignUp{}; return h }
	b.directory = open{center: nobody}
	if _, err := b.InviteContact(t.Context(), ada, Invitation{Contact: alice.ID}); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), "no way to sign in is declared") {
		t.Errorf("nobody can sign in: %v", err)
	}
}

// Many agents press the button at once: there is one mail, and one link.
func TestInviteAtOnce(t *testing.T) {
	b := newAccounts(t)
	ctx := context.WithoutCancel(t.Context())
	atOnce(8, func(int) {
		if _, err := b.InviteContact(ctx, operator, Invitation{Address: "new@customer.example"}); err != nil {
			t.Error(err)
		}
	})
	if mails := b.accountMails(helpdesk.Invited); len(mails) != 1 || b.contact(mails[0].To).Invited != mails[0].Pass {
		t.Errorf("mails = %+v", mails)
	}
}

func TestInvitationLapses(t *testing.T) {
	b := newAccounts(t)
	if _, err := b.InviteContact(t.Context(), operator, Invitation{Address: "new@customer.example"}); err != nil {
		t.Fatal(err)
	}
	token := b.token(b.accountMails(helpdesk.Invited)[0].Pass)
	b.wait(helpdesk.InvitationLifetime - time.Second)
	if _, err := b.OpenPass(t.Context(), center(), token); err != nil {
		t.Errorf("before its end: %v", err)
	}
	b.wait(time.Second)
	if _, err := b.UsePass(t.Context(), center(), token, Activation{Password: good}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("after its end: %v", err)
	}
}
