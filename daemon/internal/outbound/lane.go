package outbound

import (
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// laneMost is how many mails go to one relay at once: what common providers
	// let one client do, and enough to fill the two cores of a small machine.
	laneMost = 20

	// laneAfresh is with how many at once a relay is tried that was in trouble.
	laneAfresh = 2

	// laneTrips is after how many failures in a row of the relay as a whole it is
	// left alone: one or two happen to everybody.
	laneTrips = 5

	// laneAsked is the pause between probes that people ask for.
	laneAsked = 2 * time.Second

	// throttledMost is the longest pause before the next mail to a relay that
	// takes not even one at a time.
	throttledMost = time.Minute
)

// laneProbes is how long a relay is left alone, each time that it was found in
// trouble again. Five minutes are soon enough for whoever mends it.
var laneProbes = Schedule{Waits: []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}}

// lane is what one process knows of a relay: how much it takes at once, and
// whether it is of use at all. It is guarded by the Queue.
type lane struct {
	relay helpdesk.Relay

	claiming  int      // in a claim that is under way
	ready     []*claim // claimed, and waiting to be sent
	sending   int      // attempts under way
	recording int      // sent, and not yet recorded

	limit     float64       // how many at once; it grows by one in each round that goes well
	cut       time.Time     // when it was last halved
	pause     time.Duration // between mails of a relay that throttles one at a time
	notBefore time.Time     // of such a pause

	failures int       // in a row
	failed   time.Time // when the last was told that counts
	opened   int       // how often it was found in trouble since it last worked; 0: in use
	probe    time.Time // not before, while it is left alone
	words    string    // of the last trouble
}

func newLane(r helpdesk.Relay) *lane { return &lane{relay: r, limit: laneMost} }

// open reports a relay that is left alone.
func (l *lane) open() bool { return l.opened > 0 }

func (l *lane) busy() int { return l.claiming + len(l.ready) + l.sending + l.recording }

// atOnce is how many attempts may be under way.
func (l *lane) atOnce() int { return max(int(l.limit), 1) }

// room is how many more may be claimed now. While there is none, wait is when to
// ask again; 0 is when something under way has ended. As many are claimed ahead
// as are sent at once, so that nobody waits for the store. One claim at a time:
// what comes meanwhile shares the next. asked is when somebody wanted the next
// mail tried, zero if nobody did.
func (l *lane) room(now, asked time.Time) (n int, wait time.Duration) {
	switch {
	case l.claiming > 0:
		return 0, 0
	case l.open() && l.busy() > 0:
		return 0, 0 // its probe is under way
	case l.open():
		if wait := l.probeAt(asked).Sub(now); wait > 0 {
			return 0, wait
		}
		return 1, 0
	case now.Before(l.notBefore):
		return 0, l.notBefore.Sub(now)
	case l.pause > 0:
		return max(1-l.busy(), 0), 0
	}
	return max(2*l.atOnce()-l.busy(), 0), 0
}

// probeAt is when the next mail is tried while the relay is left alone. Somebody
// who asks has it tried soon, if they know of the last failure: who has asked for
// a thousand before it learns nothing from all of them.
func (l *lane) probeAt(asked time.Time) time.Time {
	if soon := l.failed.Add(laneAsked); asked.After(l.failed) && soon.Before(l.probe) {
		return soon
	}
	return l.probe
}

// news is how a lane changed for people.
type news int

const (
	noNews news = iota
	leftAlone
	usedAgain
)

// learn takes in what came of an attempt that began at a time. answered says that
// the relay had an answer to the mail.
func (l *lane) learn(v Verdict, answered bool, words string, began, now time.Time) news {
	switch {
	case v == Throttled && l.open():
		return l.fails(words, began, now) // it is no time yet
	case v == Throttled:
		l.slower(began, now)
	case v == Refused, v != Trouble && answered:
		return l.faster()
	default: // also where a connection broke off: one mail may do that, several in a row do not
		return l.fails(words, began, now)
	}
	return noNews
}

func (l *lane) faster() news {
	n := noNews
	if l.open() {
		n, l.limit = usedAgain, laneAfresh
	}
	l.failures, l.opened, l.pause, l.words = 0, 0, 0, ""
	l.limit = min(l.limit+1/l.limit, laneMost)
	return n
}

// slower halves the limit. Several answers to what was sent together are one wish.
func (l *lane) slower(began, now time.Time) {
	if !began.After(l.cut) {
		return
	}
	if l.limit < 2 {
		l.pause = min(max(2*l.pause, time.Second), throttledMost)
		l.notBefore = now.Add(spread(l.pause))
	}
	l.limit, l.cut = max(l.limit/2, 1), now
}

// fails counts a failure. Of a relay that is left alone only a new attempt tells
// more than is known: what was under way when it was found out fails too.
func (l *lane) fails(words string, began, now time.Time) news {
	known := l.open() && !began.After(l.failed)
	l.words = words
	if known {
		return noNews
	}
	l.failures++
	l.failed = now
	if !l.open() && l.failures < laneTrips {
		return noNews
	}
	l.opened++
	l.probe = now.Add(laneProbes.wait(l.opened))
	if l.opened == 1 {
		return leftAlone
	}
	return noNews
}

// overdone reports that more was claimed than the relay is given now.
func (l *lane) overdone() bool { return (l.open() || l.pause > 0) && l.busy() > 1 }

// RelayState is what one process knows of a relay, for people.
type RelayState struct {
	Relay   string    `json:"relay"`           // host and port
	AtOnce  int       `json:"atOnce"`          // how many mails it is given at the same time
	Sending int       `json:"sending"`         // how many are on their way to it
	Waiting int       `json:"waiting"`         // how many are to go there
	Open    bool      `json:"open"`            // it is left alone, but for one mail now and then
	Probe   time.Time `json:"probe,omitzero"`  // when the next one is tried then
	Words   string    `json:"words,omitempty"` // why
}

func (l *lane) state() RelayState {
	s := RelayState{Relay: address(l.relay), AtOnce: l.atOnce(), Sending: l.sending, Words: l.words}
	if s.Open = l.open(); s.Open {
		s.Probe = l.probe
	}
	return s
}
