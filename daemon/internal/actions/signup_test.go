package actions

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

const good = "seven quiet otters sing"

// open is what is declared where customers may sign up.
type open struct {
	directory
	center func() helpdesk.HelpCenter
	second bool // there is another one
}

func (o open) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	h := o.center()
	return h, account == h.Account && name == h.Name
}

// newAccounts is a bench of a help center where customers may sign up.
func newAccounts(t *testing.T) *bench {
	b := newBench(t)
	b.directory = open{center: center}
	return b
}

// done runs something until the test ends.
func (b *bench) done(run func()) {
	finished := make(chan struct{})
	go func() { defer close(finished); run() }()
	b.t.Cleanup(func() { <-finished })
}

// accountMails are mails about sign-ins that wait to be sent.
func (b *bench) accountMails(purposes ...helpdesk.Purpose) []helpdesk.Delivery {
	b.t.Helper()
	all, _, err := b.db.Outbox(b.t.Context(), "support", false, "", 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(d helpdesk.Delivery) bool { return !slices.Contains(purposes, d.Purpose) })
}

// ask has a mail asked for and looks at it, and returns the pass.
func (b *bench) ask(in Asking) helpdesk.ID {
	b.t.Helper()
	id, err := b.AskByMail(b.t.Context(), center(), in)
	if err != nil {
		b.t.Fatal(err)
	}
	b.settleAll(b.t.Context(), "support")
	return id
}

func (b *bench) token(pass helpdesk.ID) string {
	return b.signer.Pass(links.Audience(center().Audience), string(pass))
}

// customer signs somebody up, by mail.
func (b *bench) customer(address string) *Entered {
	b.t.Helper()
	pass := b.ask(Asking{Kind: helpdesk.PassSignUp, Address: address})
	e, err := b.UsePass(b.t.Context(), center(), b.token(pass), Activation{Name: "Alice", Password: good})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// A name that a stranger gave to an address does not become its owner's with the
// sign-up: it would stand in each mail to them. One that an agent vouches for stays.
// covers: S24, S28
func TestNamesOfStrangersGo(t *testing.T) {
	for _, tt := range []struct {
		name, typed, want string
		ready             func(b *bench, c *helpdesk.Contact)
	}{
		{"of a stranger", "", "", func(*bench, *helpdesk.Contact) {}},
		{"another one is typed", "Bob", "Bob", func(*bench, *helpdesk.Contact) {}},
		{"of who was proven", "", "Pay at evil.example", func(_ *bench, c *helpdesk.Contact) { c.Addresses[0].Proven = &noon }},
		{"of who was invited", "", "Pay at evil.example", func(_ *bench, c *helpdesk.Contact) { c.Invitation = &helpdesk.Invitation{At: noon} }},
	} {
		for _, kind := range []helpdesk.PassKind{helpdesk.PassSignUp, helpdesk.PassCode} {
			b := newAccounts(t)
			c := newContact("Pay at evil.example", helpdesk.MustAddress("bob@customer.example"), noon)
			tt.ready(b, c)
			if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
				t.Fatal(err)
			}
			pass := b.ask(Asking{Kind: kind, Address: "bob@customer.example", Browser: "mine"})
			var err error
			if kind == helpdesk.PassSignUp {
				_, err = b.UsePass(t.Context(), center(), b.token(pass), Activation{Name: tt.typed, Password: good})
			} else if _, err = b.SignInByCode(t.Context(), center(), TypedCode{Pass: pass, Secret: "mine", Code: b.codeOf(pass)}); tt.typed != "" {
				continue // a code takes no name
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := b.contact(helpdesk.MustAddress("bob@customer.example")); got.ID != c.ID || got.Name != tt.want {
				t.Errorf("%s, by %s: called %q, want %q", tt.name, kind, got.Name, tt.want)
			}
		}
	}
}

// covers: S24
func TestSignUp(t *testing.T) {
	b := newAccounts(t)
	id := b.ask(Asking{Kind: helpdesk.PassSignUp, Address: " Alice@Customer.example ", Next: "/en/requests/7"})
	if got := b.contact(helpdesk.MustAddress("alice@customer.example")); got != nil {
		t.Fatalf("there is a contact before the address is proven: %+v", got)
	}
	mails := b.accountMails(helpdesk.SignUpMail)
	if len(mails) != 1 || mails[0].Pass != id || mails[0].To.String() != "Alice@customer.example" || mails[0].HelpCenter != "acme" || mails[0].Locale != "en" {
		t.Fatalf("mails = %+v", mails)
	}
	before := b.revision()
	p, err := b.OpenPass(t.Context(), center(), b.token(id))
	if err != nil || p.Kind != helpdesk.PassSignUp || b.revision() != before {
		t.Fatalf("opening: %+v, %v; the store moved from %d to %d", p, err, before, b.revision())
	}
	if _, err := b.UsePass(t.Context(), center(), b.token(id), Activation{Password: "short"}); helpdesk.KindOf(err) != helpdesk.Invalid || b.revision() != before {
		t.Fatalf("short password: %v; it used the link up: %t", err, b.revision() != before)
	}
	e, err := b.UsePass(t.Context(), center(), b.token(id), Activation{Name: "Alice\r\nX", Password: good, Browser: "Firefox, Linux"})
	if err != nil || e.Next != "/en/requests/7" || !e.Expires.Equal(noon.Add(helpdesk.CustomerSessionLifetime)) {
		t.Fatalf("entered = %+v, %v", e, err)
	}
	who, err := b.CustomerSignedIn(t.Context(), "support", e.Cookie)
	if err != nil || who.Contact.Name != "Alice X" || !who.Contact.Proves(p.Address) || who.Session.How != ByPassword || who.Session.Browser != "Firefox, Linux" {
		t.Fatalf("signed in = %+v, %v", who, err)
	}
	if _, err := b.CustomerSignedIn(t.Context(), "other", e.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("another account knows the cookie: %v", err)
	}
	if _, err := b.UsePass(t.Context(), center(), b.token(id), Activation{Password: good}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("used twice: %v", err)
	}
	if strings.Contains(who.Contact.SignIn.Password, good) {
		t.Error("the password is stored as it is")
	}
}

// 50 browsers follow one link at the same moment.
func TestPassIsUsedOnce(t *testing.T) {
	b := newAccounts(t)
	token := b.token(b.ask(Asking{Kind: helpdesk.PassSignUp, Address: "alice@customer.example"}))
	entered := make(chan *Entered, 50)
	atOnce(50, func(int) {
		e, err := b.UsePass(context.WithoutCancel(t.Context()), center(), token, Activation{Password: good})
		switch {
		case err == nil:
			entered <- e
		case helpdesk.KindOf(err) != helpdesk.NotFound:
			t.Errorf("who was late got %v, want NotFound", err)
		}
	})
	if len(entered) != 1 {
		t.Errorf("%d got in, want one", len(entered))
	}
}

// Whoever is refused at the sign-in waited for one check of a password, whether the
// address is known, has a password, or is nobody's. Nothing of the time it takes
// tells which of them it was.
// covers: S24
func TestSignInTakesTheSameWork(t *testing.T) {
	b := newAccounts(t)
	b.customer("alice@customer.example")
	b.proven("bob@customer.example") // and has no password
	// A check takes a slot before its work and gives it back after; here each waits
	// for us to take part in that.
	b.passwords.slots = make(chan struct{})
	for _, tt := range []struct{ name, address, password string }{
		{"a wrong password", "alice@customer.example", "not the password"},
		{"no password", "bob@customer.example", good},
		{"nobody", "nobody@customer.example", good},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done := make(chan error, 1)
			go func() {
				_, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: tt.address, Password: tt.password})
				done <- err
			}()
			select {
			case <-b.passwords.slots:
				b.passwords.slots <- struct{}{}
			case err := <-done:
				t.Fatalf("answered without a check: %v", err)
			}
			select {
			case <-b.passwords.slots:
				t.Fatal("two checks were made")
			case err := <-done:
				if helpdesk.KindOf(err) != helpdesk.Invalid || helpdesk.Public(err) != "this address and password do not belong together" {
					t.Errorf("error = %v", err)
				}
			}
		})
	}
}

