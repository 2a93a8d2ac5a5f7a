package helpdesk

import (
	"errors"
	"fmt"
)

// Kind says what an error means to the person or program outside. Each edge
// maps kinds to its own codes in one file (smtpd/replies.go, web/status.go).
type Kind int

const (
	Internal    Kind = iota // unknown, or our fault: temporary for mail, 500 for pages
	NotFound                // also "not allowed to know"
	Invalid                 // the input is wrong; Public says how
	Conflict                // somebody else changed it first; reading again helps
	Unavailable             // a part we need is away; trying later helps
	Full                    // no space left to keep it
	TooLarge                // over a limit that Public names
	SignIn                  // a sign-in is needed first
	Loop                    // a mail that went round too often
	Forbidden               // known to be there, but not for this one's role or scope
	Refused                 // a mail that its writer's domain asks to refuse
)

var kindNames = [...]string{"internal", "not found", "invalid", "conflict", "unavailable", "full", "too large", "sign-in needed", "loop", "forbidden", "refused"}

func (k Kind) String() string { return kindNames[k] }

// Error is the one error type of the domain. What the outside may read and what
// the log says are two fields, so that no internal text leaves the process.
type Error struct {
	Kind   Kind
	Public string // plain words for the outside, in English; may be empty
	Err    error  // cause, for the log only
	// Format and Args are what Public was made of, for saying it in another
	// language; Format is "" where Public stands for itself.
	Format string
	Args   []any
}

func (e *Error) Error() string {
	switch {
	case e.Err != nil && e.Public != "":
		return e.Public + ": " + e.Err.Error()
	case e.Err != nil:
		return e.Err.Error()
	case e.Public != "":
		return e.Public
	}
	return e.Kind.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of the kind whose text the outside may read.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Public: fmt.Sprintf(format, args...), Format: format, Args: args}
}

// Wrap gives a cause its kind; the cause's text stays inside.
func Wrap(kind Kind, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Err: err}
}

// KindOf is the kind of the outermost [Error] in the chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// PublicIn is Public in another language: say gives the text for an English one.
func PublicIn(err error, say func(english string, args ...any) string) string {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok || e.Public == "":
		return ""
	case e.Format == "":
		return say(e.Public)
	}
	return say(e.Format, e.Args...)
}

// Public is what the outside may read of err: never the text of a cause.
func Public(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Public
	}
	return ""
}
