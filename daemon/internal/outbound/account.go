package outbound

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// AccountMail is automatic mail about somebody's sign-in. It belongs to no ticket
// and holds nothing that a stranger chose.
type AccountMail struct {
	HelpCenter helpdesk.HelpCenter // in the language of the mail
	Mailbox    helpdesk.Mailbox    // from which it goes
	To         helpdesk.Address    // as stored, never as typed
	Purpose    helpdesk.Purpose
	Pass       helpdesk.ID // what it brings; "" for none
	// Contact is whose address it is; "" for nobody's. Whether they have proven it
	// the gate finds out by itself.
	Contact helpdesk.ID
	Issuer  string      // name of the one that it tells of; "" for none
	Hook    helpdesk.ID // the one that it tells of; "" for none
	Now     time.Time
}

// accountLimit is how much mail about sign-ins is let through. Anybody can ask for
// it in anybody's name, so it is bounded for each address, and for all of a help
// center and an account, whatever new addresses are typed.
type accountLimit struct {
	key    string
	most   int
	window time.Duration
}

const (
	// Somebody who mistypes, waits and asks again needs a few mails; whose mailbox
	// another one wants to fill gets no more than these.
	accountAddressHour = 5
	accountAddressDay  = 15
	// accountUnprovenDay bounds, besides, what an address gets that nobody has proven:
	// it is anybody's, and has asked for nothing. It is not one, as of confirmations,
	// since whoever signs up waits in front of a page: a mail is lost or looked for in
	// the wrong folder, and whoever was slow with a code needs another. Confirmations
	// are counted apart: whoever submits a request and signs up on the same day must
	// be able to.
	accountUnprovenDay = 3
	// accountNewsDay bounds what tells of a change that was made: each takes a
	// sign-in or a pass, so nobody else can use it up.
	accountNewsDay = 20
	// accountCenterHour and accountAllHour let a whole company sign up in a morning.
	accountCenterHour = 600
	accountAllHour    = 1200
	// accountShards part the counts of many people, who would wait for each other on
	// one record.
	accountShards = 10
)

func (m *AccountMail) limits(proven bool) []accountLimit {
	address := addressKey(m.To)
	if m.Purpose.TellsChange() || m.Purpose == helpdesk.HookStopped {
		return []accountLimit{{"account/news/" + address, accountNewsDay, 24 * time.Hour}}
	}
	shard := fmt.Sprintf("/%d", mathrand.N(accountShards))
	limits := []accountLimit{
		{"account/hour/" + address, accountAddressHour, time.Hour},
		{"account/day/" + address, accountAddressDay, 24 * time.Hour},
		{"account/center/" + m.HelpCenter.Name + shard, accountCenterHour / accountShards, time.Hour},
		{"account/all" + shard, accountAllHour / accountShards, time.Hour},
	}
	if !proven {
		limits = append(limits, accountLimit{"account/unproven/" + address, accountUnprovenDay, 24 * time.Hour})
	}
	return limits
}

// welcome reports whether the address may get the mail at all, and whether its
// contact has proven it. One that nobody has proven gets none while it said "this was
// not me". What tells of a change goes to proven addresses alone.
func (p *Planner) welcome(ctx context.Context, change *helpdesk.Change, m AccountMail) (welcome, proven bool, err error) {
	switch {
	case m.Purpose.TellsChange(), m.Purpose == helpdesk.AgentJoins, m.Purpose == helpdesk.HookStopped: // an agent's word, or ours, for one of ours
		return true, true, nil
	}
	if m.Contact != "" {
		who, err := p.Contacts.Contact(ctx, change.Account, m.Contact)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound: // made by this change
		case err != nil:
			return false, false, fmt.Errorf("read contact: %w", err)
		case who.Proves(m.To):
			return true, true, nil
		}
	}
	b, err := p.spent(ctx, change, SuppressKey(m.To))
	if err != nil {
		return false, false, fmt.Errorf("read budget of automatic mail: %w", err)
	}
	return !suppressed(b, m.Now), false, nil
}

