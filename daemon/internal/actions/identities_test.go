package actions

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// An issuer's word never opens a sign-in that is there already, however sure it is.
//
// covers: S25
func TestAnAddressWithASignInIsAskedByMail(t *testing.T) {
	e := newElsewhere(t)
	alice := e.member("alice@customer.example", "seven quiet otters sing")
	before := e.as(alice)
	e.must(ArrivedMailed, "id", Leaving{Next: "/de/requests/7"})
	token := e.mailed(helpdesk.LinkMail)
	if token == "" || e.mailed(helpdesk.SignUpMail) != "" {
		t.Fatal("no mail asks her")
	}
	revision := e.revision()
	pass, err := e.OpenPass(t.Context(), e.center, token)
	if err != nil || pass.Kind != helpdesk.PassLink || !IsFor(pass, browserSecret) || IsFor(pass, "") || IsFor(pass, "another") {
		t.Fatalf("pass %+v, %v", pass, err)
	}
	// Whoever presses the button in another browser, a scanner of mail or she
	// herself, lets nobody in.
	for _, secret := range []string{"", "another"} {
		if _, err := e.LinkIdentity(t.Context(), e.center, token, secret, ""); helpdesk.KindOf(err) != helpdesk.NotFound {
			t.Errorf("in another browser: %v", err)
		}
	}
	if _, err := e.UsePass(t.Context(), e.center, token, Activation{Password: "another password of hers"}); helpdesk.KindOf(err) != helpdesk.NotFound || e.revision() != revision {
		t.Errorf("as if it were for a password: %v", err)
	}
	got, err := e.LinkIdentity(t.Context(), e.center, token, browserSecret, "Firefox, Linux")
	if err != nil || got.Next != "/de/requests/7" {
		t.Fatalf("%+v, %v", got, err)
	}
	who := e.signedIn(got)
	if who.Contact.ID != alice.ID || who.Contact.SignIn.Password != alice.SignIn.Password || who.Session.How != "id" {
		t.Errorf("contact %+v", who.Contact)
	}
	if _, err := e.CustomerSignedIn(t.Context(), "support", string(before.Contact.ID)+".x"); err == nil {
		t.Error("a made-up cookie signs her in")
	}
	if _, err := e.LinkIdentity(t.Context(), e.center, token, browserSecret, ""); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("used twice: %v", err)
	}
	e.must(ArrivedIn, "id", Leaving{})
}

// Whoever gets an address after somebody else, or makes another account with it,
// is another subject and does not get in, until the mail shows whose it is.
func TestAnotherSubjectWithTheSameAddress(t *testing.T) {
	e := newElsewhere(t)
	first := e.must(ArrivedIn, "id", Leaving{}).Entered
	alice := e.signedIn(first).Contact
	e.issuers.vouch("mallory", "alice@customer.example", true)
	e.must(ArrivedMailed, "id", Leaving{})
	e.must(ArrivedMailed, "id", Leaving{})
	e.signedIn(first)
	token := e.mailed(helpdesk.LinkMail)
	got, err := e.LinkIdentity(t.Context(), e.center, token, browserSecret, "")
	if err != nil {
		t.Fatal(err)
	}
	who := e.signedIn(got)
	if who.Contact.ID != alice.ID || len(who.Contact.SignIn.Subjects) != 1 || who.Contact.SignIn.Subjects[0].Subject != "mallory" {
		t.Errorf("identities %+v", who.Contact.SignIn.Subjects)
	}
	if _, err := e.CustomerSignedIn(t.Context(), "support", first.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("who was signed in before: %v", err)
	}
	// A second mail that was asked for lets the same identity in, and changes nothing.
	if other := e.otherToken(helpdesk.LinkMail, token); other != "" {
		if _, err := e.LinkIdentity(t.Context(), e.center, other, browserSecret, ""); err != nil {
			t.Errorf("second mail: %v", err)
		}
	}
	// The identity that was replaced is a stranger's by now.
	e.issuers.vouch("alice", "alice@customer.example", true)
	e.must(ArrivedMailed, "id", Leaving{})
}

// otherToken is that of another mail of the purpose than the one with the token.
func (e *elsewhere) otherToken(purpose helpdesk.Purpose, not string) string {
	e.t.Helper()
	all, _, err := e.db.Outbox(e.t.Context(), "support", false, "", 100)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, d := range all {
		if token := e.signer.Pass(links.Audience(e.center.Audience), string(d.Pass)); d.Purpose == purpose && token != not {
			return token
		}
	}
	return ""
}

