package helpdesk

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Purpose of an outbound mail. Everything but AgentReply is automatic and
// passes the gate for automatic mail.
type Purpose string

const (
	Acknowledgement Purpose = "acknowledgement" // to the proven writer of a mail that opened a ticket
	Confirmation    Purpose = "confirmation"    // fixed words to an unproven address
	AgentReply      Purpose = "reply"
	// Update tells a participant what another customer wrote.
	Update Purpose = "update"
	// Joined tells somebody that they take part from now on.
	Joined Purpose = "joined"
	// Added tells it in fixed words to an address that another customer named and
	// that has proven nothing.
	Added Purpose = "added"
	// AgentNotice tells an agent what a customer wrote.
	AgentNotice Purpose = "agentnotice"
	// MentionMail tells an agent of a note that names them.
	MentionMail Purpose = "mention"
	// SignUpMail, Invited, ResetMail, CodeMail and LinkMail bring a [Pass].
	SignUpMail Purpose = "signup"
	Invited    Purpose = "invitation"
	ResetMail  Purpose = "reset"
	CodeMail   Purpose = "code"
	LinkMail   Purpose = "link"
	// AgentJoins brings an agent the [Pass] by which they set a password.
	AgentJoins Purpose = "agentjoins"
	// Known tells who wants to sign up that they have a sign-in already.
	Known Purpose = "known"
	// PasswordChanged tells that it was.
	PasswordChanged Purpose = "passwordchanged"
	// SignInAdded and SignInRemoved tell of an issuer's identity that signs the
	// contact in from now on, or does not any more.
	SignInAdded   Purpose = "signinadded"
	SignInRemoved Purpose = "signinremoved"
	// StatusChanged tells participants of another status.
	StatusChanged Purpose = "status"
	// Opened tells a customer that an agent brought a request in for them.
	Opened Purpose = "opened"
	// PeopleChanged tells the requester who takes part from now on.
	PeopleChanged Purpose = "people"
	// NewLink brings a participant another link.
	NewLink Purpose = "newlink"
	// CommandReceipt tells an agent what became of a mail of theirs.
	CommandReceipt Purpose = "commandreceipt"
	// HookStopped tells an agent who looks after hooks that one is told no more.
	HookStopped Purpose = "hookstopped"
)

// OfAccount reports mail about somebody's sign-in, or about a hook. It belongs to no
// ticket.
func (p Purpose) OfAccount() bool {
	switch p {
	case SignUpMail, Invited, ResetMail, CodeMail, LinkMail, Known, AgentJoins, HookStopped:
		return true
	}
	return p.TellsChange()
}

// TellsChange reports mail that tells the owner of a sign-in what was done to it.
func (p Purpose) TellsChange() bool {
	return p == PasswordChanged || p == SignInAdded || p == SignInRemoved
}

// BringsPass reports mail that is worth nothing without its [Pass].
func (p Purpose) BringsPass() bool {
	return p.OfAccount() && p != Known && p != HookStopped && !p.TellsChange()
}

// Fixed reports mail that says the same to everybody: anybody can have it sent to an
// address of their choice, so nothing in it is theirs to choose (row M04).
func (p Purpose) Fixed() bool {
	return p == Confirmation || p == Added || p == NewLink || p.OfAccount()
}

// Automatic reports whether no person wrote the mail (RFC 3834).
func (p Purpose) Automatic() bool { return p != AgentReply }

// Awaited reports mail that carries what a person said, or lets somebody in:
// agents are told when it does not arrive. Of the rest nobody misses anything
// that they could not see otherwise.
func (p Purpose) Awaited() bool {
	return p == AgentReply || p == Update || p == Joined || p == Added || p == Opened
}

// Subject of a sentence about the mail.
func (p Purpose) subject() string {
	switch p {
	case AgentReply:
		return "The answer"
	case Joined, Added:
		return "The invitation"
	}
	return "The mail"
}

// DeliveryState of one copy.
type DeliveryState string

const (
	Queued    DeliveryState = "queued"
	Sent      DeliveryState = "sent"
	Bounced   DeliveryState = "bounced"   // the other server took it, and a report says that it was given up later
	Failed    DeliveryState = "failed"    // given up, or refused for good
	Withdrawn DeliveryState = "withdrawn" // what it was about is gone
)

// Final reports whether nothing more will be tried.
func (s DeliveryState) Final() bool { return s != Queued }

// Delivery is one outbound copy for one recipient, with its state. Its words
// are composed when it is sent, from the entry that it tells about.
type Delivery struct {
	Schema      int      `json:"schema"`
	ID          ID       `json:"id"`
	Ticket      TicketID `json:"ticket"`
	Entry       int      `json:"entry"`       // seq of the entry that it tells about
	Participant uint16   `json:"participant"` // number in the ticket; 0 of a copy for an agent
	Agent       ID       `json:"agent,omitempty"`
	// Pass is what a mail about somebody's account lets them do. Such a mail belongs
	// to no ticket.
	Pass ID `json:"pass,omitempty"`
	// Issuer is the name of the one that a mail about a way to sign in tells of.
	Issuer string `json:"issuer,omitempty"`
	// Hook is the one that a mail to an agent tells of.
	Hook ID `json:"hook,omitempty"`
	// HelpCenter and Locale of a mail that belongs to no ticket.
	HelpCenter string    `json:"helpCenter,omitempty"`
	Locale     string    `json:"locale,omitempty"`
	To         Address   `json:"to"` // as it was when the mail was decided
	Purpose    Purpose   `json:"purpose"`
	Mailbox    string    `json:"mailbox"`
	MessageID  string    `json:"messageID"` // final: the same on every attempt
	Created    time.Time `json:"created"`
	Files      int64     `json:"files,omitempty"` // bytes of the files that go with it

	State    DeliveryState `json:"state"`
	Attempts int           `json:"attempts"`
	Next     time.Time     `json:"next"`             // not before
	Last     *Attempt      `json:"last,omitempty"`   // what the other server said
	Sent     *time.Time    `json:"sent,omitempty"`   //
	Report   *Report       `json:"report,omitempty"` // what came back about it, the latest
	Copy     string        `json:"copy,omitempty"`   // blob of what was sent; of agents' replies
	Claim    string        `json:"claim,omitempty"`  // replica that is sending it now
	Until    time.Time     `json:"until,omitzero"`   // when the claim lapses

	// Since is when somebody had it tried anew after it was given up; zero before.
	Since time.Time `json:"since,omitzero"`
	// Warned counts how often agents were told that it still waits.
	Warned int `json:"warned,omitempty"`
	// Hurry asks for an attempt even while its relay is left alone.
	Hurry bool `json:"hurry,omitempty"`

	Rev int64 `json:"-"`
}

