package store

import (
	"fmt"
	"sync"
	"time"
)

const (
	// brakeWindow is the time over which what vanishes is counted: far longer than a
	// pass over all accounts takes.
	brakeWindow = 10 * time.Minute
	// brakeSpare is how many help centers may always vanish, so that small
	// installations are not held up.
	brakeSpare = 10
)

// HeldError says that deletions wait until somebody allows them: too many help
// centers would vanish. All else of the account was written.
type HeldError struct {
	Account     string
	HelpCenters int // of the account that would vanish
	Vanishing   int // of all accounts, with those that have vanished already
	All         int // that there were
}

// Error says what to do.
func (e *HeldError) Error() string {
	return fmt.Sprintf("the deletion of %d help centers is held, as with it %d of %d would vanish within %s: "+
		"if that is meant, start the operator with --allow-mass-delete", e.HelpCenters, e.Vanishing, e.All, brakeWindow)
}

// brake holds deletions when most help centers would vanish at once: then it is
// likelier that their definitions were taken away by mistake than that they all
// are to go. It counts since the operator leads.
type brake struct {
	allow bool
	now   func() time.Time // time.Now, but for tests

	mu   sync.Mutex
	gone map[string]time.Time // keys of help centers that have vanished, or are about to
	held map[string]int       // how many wait, by account
}

func newBrake(allow bool) *brake {
	return &brake{allow: allow, now: time.Now, gone: map[string]time.Time{}, held: map[string]int{}}
}

// check tells whether an account may lose the help centers with the keys gone, of
// all that are present. Those with the keys kept stay or are back. What is present is
// asked for only if something is to go: that takes long, and is rare.
func (b *brake) check(account string, gone, kept []string, all func() map[string]bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, at := range b.gone {
		if b.now().Sub(at) > brakeWindow {
			delete(b.gone, key)
		}
	}
	for _, key := range kept {
		delete(b.gone, key)
	}
	delete(b.held, account)
	if len(gone) == 0 {
		return nil
	}
	present := all()
	vanishing, count := 0, len(present)
	for _, n := range b.held {
		vanishing += n
	}
	for key := range b.gone {
		vanishing++
		if !present[key] {
			count++
		}
	}
	for _, key := range gone {
		if _, counted := b.gone[key]; !counted {
			vanishing++
		}
	}
	if !b.allow && vanishing > brakeSpare && 2*vanishing > count {
		b.held[account] = len(gone)
		return &HeldError{Account: account, HelpCenters: len(gone), Vanishing: vanishing, All: count}
	}
	for _, key := range gone {
		b.gone[key] = b.now()
	}
	return nil
}

// holding is how many accounts wait.
func (b *brake) holding() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.held)
}