// Account adds the mail to the change if the gate lets it through; sent is false
// where the address has had enough of them, or all have, or wants none. Whoever asked
// must not learn which.
func (p *Planner) Account(ctx context.Context, change *helpdesk.Change, m AccountMail) (sent bool, err error) {
	welcome, proven, err := p.welcome(ctx, change, m)
	if err != nil || !welcome {
		return false, err
	}
	var spent []helpdesk.Budget
	for _, l := range m.limits(proven) {
		b, err := p.spent(ctx, change, l.key)
		if err != nil {
			return false, fmt.Errorf("read budget of automatic mail: %w", err)
		}
		if !m.Now.Before(b.Until) {
			b.Key, b.Used, b.Until = l.key, 0, m.Now.Add(l.window)
		}
		if b.Used >= l.most {
			return false, nil
		}
		b.Used++
		spent = append(spent, b)
	}
	change.Budgets = withSpent(change.Budgets, spent)
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	change.Deliveries = append(change.Deliveries, helpdesk.Delivery{
		ID: helpdesk.NewID(), Purpose: m.Purpose, Mailbox: m.Mailbox.Name, To: m.To, Pass: m.Pass, Issuer: m.Issuer, Hook: m.Hook,
		HelpCenter: m.HelpCenter.Name, Locale: m.HelpCenter.Locale,
		MessageID: fmt.Sprintf("<%s@%s>", hex.EncodeToString(random[:]), m.Mailbox.Address.Domain()),
		Created:   m.Now, State: helpdesk.Queued, Next: m.Now,
	})
	return true, nil
}

// withSpent puts counts in the place of those with the same keys.
func withSpent(all, spent []helpdesk.Budget) []helpdesk.Budget {
	for _, b := range spent {
		all = append(slices.DeleteFunc(all, func(old helpdesk.Budget) bool { return old.Key == b.Key }), b)
	}
	return all
}

// accountOccasion reads what mail about a sign-in brings; nil if that was used or
// has lapsed, or if its page is not there any more.
func (q *Queue) accountOccasion(ctx context.Context, account string, d *helpdesk.Delivery) (*occasion, error) {
	box, ok := q.Directory.Mailbox(account, d.Mailbox)
	if !ok {
		return nil, fmt.Errorf("mailbox %q is not declared", d.Mailbox)
	}
	center, ok := q.Directory.HelpCenter(account, d.HelpCenter)
	toAgent := d.Purpose == helpdesk.AgentJoins || d.Purpose == helpdesk.HookStopped
	if !ok || !center.PortalOn && !toAgent {
		return nil, nil
	}
	o := &occasion{delivery: d, box: box, center: &center, now: q.Now()}
	switch {
	case d.Purpose == helpdesk.HookStopped:
		return q.hookOccasion(ctx, account, o)
	case !d.Purpose.BringsPass():
		return o, nil
	}
	var err error
	o.pass, err = q.Store.Pass(ctx, account, d.Pass, o.now)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	return o, err
}

// hookOccasion reads the hook that was stopped; nil if it is told again, if somebody
// stopped it themselves since, or if it is gone.
func (q *Queue) hookOccasion(ctx context.Context, account string, o *occasion) (*occasion, error) {
	o.hook = &helpdesk.Hook{}
	_, err := q.Store.Record(ctx, account, helpdesk.HookRecord, string(o.delivery.Hook), o.hook)
	if helpdesk.KindOf(err) == helpdesk.NotFound || err == nil && o.hook.Why == "" {
		return nil, nil
	}
	return o, err
}

// accountEnvelope is such a mail without its words. There is nothing to answer: a
// reply goes to the mailbox as any mail does.
func (c composer) accountEnvelope(o occasion) *eml.Outgoing {
	return &eml.Outgoing{
		From: eml.Mailbox{Name: o.senderName(), Address: o.box.Address}, To: eml.Mailbox{Address: o.delivery.To},
		Subject: accountSubject(o), MessageID: o.delivery.MessageID, Date: o.delivery.Created,
		Extra: []eml.HeaderField{{Name: "Auto-Submitted", Value: "auto-generated"}, {Name: "X-Auto-Response-Suppress", Value: "All"}},
	}
}

func accountSubject(o occasion) string {
	switch o.delivery.Purpose {
	case helpdesk.SignUpMail:
		return o.say.T("Confirm your mail address")
	case helpdesk.Invited:
		return o.say.T("Activate your account")
	case helpdesk.ResetMail:
		return o.say.T("Set a new password")
	case helpdesk.CodeMail:
		return o.say.T("Your code to sign in")
	case helpdesk.LinkMail:
		return o.say.T("Confirm another way to sign in")
	case helpdesk.AgentJoins:
		return "Set your password for " + o.centerName()
	case helpdesk.HookStopped:
		return "The hook " + oneLine(o.hook.Name) + " was stopped"
	case helpdesk.Known:
		return o.say.T("You have an account already")
	}
	return changeSubject(o)
}

