package actions

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// issuers is an issuer that vouches for whom a test says. It checks that what
// comes back is what was begun, as a real one does.
type issuers struct {
	mu    sync.Mutex
	begun map[string]helpdesk.Begun // by state
	used  map[string]bool
	who   helpdesk.Identity
	err   error
}

func (i *issuers) Begin(_ context.Context, o helpdesk.OIDC, b helpdesk.Begun) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.begun[b.State] = b
	return o.Issuer + "/authorize?" + url.Values{"state": {b.State}}.Encode(), i.err
}

func (i *issuers) Finish(_ context.Context, account string, o helpdesk.OIDC, b helpdesk.Begun, r helpdesk.Returned) (helpdesk.Identity, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	state, ok := strings.CutPrefix(r.Code, "code of ")
	if !ok || i.begun[state] != b || i.used[state] || account != "support" {
		return helpdesk.Identity{}, helpdesk.Wrap(helpdesk.Invalid, errors.New("invalid_grant"))
	}
	i.used[state] = true
	who := i.who
	who.Subject.Issuer, who.Subject.Name = o.Issuer, o.Name
	return who, i.err
}

func (i *issuers) vouch(subject, address string, verified bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.who = helpdesk.Identity{Subject: helpdesk.Subject{Subject: subject, Since: noon}, Verified: verified, Name: "Alice at ID"}
	if address != "" {
		i.who.Address = helpdesk.MustAddress(address)
	}
}

// elsewhere is a bench of a help center with two issuers.
type elsewhere struct {
	*bench
	issuers *issuers
	center  helpdesk.HelpCenter
}

// declared is a directory that has the help center.
type declared struct {
	directory
	e *elsewhere
}

func (d declared) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	return d.e.center, account == d.e.center.Account && name == d.e.center.Name
}

func newElsewhere(t *testing.T) *elsewhere {
	h := center()
	h.Locale, h.Locales, h.BaseURL = "de", []string{"de"}, "https://help.acme.example"
	h.SignUp = helpdesk.SignUp{Open: true, Password: true, OIDC: []helpdesk.OIDC{
		{Name: "id", Issuer: "https://id.example", Label: "Acme ID", ClientID: "postern"},
		{Name: "google", Issuer: helpdesk.GoogleIssuer, Google: true, Label: "Google", ClientID: "g"},
	}}
	e := &elsewhere{bench: newBench(t), issuers: &issuers{begun: map[string]helpdesk.Begun{}, used: map[string]bool{}}, center: h}
	e.Desk.issuers, e.Desk.directory = e.issuers, declared{e: e}
	e.issuers.vouch("alice", "alice@customer.example", true)
	return e
}

// leave begins a sign-in and returns its cookie and its state.
func (e *elsewhere) leave(name string, in Leaving) (cookie, state string) {
	e.t.Helper()
	left, err := e.Leave(e.t.Context(), e.center, name, in)
	if err != nil {
		e.t.Fatal(err)
	}
	u, err := url.Parse(left.Address)
	if err != nil {
		e.t.Fatal(err)
	}
	return left.Cookie, u.Query().Get("state")
}

const browserSecret = "of this browser"

// goThrough signs in at an issuer all the way.
func (e *elsewhere) goThrough(name string, in Leaving) (*Arrived, error) {
	e.t.Helper()
	cookie, state := e.leave(name, in)
	return e.Arrive(e.t.Context(), e.center, name, Arriving{
		Cookie: cookie, State: state, Returned: helpdesk.Returned{Code: "code of " + state}, Customer: in.Add, Secret: browserSecret, Browser: "Firefox, Linux",
	})
}

func (e *elsewhere) must(what Arrival, name string, in Leaving) *Arrived {
	e.t.Helper()
	got, err := e.goThrough(name, in)
	if err != nil || got.What != what || (got.Entered != nil) != (what == ArrivedIn) {
		e.t.Fatalf("arrived %+v, %v, want %s", got, err, what)
	}
	return got
}

// signedIn is whom a session is for.
func (e *elsewhere) signedIn(got *Entered) *Customer {
	e.t.Helper()
	who, err := e.CustomerSignedIn(e.t.Context(), "support", got.Cookie)
	if err != nil {
		e.t.Fatal(err)
	}
	return who
}

func (e *elsewhere) contactOf(address string) *helpdesk.Contact {
	e.t.Helper()
	found, err := e.db.Lookup(e.t.Context(), "support", store.Query{Address: helpdesk.MustAddress(address)})
	if err != nil {
		e.t.Fatal(err)
	}
	return found.Contact
}

