package imappoll

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"time"
)

const (
	firstWait = time.Second
	mostWait  = 5 * time.Minute

	// leastWait keeps jitter from making a loop hot.
	leastWait = 250 * time.Millisecond

	// mostSuggested bounds what a server may ask for: an hour is what Microsoft's
	// longest budgets take to fill again.
	mostSuggested = time.Hour
)

// backoff is how long to wait after so many failures in a row: from a second to
// five minutes, with full jitter, so that pollers which failed together do not
// come back together. random gives a number in [0, n).
func backoff(failures int, random func(n time.Duration) time.Duration) time.Duration {
	most := mostWait
	if shift := max(failures, 1) - 1; shift < 9 { // 2⁹ s is above mostWait
		most = min(firstWait<<shift, mostWait)
	}
	return max(random(most), leastWait)
}

// jitter is the random part of a backoff.
func jitter(n time.Duration) time.Duration { return rand.N(n) }

// throttled is how Exchange says that we ask too much: "Request is throttled.
// Suggested Backoff Time: 299961 milliseconds".
var throttled = regexp.MustCompile(`(?i)suggested backoff time:\s*([0-9]{1,12})\s*(milliseconds|seconds)`)

// suggestedWait is how long a server asks us to stay away.
func suggestedWait(text string) (time.Duration, bool) {
	found := throttled.FindStringSubmatch(text)
	if found == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0, false
	}
	unit := time.Millisecond
	if found[2][0] == 's' || found[2][0] == 'S' {
		unit = time.Second
	}
	return max(time.Duration(min(n, int64(mostSuggested/unit)))*unit, firstWait), true
}
