package imappoll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

const (
	// mostRefusals is how many sign-ins may fail in a row before it is time to be
	// careful: servers lock accounts after five or ten.
	mostRefusals = 3

	// lockOutWait is how long to leave an account alone that refuses us.
	lockOutWait = time.Hour

	// setupWait is how often to try what only a person can mend elsewhere: a folder
	// that is made, an access that is granted.
	setupWait = 5 * time.Minute

	// stampEvery is how often changed secrets are looked for while they fail.
	stampEvery = 5 * time.Second
)

// fetchLoop opens one session after the other until ctx ends.
func (p *poller) fetchLoop(ctx context.Context) {
	var t trouble
	for ctx.Err() == nil {
		err := p.safely(func() error { return p.session(ctx, func() { t = trouble{} }) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			continue // it was time for a new one
		}
		wait := t.wait(err)
		p.status.fails(err, p.Now().Add(wait))
		p.log.WarnContext(ctx, "mail is not fetched", "error", tame(err.Error()), "again", wait.Round(time.Millisecond).String())
		if p.rest(ctx, wait, err) {
			t.mended()
		}
	}
}

// safely makes an error of a panic: of one mailbox, not of all.
func (p *poller) safely(act func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("panic while mail was fetched", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return act()
}

// trouble counts what went wrong since something worked.
type trouble struct {
	failures int // that may pass by themselves
	refusals int // of the sign-in
}

// wait is how long to wait after an error.
func (t *trouble) wait(err error) time.Duration {
	if asked, ok := suggestedWait(err.Error()); ok {
		return asked
	}
	f, _ := errors.AsType[*Failure](err)
	switch {
	case errors.Is(err, ErrRefused):
		if t.refusals++; t.refusals >= mostRefusals {
			return lockOutWait
		}
	case f != nil && f.Setup && f.Step == StepAuth:
		return lockOutWait
	case f != nil && f.Setup:
		return setupWait
	}
	t.failures++
	return backoff(t.failures, jitter)
}

// mended forgets failures of before a person changed something: who looks on wants
// to see the next one mended soon, too. Refusals count on, as they are what locks
// an account.
func (t *trouble) mended() { t.failures = 0 }

// rest waits. After a sign-in that failed it ends early when a secret changes, and
// says so.
func (p *poller) rest(ctx context.Context, wait time.Duration, err error) (changed bool) {
	f, ok := errors.AsType[*Failure](err)
	if !ok || f.Step != StepAuth || wait < stampEvery {
		pause(ctx, wait)
		return false
	}
	stamp := p.Logins.Stamp(ctx, p.box.IMAP.Login)
	for end := p.Now().Add(wait); ctx.Err() == nil && p.Now().Before(end); {
		pause(ctx, stampEvery)
		if p.Logins.Stamp(ctx, p.box.IMAP.Login) != stamp {
			p.log.InfoContext(ctx, "a secret of the mailbox changed: it is tried again")
			return true
		}
	}
	return false
}
