package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Limits of what a form asks besides its own fields.
const (
	MaxName    = 100
	MaxSubject = 200
	// MaxNonce is the longest name that a sender may give one submission.
	MaxNonce = 64
)

// Submission is a filled-in form, as typed.
type Submission struct {
	// Agent and Customer are who is signed in, nil for nobody; an agent comes first.
	// Who somebody is, is never read from what they typed.
	Agent    *Actor
	Customer *Customer
	Form     string
	// Nonce came with the page. The same form sent twice, by a second click or
	// after a lost answer, is one ticket.
	Nonce string
	Name  string
	// Address is where answers go. A customer may choose one that was proven to be
	// theirs, "" is the first of them. An agent names a customer, "" is themselves.
	Address string
	Subject string
	Message string
	Fields  map[string][]string
	Uploads []Upload // from [Desk.KeepUpload] or [Desk.KeptUpload]
	// Refused is what was wrong with files that were not kept. With any, nothing is
	// submitted, and the visitor is told of it together with all else.
	Refused []helpdesk.FieldProblem
}

// Visitor is who fills the form in, as access is granted.
func (in *Submission) Visitor() helpdesk.Visitor {
	switch {
	case in.Agent != nil:
		return helpdesk.AgentVisitor
	case in.Customer != nil:
		return helpdesk.SignedIn
	}
	return helpdesk.Anonymous
}

// Rejected says what has to be changed before a submission can be taken. Field
// is "name", "address", "subject", "message", "files" or the name of a form's
// field behind "field.".
type Rejected struct{ Problems []helpdesk.FieldProblem }

func (r *Rejected) Error() string { return "the form is not complete" }

// Submitted is what the visitor is told.
type Submitted struct {
	Number  int64
	Address helpdesk.Address
}

