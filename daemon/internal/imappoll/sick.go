package imappoll

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// mostFailures is how often a mail may fail, at least, before it is held as one
	// that cannot be had: one bad mail must not keep the cursor for ever.
	mostFailures = 3

	// illFor is for how long it must have failed too. A server whose disks are away,
	// or that starts anew, fails many times within seconds, and then hands all out.
	illFor = 10 * time.Minute
)

// sickness is what is known of a mail that does not come in.
type sickness struct {
	fails int       // that are its own
	since time.Time // of the first of these
	tries int       // all, those that are our fault too
	step  Step
	next  time.Time
	err   error
}

// result is what became of one mail of a batch.
type result struct {
	listed
	outcome helpdesk.Outcome
	stay    bool  // it is not to be touched at the server
	gone    bool  // it is not there any more
	err     error // it was not taken in
}

// ours reports an error that is not the mail's: it may pass.
func (r *result) ours() bool {
	kind := helpdesk.KindOf(r.err)
	return kind == helpdesk.Unavailable || kind == helpdesk.Full
}

// note writes down what became of mails. The error says that nothing can be taken
// in at all now.
func (s *session) note(ctx context.Context, results []result, open map[uint32]time.Time) error {
	good, bad := 0, 0
	var err error
	for _, r := range results {
		switch {
		case r.err != nil && ctx.Err() != nil: // it was cut off
		case r.err != nil && r.ours():
			s.ail(r.uid, r.err, false)
			bad, err = bad+1, r.err
		case r.err != nil:
			s.ail(r.uid, r.err, true)
		default:
			good++
			delete(open, r.uid)
			delete(s.sick, r.uid)
			if !r.gone {
				s.settle(r.uid, r.stay)
				s.Meter.MailIn(string(r.outcome.Result))
			}
			s.cursor.Saw(r.at, s.Now())
		}
	}
	const hopeless = 8 // in a row: one alone may be about its sender's DNS
	if bad >= hopeless && good == 0 {
		return failed(StepKeep, err)
	}
	return nil
}

// settle remembers that a mail was taken in, and what is still to be done about it.
func (s *session) settle(uid uint32, stay bool) {
	s.marks[uid] = !stay && s.box.IMAP.Afterwards != helpdesk.LeaveThere
}

// ail notes a failure of a mail, which is tried again, alone.
func (s *session) ail(uid uint32, err error, own bool) {
	ill := s.sick[uid]
	if ill == nil {
		ill = &sickness{}
		s.sick[uid] = ill
	}
	ill.tries++
	if own && ill.fails == 0 {
		ill.since = s.Now()
	}
	if ill.step = StepKeep; own {
		ill.fails, ill.step = ill.fails+1, StepFetch
	}
	ill.err, ill.next = err, s.Now().Add(backoff(ill.tries, jitter))
	s.log.Warn("a mail is not taken in", "uid", uid, "tries", ill.tries, "error", tame(err.Error()))
}

// suspect makes a mail be fetched alone next time: something in its batch broke
// the connection.
func (s *session) suspect(uid uint32, err error) {
	if s.sick[uid] == nil {
		s.sick[uid] = &sickness{err: err, step: StepFetch, next: s.Now()}
	}
}

// ailing tells about the mails that do not come in, nil if there are none.
func (s *session) ailing() error {
	for uid, ill := range s.sick {
		return failed(ill.step, fmt.Errorf("%d mails do not come in, UID %d among them, tried %d times: %w", len(s.sick), uid, ill.tries, ill.err))
	}
	return nil
}

// nextRetry is when the first of them is tried again; zero if there are none.
func (s *session) nextRetry() time.Time {
	var first time.Time
	for _, ill := range s.sick {
		if first.IsZero() || ill.next.Before(first) {
			first = ill.next
		}
	}
	return first
}

// stub is what is taken in of a mail that cannot be had whole: nil if it can.
func (s *session) stub(ctx context.Context, l listed) (*mail, error) {
	where := fmt.Sprintf("in the folder %q at %s, with UID %d", s.box.IMAP.Folder, s.box.IMAP.Host, l.uid)
	switch ill := s.sick[l.uid]; {
	case ill != nil && ill.fails >= mostFailures && s.Now().Sub(ill.since) >= cmp.Or(s.illFor, illFor):
		return &mail{
			listed: l, cause: helpdesk.Unfetchable,
			// What makes it another mail than any other, each time the same.
			body:  fmt.Appendf(nil, "Subject: A mail that could not be fetched\r\n\r\nIt is %s (%s, UIDVALIDITY %d).\r\n", where, s.cursor.Source, s.folder.validity),
			words: fmt.Sprintf("This mail could not be fetched, or not be taken in: %s. It is untouched %s.", tame(ill.err.Error()), where),
		}, nil
	case l.size > s.box.MaxBytes || ill != nil && ill.err == errOversized:
		header, err := s.header(ctx, l.uid)
		return &mail{
			listed: l, cause: helpdesk.Oversized, body: header,
			words: fmt.Sprintf("This mail has %.1f MiB, and the mailbox takes %d MiB. Only its header was fetched; the mail is untouched %s.",
				float64(l.size)/(1<<20), s.box.MaxBytes>>20, where),
		}, err
	}
	return nil, nil
}
