package actions

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

func (b *bench) codeOf(pass helpdesk.ID) string {
	return b.signer.Code(links.Audience(center().Audience), string(pass))
}

// wrong is another code of eight digits.
func wrong(code string) string {
	return code[:7] + fmt.Sprint((int(code[7]-'0')+1)%10)
}

// covers: S24
func TestSignInByCode(t *testing.T) {
	b := newAccounts(t)
	id := b.ask(Asking{Kind: helpdesk.PassCode, Address: "new@customer.example", Browser: "mine", Next: "/en/requests/7"})
	code := b.codeOf(id)
	second := center()
	second.Name = "second"
	other := center()
	other.Account = "other"
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		in     TypedCode
	}{
		{"another browser", center(), TypedCode{Pass: id, Secret: "theirs", Code: code}},
		{"no browser", center(), TypedCode{Pass: id, Code: code}},
		{"never asked", center(), TypedCode{Secret: "mine", Code: code}},
		{"another pass", center(), TypedCode{Pass: helpdesk.NewID(), Secret: "mine", Code: code}},
		{"no id", center(), TypedCode{Pass: "../contact/xxxx", Secret: "mine", Code: code}},
		{"in another help center", second, TypedCode{Pass: id, Secret: "mine", Code: code}},
		{"in another account", other, TypedCode{Pass: id, Secret: "mine", Code: code}},
		{"wrong", center(), TypedCode{Pass: id, Secret: "mine", Code: wrong(code)}},
	} {
		e, err := b.SignInByCode(t.Context(), tt.center, tt.in)
		if e != nil || helpdesk.KindOf(err) != helpdesk.Invalid || err.Error() != errCode().Error() {
			t.Errorf("%s: %+v, %v, want the one answer", tt.name, e, err)
		}
	}
	if b.contact(helpdesk.MustAddress("new@customer.example")) != nil {
		t.Fatal("there is a contact before the address is proven")
	}
	e, err := b.SignInByCode(t.Context(), center(), TypedCode{Pass: id, Secret: "mine", Code: " " + code[:4] + " " + code[4:]})
	if err != nil || e.Next != "/en/requests/7" {
		t.Fatalf("entered = %+v, %v", e, err)
	}
	who, err := b.CustomerSignedIn(t.Context(), "support", e.Cookie)
	if err != nil || who.Session.How != ByCode || who.Contact.SignIn.Password != "" || !who.Contact.Proves(helpdesk.MustAddress("new@customer.example")) {
		t.Fatalf("signed in = %+v, %v", who, err)
	}
	if _, err := b.SignInByCode(t.Context(), center(), TypedCode{Pass: id, Secret: "mine", Code: code}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("used twice: %v", err)
	}
	// A sign-in without a password is not one with an empty one.
	if _, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "new@customer.example"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("no password: %v", err)
	}
	id = b.ask(Asking{Kind: helpdesk.PassCode, Address: "new@customer.example", Browser: "mine"})
	b.wait(helpdesk.CodeLifetime)
	if _, err := b.SignInByCode(t.Context(), center(), TypedCode{Pass: id, Secret: "mine", Code: b.codeOf(id)}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("after ten minutes: %v", err)
	}
}

// Typing a wrong code is the same work and answer for an address that nobody has,
// and five tries are five, however many come at once.
func TestCodeTries(t *testing.T) {
	b := newAccounts(t)
	b.directory = open{center: func() helpdesk.HelpCenter { h := center(); h.SignUp.Open = false; return h }}
	b.known(true, "!alice@customer.example")
	for _, address := range []string{"alice@customer.example", "nobody@customer.example"} {
		id := b.ask(Asking{Kind: helpdesk.PassCode, Address: address, Browser: "mine"})
		before := b.revision()
		ctx := context.WithoutCancel(t.Context())
		atOnce(20, func(int) {
			if _, err := b.SignInByCode(ctx, center(), TypedCode{Pass: id, Secret: "mine", Code: wrong(b.codeOf(id))}); helpdesk.KindOf(err) != helpdesk.Invalid {
				t.Error(err)
			}
		})
		if n := b.revision() - before; n != helpdesk.MostCodeTries {
			t.Errorf("%s: %d tries were counted, want %d", address, n, helpdesk.MostCodeTries)
		}
		if _, err := b.SignInByCode(t.Context(), center(), TypedCode{Pass: id, Secret: "mine", Code: b.codeOf(id)}); helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: the right code after all tries: %v", address, err)
		}
	}
	if got := len(b.accountMails(helpdesk.CodeMail)); got != 1 {
		t.Errorf("%d mails, want one, to who is known", got)
	}
	// What nobody was sent opens nothing, even guessed.
	id := b.ask(Asking{Kind: helpdesk.PassCode, Address: "nobody@customer.example", Browser: "mine"})
	closedNow := center()
	closedNow.SignUp.Open = false
	if _, err := b.SignInByCode(t.Context(), closedNow, TypedCode{Pass: id, Secret: "mine", Code: b.codeOf(id)}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("a code that was never sent: %v", err)
	}
}

