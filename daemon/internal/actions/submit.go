package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	maxNonce   = 64
)

// Submission is a filled-in form, as typed.
type Submission struct {
	Visitor helpdesk.Visitor
	Form    string
	// Nonce came with the page. The same form sent twice, by a second click or
	// after a lost answer, is one ticket.
	Nonce   string
	Name    string
	Address string
	Subject string
	Message string
	Fields  map[string][]string
}

// Rejected says what has to be changed before a submission can be taken. Field
// is "name", "address", "subject", "message" or the name of a form's field
// behind "field.".
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
	if err := MaySubmit(h, in.Form, in.Visitor); err != nil {
		return Submitted{}, err
	}
	s := &submission{desk: d, center: h, form: h.Form(in.Form)}
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
	desk    *Desk
	center  helpdesk.HelpCenter
	form    *helpdesk.Form
	box     helpdesk.Mailbox
	receipt string
	name    string
	address helpdesk.Address
	subject string
	message string
	answers helpdesk.FormResult
}

func (s *submission) check(in Submission) error {
	var problems []helpdesk.FieldProblem
	report := func(field, message string) {
		problems = append(problems, helpdesk.FieldProblem{Field: field, Message: message})
	}
	s.name, s.subject = oneLine(in.Name), oneLine(in.Subject)
	if s.form.Subject != "" {
		s.subject = s.form.Subject
	}
	if len(s.name) > MaxName {
		report("name", "Please use a shorter name.")
	}
	var err error
	if s.address, err = helpdesk.ParseAddress(strings.TrimSpace(in.Address)); err != nil {
		report("address", "Please enter a mail address such as name@example.com.")
	}
	switch {
	case s.subject == "":
		report("subject", "Please say in a few words what it is about.")
	case len(s.subject) > MaxSubject:
		report("subject", "Please use a shorter subject; the details belong in the message.")
	}
	if s.message, err = checkText(in.Message); err != nil {
		report("message", "Please "+helpdesk.Public(err)+".")
	}
	s.answers = s.form.Checker.Check(in.Fields)
	for _, p := range s.answers.Problems {
		report("field."+p.Field, p.Message)
	}
	if len(problems) > 0 {
		return &Rejected{Problems: problems}
	}
	s.receipt = s.identity(in)
	return s.route()
}

// identity of a submission: its nonce with what was typed, so that a form which
// is changed and sent again after going back is another request.
func (s *submission) identity(in Submission) string {
	return receiptKey("form", in.Nonce, s.center.Name, s.form.Name, s.name, s.address.Key(), s.subject, s.message, in.Fields)
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
	_ = json.NewEncoder(sum).Encode([]any{nonce[:min(len(nonce), maxNonce)], typed})
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
	number, err := d.store.NextNumber(ctx, account)
	if err != nil {
		return 0, err
	}
	change := &helpdesk.Change{Account: account}
	t, err := s.ticket(ctx, change, found.Contact, number)
	if err != nil {
		return 0, err
	}
	change.Receipt = &helpdesk.Receipt{Key: s.receipt, At: t.Opened, Channel: helpdesk.ByPortal, Outcome: helpdesk.Outcome{
		Result: helpdesk.Created, Account: account, Mailbox: s.box.Name, Ticket: t.ID, Number: number, Entry: 1,
	}}
	if err := d.planner.Automatic(ctx, change, outbound.Occasion{
		Mailbox: s.box, Ticket: t, Entry: 1, To: &t.Participants[0], Purpose: helpdesk.Confirmation, Now: t.Opened,
	}); err != nil {
		return 0, err
	}
	if err := d.notify(ctx, change, outbound.Occasion{Mailbox: s.box, Ticket: t, Entry: 1, Now: t.Opened}); err != nil {
		return 0, err
	}
	if err := d.store.Commit(ctx, change); err != nil {
		return 0, err
	}
	d.log.InfoContext(ctx, "form submitted", "account", account, "helpCenter", s.center.Name, "form", s.form.Name, "ticket", number)
	return number, nil
}

// ticket puts the new ticket, its first entry and its contact into the change.
func (s *submission) ticket(ctx context.Context, change *helpdesk.Change, contact *helpdesk.Contact, number int64) (*helpdesk.Ticket, error) {
	now := s.desk.now()
	if contact == nil {
		contact = &helpdesk.Contact{
			ID: helpdesk.NewID(), Name: s.name, Created: now,
			Addresses: []helpdesk.ContactAddress{{Address: s.address}}, // whoever typed it proved nothing
		}
		change.Contact = contact
	} else {
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: contact.ID, Rev: contact.Rev})
	}
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: s.subject, Status: helpdesk.Open, Channel: helpdesk.ByPortal,
		HelpCenter: s.center.Name, Mailbox: s.box.Name, Priority: s.answers.Priority, Tags: s.answers.Tags, Opened: now,
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: contact.ID, Name: s.name, Address: s.address, Role: helpdesk.Requester, LinkGen: 1, Joined: now,
		}},
		Form: &helpdesk.FormAnswer{Form: s.form.Name, Revision: s.form.Revision, Values: s.answers.Values, Raw: s.answers.Raw},
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByPortal, At: now,
		Author: helpdesk.Author{Role: helpdesk.Customer, ID: contact.ID, Name: s.name, Address: s.address},
	}
	var err error
	if e.Text, e.TextBlob, err = s.desk.fit(ctx, s.center.Account, s.message); err != nil {
		return nil, err
	}
	t.Append(&e)
	change.Ticket, change.Entries = t, []helpdesk.Entry{e}
	return t, nil
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