// Born is when the two days of trying began.
func (d *Delivery) Born() time.Time {
	if d.Since.IsZero() {
		return d.Created
	}
	return d.Since
}

// Claimed reports whether somebody may be sending it at this moment.
func (d *Delivery) Claimed(now time.Time) bool { return d.Claim != "" && now.Before(d.Until) }

// TryAgain has what waits or was given up tried at once, on somebody's word. What
// was given up gets all its time anew. The Message-ID stays: who has got the mail
// after all gets it once.
func (d *Delivery) TryAgain(now time.Time) error {
	switch {
	case d.State == Failed:
		d.State, d.Since, d.Attempts, d.Warned = Queued, now, 0, 0
	case d.State != Queued:
		return Errorf(Invalid, "only mail that waits or was given up can be tried again; this one is %s", d.State)
	case d.Claimed(now):
		return Errorf(Invalid, "it is being tried right now")
	}
	d.Claim, d.Until, d.Next, d.Hurry = "", time.Time{}, now, true
	return nil
}

// Drop gives up for good what waits or was given up.
func (d *Delivery) Drop(by Author, now time.Time) error {
	switch {
	case d.State != Queued && d.State != Failed:
		return Errorf(Invalid, "only mail that waits or was given up can be dropped; this one is %s", d.State)
	case d.Claimed(now):
		return Errorf(Invalid, "it is being tried right now")
	}
	d.State, d.Claim, d.Until = Withdrawn, "", time.Time{}
	d.Last = &Attempt{At: now, Words: "dropped by " + by.DisplayName()}
	return nil
}

// Undelivered says in a sentence that mail did not arrive. fault may class the
// failure, with a comma before it; words are the other server's.
func Undelivered(to []Address, fault, words string) string {
	return "The mail to " + recipients(to) + " could not be delivered" + fault + said(words)
}

// Waiting says in a sentence that mail has not gone out yet.
func Waiting(p Purpose, to []Address, words string) string {
	return p.subject() + " to " + recipients(to) + " is still waiting" + said(words)
}

// namedRecipients of one sentence; the rest is counted.
const namedRecipients = 3

func recipients(to []Address) string {
	var names []string
	for i, a := range to {
		if left := len(to) - i; i == namedRecipients && left > 1 {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d others", left)
		}
		names = append(names, a.String())
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// said appends what another server said to a sentence.
func said(words string) string {
	if words = strings.Join(strings.Fields(words), " "); words != "" {
		return ": " + words
	}
	return "."
}

// Attempt is the outcome of one try.
type Attempt struct {
	At       time.Time `json:"at"`
	Relay    string    `json:"relay"`
	Code     int       `json:"code,omitempty"`     // SMTP, 0 if none came
	Enhanced string    `json:"enhanced,omitempty"` // RFC 3463
	Words    string    `json:"words,omitempty"`    // the other server's, cut
}

// When it was, or otherwise where there was no attempt.
func (a *Attempt) When(otherwise time.Time) time.Time {
	if a == nil {
		return otherwise
	}
	return a.At
}

// Answer is what came back, as one line: code, status and words, each if told.
func (a *Attempt) Answer() string {
	if a == nil {
		return ""
	}
	return AnswerWords(a.Code, a.Enhanced, a.Words)
}

// AnswerWords joins the parts of what another server said.
func AnswerWords(code int, status, words string) string {
	if code != 0 {
		status = strings.TrimSpace(strconv.Itoa(code) + " " + strings.TrimPrefix(status, strconv.Itoa(code)))
	}
	words = strings.TrimSpace(words)
	if strings.HasPrefix(words, status) { // servers repeat it
		return words
	}
	return strings.TrimSpace(status + " " + words)
}

// Report is what a mail system said about a copy after it had been sent (RFC
// 3464, 5965, 8098). Only reports with a token of ours count.
type Report struct {
	At     time.Time `json:"at"`
	Class  Class     `json:"class"`            // bounce, delay, delivered, complaint or read receipt
	Fault  string    `json:"fault,omitempty"`  // of a bounce: hard, soft, block or unknown
	Status string    `json:"status,omitempty"` // RFC 3463
	Code   int       `json:"code,omitempty"`   // SMTP
	Words  string    `json:"words,omitempty"`  // the other server's, cut
	Entry  int       `json:"entry"`            // seq of the event that it became, where the ticket goes on
}

// Reported takes in what came back about the copy. A report of another kind does
// not undo a bounce: mail systems tell a delay before they give up, and a
// delivery of another address may be told after.
func (d *Delivery) Reported(r Report) {
	if d.State == Bounced && r.Class != ClassBounce {
		return
	}
	d.Report = &r
	if r.Class == ClassBounce && d.State == Sent {
		d.State = Bounced
	}
}