// covers: S24, S42
func TestSignInCustomer(t *testing.T) {
	b := newAccounts(t)
	b.customer("alice@customer.example")
	other := center()
	other.Account = "other"
	closed := center()
	closed.SignUp.Password = false
	before := b.revision()
	for _, tt := range []struct {
		name              string
		center            helpdesk.HelpCenter
		address, password string
		want              helpdesk.Kind
		words             string
	}{
		{"unknown", center(), "eve@customer.example", good, helpdesk.Invalid, "this address and password do not belong together"},
		{"wrong password", center(), "alice@customer.example", good + "!", helpdesk.Invalid, "this address and password do not belong together"},
		{"no password", center(), "alice@customer.example", "", helpdesk.Invalid, "this address and password do not belong together"},
		{"endless password", center(), "alice@customer.example", strings.Repeat("p", 1<<20), helpdesk.Invalid, "this address and password do not belong together"},
		{"of another account", other, "alice@customer.example", good, helpdesk.Invalid, "this address and password do not belong together"},
		{"no address", center(), "alice", good, helpdesk.Invalid, "enter a mail address such as name@example.com"},
		{"passwords are no way in", closed, "alice@customer.example", good, helpdesk.NotFound, "there is no such page"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := b.SignInCustomer(t.Context(), tt.center, Credentials{Address: tt.address, Password: tt.password})
			if e != nil || err == nil || helpdesk.KindOf(err) != tt.want || helpdesk.Public(err) != tt.words {
				t.Errorf("entered %+v, %v", e, err)
			}
		})
	}
	if b.revision() != before {
		t.Error("refusals wrote to the store")
	}
	first, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "ALICE@customer.example", Password: good})
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "alice@customer.example", Password: good})
	if err != nil || first.Cookie == second.Cookie {
		t.Fatalf("%v; both have the cookie %q", err, first.Cookie)
	}
	elsewhere := center() // another help center of the account
	elsewhere.Name, elsewhere.Audience = "second", links.AudienceOf("support", "HelpCenter", "second")
	if _, err := b.SignInCustomer(t.Context(), elsewhere, Credentials{Address: "alice@customer.example", Password: good}); err != nil {
		t.Errorf("in another help center of the account: %v", err)
	}
	if err := b.SignOutCustomer(t.Context(), "support", first.Cookie); err != nil {
		t.Fatal(err)
	}
	if _, err := b.CustomerSignedIn(t.Context(), "support", first.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("signed out: %v", err)
	}
	b.wait(helpdesk.CustomerSessionLifetime - time.Second)
	if _, err := b.CustomerSignedIn(t.Context(), "support", second.Cookie); err != nil {
		t.Errorf("before its end: %v", err)
	}
	b.wait(time.Second)
	if _, err := b.CustomerSignedIn(t.Context(), "support", second.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("after its end: %v", err)
	}
}
