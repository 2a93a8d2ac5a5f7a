package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// known makes a contact with some addresses, those that are proven marked by "!".
func (b *bench) known(signIn bool, addresses ...string) *helpdesk.Contact {
	b.t.Helper()
	c := &helpdesk.Contact{ID: helpdesk.NewID(), Created: noon}
	for _, a := range addresses {
		known := helpdesk.ContactAddress{}
		if a[0] == '!' {
			known.Proven, a = &noon, a[1:]
		}
		known.Address = helpdesk.MustAddress(a)
		c.Addresses = append(c.Addresses, known)
	}
	if signIn {
		c.SignIn = &helpdesk.PortalSignIn{Since: noon, Password: newHash(good), PasswordSet: &noon}
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// Which mail goes out, for every kind of who has the address.
// covers: S24, S26
func TestWhoGetsWhichMail(t *testing.T) {
	b := newAccounts(t)
	b.agent("ada@acme.example")
	b.disable(b.agent("old@acme.example").Agent.ID)
	b.known(false, "unproven@customer.example")
	b.known(false, "!proven@customer.example")
	b.known(true, "!signed@customer.example", "second@customer.example")
	b.known(false, "!one@customer.example", "other@customer.example")
	none := helpdesk.Purpose("")
	for _, tt := range []struct {
		address             string
		signUp, reset, code helpdesk.Purpose
		closed              helpdesk.Purpose // a code where sign-up is closed
	}{
		{"nobody@customer.example", helpdesk.SignUpMail, none, helpdesk.CodeMail, none},
		{"unproven@customer.example", helpdesk.SignUpMail, none, helpdesk.CodeMail, none},
		{"proven@customer.example", helpdesk.SignUpMail, none, helpdesk.CodeMail, none},
		{"signed@customer.example", helpdesk.Known, helpdesk.ResetMail, helpdesk.CodeMail, helpdesk.CodeMail},
		{"second@customer.example", none, none, none, none}, // of somebody with a sign-in, but never proven
		{"one@customer.example", helpdesk.SignUpMail, none, helpdesk.CodeMail, none},
		{"other@customer.example", none, none, none, none},
		{"ada@acme.example", helpdesk.Known, none, none, none},
		{"old@acme.example", helpdesk.SignUpMail, none, helpdesk.CodeMail, none},
		{"support@acme.example", none, none, none, none},
		{"support+r1@acme.example", none, none, none, none},
	} {
		for kind, want := range map[helpdesk.PassKind]helpdesk.Purpose{helpdesk.PassSignUp: tt.signUp, helpdesk.PassReset: tt.reset, helpdesk.PassCode: tt.code} {
			p := &helpdesk.Pass{Kind: kind, Address: helpdesk.MustAddress(tt.address), HelpCenter: "acme"}
			if got, err := b.judge(t.Context(), "support", p); got != want || err != nil {
				t.Errorf("%s of %s: %q, %v, want %q", kind, tt.address, got, err, want)
			}
		}
		b.directory = open{center: func() helpdesk.HelpCenter { h := center(); h.SignUp.Open = false; return h }}
		p := &helpdesk.Pass{Kind: helpdesk.PassCode, Address: helpdesk.MustAddress(tt.address), HelpCenter: "acme"}
		if got, err := b.judge(t.Context(), "support", p); got != tt.closed || err != nil {
			t.Errorf("code of %s where sign-up is closed: %q, %v, want %q", tt.address, got, err, tt.closed)
		}
		b.directory = open{center: center}
	}
}

// What is done before the answer is the same for every address: one write of a
// record that tells nothing of who has it.
func TestAskingIsTheSameForAll(t *testing.T) {
	b := newAccounts(t)
	b.known(true, "!signed@customer.example")
	for _, kind := range []helpdesk.PassKind{helpdesk.PassSignUp, helpdesk.PassReset, helpdesk.PassCode} {
		for _, address := range []string{"signed@customer.example", "nobody@customer.example"} {
			before := b.revision()
			id, err := b.AskByMail(t.Context(), center(), Asking{Kind: kind, Address: address})
			if err != nil || b.revision() != before+1 {
				t.Errorf("%s of %s: %v, and %d writes, want one", kind, address, err, b.revision()-before)
			}
			p, err := b.db.AskedPass(t.Context(), "support", id)
			if err != nil || p.Contact != "" || !p.Asked {
				t.Errorf("%s of %s: record %+v, %v", kind, address, p, err)
			}
			if _, err := b.db.Pass(t.Context(), "support", id, noon); helpdesk.KindOf(err) != helpdesk.NotFound {
				t.Errorf("%s of %s opens something before anybody looked at it: %v", kind, address, err)
			}
		}
	}
	if n := len(b.accountMails(helpdesk.SignUpMail, helpdesk.Known, helpdesk.ResetMail, helpdesk.CodeMail)); n != 0 {
		t.Fatalf("%d mails went out before the answer", n)
	}
	b.settleAll(t.Context(), "support")
	b.settleAll(t.Context(), "support") // another replica
	if n := len(b.accountMails(helpdesk.SignUpMail, helpdesk.Known, helpdesk.ResetMail, helpdesk.CodeMail)); n != 5 {
		t.Errorf("%d mails, want all but the reset for nobody, once", n)
	}
	if left, err := b.db.Asked(t.Context(), "support", 10); len(left) != 0 || err != nil {
		t.Errorf("%d are left, %v", len(left), err)
	}
}

// Settle looks at what comes in, and at its start at what was left.
func TestSettle(t *testing.T) {
	b := newAccounts(t)
	left, err := b.AskByMail(t.Context(), center(), Asking{Kind: helpdesk.PassSignUp, Address: "left@customer.example"})
	if err != nil {
		t.Fatal(err)
	}
	<-b.asked // as after a restart
	seen := make(chan struct{}, 10)
	b.directory = open{center: func() helpdesk.HelpCenter { seen <- struct{}{}; return center() }}
	b.done(func() { b.Settle(t.Context(), func() []string { return []string{"support"} }) })
	<-seen
	late, err := b.AskByMail(t.Context(), center(), Asking{Kind: helpdesk.PassSignUp, Address: "late@customer.example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []helpdesk.ID{left, late} {
		for {
			if _, err := b.db.Pass(t.Context(), "support", id, noon); err == nil {
				break
			} else if helpdesk.KindOf(err) != helpdesk.NotFound {
				t.Fatal(err)
			}
		}
	}
}

// Each pass opens what it is for, where it is for, and while it holds.
func TestPassesDoNotCross(t *testing.T) {
	b := newAccounts(t)
	alice := b.known(true, "!alice@customer.example")
	reset := b.ask(Asking{Kind: helpdesk.PassReset, Address: "alice@customer.example"})
	code := b.ask(Asking{Kind: helpdesk.PassCode, Address: "alice@customer.example", Browser: "b"})
	up := b.ask(Asking{Kind: helpdesk.PassSignUp, Address: "new@customer.example"})
	second, account := center(), center()
	second.Name, second.Audience = "second", links.AudienceOf("support", "HelpCenter", "second")
	account.Account = "other"
	off, noPasswords, closedNow := center(), center(), center()
	off.PortalOn, noPasswords.SignUp.Password, closedNow.SignUp.Open = false, false, false
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		token  string
		want   bool
	}{
		{"sign-up", center(), b.token(up), true},
		{"reset", center(), b.token(reset), true},
		{"a code's is no link", center(), b.token(code), false},
		{"in another help center", second, b.token(up), false},
		{"signed for another help center", center(), b.signer.Pass(links.Audience(second.Audience), string(up)), false},
		{"in another account", account, b.token(up), false},
		{"never made", center(), b.token(helpdesk.NewID()), false},
		{"no token", center(), "pp1_x", false},
		{"of no id", center(), b.token("../contact/xxxx"), false},
		{"the portal is off now", off, b.token(up), false},
		{"passwords are no way in now", noPasswords, b.token(reset), false},
		{"sign-up is closed now", closedNow, b.token(up), false},
		{"a reset where it is closed", closedNow, b.token(reset), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.OpenPass(t.Context(), tt.center, tt.token)
			if got := err == nil; got != tt.want || err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
				t.Errorf("opens: %v, want %t", err, tt.want)
			}
			if tt.want {
				return
			}
			if _, err := b.UsePass(t.Context(), tt.center, tt.token, Activation{Password: good + "?"}); helpdesk.KindOf(err) != helpdesk.NotFound {
				t.Errorf("use: %v", err)
			}
		})
	}
	b.wait(helpdesk.ResetLifetime)
	if _, err := b.OpenPass(t.Context(), center(), b.token(reset)); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a reset after half an hour: %v", err)
	}
	b.wait(helpdesk.SignUpLifetime)
	if _, err := b.OpenPass(t.Context(), center(), b.token(up)); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a sign-up after a day: %v", err)
	}
	if now := b.contact(alice.Addresses[0].Address); now.SignIn.Password != alice.SignIn.Password {
		t.Error("something of that set the password")
	}
}