// MaySubmit answers NotFound where submitting is hidden or the form is not for
// this visitor, and SignIn where they have to sign in first (rows S18, S19,
// S20, S41).
func MaySubmit(h helpdesk.HelpCenter, form string, v helpdesk.Visitor) error {
	f := h.Form(form)
	if !h.SubmissionVisible() || f == nil || f.Access[v] == helpdesk.NotOffered {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	if f.Access[v] == helpdesk.NeedsSignIn {
		return helpdesk.Errorf(helpdesk.SignIn, "sign in to submit a request")
	}
	return nil
}

// Submit makes a ticket of a filled-in form (row S03). A [Rejected] error tells
// what has to be mended.
func (d *Desk) Submit(ctx context.Context, h helpdesk.HelpCenter, in Submission) (Submitted, error) {
	if err := MaySubmit(h, in.Form, in.Visitor()); err != nil {
		return Submitted{}, err
	}
	s := &submission{desk: d, center: h, form: h.Form(in.Form), agent: in.Agent, customer: in.Customer}
	if err := s.check(in); err != nil {
		return Submitted{}, err
	}
	var number int64
	err := helpdesk.Retry(ctx, func(int) (err error) {
		number, err = s.commit(ctx)
		return err
	})
	return Submitted{Number: number, Address: s.address}, err
}

// submission is a Submission that passed its checks.
type submission struct {
	desk     *Desk
	center   helpdesk.HelpCenter
	form     *helpdesk.Form
	agent    *Actor
	customer *Customer
	own      bool // of an agent: the request is theirs
	box      helpdesk.Mailbox
	receipt  string
	name     string
	address  helpdesk.Address
	subject  string
	message  string
	answers  helpdesk.FormResult
	uploads  []Upload              // its files, as they wait
	files    []helpdesk.Attachment // and as they become part of the ticket
	problems []helpdesk.FieldProblem
}

func (s *submission) report(field, format string, args ...any) {
	s.problems = append(s.problems, helpdesk.FieldProblem{Field: field, Message: fmt.Sprintf(format, args...), Format: format, Args: args})
}

func (s *submission) check(in Submission) error {
	if s.agent != nil {
		if err := s.agent.mayWork(); err != nil || s.agent.Agent == nil {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in as an agent first")
		}
	}
	s.person(in)
	s.subject = oneLine(in.Subject)
	if s.form.Subject != "" {
		s.subject = s.form.Subject
	}
	switch {
	case s.subject == "":
		s.report("subject", "Please say in a few words what it is about.")
	case len(s.subject) > MaxSubject:
		s.report("subject", "Please use a shorter subject; the details belong in the message.")
	}
	var err error
	switch s.message, err = checkText(in.Message); {
	case err != nil && len(in.Message) > MaxText:
		s.report("message", "Please write less: one message may have %d KiB.", MaxText>>10)
	case err != nil:
		s.report("message", "Please write what it is about.")
	}
	fields, uploads := withUploads(s.form, in)
	s.answers = s.form.Checker.Check(fields)
	for _, p := range s.answers.Problems {
		p.Field = "field." + p.Field
		s.problems = append(s.problems, p)
	}
	s.attach(in.Uploads, uploads)
	s.refuse(in.Refused)
	if len(s.problems) > 0 {
		return &Rejected{Problems: s.problems}
	}
	s.receipt = s.identity(in, fields)
	return s.route()
}

// refuse tells of files that were not kept. That one is missing where it was refused
// need not be said too.
func (s *submission) refuse(refused []helpdesk.FieldProblem) {
	for _, r := range refused {
		s.problems = slices.DeleteFunc(s.problems, func(p helpdesk.FieldProblem) bool { return p.Field == r.Field })
		s.problems = append(s.problems, r)
	}
}

// person finds out whose request it is.
func (s *submission) person(in Submission) {
	typed := strings.TrimSpace(in.Address)
	switch {
	case s.agent != nil && typed == "":
		s.own, s.name, s.address = true, s.agent.Agent.Name, s.agent.Agent.Address
		return
	case s.agent == nil && s.customer != nil:
		s.name = s.customer.Contact.Name
		var ok bool
		if s.address, ok = provenAddress(s.customer.Contact, typed); !ok {
			s.report("address", "Please choose one of your addresses.")
		}
		return
	}
	if s.name = oneLine(in.Name); len(s.name) > MaxName {
		s.report("name", "Please use a shorter name.")
	}
	var err error
	if s.address, err = newAddress(typed); err != nil {
		s.report("address", "Please enter a mail address such as name@example.com.")
	} else if s.desk.isOurs(s.center.Account, s.address) {
		s.report("address", "Please use an address of your own: this one is ours.")
	}
	s.own = s.agent != nil && s.address.Same(s.agent.Agent.Address)
}

// provenAddress is the one that was asked for, or the first, of those that were
// proven to be the contact's.
func provenAddress(c *helpdesk.Contact, asked string) (helpdesk.Address, bool) {
	for _, known := range c.Addresses {
		if known.Proven == nil {
			continue
		}
		if a, err := helpdesk.ParseAddress(asked); asked == "" || err == nil && a.Same(known.Address) {
			return known.Address, true
		}
	}
	return helpdesk.Address{}, false
}

// identity of a submission: its nonce with what was typed, so that a form which
// is changed and sent again after going back is another request.
func (s *submission) identity(in Submission, fields map[string][]string) string {
	who := ""
	switch {
	case s.agent != nil:
		who = "agent " + string(s.agent.Agent.ID)
	case s.customer != nil:
		who = "customer " + string(s.customer.Contact.ID)
	}
	return receiptKey("form", in.Nonce, s.center.Name, s.form.Name, who, s.name, s.address.Key(), s.subject, s.message, fields, blobs(s.files))
}

// receiptKey is the identity of something that a page sent. Without a nonce
// nothing tells a repetition from the same request made anew, so it is new.
func receiptKey(kind, nonce string, typed ...any) string {
	if nonce == "" {
		nonce = rand.Text()
	}
	sum := sha256.New()
	// JSON keeps the parts apart and the keys of maps in order. Strings, and maps
	// and lists of them, can always be written.
	_ = json.NewEncoder(sum).Encode([]any{nonce[:min(len(nonce), MaxNonce)], typed})
	return kind + "-" + hex.EncodeToString(sum.Sum(nil)[:16])
}

// route finds the mailbox that answers.
func (s *submission) route() error {
	for _, name := range []string{s.answers.Mailbox, s.center.Mailbox} {
		if box, ok := s.desk.directory.Mailbox(s.center.Account, name); ok && name != "" {
			s.box = box
			return nil
		}
	}
	return helpdesk.Errorf(helpdesk.Unavailable, "requests can't be taken just now")
}

func (s *submission) commit(ctx context.Context) (int64, error) {
	d, account := s.desk, s.center.Account
	found, err := d.store.Lookup(ctx, account, store.Query{Receipt: s.receipt, Address: s.address})
	if err != nil {
		return 0, err
	}
	if found.Receipt != nil {
		return found.Receipt.Outcome.Number, nil
	}
	change := &helpdesk.Change{Account: account}
	contact, err := s.contact(ctx, change, found.Contact)
	if err != nil {
		return 0, err
	}
	number, err := d.store.NextNumber(ctx, account)
	if err != nil {
		return 0, err
	}
	t, err := s.ticket(ctx, change, contact, number)
	if err != nil {
		return 0, err
	}
	change.Receipt = &helpdesk.Receipt{Key: s.receipt, At: t.Opened, Channel: helpdesk.ByPortal, Outcome: helpdesk.Outcome{
		Result: helpdesk.Created, Account: account, Mailbox: s.box.Name, Ticket: t.ID, Number: number, Entry: 1,
	}}
	if err := s.tell(ctx, change, t); err != nil {
		return 0, err
	}
	if err := d.commit(ctx, formFiles(s.center, s.form.Name), s.uploads, change); err != nil {
		return 0, err
	}
	d.log.InfoContext(ctx, "form submitted", "account", account, "helpCenter", s.center.Name, "form", s.form.Name, "ticket", number)
	return number, nil
}

// contact is whose request it is. A customer's is their own record, as it is now:
// what let them sign in may be over.
func (s *submission) contact(ctx context.Context, change *helpdesk.Change, known *helpdesk.Contact) (*helpdesk.Contact, error) {
	if s.agent == nil && s.customer != nil {
		var err error
		known, err = s.desk.store.Contact(ctx, s.center.Account, s.customer.Contact.ID)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound, err == nil && (known.SignIn == nil || !known.Proves(s.address)):
			return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in to submit a request")
		case err != nil:
			return nil, err
		}
	}
	if known != nil && known.Erasing != nil {
		return nil, errErasing
	}
	if known != nil {
		s.desk.returns(change, known, "portal")
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: known.ID, Rev: known.Rev})
		return known, nil
	}
	change.Contact = &helpdesk.Contact{
		ID: helpdesk.NewID(), Name: s.name, Created: s.desk.now(),
		Addresses: []helpdesk.ContactAddress{{Address: s.address}}, // whoever typed it proved nothing
	}
	return change.Contact, nil
}

