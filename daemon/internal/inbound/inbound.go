// Package inbound takes one received mail to one committed outcome.
//
// [Pipeline.Accept] is the table of contents; each step is a file of that name.
package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/notice"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/quotes"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Store is what the pipeline asks of the database.
type Store interface {
	Lookup(ctx context.Context, account string, q store.Query) (*store.Found, error)
	Ticket(ctx context.Context, account string, id helpdesk.TicketID) (*helpdesk.Ticket, error)
	TicketByNumber(ctx context.Context, account string, number int64) (*helpdesk.Ticket, error)
	LastEntries(ctx context.Context, account string, id helpdesk.TicketID, n int) ([]helpdesk.Entry, error)
	Agents(ctx context.Context, account string) ([]helpdesk.Agent, error)
	// AgentsWhoSee are those who may know of a ticket, disabled ones left out.
	AgentsWhoSee(ctx context.Context, account string, t *helpdesk.Ticket) ([]helpdesk.Agent, error)
	Sees(ctx context.Context, account string, a *helpdesk.Agent, t *helpdesk.Ticket) (bool, error)
	Teams(ctx context.Context, account string) ([]helpdesk.Team, error)
	Record(ctx context.Context, account string, kind helpdesk.RecordKind, id string, into any) (rev int64, err error)
	AgentByAddress(ctx context.Context, account string, a helpdesk.Address) (*helpdesk.Agent, error)
	Contact(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error)
	Deliveries(ctx context.Context, account string, ticket helpdesk.TicketID) ([]helpdesk.Delivery, error)
	Signatures(ctx context.Context, account string, keys []string) ([]helpdesk.Signature, error)
	NextNumber(ctx context.Context, account string) (int64, error)
	// Commit writes all of a change or nothing; Conflict asks to decide anew.
	Commit(ctx context.Context, c *helpdesk.Change) error
}

// Directory knows the mailboxes that are declared now.
type Directory interface {
	MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool)
	Mailbox(account, name string) (helpdesk.Mailbox, bool)
	// MailboxOfDomain is the oldest mailbox at the domain of an address. Among those
	// of one age it is that of the address, else the first by account and name.
	MailboxOfDomain(of helpdesk.Address) (helpdesk.Mailbox, bool)
	HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
	// IsAlias reports an address that is declared to forward to a mailbox of the
	// account.
	IsAlias(account string, a helpdesk.Address) bool
}

// Authenticator proves senders; *[mailauth.Checker] is one.
type Authenticator interface {
	// Check returns an error only when the outcome hangs on something that may be
	// known later; the verdict then says that nothing is proven.
	Check(ctx context.Context, m mailauth.Mail) (mailauth.Verdict, error)
}

// Pipeline takes mail in. All fields must be set but Merger and Unsettled.
type Pipeline struct {
	Store     Store
	Blobs     blob.Store
	Directory Directory
	Auth      Authenticator
	Signer    *links.Signer
	Planner   *outbound.Planner
	Log       *slog.Logger
	Now       func() time.Time
	Memory    *Memory // of large mails
	Counts    *Counts // of the mails of each address
	Merger    Merger  // does what agents order by mail; nil refuses it
	Unsettled *Unsettled
}

// Envelope is what the way of delivery tells about a mail. At least one
// recipient is needed; they come from [Pipeline.Route].
type Envelope struct {
	ID      string           // of this transfer, for the log and for the answer to the client
	From    helpdesk.Address // reverse-path; zero for the null sender
	To      []Recipient
	Peer    string // address of the client, or SocketPeer; "" for a mail that was fetched, without SMTP
	Helo    string
	Trusted bool // the client is a relay that the operator named: it checked the sender
	// Refusable says that the client is the writer's own server and waits: what we
	// refuse, it tells the writer. Behind a relay a refusal would become a bounce.
	Refusable bool
	// Results is the authserv-id of a server whose Authentication-Results are
	// believed, as the operator named it with the relay that the client is.
	Results string

	// History says that the mail comes from an archive; nil for mail that comes now.
	History *helpdesk.History

	fetched *Fetched // nil: it was brought
}

// Settled is what became of a mail for one mailbox.
type Settled struct {
	Account, Mailbox string
	Outcome          helpdesk.Outcome
	Err              error // nil if the outcome is durable
}