// changeSubject is that of mail which tells of a change.
func changeSubject(o occasion) string {
	switch o.delivery.Purpose {
	case helpdesk.SignInAdded:
		return o.say.T("A new way to sign in was added")
	case helpdesk.SignInRemoved:
		return o.say.T("A way to sign in was removed")
	}
	return o.say.T("Your password was changed")
}

// accountLetter says what mail about a sign-in does.
func (c composer) accountLetter(o occasion) *letter {
	l, say := o.newLetter(), o.say
	l.title = accountSubject(o)
	if o.pass != nil {
		l.facts["Lasts"] = lasts(say, o.pass.Expires.Sub(o.pass.Created))
	}
	center := l.facts["Center"]
	switch o.delivery.Purpose {
	case helpdesk.SignUpMail:
		l.button("Link", say.T("Confirm and go on"), c.passLink(o))
		l.why = say.T("You get this mail because somebody wanted to sign up at %s with your address.", center)
	case helpdesk.Invited:
		l.button("Link", say.T("Activate the account"), c.passLink(o))
		l.why = say.T("You get this mail because we invited you to %s.", center)
	case helpdesk.ResetMail:
		l.button("Link", say.T("Set a new password"), c.passLink(o))
		l.why = say.T("You get this mail because somebody asked for a new password at %s with your address.", center)
	case helpdesk.CodeMail:
		l.put("Code", piece{code: c.signer.Code(links.Audience(o.center.Audience), string(o.pass.ID))})
		l.why = say.T("You get this mail because somebody wants to sign in at %s with your address.", center)
	case helpdesk.LinkMail:
		l.button("Link", say.T("Confirm"), c.passLink(o))
		l.why = say.T("You get this mail because somebody signed in elsewhere with your address and went on to %s.", center)
	case helpdesk.AgentJoins: // agents' pages speak English alone
		l.locale = words.English
		l.button("Link", "Set a password", o.center.BaseURL+"/agent/join/"+c.signer.Pass(links.Audience(o.center.Audience), string(o.pass.ID)))
		l.why = "You get this mail because you answer requests at " + center + "."
	case helpdesk.HookStopped:
		l.locale = words.English
		l.facts["Hook"], l.facts["Because"], l.facts["Since"] = oneLine(o.hook.Name), oneLine(o.hook.Why), o.hook.Disabled.UTC().Format("2 January 2006, 15:04 UTC")
		l.button("Link", "See the hook and start it again", o.center.BaseURL+"/agent/access/hooks/"+string(o.hook.ID))
		l.why = "You get this mail because you may manage the hooks of " + center + "."
	case helpdesk.Known:
		l.button("Link", say.T("Sign in"), o.page("/sign-in"))
		l.why = say.T("You get this mail because somebody wanted to sign up at %s with your address.", center)
	case helpdesk.SignInAdded, helpdesk.SignInRemoved:
		l.facts["Issuer"] = o.issuerLabel()
		l.button("Link", say.T("Look at your account"), o.page("/account"))
		l.why = say.T("You get this mail because you have an account at %s.", center)
	case helpdesk.PasswordChanged:
		l.button("Link", say.T("Set a new password"), o.page("/forgot"))
		l.why = say.T("You get this mail because you have an account at %s.", center)
	}
	return l
}

func (c composer) passLink(o occasion) string {
	return o.center.BaseURL + "/pass/" + c.signer.Pass(links.Audience(o.center.Audience), string(o.pass.ID))
}

// issuerLabel is what the help center calls the issuer that the mail tells of. One
// that is not declared any more has no name that anybody stands by.
func (o *occasion) issuerLabel() string {
	if issuer := o.center.SignUp.Issuer(o.delivery.Issuer); issuer != nil {
		return oneLine(issuer.Label)
	}
	return o.say.T("another service")
}

// page is a page of the help center in the language of the mail.
func (o *occasion) page(path string) string {
	if o.center.Locale == "" {
		return o.center.BaseURL + path
	}
	return o.center.BaseURL + "/" + o.center.Locale + path
}