// A code that no mail brought lets nobody in, so the tries at all codes of an
// address together are bounded by the mails that it gets: otherwise whoever asks
// again and again, with five tries each time, is in some day.
//
// covers: S24, M04
func TestCodeThatWasNeverSent(t *testing.T) {
	b := newAccounts(t)
	b.known(true, "!alice@customer.example")
	for _, address := range []string{"alice@customer.example", "new@customer.example"} {
		var last helpdesk.ID
		before := len(b.accountMails(helpdesk.CodeMail))
		for range 10 {
			last = b.ask(Asking{Kind: helpdesk.PassCode, Address: address, Browser: "mine"})
		}
		if sent := len(b.accountMails(helpdesk.CodeMail)) - before; sent >= 10 {
			t.Fatalf("%s: all %d codes were sent", address, sent)
		}
		at := b.revision()
		if e, err := b.SignInByCode(t.Context(), center(), TypedCode{Pass: last, Secret: "mine", Code: b.codeOf(last)}); e != nil || err == nil || err.Error() != errCode().Error() {
			t.Errorf("%s: a code that no mail brought: %+v, %v", address, e, err)
		}
		if n := b.revision() - at; n != 1 {
			t.Errorf("%s: %d writes, want one, as for any wrong code", address, n)
		}
	}
}

// The right code, typed many times at once, is used once.
func TestCodeIsUsedOnce(t *testing.T) {
	b := newAccounts(t)
	id := b.ask(Asking{Kind: helpdesk.PassCode, Address: "new@customer.example", Browser: "mine"})
	var entered atomic.Int32
	ctx := context.WithoutCancel(t.Context())
	atOnce(20, func(int) {
		if _, err := b.SignInByCode(ctx, center(), TypedCode{Pass: id, Secret: "mine", Code: b.codeOf(id)}); err == nil {
			entered.Add(1)
		}
	})
	if entered.Load() != 1 {
		t.Errorf("%d got in", entered.Load())
	}
}

// Where sign-up is closed and there are no passwords, a code lets in who was
// invited, and ends the invitation.
// covers: S28
func TestInvitedByCode(t *testing.T) {
	b := newAccounts(t)
	codes := func() helpdesk.HelpCenter { h := center(); h.SignUp = helpdesk.SignUp{EmailCode: true}; return h }
	b.directory = open{center: codes}
	if _, err := b.InviteContact(t.Context(), operator, Invitation{Address: "new@customer.example"}); err != nil {
		t.Fatal(err)
	}
	invitation := b.token(b.accountMails(helpdesk.Invited)[0].Pass)
	if _, err := b.OpenPass(t.Context(), codes(), invitation); err != nil {
		t.Errorf("the link tells how to go on: %v", err)
	}
	if _, err := b.UsePass(t.Context(), codes(), invitation, Activation{Password: good}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a password where there are none: %v", err)
	}
	id := b.ask(Asking{Kind: helpdesk.PassCode, Address: "new@customer.example", Browser: "mine"})
	if _, err := b.SignInByCode(t.Context(), codes(), TypedCode{Pass: id, Secret: "mine", Code: b.codeOf(id)}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.OpenPass(t.Context(), codes(), invitation); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the invitation after it: %v", err)
	}
}

// covers: S24
func TestReset(t *testing.T) {
	b := newAccounts(t)
	e := b.customer("alice@customer.example")
	b.wait(time.Minute)
	one := b.ask(Asking{Kind: helpdesk.PassReset, Address: "ALICE@customer.example"})
	two := b.ask(Asking{Kind: helpdesk.PassReset, Address: "alice@customer.example"})
	b.wait(time.Minute)
	after, err := b.UsePass(t.Context(), center(), b.token(one), Activation{Password: "another good password"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CustomerSignedIn(t.Context(), "support", e.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("a session from before: %v", err)
	}
	if _, err := b.CustomerSignedIn(t.Context(), "support", after.Cookie); err != nil {
		t.Errorf("the session of who set it: %v", err)
	}
	if _, err := b.UsePass(t.Context(), center(), b.token(two), Activation{Password: "one more good password"}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the other mail: %v", err)
	}
	if _, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "alice@customer.example", Password: good}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("the old password: %v", err)
	}
	if mails := b.accountMails(helpdesk.PasswordChanged); len(mails) != 1 || mails[0].Pass != "" || mails[0].To.String() != "alice@customer.example" {
		t.Errorf("mails = %+v", mails)
	}
}

