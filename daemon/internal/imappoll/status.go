package imappoll

import (
	"errors"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// status is how the fetching of a mailbox goes, as the store is told.
type status struct {
	now   func() time.Time
	meter func(helpdesk.Poll)
	news  chan struct{} // holds one: something changed

	mu    sync.Mutex
	state helpdesk.Poll // without the claim
}

func newStatus(now func() time.Time, meter func(helpdesk.Poll), last helpdesk.Poll) *status {
	// What failed for another process fails for us, until we know better.
	return &status{now: now, meter: meter, news: make(chan struct{}, 1), state: last}
}

// put copies it over the record that holds the claim.
func (s *status) put(p *helpdesk.Poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	state.Schema, state.Mailbox, state.Holder, state.Until, state.Rev = p.Schema, p.Mailbox, p.Holder, p.Until, p.Rev
	*p = state
}

func (s *status) change(how func(*helpdesk.Poll)) {
	s.mu.Lock()
	how(&s.state)
	state := s.state
	s.mu.Unlock()
	s.meter(state)
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// fails tells which step does not work, and when it is tried again.
func (s *status) fails(err error, next time.Time) {
	step, words := StepFetch, tame(err.Error())
	if f, ok := errors.AsType[*Failure](err); ok {
		step, words = f.Step, f.Words()
	}
	s.change(func(p *helpdesk.Poll) {
		if p.Step != string(step) || p.Since.IsZero() {
			p.Since = s.now()
		}
		p.Step, p.Words, p.Next = string(step), words, next
	})
}

// works tells that everything that was there has been taken in. A failure to mark
// mails at the server stays until that works too.
func (s *status) works(undone int) {
	s.change(func(p *helpdesk.Poll) {
		p.Success, p.Waiting, p.Oldest, p.Undone = s.now(), 0, time.Time{}, undone
		if p.Step != string(StepAfter) {
			p.Step, p.Words, p.Since, p.Next = "", "", time.Time{}, time.Time{}
		}
	})
}

// mended tells that a step works again.
func (s *status) mended(step Step) {
	s.mu.Lock()
	is := s.state.Step == string(step)
	s.mu.Unlock()
	if is {
		s.change(func(p *helpdesk.Poll) { p.Step, p.Words, p.Since, p.Next = "", "", time.Time{}, time.Time{} })
	}
}

// counts tells how far a round came. What waited before it began waits until it has
// ended: a round looks at one part of the folder after the other.
func (s *status) counts(behind backlog, undone int) {
	s.change(func(p *helpdesk.Poll) {
		p.Waiting, p.Undone = behind.mails, undone
		if !behind.since.IsZero() && (p.Oldest.IsZero() || behind.since.Before(p.Oldest)) {
			p.Oldest = behind.since
		}
	})
}

// looked tells what a round has left, which is all that waits.
func (s *status) looked(left backlog) {
	s.change(func(p *helpdesk.Poll) { p.Waiting, p.Oldest = left.mails, left.since })
}

// known is since when we know of mail that waits: whatever time a mail bears, it was
// not there when all that was there had been taken in.
func (s *status) known() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, since := range []time.Time{s.state.Success, s.state.Oldest} {
		if !since.IsZero() {
			return since
		}
	}
	return s.now()
}

// note says what somebody should know though nothing fails.
func (s *status) note(words string) {
	s.change(func(p *helpdesk.Poll) { p.Note, p.Noted = words, s.now() })
}

// noteFor is long enough for whoever looks once a week.
const noteFor = 7 * 24 * time.Hour

func (s *status) dropOldNote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Sub(s.state.Noted) > noteFor {
		s.state.Note, s.state.Noted = "", time.Time{}
	}
}