// Accept takes one mail in for each mailbox that it is addressed to.
//
// A nil error means that the mail is durable and the source may forget it. Any
// other error may leave the raw bytes behind and, for a mail to several
// mailboxes, what was committed for some of them; the same mail sent
// again finds it. Errors are temporary unless their kind says that the mail
// itself is at fault (TooLarge, Invalid).
func (p *Pipeline) Accept(ctx context.Context, env Envelope, raw io.Reader) ([]helpdesk.Outcome, error) {
	settled, err := p.AcceptEach(ctx, env, raw)
	if err != nil {
		return nil, err
	}
	var outcomes []helpdesk.Outcome
	for _, one := range settled {
		if one.Err != nil {
			return nil, one.Err
		}
		outcomes = append(outcomes, one.Outcome)
	}
	return outcomes, nil
}

// AcceptEach is Accept for a source that can tell mailboxes apart: what fails for
// one is done for the others. Its error is about the mail as a whole.
func (p *Pipeline) AcceptEach(ctx context.Context, env Envelope, raw io.Reader) ([]Settled, error) {
	if len(env.To) == 0 {
		return nil, errors.New("take in mail: no recipient")
	}
	groups := byAccount(env.To)
	kept, err := p.keep(ctx, groups, raw) // keep.go: bytes first, trust later
	if err != nil {
		return nil, err
	}
	if env.History == nil { // an archive has waited for years
		defer p.Unsettled.begin(mailboxes(groups), p.Now())()
	}
	var settled []Settled
	err = p.look(ctx, kept, func(mail *eml.Mail) error { // keep.go: a large mail is never in memory whole
		settled, err = p.settleEach(ctx, env, groups, kept, mail)
		return err
	})
	if err != nil {
		return nil, err
	}
	return settled, nil
}

// settleEach decides what becomes of a mail for each mailbox.
func (p *Pipeline) settleEach(ctx context.Context, env Envelope, groups []group, kept *kept, mail *eml.Mail) ([]Settled, error) {
	if goesRound(mail) {
		return nil, helpdesk.Errorf(helpdesk.Loop, "more than %d hops", maxHops)
	}
	var settled []Settled
	boxes := mailboxes(groups)
	env.Refusable = env.Refusable && len(boxes) == 1 // one answer cannot refuse for one and accept for another
	for _, to := range boxes {
		one := Settled{Account: to[0].Mailbox.Account, Mailbox: to[0].Mailbox.Name}
		if most := to[0].Mailbox.MaxBytes; env.Peer != "" && most > 0 && kept.ref.Size > most { // what was fetched is not sent back
			one.Err = helpdesk.Errorf(helpdesk.TooLarge, "the mail has %d octets, mailbox %s takes %d", kept.ref.Size, one.Mailbox, most)
			settled = append(settled, one)
			continue
		}
		if one.Outcome, one.Err = p.settle(ctx, env, to, kept, mail); one.Err != nil {
			one.Err = fmt.Errorf("take in mail for %s: %w", one.Mailbox, notTheSenders(one.Err))
		} else {
			p.log(ctx, env, kept, one.Outcome)
		}
		settled = append(settled, one)
	}
	return settled, nil
}

// notTheSenders makes temporary what would send the mail back: a record that went
// meanwhile, or is too large to write, is nothing that the sender could mend.
func notTheSenders(err error) error {
	switch helpdesk.KindOf(err) {
	case helpdesk.NotFound, helpdesk.TooLarge, helpdesk.Invalid:
		return helpdesk.Wrap(helpdesk.Unavailable, err)
	}
	return err
}

// settle decides what becomes of a mail for one mailbox and commits it. When
// somebody else changes what the decision rests on, it decides anew.
func (p *Pipeline) settle(ctx context.Context, env Envelope, to []Recipient, kept *kept, mail *eml.Mail) (helpdesk.Outcome, error) {
	var outcome helpdesk.Outcome
	err := helpdesk.Retry(ctx, func(try int) error {
		c := &incoming{env: env, to: to, box: to[0].Mailbox, kept: kept, mail: mail, now: p.Now(), try: try}
		known, err := p.weigh(ctx, c)
		if err != nil {
			return err
		}
		if known != nil {
			outcome = *known
			p.merge(ctx, c, known.Ticket) // obey.go: what the first time left undone
			return p.mark(ctx, c)         // fetched.go: it may have come another way
		}
		if c.verdict.act == toRefuse {
			return c.refusal()
		}
		if err := p.clean(ctx, c); err != nil { // clean.go: words and files of the entry
			return err
		}
		outcome, err = p.commit(ctx, c) // commit.go: one transaction
		return err
	})
	return outcome, err
}