// Two sign-ups for one address: who is second finds the sign-in of the first.
func TestSecondSignUpForAnAddress(t *testing.T) {
	b := newAccounts(t)
	one := b.ask(Asking{Kind: helpdesk.PassSignUp, Address: "alice@customer.example"})
	two := b.ask(Asking{Kind: helpdesk.PassSignUp, Address: "alice@customer.example"})
	if _, err := b.UsePass(t.Context(), center(), b.token(one), Activation{Password: good}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.UsePass(t.Context(), center(), b.token(two), Activation{Password: "another good password"}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the second: %v", err)
	}
	if _, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "alice@customer.example", Password: good}); err != nil {
		t.Errorf("the first: %v", err)
	}
}

// Requests that somebody brought in under an address are its owner's, whoever
// typed them, and nobody's before it is proven.
func TestSignUpTakesTheContactOver(t *testing.T) {
	b := newAccounts(t)
	b.ticket("n1")
	before := b.contact(helpdesk.MustAddress("alice@customer.example"))
	if before.SignIn != nil || before.Proves(before.Addresses[0].Address) {
		t.Fatalf("a form proved something: %+v", before)
	}
	b.customer("alice@customer.example")
	after := b.contact(helpdesk.MustAddress("alice@customer.example"))
	if after.ID != before.ID || after.SignIn == nil || !after.Proves(after.Addresses[0].Address) || after.Addresses[0].How != "signup" {
		t.Errorf("after: %+v", after)
	}
}