// What the issuer does not vouch for is proven by mail, and who sees the answer
// learns nothing about the address.
//
// covers: S25
func TestAnAddressThatIsNotVouchedFor(t *testing.T) {
	for _, test := range []struct {
		name    string
		issuer  string
		how     func(*elsewhere)
		address string
		purpose helpdesk.Purpose // "" for no mail
	}{
		{"nobody's", "id", nil, "alice@customer.example", helpdesk.SignUpMail},
		{"Google's word for what it does not manage", "google", func(e *elsewhere) { e.issuers.vouch("alice", "alice@customer.example", true) }, "alice@customer.example", helpdesk.SignUpMail},
		{"somebody's", "id", func(e *elsewhere) { e.member("alice@customer.example", "") }, "alice@customer.example", helpdesk.LinkMail},
		{"nobody's, and closed", "id", func(e *elsewhere) { e.center.SignUp.Open = false }, "alice@customer.example", ""},
		{"somebody's, and closed", "id", func(e *elsewhere) { e.center.SignUp.Open = false; e.member("alice@customer.example", "") }, "alice@customer.example", helpdesk.LinkMail},
		{"an agent's", "id", func(e *elsewhere) { e.agent("alice@customer.example") }, "alice@customer.example", ""},
		{"a mailbox's", "id", func(e *elsewhere) { e.issuers.vouch("alice", "support@acme.example", false) }, "support@acme.example", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newElsewhere(t)
			e.issuers.vouch("alice", "alice@customer.example", false)
			if test.how != nil {
				test.how(e)
			}
			got := e.must(ArrivedMailed, test.issuer, Leaving{})
			if got.Address.String() != test.address {
				t.Errorf("they read of %s", got.Address)
			}
			if c := e.contactOf("alice@customer.example"); c != nil && c.SignIn != nil && len(c.SignIn.Subjects) > 0 {
				t.Errorf("it is theirs already: %+v", c)
			}
			for _, purpose := range []helpdesk.Purpose{helpdesk.SignUpMail, helpdesk.LinkMail, helpdesk.Known} {
				token := e.mailed(purpose)
				if (token != "") != (purpose == test.purpose) {
					t.Errorf("mail %s: %t", purpose, token != "")
				}
				if token == "" {
					continue
				}
				if _, err := e.UsePass(t.Context(), e.center, token, Activation{Password: "seven quiet otters sing"}); helpdesk.KindOf(err) != helpdesk.NotFound {
					t.Errorf("as if it were for a password: %v", err)
				}
				in, err := e.LinkIdentity(t.Context(), e.center, token, browserSecret, "")
				if err != nil {
					t.Fatal(err)
				}
				if who := e.signedIn(in); !who.Contact.Proves(got.Address) || who.Contact.Name == "" && purpose == helpdesk.SignUpMail {
					t.Errorf("contact %+v", who.Contact)
				}
			}
		})
	}
}

// The pass of somebody's issuer that is not declared any more lets nobody in.
func TestAnIssuerThatIsGone(t *testing.T) {
	e := newElsewhere(t)
	e.member("alice@customer.example", "")
	e.must(ArrivedMailed, "id", Leaving{})
	token := e.mailed(helpdesk.LinkMail)
	e.center.SignUp.OIDC = e.center.SignUp.OIDC[1:]
	if _, err := e.LinkIdentity(t.Context(), e.center, token, browserSecret, ""); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("link: %v", err)
	}
}

// covers: S25
func TestIdentitiesOfAnAccount(t *testing.T) {
	e := newElsewhere(t)
	alice, bob := e.member("alice@customer.example", "seven quiet otters sing"), e.member("bob@customer.example", "")
	who := e.as(alice)
	e.issuers.vouch("alice", "whatever@elsewhere.example", false)
	e.must(ArrivedAdded, "id", Leaving{Add: who})
	e.must(ArrivedAdded, "id", Leaving{Add: who}) // it is there already
	if got := e.contactOf("alice@customer.example"); len(got.SignIn.Subjects) != 1 || len(got.Addresses) != 1 {
		t.Errorf("contact %+v", got)
	}
	e.issuers.vouch("alice 2", "", false)
	e.must(ArrivedTaken, "id", Leaving{Add: who}) // one of each issuer
	e.issuers.vouch("alice", "", false)
	e.must(ArrivedTaken, "id", Leaving{Add: e.as(bob)}) // one contact of each identity
	in := e.must(ArrivedIn, "id", Leaving{}).Entered
	if got := e.signedIn(in).Contact.ID; got != alice.ID {
		t.Errorf("signed in as %s", got)
	}
	// Who began it must be signed in still when it ends.
	cookie, state := e.leave("google", Leaving{Add: who})
	for _, now := range []*Customer{nil, e.as(bob)} {
		_, err := e.Arrive(t.Context(), e.center, "google", Arriving{Cookie: cookie, State: state, Returned: helpdesk.Returned{Code: "code of " + state}, Customer: now})
		if helpdesk.KindOf(err) != helpdesk.SignIn {
			t.Errorf("as %v: %v", now, err)
		}
		delete(e.issuers.used, state)
	}
	if err := e.DropIdentity(t.Context(), e.center, who, "google"); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("drop what is not there: %v", err)
	}
	if err := e.DropIdentity(t.Context(), e.center, nil, "id"); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("drop as nobody: %v", err)
	}
	if err := e.DropIdentity(t.Context(), e.center, who, "id"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.CustomerSignedIn(t.Context(), "support", in.Cookie); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("who came in by it: %v", err)
	}
	e.must(ArrivedAdded, "id", Leaving{Add: e.as(bob)}) // it is free again
}

