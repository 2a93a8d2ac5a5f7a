package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Arriving is what a browser brings back from an issuer.
type Arriving struct {
	Cookie   string // of [Left]
	State    string
	Returned helpdesk.Returned
	Customer *Customer // who is signed in there already
	Secret   string    // a new one of the browser: what is sent by mail can be used in it alone
	Browser  string    // in words
}

// Arrival is what became of somebody who comes back from an issuer.
type Arrival string

const (
	ArrivedIn      Arrival = "in"      // signed in
	ArrivedAdded   Arrival = "added"   // the identity lets them in from now on
	ArrivedMailed  Arrival = "mailed"  // the address is to be proven by a mail first, if it can sign in here at all
	ArrivedUnasked Arrival = "unasked" // sign-up is closed, and nobody invited them
	ArrivedUnnamed Arrival = "unnamed" // the issuer tells no address
	ArrivedTaken   Arrival = "taken"   // the identity, or one of the same issuer, is in use
	ArrivedRefused Arrival = "refused" // what the issuer said does not hold
)

// Arrived tells more.
type Arrived struct {
	What    Arrival
	Label   string           // what the issuer is called
	Entered *Entered         // where they are signed in
	Next    string           // the page to go on to
	Address helpdesk.Address // to which a mail may be on its way
}

// Arrive ends a sign-in at an issuer. Who somebody is, is issuer and subject; what
// the issuer says about an address counts for those alone who have no sign-in yet.
// The error is that of [Desk.Back], or Unavailable if the issuer cannot be asked.
func (d *Desk) Arrive(ctx context.Context, h helpdesk.HelpCenter, name string, in Arriving) (*Arrived, error) {
	issuer, a, err := d.back(h, name, in.Cookie, in.State)
	if err != nil {
		return nil, err
	}
	got := &Arrived{What: ArrivedRefused, Label: issuer.Label, Next: a.Next}
	who, err := d.issuers.Finish(ctx, h.Account, *issuer, a.begun(h, in.State), in.Returned)
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		d.log.WarnContext(ctx, "sign-in at issuer does not hold", "account", h.Account, "issuer", name, "error", err)
		return got, nil
	}
	if err != nil {
		return nil, silent(issuer, err)
	}
	arriving := &arriving{Desk: d, center: h, issuer: *issuer, away: *a, in: in, who: who, got: got}
	err = helpdesk.Retry(ctx, func(int) error { return arriving.decide(ctx) })
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "back from issuer", "account", h.Account, "issuer", name, "outcome", string(got.What))
	if err := arriving.enter(ctx); err != nil {
		return nil, err
	}
	return got, nil
}

// arriving is one arrival.
type arriving struct {
	*Desk
	center  helpdesk.HelpCenter
	issuer  helpdesk.OIDC
	away    away
	in      Arriving
	who     helpdesk.Identity
	contact helpdesk.ID // who is to be signed in
	got     *Arrived
}

// decide commits what the identity allows. It runs again when a race was lost.
func (a *arriving) decide(ctx context.Context) error {
	known, err := a.owner(ctx, a.center.Account, a.who.Subject)
	if err != nil {
		return err
	}
	switch {
	case a.away.Add != "":
		return a.add(ctx, known)
	case a.away.Pass != "":
		return a.usePass(ctx, known)
	case known != nil:
		a.got.What, a.contact = ArrivedIn, known.ID
		return nil
	}
	return a.signUp(ctx)
}

// owner is who may sign in with an identity; nil for nobody.
func (d *Desk) owner(ctx context.Context, account string, s helpdesk.Subject) (*helpdesk.Contact, error) {
	c, err := d.store.ContactBySubject(ctx, account, s)
	if helpdesk.KindOf(err) == helpdesk.NotFound || err == nil && !c.HasSubject(s) {
		return nil, nil
	}
	return c, err
}

// enter starts the session of who is to be signed in.
func (a *arriving) enter(ctx context.Context) (err error) {
	if a.contact == "" {
		return nil
	}
	a.got.Entered, err = a.Desk.enter(ctx, a.center, a.contact, a.issuer.Name, a.in.Browser)
	return err
}

