package helpdesk

import "time"

// Agent answers customers.
type Agent struct {
	Schema   int       `json:"schema"`
	ID       ID        `json:"id"`
	Name     string    `json:"name"`
	Address  Address   `json:"address"`
	Password string    `json:"password"` // argon2id in PHC form; "" for none
	Disabled bool      `json:"disabled,omitempty"`
	Role     ID        `json:"role,omitempty"` // "" is [AgentRole]
	Mail     AgentMail `json:"mail,omitempty"` // "" is [MailMine]
	Created  time.Time `json:"created"`

	Second *SecondFactor `json:"second,omitempty"`
	// Subject is who they are to the issuer that they sign in with; nil for none.
	Subject *Subject `json:"subject,omitempty"`
	// ByGroups says that the groups of that issuer made them an agent, and choose
	// their role at each sign-in.
	ByGroups bool `json:"byGroups,omitempty"`
	// Joining names the pass by which they may set a password; a new one ends it.
	Joining ID `json:"joining,omitempty"`
	// Sessions counts up to end all sessions that were begun before.
	Sessions int `json:"sessions,omitempty"`

	Rev int64 `json:"-"`
}

// SecondFactor is what an agent has beside a password: codes after RFC 6238.
type SecondFactor struct {
	Secret string    `json:"secret"` // sealed with the installation's key
	Since  time.Time `json:"since"`
	// Step is that of the last code that was used: none works twice.
	Step uint64 `json:"step"`
	// Recovery are SHA-256 hashes of the codes for who has lost the rest, each good
	// for once.
	Recovery []string `json:"recovery,omitempty"`
}

// Author is the agent as an author of entries.
func (a *Agent) Author() Author {
	return Author{Role: AgentAs, ID: a.ID, Name: a.Name, Address: a.Address}
}

// Enters reports whether the agent can sign in at all: somebody who was asked to join
// and has not is nobody to count on.
func (a *Agent) Enters() bool { return !a.Disabled && (a.Password != "" || a.Subject != nil) }

// Session is one signed-in browser. Its key in the store is the hash of the
// cookie, so that a copy of the store signs nobody in.
type Session struct {
	ID      ID        `json:"id,omitempty"` // for ending it from a page
	Agent   ID        `json:"agent"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	How     string    `json:"how,omitempty"` // password, or the name of an issuer
	Browser string    `json:"browser,omitempty"`
	// Step is what is still to be done before it signs in anybody.
	Step SignInStep `json:"step,omitempty"`
	// Second says that more than a password was shown.
	Second bool `json:"second,omitempty"`
	// Count is [Agent.Sessions] as it was.
	Count int `json:"count,omitempty"`
	// Secret is that of a second factor which is being set up, sealed.
	Secret string `json:"secret,omitempty"`
}

// SignInStep is what a sign-in waits for.
type SignInStep string

const (
	StepNone  SignInStep = ""      // it is done
	StepCode  SignInStep = "code"  // a code of the second factor
	StepSetUp SignInStep = "setup" // a second factor, which the role wants and the agent has not
)
