package helpdesk

import "time"

// SecretRef names one entry of a secret of an account. The zero value names none.
type SecretRef struct{ Name, Key string }

// Login is how we sign in to a mail server: with a password, or with an access
// token; the zero value is without. Values can be compared, and only those of
// the same account are ever the same.
type Login struct {
	Account  string // whose secrets it names
	Username string
	Password SecretRef
	OAuth    OAuth
}

// IsZero reports that nobody signs in.
func (l Login) IsZero() bool { return l.Password == (SecretRef{}) && l.OAuth == (OAuth{}) }

// OAuth is where access tokens come from (RFC 6749): with a refresh token, or
// without one for the client itself.
type OAuth struct {
	TokenURL     string
	Scopes       string // with blanks between, as RFC 6749 section 3.3 writes them
	ClientID     string
	ClientSecret SecretRef
	RefreshToken SecretRef
}

// TLSMode says how the way to a mail server is protected.
type TLSMode string

const (
	TLSImplicit TLSMode = "Implicit" // TLS from the first byte
	TLSStartTLS TLSMode = "StartTLS" // STARTTLS or nothing: never in clear text
	TLSNone     TLSMode = "None"     // loopback only
)

// Relay is the server that takes our outgoing mail.
type Relay struct {
	Host  string
	Port  int
	TLS   TLSMode
	Login Login
}

// DKIM is one signature of our mail: whose, and the private key that makes it.
type DKIM struct {
	Domain   string
	Selector string
	Key      SecretRef
}

// IMAP is a mailbox at another server that is polled.
type IMAP struct {
	Host   string
	Port   int
	TLS    TLSMode
	Login  Login
	Folder string
	Poll   time.Duration // between two looks

	// Start says what of the mail that is there is taken in at the very first look,
	// with FromSince that of Since on.
	Start FetchFrom
	Since time.Time

	Afterwards Afterwards
	Processed  string // folder, of MoveAway
}

// FetchFrom says where the fetching of a mailbox begins.
type FetchFrom string

const (
	FromNew   FetchFrom = "New" // what comes from now on
	FromAll   FetchFrom = "All"
	FromSince FetchFrom = "Since"
)

// Afterwards is what becomes of a mail at the server once it is taken in.
type Afterwards string

const (
	MarkSeen   Afterwards = "MarkSeen"
	MoveAway   Afterwards = "Move"
	LeaveThere Afterwards = "Leave"
	DeleteIt   Afterwards = "Delete"
)