// member has a sign-in with a password, or in some other way.
func (e *elsewhere) member(address, password string) *helpdesk.Contact {
	e.t.Helper()
	change := &helpdesk.Change{Account: "support"}
	c := admit(change, nil, newcomer{address: helpdesk.MustAddress(address), how: "signup", name: "Alice", locale: "de"}, noon)
	if password != "" {
		c.SignIn.Password = newHash(password)
	}
	if err := e.db.Commit(e.t.Context(), change); err != nil {
		e.t.Fatal(err)
	}
	return e.contactOf(address)
}

// as signs a member in.
func (e *elsewhere) as(c *helpdesk.Contact) *Customer {
	e.t.Helper()
	got, err := e.enter(e.t.Context(), e.center, c.ID, ByPassword, "")
	if err != nil {
		e.t.Fatal(err)
	}
	return e.signedIn(got)
}

// mailed looks at what was asked by mail and returns the token of the newest mail
// of a purpose; "" if none waits.
func (e *elsewhere) mailed(purpose helpdesk.Purpose) string {
	e.t.Helper()
	e.settleAll(e.t.Context(), "support")
	all, _, err := e.db.Outbox(e.t.Context(), "support", false, "", 100)
	if err != nil {
		e.t.Fatal(err)
	}
	token := ""
	for _, d := range all {
		if d.Purpose == purpose {
			token = e.signer.Pass(links.Audience(e.center.Audience), string(d.Pass))
		}
	}
	return token
}

// covers: S25
func TestAnIssuersIdentitySignsUpAndIn(t *testing.T) {
	e := newElsewhere(t)
	before := e.revision()
	cookie, state := e.leave("id", Leaving{Next: "/de/requests/7"})
	way, err := e.Back(e.center, "id", cookie, state)
	if err != nil || *way != (Way{Label: "Acme ID", Locale: "de", Next: "/de/requests/7"}) || e.revision() != before {
		t.Fatalf("way %+v, %v; the store moved by %d before anybody was proven", way, err, e.revision()-before)
	}
	if got := e.issuers.begun[state].Redirect; got != "https://help.acme.example/sign-in/back/id" {
		t.Errorf("they come back to %s", got)
	}
	got := e.must(ArrivedIn, "id", Leaving{Next: "/de/requests/7"})
	who := e.signedIn(got.Entered)
	address := who.Contact.Addresses[0]
	if got.Next != "/de/requests/7" || who.Session.How != "id" || who.Session.Browser != "Firefox, Linux" || who.Contact.Name != "Alice at ID" ||
		address.Address.String() != "alice@customer.example" || address.Proven == nil || address.How != "id" || who.Contact.SignIn.Locale != "de" {
		t.Errorf("session %+v of %+v", who.Session, who.Contact)
	}
	// Next time only the identity counts: not the address, nor what is said of it.
	e.issuers.vouch("alice", "mallory@elsewhere.example", false)
	again := e.must(ArrivedIn, "id", Leaving{})
	if other := e.signedIn(again.Entered); other.Contact.ID != who.Contact.ID || again.Entered.Cookie == got.Entered.Cookie {
		t.Errorf("second time: %+v", other.Contact)
	}
	if e.contactOf("mallory@elsewhere.example") != nil {
		t.Error("the new address became somebody's")
	}
	// The same subject of another issuer is somebody else.
	e.issuers.vouch("alice", "other@gmail.com", true)
	if other := e.signedIn(e.must(ArrivedIn, "google", Leaving{}).Entered); other.Contact.ID == who.Contact.ID {
		t.Error("one issuer speaks for another")
	}
}

// A contact that wrote mail before keeps what it has, but for a name that nobody
// stands by.
//
// covers: S25, S02
func TestAnIssuersIdentityFindsItsContact(t *testing.T) {
	e := newElsewhere(t)
	number := e.ticket("n1") // by alice@customer.example, who proved nothing
	before := e.contactOf("alice@customer.example")
	who := e.signedIn(e.must(ArrivedIn, "id", Leaving{}).Entered)
	if before.Name != "Alice" || who.Contact.ID != before.ID || who.Contact.Name != "Alice at ID" || !who.Contact.Proves(helpdesk.MustAddress("alice@customer.example")) {
		t.Errorf("contact %+v of ticket %d", who.Contact, number)
	}
}