func TestTriesOfAnAddress(t *testing.T) {
	b := newAccounts(t)
	b.customer("alice@customer.example")
	try := func(address, password string) error {
		_, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: address, Password: password})
		return err
	}
	for _, address := range []string{"alice@customer.example", "nobody@customer.example"} {
		for range triesBurst {
			if err := try(address, "wrong"); helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Fatal(err)
			}
		}
		if err := try(address, good); err != ErrTooMany {
			t.Errorf("%s after %d tries: %v", address, triesBurst, err)
		}
	}
	if err := try("bob@customer.example", "wrong"); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("somebody else: %v", err)
	}
	id := b.ask(Asking{Kind: helpdesk.PassReset, Address: "alice@customer.example"})
	if _, err := b.UsePass(t.Context(), center(), b.token(id), Activation{Password: "another good password"}); err != nil {
		t.Errorf("the owner is locked out: %v", err)
	}
	b.wait(triesEvery + time.Second)
	if err := try("alice@customer.example", "another good password"); err != nil {
		t.Errorf("after a while: %v", err)
	}
}

// Whoever asks chooses the page to go on to, and nothing that they have kept is
// large: a megabyte each time would fill the store.
// covers: S24
func TestAskedPageIsShort(t *testing.T) {
	b := newAccounts(t)
	for _, tt := range []struct{ next, want string }{
		{"/en/requests?q=" + strings.Repeat("a", 500), "/en/requests?q=" + strings.Repeat("a", 500)},
		{"/en/requests?q=" + strings.Repeat("a", maxNext), ""},
	} {
		id := b.ask(Asking{Kind: helpdesk.PassSignUp, Address: "new@customer.example", Next: tt.next})
		p, err := b.db.Pass(t.Context(), "support", id, b.now())
		if err != nil || p.Next != tt.want {
			t.Errorf("goes on to %d bytes, %v, want %d", len(p.Next), err, len(tt.want))
		}
	}
}

// Nobody is bombed through us at an address that no one has proven, and who said
// "this was not me" gets nothing more; that it was not sent, no answer tells.
//
// covers: M04, S26
func TestMailToUnprovenAddressesIsBounded(t *testing.T) {
	const said = "alice@customer.example"
	b := newAccounts(t)
	number := b.ticket("n1") // of alice, who has not proven her address
	b.known(true, "!signed@customer.example")
	asking := func(address string) *helpdesk.Pass {
		t.Helper()
		before := b.revision()
		id, err := b.AskByMail(t.Context(), center(), Asking{Kind: helpdesk.PassCode, Address: address})
		if err != nil || b.revision() != before+1 {
			t.Fatalf("%v, %d writes before the answer, want one", err, b.revision()-before)
		}
		b.settleAll(t.Context(), "support")
		if b.revision() != before+2 {
			t.Errorf("%d writes after it, want one whoever it is", b.revision()-before-1)
		}
		p, err := b.db.Pass(t.Context(), "support", id, noon)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mails := func(address string) (n int) {
		for _, d := range b.accountMails(helpdesk.CodeMail, helpdesk.Invited) {
			if d.To.String() == address {
				n++
			}
		}
		return n
	}
	for _, tt := range []struct {
		address string
		most    int
	}{{"new@customer.example", 3}, {"signed@customer.example", 5}} {
		for i := range 7 {
			if p := asking(tt.address); p.Unsent != (i >= tt.most) {
				t.Errorf("code %d of %s: unsent %t", i+1, tt.address, p.Unsent)
			}
		}
		if n := mails(tt.address); n != tt.most {
			t.Errorf("%d mails to %s, want %d", n, tt.address, tt.most)
		}
	}
	if p := asking(said); p.Unsent {
		t.Error("who submits cannot sign up on the same day")
	}
	if err := b.Disown(t.Context(), center(), b.link(center(), number, func(l *links.Link) { l.Scope = links.Disown })); err != nil {
		t.Fatal(err)
	}
	if p := asking(said); !p.Unsent || mails(said) != 1 {
		t.Errorf("who said that it was not them: unsent %t, %d mails in all", p.Unsent, mails(said))
	}
	_, err := b.InviteContact(t.Context(), b.agent("ada@acme.example"), Invitation{Address: said, HelpCenter: "acme"})
	if helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), "was not theirs") || mails(said) != 1 {
		t.Errorf("invited: %v, %d mails", err, mails(said))
	}
}
