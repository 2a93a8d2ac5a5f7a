package helpdesk

import (
	"slices"
	"time"
)

// PortalSignIn is how a contact signs in to the portals of the account. A contact
// has one only after an address of theirs was proven: nobody can make one in
// somebody else's name and wait (security: pre-hijacking).
type PortalSignIn struct {
	Since       time.Time  `json:"since"`
	Password    string     `json:"password,omitempty"` // argon2id in PHC form; "" for none
	PasswordSet *time.Time `json:"passwordSet,omitempty"`
	Subjects    []Subject  `json:"subjects,omitempty"`
	Locale      string     `json:"locale,omitempty"` // in which they signed up
}

// MaxSubjects is how many issuers' identities one contact may have.
const MaxSubjects = 8

// Subject is who somebody is to an issuer of OpenID Connect: identity is issuer
// and subject, never the address (OpenID Connect Core section 5.7).
type Subject struct {
	Issuer  string    `json:"issuer"`
	Subject string    `json:"subject"`
	Name    string    `json:"name,omitempty"` // of the issuer, as declared
	Since   time.Time `json:"since"`
}

// Same reports the same identity.
func (s Subject) Same(other Subject) bool {
	return s.Issuer == other.Issuer && s.Subject == other.Subject
}

// HasSubject reports an identity by which the contact may sign in.
func (c *Contact) HasSubject(s Subject) bool {
	return c.SignIn != nil && slices.ContainsFunc(c.SignIn.Subjects, s.Same)
}

// Proves reports whether the address was shown to be the contact's.
func (c *Contact) Proves(a Address) bool {
	return slices.ContainsFunc(c.Addresses, func(known ContactAddress) bool { return known.Proven != nil && known.Address.Same(a) })
}

// CustomerSessionLifetime is how long a customer stays signed in. It ends then whatever
// they do: looking at a page changes nothing, so nothing can put the end off.
const CustomerSessionLifetime = 7 * 24 * time.Hour

// MostCustomerSessions of one contact. Who signs in once more ends the oldest.
const MostCustomerSessions = 20

// CustomerSession is one browser in which a customer is signed in. Its key in the
// store is the contact and the hash of the cookie, so a copy of the store signs
// nobody in.
type CustomerSession struct {
	ID      ID        `json:"id"` // for ending it from a page
	Contact ID        `json:"contact"`
	How     string    `json:"how"` // password, code, or the name of an issuer
	Browser string    `json:"browser,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

// PassKind is what a [Pass] lets somebody do.
type PassKind string

const (
	PassSignUp     PassKind = "signup"     // set a password, and have a sign-in from then on
	PassInvitation PassKind = "invitation" // the same, on an agent's word, where sign-up is closed too
	PassReset      PassKind = "reset"      // set another password
	PassCode       PassKind = "code"       // sign in, by a code that is typed in the browser that asked
	PassLink       PassKind = "link"       // let an issuer's identity sign in from now on
	PassAgent      PassKind = "agent"      // set the password of an agent
)

// Pass lets whoever reads the mail of an address do one thing, once. The token in
// the mail is made of its id and signed; nothing in the store opens anything.
type Pass struct {
	Schema     int      `json:"schema"`
	ID         ID       `json:"id"`
	Kind       PassKind `json:"kind"`
	Address    Address  `json:"address"`           // where it is sent; using it proves it
	Contact    ID       `json:"contact,omitempty"` // "" while nobody has the address
	Agent      ID       `json:"agent,omitempty"`   // whose password it sets, instead of a contact's
	Name       string   `json:"name,omitempty"`    // as typed by who asked; never in a mail
	HelpCenter string   `json:"helpCenter"`
	Locale     string   `json:"locale,omitempty"`
	Next       string   `json:"next,omitempty"`  // page to go on to
	Draft      ID       `json:"draft,omitempty"` // what was being written
	Subject    *Subject `json:"subject,omitempty"`
	// Browser is the hash of what only the browser that asked has.
	Browser string    `json:"browser,omitempty"`
	Tries   int       `json:"tries,omitempty"`
	By      *Author   `json:"by,omitempty"` // the agent who invites
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`

	// Asked says that somebody wants it and that nobody has looked yet whether they
	// shall get it: until then it opens nothing.
	Asked bool `json:"asked,omitempty"`
	// Unsent marks a code that no mail brought: it is there so that typing a wrong one
	// looks the same, and no code is the right one.
	Unsent bool `json:"unsent,omitempty"`

	// Used deletes it in the change that it allows.
	Used bool  `json:"-"`
	Rev  int64 `json:"-"`
}

// Lifetimes of passes. A mail may wait for its reader over a weekend; what sets
// another password is short, as is what is typed from one window into another.
const (
	SignUpLifetime     = 24 * time.Hour
	InvitationLifetime = 7 * 24 * time.Hour
	ResetLifetime      = 30 * time.Minute
	CodeLifetime       = 10 * time.Minute
	JoinLifetime       = 3 * 24 * time.Hour // of an agent's: somebody waits for them to begin
	// MostCodeTries: 5 guesses of 10^8.
	MostCodeTries = 5
)

// Draft is an answer that somebody was writing when they had to sign in first
// (row S23).
type Draft struct {
	Schema  int       `json:"schema"`
	ID      ID        `json:"id"`
	Ticket  TicketID  `json:"ticket"`
	Contact ID        `json:"contact,omitempty"` // whose link it was written with
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`

	// Gone deletes it.
	Gone bool  `json:"-"`
	Rev  int64 `json:"-"`
}

// DraftLifetime is how long what was written waits for a sign-in.
const DraftLifetime = 7 * 24 * time.Hour