// covers: S29
func TestChangeName(t *testing.T) {
	b := newAccounts(t)
	e := b.customer("alice@customer.example")
	who := b.signedIn(e)
	off := center()
	off.PortalOn = false
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		by     *Customer
		typed  string
		want   string
	}{
		{"nobody", center(), nil, "Eve", "sign-in needed"},
		{"portal off", off, who, "Eve", "not found"},
		{"too long", center(), who, strings.Repeat("n", MaxName+1), "invalid"},
		{"another", center(), who, " Alice\r\nBcc: x ", "ok"},
		{"the same again", center(), who, "Alice Bcc: x", "ok"},
	} {
		if err := b.ChangeName(t.Context(), tt.center, tt.by, tt.typed); kindOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	c, err := b.CustomerSignedIn(t.Context(), "support", e.Cookie)
	if err != nil || c == nil || c.Contact.Name != "Alice Bcc: x" {
		t.Fatalf("she is %+v, %v", c, err)
	}
	if err := b.ChangeName(t.Context(), center(), c, ""); err != nil {
		t.Fatal(err)
	}
	if c, err = b.CustomerSignedIn(t.Context(), "support", e.Cookie); err != nil || c.Contact.Name != "" {
		t.Errorf("she is %+v, %v", c, err)
	}
}

// covers: S24
func TestChangePassword(t *testing.T) {
	b := newAccounts(t)
	mine := b.customer("alice@customer.example")
	elsewhere, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "alice@customer.example", Password: good})
	if err != nil {
		t.Fatal(err)
	}
	who := b.signedIn(mine)
	for _, tt := range []struct{ name, old, new, want string }{
		{"wrong old one", "no", "another good password", "this is not your password"},
		{"no old one", "", "another good password", "this is not your password"},
		{"short new one", good, "short", "at least 12 characters"},
		{"our own name", good, "acme acme acme!", "holds the name"},
	} {
		center := center()
		center.DisplayName = "Acme"
		if _, err := b.ChangePassword(t.Context(), center, who, NewPassword{Old: tt.old, New: tt.new}); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := b.ChangePassword(t.Context(), center(), nil, NewPassword{}); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("nobody: %v", err)
	}
	after, err := b.ChangePassword(t.Context(), center(), who, NewPassword{Old: good, New: "another good password"})
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*Entered{"elsewhere": elsewhere, "the cookie from before": mine} {
		if _, err := b.CustomerSignedIn(t.Context(), "support", e.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b.signedIn(after).Session.How != ByPassword || len(b.accountMails(helpdesk.PasswordChanged)) != 1 {
		t.Error("who changed it is not signed in, or was not told")
	}
	// A page from before the change sets nothing.
	if _, err := b.ChangePassword(t.Context(), center(), who, NewPassword{Old: good, New: "one more good password"}); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("with what was read before: %v", err)
	}
}

func (b *bench) signedIn(e *Entered) *Customer {
	b.t.Helper()
	who, err := b.CustomerSignedIn(b.t.Context(), "support", e.Cookie)
	if err != nil {
		b.t.Fatal(err)
	}
	return who
}

func TestSessionsOfACustomer(t *testing.T) {
	b := newAccounts(t)
	first := b.customer("alice@customer.example")
	eve := b.customer("eve@customer.example")
	var last *Entered
	for range 3 {
		b.wait(time.Minute)
		var err error
		if last, err = b.SignInCustomer(t.Context(), center(), Credentials{Address: "alice@customer.example", Password: good, Browser: "Firefox, Linux"}); err != nil {
			t.Fatal(err)
		}
	}
	who := b.signedIn(last)
	all, err := b.CustomerSessions(t.Context(), who)
	if err != nil || len(all) != 4 || all[0].ID != who.Session.ID || all[0].Browser != "Firefox, Linux" {
		t.Fatalf("sessions = %+v, %v", all, err)
	}
	if err := b.EndCustomerSession(t.Context(), who, string(b.signedIn(eve).Session.ID)); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("somebody else's: %v", err)
	}
	if err := b.EndCustomerSession(t.Context(), who, string(b.signedIn(first).Session.ID)); err != nil {
		t.Error(err)
	}
	if _, err := b.CustomerSignedIn(t.Context(), "support", first.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("the one that was ended: %v", err)
	}
	if err := b.EndOtherSessions(t.Context(), who); err != nil {
		t.Error(err)
	}
	if all, err = b.CustomerSessions(t.Context(), who); err != nil || len(all) != 1 || all[0].ID != who.Session.ID {
		t.Errorf("left: %+v, %v", all, err)
	}
	b.signedIn(eve)
	for range helpdesk.MostCustomerSessions {
		b.wait(time.Minute)
		if _, err := b.SignInCustomer(t.Context(), center(), Credentials{Address: "alice@customer.example", Password: good}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.CustomerSignedIn(t.Context(), "support", last.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("the oldest of too many: %v", err)
	}
	if sessions, err := b.db.CustomerSessions(t.Context(), "support", who.Contact.ID); err != nil || len(sessions) != helpdesk.MostCustomerSessions {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
}

// A password that is changed while somebody signs in with the old one lets them in
// no more.
func TestPasswordChangesDuringSignIn(t *testing.T) {
	b := newAccounts(t)
	b.customer("alice@customer.example")
	stale := b.contact(helpdesk.MustAddress("alice@customer.example"))
	b.wait(time.Minute)
	id := b.ask(Asking{Kind: helpdesk.PassReset, Address: "alice@customer.example"})
	if _, err := b.UsePass(t.Context(), center(), b.token(id), Activation{Password: "another good password"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.start(t.Context(), center(), stale, ByPassword, ""); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a session for the old password: %v", err)
	}
}
