package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Asking is what somebody wants to have sent to an address: a link to sign up, a
// link to set another password, or a code.
type Asking struct {
	Kind    helpdesk.PassKind // PassSignUp, PassReset or PassCode
	Address string            // as typed
	Next    string            // the page to go on to
	Browser string            // a secret of the browser that asks, for a code
}

// maxNext is the longest address of a page to go on to; ours have some hundred
// bytes. Whoever asks chooses it, and it is kept in the store and in a cookie.
const maxNext = 1 << 10

// AskByMail takes down that somebody wants a mail, and nothing else: what is done
// before the answer is one write, whoever has the address and whether anybody
// does. [Desk.Settle] looks at it after that, so that neither the answer nor its
// time tell whether an address is known.
//
// Invalid says that it is no address; NotFound that this way is not open here.
func (d *Desk) AskByMail(ctx context.Context, h helpdesk.HelpCenter, in Asking) (helpdesk.ID, error) {
	lifetime, err := offered(h, in.Kind)
	if err != nil {
		return "", err
	}
	a, err := typedAddress(in.Address)
	if err != nil {
		return "", err
	}
	now := d.now()
	if len(in.Next) > maxNext {
		in.Next = ""
	}
	pass := helpdesk.Pass{
		ID: helpdesk.NewID(), Kind: in.Kind, Address: a, HelpCenter: h.Name, Locale: h.Locale, Next: in.Next,
		Asked: true, Created: now, Expires: now.Add(lifetime),
	}
	if in.Kind == helpdesk.PassCode {
		pass.Browser = sessionHash(in.Browser)
	}
	if err := d.store.Commit(ctx, &helpdesk.Change{Account: h.Account, Passes: []helpdesk.Pass{pass}}); err != nil {
		return "", err
	}
	select {
	case d.asked <- asked{h.Account, pass.ID}:
	default: // whoever settles is behind, and finds it in the store
	}
	return pass.ID, nil
}

// offered is how long a pass of the kind holds; NotFound where the help center
// does not offer it.
func offered(h helpdesk.HelpCenter, kind helpdesk.PassKind) (time.Duration, error) {
	switch {
	case !h.PortalOn:
	case kind == helpdesk.PassSignUp && h.SignUp.Open && h.SignUp.Password:
		return helpdesk.SignUpLifetime, nil
	case kind == helpdesk.PassReset && h.SignUp.Password:
		return helpdesk.ResetLifetime, nil
	case kind == helpdesk.PassCode && h.SignUp.EmailCode:
		return helpdesk.CodeLifetime, nil
	}
	return 0, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
}

// asked names what waits to be settled.
type asked struct {
	account string
	id      helpdesk.ID
}

// Limits of settling.
const (
	askedRoom   = 256         // that wait in memory; more wait in the store alone
	settleEvery = time.Minute // how often the store is looked at for what a replica that ended has left
	settlePage  = 100         // that are read from the store at once
)

// Settle looks at what is asked by mail as it comes in, until ctx ends. What it
// does not get to waits in the store for the next start.
func (d *Desk) Settle(ctx context.Context, accounts func() []string) {
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		for _, account := range accounts() {
			d.settleAll(ctx, account)
		}
		d.settleNew(ctx, ticker.C)
	}
}

// settleNew settles what comes in until it is time to look at the store.
func (d *Desk) settleNew(ctx context.Context, look <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-look:
			return
		case a := <-d.asked:
			d.settled(ctx, a.account, d.settleOne(ctx, a.account, a.id))
		}
	}
}

// settleAll settles what waits in the store, as long as some of it goes.
func (d *Desk) settleAll(ctx context.Context, account string) {
	for {
		waiting, err := d.store.Asked(ctx, account, settlePage)
		d.settled(ctx, account, err)
		done := 0
		for i := range waiting {
			err := d.settleOne(ctx, account, waiting[i].ID)
			if err == nil {
				done++
			}
			d.settled(ctx, account, err)
		}
		if done == 0 || len(waiting) < settlePage {
			return
		}
	}
}

// settleOne decides anew while budgets of mail change under it. NotFound says that
// another replica was first.
func (d *Desk) settleOne(ctx context.Context, account string, id helpdesk.ID) error {
	return helpdesk.Retry(ctx, func(int) error {
		pass, err := d.store.AskedPass(ctx, account, id)
		if err != nil {
			return err
		}
		return d.settle(ctx, account, pass)
	})
}

// settled logs what went wrong.
func (d *Desk) settled(ctx context.Context, account string, err error) {
	if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound && ctx.Err() == nil {
		d.log.WarnContext(ctx, "look at what is asked by mail", "account", account, "error", err)
	}
}

// settle decides whether what is asked is sent, and to whom. What it does not send
// it forgets, but for codes: typing a wrong one must look the same whether the
// address is known or not.
func (d *Desk) settle(ctx context.Context, account string, p *helpdesk.Pass) error {
	change := &helpdesk.Change{Account: account}
	gone := *p
	gone.Used = true
	change.Passes = append(change.Passes, gone)
	if now := d.now(); now.Before(p.Expires) {
		purpose, err := d.judge(ctx, account, p)
		if err != nil {
			return err
		}
		if err := d.grant(ctx, change, *p, purpose, now); err != nil {
			return err
		}
	}
	return d.store.Commit(ctx, change)
}

