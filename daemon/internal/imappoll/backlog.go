package imappoll

import "time"

// backlog is mail that the server has and we have not.
type backlog struct {
	mails int
	since time.Time // since when the one waits that has waited longest; zero if there is none
}

// with is the backlog together with more of it: since when each mail waits.
func (b backlog) with(open map[uint32]time.Time) backlog {
	b.mails += len(open)
	for _, since := range open {
		if b.since.IsZero() || since.Before(b.since) {
			b.since = since
		}
	}
	return b
}

// waitsSince is since when a mail waits that came to the server at a time. Whoever puts
// a mail into a folder can give it any time: none is believed that is before we know of
// mail that waits, or still to come.
func waitsSince(at, known, now time.Time) time.Time {
	if at.After(now) {
		at = now
	}
	if at.Before(known) {
		return known
	}
	return at
}