func TestTheLastWayInStays(t *testing.T) {
	for _, test := range []struct {
		name     string
		password string
		signUp   func(*helpdesk.SignUp)
		also     bool // another issuer's identity
		want     helpdesk.Kind
	}{
		{"nothing else", "", nil, false, helpdesk.Invalid},
		{"a password", "seven quiet otters sing", nil, false, 0},
		{"a password where there are none", "seven quiet otters sing", func(s *helpdesk.SignUp) { s.Password = false }, false, helpdesk.Invalid},
		{"codes by mail", "", func(s *helpdesk.SignUp) { s.EmailCode = true }, false, 0},
		{"another identity", "", nil, true, 0},
		{"another identity of an issuer that is gone", "", func(s *helpdesk.SignUp) { s.OIDC = s.OIDC[:1] }, true, helpdesk.Invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newElsewhere(t)
			who := e.as(e.member("alice@customer.example", test.password))
			e.must(ArrivedAdded, "id", Leaving{Add: who})
			if test.also {
				e.must(ArrivedAdded, "google", Leaving{Add: who})
			}
			if test.signUp != nil {
				test.signUp(&e.center.SignUp)
			}
			err := e.DropIdentity(t.Context(), e.center, who, "id")
			if (err != nil) != (test.want != 0) || err != nil && helpdesk.KindOf(err) != test.want {
				t.Errorf("error %v", err)
			}
			got := e.contactOf("alice@customer.example").HasSubject(helpdesk.Subject{Issuer: "https://id.example", Subject: "alice"})
			if got != (err != nil) {
				t.Errorf("the identity is there: %t", got)
			}
		})
	}
}

func TestThereIsAnEndToIdentities(t *testing.T) {
	c := &helpdesk.Contact{SignIn: &helpdesk.PortalSignIn{Subjects: make([]helpdesk.Subject, helpdesk.MaxSubjects)}}
	if err := new(Desk).bind(t.Context(), &helpdesk.Change{}, center(), c, binding{before: true}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("one too many: %v", err)
	}
}

// Whoever gets another way in is told to the owner of the sign-in, at each address
// that they have proven, and that it is gone as well; not where it is the first.
//
// covers: S25, S26
func TestTheOwnerIsToldOfWaysIn(t *testing.T) {
	e := newElsewhere(t)
	told := func() (all []string) {
		for _, d := range e.accountMails(helpdesk.SignInAdded, helpdesk.SignInRemoved) {
			if d.HelpCenter != "acme" || d.Locale != "de" || d.Mailbox != "support" || d.Pass != "" {
				t.Errorf("mail %+v", d)
			}
			all = append(all, string(d.Purpose)+" "+d.Issuer+" "+d.To.String())
		}
		slices.Sort(all)
		return all
	}
	want := func(step string, lines ...string) {
		t.Helper()
		if diff := cmp.Diff(lines, told()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	alice := e.member("alice@customer.example", "seven quiet otters sing")
	alice.Addresses = append(alice.Addresses, helpdesk.ContactAddress{Address: helpdesk.MustAddress("alice@home.example"), Proven: &noon},
		helpdesk.ContactAddress{Address: helpdesk.MustAddress("claimed@customer.example")})
	if err := e.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Contact: alice}); err != nil {
		t.Fatal(err)
	}
	who := e.as(alice)
	e.must(ArrivedAdded, "id", Leaving{Add: who})
	lines := []string{"signinadded id alice@customer.example", "signinadded id alice@home.example"}
	want("connected on the page", lines...)
	e.must(ArrivedAdded, "id", Leaving{Add: who})
	want("connected already", lines...)

	e.issuers.vouch("alice at Google", "alice@customer.example", false)
	e.must(ArrivedMailed, "google", Leaving{})
	token := e.mailed(helpdesk.LinkMail)
	want("asked by mail", lines...)
	if _, err := e.LinkIdentity(t.Context(), e.center, token, browserSecret, ""); err != nil {
		t.Fatal(err)
	}
	lines = append([]string{"signinadded google alice@customer.example", "signinadded google alice@home.example"}, lines...)
	want("linked by mail", lines...)

	if err := e.DropIdentity(t.Context(), e.center, e.as(alice), "id"); err != nil {
		t.Fatal(err)
	}
	lines = append(lines, "signinremoved id alice@customer.example", "signinremoved id alice@home.example")
	want("disconnected", lines...)

	e.issuers.vouch("bob", "bob@customer.example", true)
	e.must(ArrivedIn, "id", Leaving{})
	e.issuers.vouch("carol", "carol@customer.example", false)
	e.must(ArrivedMailed, "id", Leaving{})
	if _, err := e.LinkIdentity(t.Context(), e.center, e.mailed(helpdesk.SignUpMail), browserSecret, ""); err != nil {
		t.Fatal(err)
	}
	want("signed up", lines...)
}
