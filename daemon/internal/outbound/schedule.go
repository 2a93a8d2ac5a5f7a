package outbound

import (
	"math/rand/v2"
	"time"
)

// Schedule says how long to wait after each failed attempt, and when to give up.
type Schedule struct {
	Waits  []time.Duration // after the first, the second, … attempt; the last one repeats
	GiveUp time.Duration   // since the mail was decided
}

// DefaultSchedule retries soon, as most failures pass within minutes (greylisting
// asks for a few), then rarely. RFC 5321 section 4.5.4.1 wants days; after two
// of them a customer has asked again.
func DefaultSchedule() Schedule {
	return Schedule{
		Waits:  []time.Duration{1 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour},
		GiveUp: 48 * time.Hour,
	}
}

// next is when to try again after the given number of attempts; ok is false
// when it is time to give up.
func (s Schedule) next(attempts int, born, now time.Time) (at time.Time, ok bool) {
	if now.Sub(born) >= s.GiveUp {
		return time.Time{}, false
	}
	return now.Add(s.wait(attempts)), true
}

// wait is the pause after the given number of failures.
func (s Schedule) wait(failures int) time.Duration {
	return spread(s.Waits[min(max(failures, 1), len(s.Waits))-1])
}

// spread adds up to a tenth at random, so that what failed together does not all
// come back together.
func spread(wait time.Duration) time.Duration { return wait + rand.N(wait/10+1) }