// What comes back must come to the browser, the issuer and the help center of
// which it went, in time, and once.
//
// covers: S25
func TestWhatComesBackWasBegunHere(t *testing.T) {
	e := newElsewhere(t)
	cookie, state := e.leave("id", Leaving{})
	otherCookie, otherState := e.leave("id", Leaving{})
	second := e.center
	second.Name, second.Audience = "second", links.AudienceOf("support", "HelpCenter", "second")
	moved, renamed, off := e.center, e.center, e.center
	moved.SignUp.OIDC = []helpdesk.OIDC{{Name: "id", Issuer: "https://evil.example", ClientID: "postern"}}
	renamed.SignUp.OIDC = []helpdesk.OIDC{{Name: "id", Issuer: "https://id.example", ClientID: "another"}}
	off.PortalOn = false
	before := e.revision()
	for _, test := range []struct {
		name          string
		center        helpdesk.HelpCenter
		issuer        string
		cookie, state string
		want          helpdesk.Kind
	}{
		{"no cookie", e.center, "id", "", state, helpdesk.Invalid},
		{"cookie of another browser", e.center, "id", otherCookie, state, helpdesk.Invalid},
		{"state of another sign-in", e.center, "id", cookie, otherState, helpdesk.Invalid},
		{"no state", e.center, "id", cookie, "", helpdesk.Invalid},
		{"cookie with a slip", e.center, "id", cookie[1:], state, helpdesk.Invalid},
		{"state with a slip", e.center, "id", cookie, state[:len(state)-1] + "_", helpdesk.Invalid},
		{"endless cookie", e.center, "id", strings.Repeat("A", maxAway+1), state, helpdesk.Invalid},
		{"from another issuer", e.center, "google", cookie, state, helpdesk.Invalid},
		{"to another help center", second, "id", cookie, state, helpdesk.Invalid},
		{"the issuer is another by now", moved, "id", cookie, state, helpdesk.Invalid},
		{"the client is another by now", renamed, "id", cookie, state, helpdesk.Invalid},
		{"from nobody", e.center, "evil", cookie, state, helpdesk.NotFound},
		{"there is no portal by now", off, "id", cookie, state, helpdesk.NotFound},
	} {
		in := Arriving{Cookie: test.cookie, State: test.state, Returned: helpdesk.Returned{Code: "code of " + state}, Secret: browserSecret}
		got, err := e.Arrive(t.Context(), test.center, test.issuer, in)
		if helpdesk.KindOf(err) != test.want || got != nil {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
		if _, err := e.Back(test.center, test.issuer, test.cookie, test.state); helpdesk.KindOf(err) != test.want {
			t.Errorf("%s, looked at: %v", test.name, err)
		}
	}
	e.wait(AwayLifetime + time.Second)
	in := Arriving{Cookie: cookie, State: state, Returned: helpdesk.Returned{Code: "code of " + state}, Secret: browserSecret}
	if _, err := e.Arrive(t.Context(), e.center, "id", in); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("too late: %v", err)
	}
	e.wait(-AwayLifetime)
	// The code of another sign-in, as in a mix-up.
	in.Returned.Code = "code of " + otherState
	if got, err := e.Arrive(t.Context(), e.center, "id", in); err != nil || got.What != ArrivedRefused || got.Entered != nil {
		t.Errorf("code of another sign-in: %+v, %v", got, err)
	}
	if e.revision() != before {
		t.Error("something was written")
	}
	in.Returned.Code = "code of " + state
	for i, want := range []Arrival{ArrivedIn, ArrivedRefused} {
		if got, err := e.Arrive(t.Context(), e.center, "id", in); err != nil || got.What != want {
			t.Errorf("time %d: %+v, %v", i+1, got, err)
		}
	}
}

func TestAnIssuerThatIsAway(t *testing.T) {
	e := newElsewhere(t)
	cookie, state := e.leave("id", Leaving{})
	e.issuers.err = helpdesk.Wrap(helpdesk.Unavailable, errors.New("dial tcp 10.0.0.1: refused"))
	const want = "Acme ID does not answer as it should at the moment"
	if _, err := e.Leave(t.Context(), e.center, "id", Leaving{}); helpdesk.KindOf(err) != helpdesk.Unavailable || helpdesk.Public(err) != want {
		t.Errorf("leaving: %v, for the outside %q", err, helpdesk.Public(err))
	}
	in := Arriving{Cookie: cookie, State: state, Returned: helpdesk.Returned{Code: "code of " + state}}
	if _, err := e.Arrive(t.Context(), e.center, "id", in); helpdesk.KindOf(err) != helpdesk.Unavailable || helpdesk.Public(err) != want {
		t.Errorf("arriving: %v, for the outside %q", err, helpdesk.Public(err))
	}
	if _, err := e.Leave(t.Context(), e.center, "nobody", Leaving{}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("nobody: %v", err)
	}
}

