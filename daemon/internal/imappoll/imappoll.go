// Package imappoll fetches mail from mailboxes at other servers: one poller for
// each mailbox, whichever replica it runs in.
//
// What was fetched is marked in the transaction that takes the mail in, so a
// crash anywhere leads to a look again and not to a second entry. The server is
// believed nothing: what it sends is bounded in size and in time.
package imappoll

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Step is how far a poller came: what failed, while it fails.
type Step string

const (
	StepDNS    Step = "DNS"    // find the server
	StepTCP    Step = "TCP"    // reach it
	StepTLS    Step = "TLS"    // protect the way, and know it for the right one
	StepAuth   Step = "AUTH"   // sign in
	StepSelect Step = "SELECT" // open the folder
	StepFetch  Step = "FETCH"  // read mails
	StepKeep   Step = "KEEP"   // take mails in: what failed is on our side
	StepAfter  Step = "AFTER"  // mark, move or delete what was taken in
)

// Failure is an error that knows its step.
type Failure struct {
	Step  Step
	Err   error
	Setup bool // it will fail the same way until a person changes something
}

func (f *Failure) Error() string { return string(f.Step) + ": " + f.Words() }

func (f *Failure) Unwrap() error { return f.Err }

// Words tell what happened, without the step. Much of it the server said: it is
// cut, and holds no control characters.
func (f *Failure) Words() string { return tame(f.Err.Error()) }

// maxWords is a line or two.
const maxWords = 400

func tame(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "") + "…"
	}
	return s
}

// failed gives an error its step, unless it has one.
func failed(step Step, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Failure](err); ok {
		return err
	}
	return &Failure{Step: step, Err: err}
}

// misconfigured is a failure that only a person can mend.
func misconfigured(step Step, format string, args ...any) error {
	return &Failure{Step: step, Err: fmt.Errorf(format, args...), Setup: true}
}