// grant puts the pass and its mail into the change; "" is no mail. A code that no
// mail brings lets nobody in: how often one can be guessed is bounded by how many
// mails an address gets.
func (d *Desk) grant(ctx context.Context, change *helpdesk.Change, p helpdesk.Pass, purpose helpdesk.Purpose, now time.Time) error {
	p.Asked, p.Used, p.Rev = false, false, 0
	brings := p.ID
	if purpose == helpdesk.Known {
		brings = ""
	}
	if purpose != "" {
		sent, err := d.mailAbout(ctx, change, p, purpose, brings, now)
		if err != nil {
			return err
		}
		if !sent {
			brings = ""
		}
	}
	p.Unsent = purpose == "" || brings == ""
	if p.Kind == helpdesk.PassCode || !p.Unsent {
		change.Passes = append(change.Passes, p)
	}
	return nil
}

// mailAbout adds mail about a sign-in to the change.
func (d *Desk) mailAbout(ctx context.Context, change *helpdesk.Change, p helpdesk.Pass, purpose helpdesk.Purpose, brings helpdesk.ID, now time.Time) (bool, error) {
	h, ok := d.directory.HelpCenter(change.Account, p.HelpCenter)
	if !ok {
		return false, nil // no longer declared
	}
	box, ok := d.directory.Mailbox(change.Account, h.Mailbox)
	if !ok {
		d.log.WarnContext(ctx, "no mailbox to send from", "account", change.Account, "helpCenter", h.Name, "purpose", purpose)
		return false, nil
	}
	h = h.Speaking(p.Locale)
	h.Locale = p.Locale
	m := outbound.AccountMail{HelpCenter: h, Mailbox: box, To: p.Address, Purpose: purpose, Pass: brings, Contact: p.Contact, Now: now}
	if purpose.TellsChange() && p.Subject != nil {
		m.Issuer = p.Subject.Name
	}
	return d.planner.Account(ctx, change, m)
}

// judge says which mail is the answer to what is asked, "" for none, and notes in
// the pass whose it is. The mail goes to the address as we know it.
func (d *Desk) judge(ctx context.Context, account string, p *helpdesk.Pass) (helpdesk.Purpose, error) {
	h, ok := d.directory.HelpCenter(account, p.HelpCenter)
	if !ok || d.isOurs(account, p.Address) {
		return "", nil
	}
	if _, err := offered(h, p.Kind); err != nil && (p.Subject == nil || !declares(h, *p.Subject)) {
		return "", nil
	}
	found, err := d.store.Lookup(ctx, account, store.Query{Address: p.Address})
	if err != nil {
		return "", err
	}
	c := found.Contact
	if c != nil {
		p.Contact, p.Address = c.ID, spelling(c, p.Address)
	}
	agent := found.Agent != nil && !found.Agent.Disabled
	mayIn, mayUp := maySignIn(c, p.Address), !agent && maySignUp(c, p.Address)
	switch {
	case p.Kind == helpdesk.PassLink && mayIn:
		return helpdesk.LinkMail, nil
	case p.Kind == helpdesk.PassLink && mayUp && h.SignUp.Open:
		p.Kind = helpdesk.PassSignUp
		return helpdesk.SignUpMail, nil
	case p.Kind == helpdesk.PassSignUp && mayUp:
		return helpdesk.SignUpMail, nil
	case p.Kind == helpdesk.PassSignUp && (mayIn || agent):
		return helpdesk.Known, nil
	case p.Kind == helpdesk.PassReset && mayIn:
		return helpdesk.ResetMail, nil
	case p.Kind == helpdesk.PassCode && (mayIn || mayUp && (h.SignUp.Open || d.isInvited(ctx, account, c, p.Address))):
		return helpdesk.CodeMail, nil
	}
	return "", nil
}

// spelling is how the contact's record writes the address.
func spelling(c *helpdesk.Contact, a helpdesk.Address) helpdesk.Address {
	for _, known := range c.Addresses {
		if known.Address.Same(a) {
			return known.Address
		}
	}
	return a
}

// maySignIn: only an address that was proven opens anything.
func maySignIn(c *helpdesk.Contact, a helpdesk.Address) bool {
	return c != nil && c.SignIn != nil && c.Proves(a)
}

// maySignUp: whoever reads the mail of an address may have a sign-in for its
// contact, unless somebody has one. A contact of several addresses is not theirs
// for an address of it that nobody has proven, where another one is.
func maySignUp(c *helpdesk.Contact, a helpdesk.Address) bool {
	if c == nil {
		return true
	}
	if c.SignIn != nil || c.Erasing != nil {
		return false
	}
	for _, known := range c.Addresses {
		if known.Proven != nil {
			return c.Proves(a)
		}
	}
	return true
}

// isInvited reports an invitation to the address that still holds.
func (d *Desk) isInvited(ctx context.Context, account string, c *helpdesk.Contact, a helpdesk.Address) bool {
	if c == nil || c.Invited == "" {
		return false
	}
	p, err := d.store.Pass(ctx, account, c.Invited, d.now())
	return err == nil && p.Kind == helpdesk.PassInvitation && p.Address.Same(a)
}