// add lets the identity sign in who began this signed in, and still is.
func (a *arriving) add(ctx context.Context, known *helpdesk.Contact) error {
	if a.in.Customer == nil || a.in.Customer.Contact.ID != a.away.Add {
		return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	c, err := a.store.Contact(ctx, a.center.Account, a.away.Add)
	if err != nil {
		return err
	}
	if c.SignIn == nil {
		return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	switch {
	case known != nil && known.ID == c.ID:
		a.got.What = ArrivedAdded
		return nil
	case known != nil, hasIssuer(c, a.who.Subject.Issuer):
		a.got.What = ArrivedTaken
		return nil
	}
	change := &helpdesk.Change{Account: a.center.Account, Contact: c}
	if err := a.bind(ctx, change, a.center, c, binding{subject: a.who.Subject, before: true}); err != nil {
		return err
	}
	a.got.What = ArrivedAdded
	return a.store.Commit(ctx, change)
}

// usePass makes the sign-in that a mail invited to: whoever holds its link reads
// that address, whatever address the issuer knows them by.
func (a *arriving) usePass(ctx context.Context, known *helpdesk.Contact) error {
	p, c, err := a.pass(ctx, a.center, a.away.Pass)
	if err != nil {
		return err
	}
	if p.Subject != nil || p.Kind != helpdesk.PassInvitation && p.Kind != helpdesk.PassSignUp {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	if known != nil {
		a.got.What = ArrivedTaken
		return nil
	}
	change := &helpdesk.Change{Account: a.center.Account}
	before := c != nil && c.SignIn != nil
	c = prove(change, c, p, a.name(c), a.now())
	if err := a.bind(ctx, change, a.center, c, binding{subject: a.who.Subject, before: before}); err != nil {
		return err
	}
	a.got.What, a.contact = ArrivedIn, c.ID
	if p.Next != "" {
		a.got.Next = p.Next
	}
	return a.store.Commit(ctx, change)
}

// signUp is for an identity that nobody has. An issuer's word for an address makes
// a sign-in for it, but never opens one that is there: whoever has that is asked
// by mail.
func (a *arriving) signUp(ctx context.Context) error {
	address := a.who.Address
	if address.IsZero() {
		a.got.What = ArrivedUnnamed
		return nil
	}
	if !a.who.Proves(a.issuer) {
		return a.mail(ctx)
	}
	found, err := a.store.Lookup(ctx, a.center.Account, store.Query{Address: address})
	if err != nil {
		return err
	}
	c := found.Contact
	switch {
	case c != nil && c.HasSubject(a.who.Subject): // since a moment ago
		a.got.What, a.contact = ArrivedIn, c.ID
		return nil
	case maySignIn(c, address):
		return a.mail(ctx)
	}
	agent := found.Agent != nil && !found.Agent.Disabled
	may := !agent && !a.isOurs(a.center.Account, address) && maySignUp(c, address)
	invited := may && a.isInvited(ctx, a.center.Account, c, address)
	if !may || !a.center.SignUp.Open && !invited {
		a.got.What = ArrivedUnasked
		return nil
	}
	change := &helpdesk.Change{Account: a.center.Account}
	if invited {
		c.Invited = "" // its link opens nothing from now on
	}
	before := c != nil && c.SignIn != nil
	c = admit(change, c, newcomer{address: address, how: a.issuer.Name, name: a.name(c), locale: a.center.Locale}, a.now())
	if err := a.bind(ctx, change, a.center, c, binding{subject: a.who.Subject, before: before}); err != nil {
		return err
	}
	a.got.What, a.contact = ArrivedIn, c.ID
	return a.store.Commit(ctx, change)
}

// name is what the issuer calls somebody whose name we do not know.
func (a *arriving) name(c *helpdesk.Contact) string {
	name := oneLine(a.who.Name)
	if isNamed(c) || len(name) > MaxName {
		return ""
	}
	return name
}

// mail takes down that the address is to be proven by mail. Whether one is sent,
// and which, is decided after the answer, as for all that is asked by mail.
func (a *arriving) mail(ctx context.Context) error {
	now := a.now()
	p := helpdesk.Pass{
		ID: helpdesk.NewID(), Kind: helpdesk.PassLink, Address: a.who.Address, Name: a.name(nil), HelpCenter: a.center.Name, Locale: a.center.Locale,
		Next: a.away.Next, Subject: &a.who.Subject, Browser: sessionHash(a.in.Secret), Asked: true, Created: now, Expires: now.Add(helpdesk.SignUpLifetime),
	}
	if err := a.store.Commit(ctx, &helpdesk.Change{Account: a.center.Account, Passes: []helpdesk.Pass{p}}); err != nil {
		return err
	}
	select {
	case a.asked <- asked{a.center.Account, p.ID}:
	default: // whoever settles is behind, and finds it in the store
	}
	a.got.What, a.got.Address = ArrivedMailed, a.who.Address
	return nil
}