// tell mails who asked, if it is not an agent who looks at the ticket next, and
// the agents who want to know.
func (s *submission) tell(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket) error {
	if t.Spam != nil {
		return nil
	}
	o := outbound.Occasion{Mailbox: s.box, Ticket: t, Entry: 1, To: &t.Participants[0], Purpose: helpdesk.Confirmation, Now: t.Opened}
	switch {
	case s.agent != nil:
		o.Purpose, o.ByAgent = helpdesk.Opened, true
	case s.customer != nil:
		o.Purpose = helpdesk.Acknowledgement // the address is theirs, which they showed by signing in
	}
	if !s.own {
		if err := s.desk.planner.Automatic(ctx, change, o); err != nil {
			return err
		}
	}
	var but helpdesk.ID
	if s.agent != nil {
		but = s.agent.Agent.ID
	}
	return s.desk.notify(ctx, change, outbound.Occasion{Mailbox: s.box, Ticket: t, Entry: 1, Now: t.Opened}, but)
}

// ticket puts the new ticket and its first entry into the change.
func (s *submission) ticket(ctx context.Context, change *helpdesk.Change, contact *helpdesk.Contact, number int64) (*helpdesk.Ticket, error) {
	now := s.desk.now()
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: s.subject, Status: helpdesk.Open, Channel: helpdesk.ByPortal,
		HelpCenter: s.center.Name, Mailbox: s.box.Name, Locale: s.center.Locale, Priority: s.answers.Priority, Tags: s.answers.Tags, Opened: now,
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: contact.ID, Name: s.name, Address: s.address, Role: helpdesk.Requester, LinkGen: 1, Joined: now,
		}},
		Form: &helpdesk.FormAnswer{Form: s.form.Name, Revision: s.form.Revision, Values: s.answers.Values, Raw: s.answers.Raw},
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByPortal, At: now, Attachments: slices.Clone(s.files),
		Author: helpdesk.Author{Role: helpdesk.Customer, ID: contact.ID, Name: s.name, Address: s.address},
	}
	if by := contact.Blocked; by != nil && s.agent == nil { // in no queue but that of spam, and nobody is told
		t.Spam = &helpdesk.Called{By: by.By, At: now}
	}
	if s.agent != nil {
		by, err := s.stillAgent(ctx, change)
		if err != nil {
			return nil, err
		}
		t.Submitter, e.Author = &by, by
		t.Watch(by.ID)
	}
	var err error
	if e.Text, e.TextBlob, err = s.desk.fit(ctx, s.center.Account, s.message); err != nil {
		return nil, err
	}
	t.Append(&e)
	change.Ticket, change.Entries = t, []helpdesk.Entry{e}
	return t, nil
}

// stillAgent holds the ticket to the agent as they are now.
func (s *submission) stillAgent(ctx context.Context, change *helpdesk.Change) (helpdesk.Author, error) {
	now, err := s.desk.store.Agent(ctx, s.center.Account, s.agent.Agent.ID)
	if err != nil {
		return helpdesk.Author{}, err
	}
	change.Unchanged = append(change.Unchanged, helpdesk.Revision{Agent: now.ID, Rev: now.Rev})
	by := Actor{Account: s.center.Account, Agent: now} // asked for nothing that takes a role
	return by.author(), by.mayWork()
}

// oneLine makes one clean line of what a visitor typed: it may become part of a
// mail header, where a line break ends the field and what turns or hides text
// lets one name pass for another.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return ' '
		case r == '\u200b', r == '\u2060', r == '\ufeff': // nothing at all; joiners of letters and emoji stay
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}