// weigh goes through the steps that only look. It returns the outcome of a mail
// that was taken in before.
func (p *Pipeline) weigh(ctx context.Context, c *incoming) (*helpdesk.Outcome, error) {
	known, err := p.recognise(ctx, c) // recognise.go: the same mail again is the same outcome
	if err != nil || known != nil {
		return known, err
	}
	if err := p.authenticate(ctx, c); err != nil { // authenticate.go: what is proven about the writer
		return nil, err
	}
	p.classify(c)                                                    // classify.go: did a person write it
	if known, err := p.ownSide(ctx, c); err != nil || known != nil { // history.go: did we write it
		return known, err
	}
	if err := p.thread(ctx, c); err != nil { // thread.go: which ticket it names
		return nil, err
	}
	p.countMail(c)               // flood.go: how much the address wrote
	c.findFacts()                // facts.go: what the mailbox's policy makes of it
	c.decide()                   // decide.go: the table
	return nil, p.report(ctx, c) // report.go: which copy of ours a report is about
}

// maxHops is when a mail is taken to go round in a loop; RFC 5321 section 6.3
// asks for a large limit, and real paths stay under a dozen.
const maxHops = 100

func goesRound(mail *eml.Mail) bool { return mail.Header.Count("Received") > maxHops }

// incoming is one mail on its way through the steps; each step fills in what
// the later ones need.
type incoming struct {
	env  Envelope
	to   []Recipient
	box  helpdesk.Mailbox
	kept *kept
	mail *eml.Mail
	now  time.Time
	try  int  // how often a race was lost
	look bool // nothing is to come of it

	receipt   string             // recognise: identity of the mail
	found     *store.Found       // recognise: what the store knows of it
	writer    eml.Mailbox        // recognise: the one From; zero if there is not exactly one
	trust     helpdesk.Trust     // authenticate
	class     helpdesk.Class     // classify
	notice    *notice.Notice     // classify: what a report says
	token     helpdesk.Token     // thread
	named     *helpdesk.Ticket   // thread: what the token names; nil if nothing
	holder    uint16             // thread: the participant of it that a signed token was issued to, 0 for none
	ticket    *helpdesk.Ticket   // thread: where what is named goes on, mostly itself
	erased    bool               // thread: something that was erased is named
	torn      bool               // thread: reply addresses of different tickets
	maybe     *helpdesk.Ticket   // thread: what the mail may mean, though its writer takes no part there
	sender    helpdesk.Sender    // thread
	flags     []helpdesk.Flag    // thread, facts: what an agent should look at
	over      bool               // flood: the address wrote more than the mailbox takes
	facts     map[fact]bool      // facts
	evidence  []string           // thread, classify: plain sentences
	verdict   rule               // decide
	reported  *helpdesk.Delivery // report: the copy that it is about, with the report in it
	entry     helpdesk.Entry     // clean
	said      *agentText         // clean: what an agent's mail says; nil of other mail
	byUs      bool               // history: one of us wrote it
	byMailbox bool               // history: from the address of a mailbox
	outside   []eml.Mailbox      // history: whom one of us wrote to, if not to us
	forward   *quotes.Forward    // thread: the customer's mail that an agent passes on
	original  helpdesk.Address   // thread: who wrote that

	remember []helpdesk.Signature // replay: the signatures that prove it
}

func (c *incoming) note(format string, args ...any) {
	c.evidence = append(c.evidence, fmt.Sprintf(format, args...))
}

// refusal is the error of a mail that is not taken.
func (c *incoming) refusal() error {
	if c.past() {
		return helpdesk.Errorf(helpdesk.Refused, "%s", c.verdict.why)
	}
	return helpdesk.Errorf(helpdesk.Refused, "the domain %s asks to refuse mail that is not proven", c.writer.Address.Domain())
}

func (p *Pipeline) log(ctx context.Context, env Envelope, kept *kept, o helpdesk.Outcome) {
	rule := ""
	if o.Recognised != nil {
		rule = o.Recognised.Rule
	}
	p.Log.InfoContext(ctx, "mail in", "transfer", env.ID, "peer", env.Peer, "account", o.Account, "mailbox", o.Mailbox,
		"result", o.Result, "rule", rule, "ticket", o.Number, "entry", o.Entry, "bytes", kept.ref.Size, "blob", kept.ref.Hash.String())
}