// covers: S26, S28
func TestAnIssuersIdentityWhereSignUpIsClosed(t *testing.T) {
	e := newElsewhere(t)
	e.center.SignUp.Open = false
	e.must(ArrivedUnasked, "id", Leaving{})
	if e.contactOf("alice@customer.example") != nil {
		t.Error("somebody who may not sign up became a contact")
	}
	e.issuers.vouch("alice", "", true)
	e.must(ArrivedUnnamed, "id", Leaving{})
	e.invite("alice@customer.example")
	e.issuers.vouch("alice", "alice@customer.example", true)
	who := e.signedIn(e.must(ArrivedIn, "id", Leaving{}).Entered)
	if who.Contact.Invited != "" {
		t.Error("the invitation opens something still")
	}
	// Who is in may come back.
	e.must(ArrivedIn, "id", Leaving{})
}

// invite sends an invitation, as agents do, and returns its token.
func (e *elsewhere) invite(address string) string {
	e.t.Helper()
	a := helpdesk.MustAddress(address)
	c := e.contactOf(address)
	if c == nil {
		c = newContact("Alice", a, noon)
	}
	p := helpdesk.Pass{ID: helpdesk.NewID(), Kind: helpdesk.PassInvitation, Address: a, Contact: c.ID, HelpCenter: "acme", Locale: "de",
		Next: "/de/requests/1", Created: noon, Expires: noon.Add(helpdesk.InvitationLifetime)}
	c.Invited = p.ID
	if err := e.db.Commit(e.t.Context(), &helpdesk.Change{Account: "support", Contact: c, Passes: []helpdesk.Pass{p}}); err != nil {
		e.t.Fatal(err)
	}
	return e.signer.Pass(links.Audience(e.center.Audience), string(p.ID))
}

// Who follows the link of an invitation may use any of their identities: that they
// read the address is shown by the link.
//
// covers: S28, S29
func TestAnInvitationIsFollowedWithAnIssuer(t *testing.T) {
	e := newElsewhere(t)
	e.center.SignUp.Open, e.center.SignUp.Password = false, false
	token := e.invite("alice@customer.example")
	if _, err := e.UsePass(t.Context(), e.center, token, Activation{Password: "seven quiet otters sing"}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a password where there are none: %v", err)
	}
	e.issuers.vouch("alice", "private@elsewhere.example", false)
	got := e.must(ArrivedIn, "id", Leaving{Pass: token, Next: "/de/account"})
	who := e.signedIn(got.Entered)
	if !who.Contact.Proves(helpdesk.MustAddress("alice@customer.example")) || len(who.Contact.Addresses) != 1 || got.Next != "/de/requests/1" {
		t.Errorf("contact %+v, going on to %q", who.Contact, got.Next)
	}
	if _, err := e.Leave(t.Context(), e.center, "id", Leaving{Pass: token}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("used twice: %v", err)
	}
	// Nobody's second sign-in is made of the same identity.
	other := e.invite("bob@customer.example")
	e.must(ArrivedTaken, "id", Leaving{Pass: other})
	if c := e.contactOf("bob@customer.example"); c.SignIn != nil || c.Invited == "" {
		t.Errorf("bob: %+v", c)
	}
}

// An agent's or a mailbox's address makes no customer, whoever vouches for it.
func TestAddressesOfTheDesk(t *testing.T) {
	e := newElsewhere(t)
	e.agent("robin@acme.test")
	for _, address := range []string{"robin@acme.test", "support@acme.example", "support+x@acme.example"} {
		e.issuers.vouch(address, address, true)
		e.must(ArrivedUnasked, "id", Leaving{})
		if e.contactOf(address) != nil {
			t.Errorf("%s became a contact", address)
		}
	}
}

// Twenty browsers come back at the same moment with one identity that nobody has.
func TestOneIdentityIsOneContact(t *testing.T) {
	e := newElsewhere(t)
	type trip struct{ cookie, state string }
	var trips []trip
	for range 20 {
		cookie, state := e.leave("id", Leaving{})
		trips = append(trips, trip{cookie, state})
	}
	contacts := make(chan helpdesk.ID, len(trips))
	atOnce(len(trips), func(i int) {
		got, err := e.Arrive(context.WithoutCancel(t.Context()), e.center, "id", Arriving{
			Cookie: trips[i].cookie, State: trips[i].state, Returned: helpdesk.Returned{Code: "code of " + trips[i].state}, Secret: browserSecret,
		})
		if err != nil || got.What != ArrivedIn {
			t.Errorf("%+v, %v", got, err)
			return
		}
		id, _, _ := strings.Cut(got.Entered.Cookie, ".")
		contacts <- helpdesk.ID(id)
	})
	close(contacts)
	all := map[helpdesk.ID]bool{}
	for id := range contacts {
		all[id] = true
	}
	if len(all) != 1 {
		t.Errorf("%d contacts, want one", len(all))
	}
}
