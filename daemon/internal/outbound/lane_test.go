package outbound

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// step is what a lane hears at a time after noon.
type step struct {
	at       time.Duration
	verdict  Verdict
	answered bool
	times    int
}

func heard(l *lane, steps ...step) (last news) {
	for _, s := range steps {
		for range max(s.times, 1) {
			now := noon.Add(s.at)
			if n := l.learn(s.verdict, s.answered, "words", now, now); n != noNews {
				last = n
			}
		}
	}
	return last
}

// covers: P11
func TestLaneTrouble(t *testing.T) {
	trouble := step{verdict: Trouble}
	for _, tt := range []struct {
		name  string
		steps []step
		open  bool
		news  news
	}{
		{"fresh", nil, false, noNews},
		{"a few failures", []step{{verdict: Trouble, times: laneTrips - 1}}, false, noNews},
		{"several in a row", []step{{verdict: Trouble, times: laneTrips}}, true, leftAlone},
		{"with a mail between that was taken", []step{{verdict: Trouble, times: laneTrips - 1}, {verdict: Taken, answered: true}, trouble}, false, noNews},
		{"with a recipient refused between", []step{{verdict: Trouble, times: laneTrips - 1}, {verdict: Refused, answered: true}, trouble}, false, noNews},
		{"with a mail deferred between", []step{{verdict: Trouble, times: laneTrips - 1}, {verdict: Later, answered: true}, trouble}, false, noNews},
		{"with a mail too large between", []step{{verdict: Trouble, times: laneTrips - 1}, {verdict: Refused}, trouble}, false, noNews},
		{"connections that break off", []step{{verdict: Later, times: laneTrips}}, true, leftAlone},
		{"throttling is no trouble", []step{{verdict: Throttled, answered: true, times: 3 * laneTrips}}, false, noNews},
		{"its probe fails", []step{{verdict: Trouble, times: laneTrips}, {at: time.Minute, verdict: Trouble}}, true, leftAlone},
		{"its probe goes well", []step{{verdict: Trouble, times: laneTrips}, {at: time.Minute, verdict: Taken, answered: true}}, false, usedAgain},
		{"its probe is throttled", []step{{verdict: Trouble, times: laneTrips}, {at: time.Minute, verdict: Throttled, answered: true}}, true, leftAlone},
		{"its probe is deferred", []step{{verdict: Trouble, times: laneTrips}, {at: time.Minute, verdict: Later, answered: true}}, false, usedAgain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLane(helpdesk.Relay{})
			n := heard(l, tt.steps...)
			if l.open() != tt.open || n != tt.news {
				t.Errorf("open = %v with news %v, want %v with %v", l.open(), n, tt.open, tt.news)
			}
		})
	}
}

// A relay in trouble is asked with one mail now and then, ever more rarely.
//
// covers: P11
func TestLaneProbes(t *testing.T) {
	l := newLane(helpdesk.Relay{})
	heard(l, step{verdict: Trouble, times: laneTrips})
	now := noon
	for i, want := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		n, wait := l.room(now, time.Time{})
		if n != 0 || wait < want || wait > want+want/10 {
			t.Fatalf("probe %d: room for %d, wait %v, want none for %v and at most a tenth more", i, n, wait, want)
		}
		if n, soon := l.room(now, now.Add(-time.Second)); n != 0 || soon != wait {
			t.Errorf("probe %d: room for %d that somebody asked for before the last, wait %v, want none for %v", i, n, soon, wait)
		}
		if n, soon := l.room(now, now.Add(time.Second)); n != 0 || soon != laneAsked {
			t.Errorf("probe %d: room for %d that somebody asks for, wait %v, want none for %v", i, n, soon, laneAsked)
		}
		if n, _ := l.room(now.Add(laneAsked), now.Add(time.Second)); n != 1 {
			t.Errorf("probe %d: room for %d that somebody asked for, want 1", i, n)
		}
		now = now.Add(wait)
		if n, _ := l.room(now, time.Time{}); n != 1 {
			t.Fatalf("probe %d: room for %d when it is time, want 1", i, n)
		}
		l.sending = 1
		if n, _ := l.room(now, now.Add(time.Hour)); n != 0 {
			t.Errorf("probe %d: room for %d beside the probe, want none", i, n)
		}
		l.sending = 0
		l.learn(Trouble, false, "words", now, now)
	}
}

// A relay that comes back and hangs up on everybody at first gets one mail now and
// then too, not one after the other.
//
// covers: P11
func TestLaneProbesThrottled(t *testing.T) {
	l := newLane(helpdesk.Relay{})
	heard(l, step{verdict: Trouble, times: laneTrips})
	for range 3 {
		_, wait := l.room(noon, time.Time{})
		now := noon.Add(wait)
		l.learn(Throttled, true, "421 not yet", now, now)
		if n, wait := l.room(now, time.Time{}); n != 0 || wait < 15*time.Second {
			t.Fatalf("room for %d after a probe was throttled, wait %v, want none for a while", n, wait)
		}
	}
}

// covers: P11
func TestLaneLimit(t *testing.T) {
	throttled, taken := step{verdict: Throttled, answered: true}, step{verdict: Taken, answered: true}
	at := func(s step, d time.Duration) step { s.at = d; return s }
	many := func(s step, n int) step { s.times = n; return s }
	for _, tt := range []struct {
		name  string
		steps []step
		want  int
	}{
		{"fresh", nil, laneMost},
		{"taken", []step{many(taken, 1000)}, laneMost},
		{"throttled once", []step{throttled}, laneMost / 2},
		{"what was under way is throttled too", []step{throttled, many(throttled, 9)}, laneMost / 2},
		{"throttled again", []step{throttled, at(throttled, time.Second)}, laneMost / 4},
		{"throttled for long", []step{throttled, at(throttled, 1), at(throttled, 2), at(throttled, 3), at(throttled, 4), at(throttled, 5)}, 1},
		{"a round that went well", []step{throttled, at(many(taken, laneMost/2+1), time.Second)}, laneMost/2 + 1},
		{"long after", []step{throttled, at(many(taken, 1000), time.Second)}, laneMost},
		{"back from trouble", []step{{verdict: Trouble, times: laneTrips}, at(taken, time.Minute)}, laneAfresh},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLane(helpdesk.Relay{})
			heard(l, tt.steps...)
			if got := l.atOnce(); got != tt.want {
				t.Errorf("%d at once, want %d", got, tt.want)
			}
		})
	}
}

// What was sent together and is throttled together halves the limit once.
func TestLaneTakesOneWishForOne(t *testing.T) {
	l := newLane(helpdesk.Relay{})
	for range 10 {
		l.learn(Throttled, true, "words", noon, noon.Add(time.Second))
	}
	if got := l.atOnce(); got != laneMost/2 {
		t.Errorf("%d at once, want %d", got, laneMost/2)
	}
}

// A relay that takes not even one at a time gets one, then a pause, then one.
//
// covers: P11
func TestLanePauses(t *testing.T) {
	l := newLane(helpdesk.Relay{})
	l.limit = 1
	now, last := noon, time.Duration(0)
	for range 8 {
		now = now.Add(time.Millisecond)
		l.learn(Throttled, true, "words", now, now)
		n, wait := l.room(now, time.Time{})
		if n != 0 || wait < last || wait > throttledMost+throttledMost/10 {
			t.Fatalf("room for %d, pause %v after one of %v, want longer ones up to %v", n, wait, last, throttledMost)
		}
		last = min(wait*9/10, throttledMost*9/10) // of chance is a tenth
		now = now.Add(wait)
		if n, _ := l.room(now, time.Time{}); n != 1 {
			t.Fatalf("room for %d after the pause, want 1", n)
		}
	}
	l.learn(Taken, true, "", now, now)
	if n, _ := l.room(now, time.Time{}); n < 2 {
		t.Errorf("room for %d after one was taken, want more", n)
	}
}

// As many are claimed ahead as are sent at once, by one claim at a time.
func TestLaneRoom(t *testing.T) {
	for _, tt := range []struct {
		name string
		lane lane
		want int
	}{
		{"idle", lane{limit: 5}, 10},
		{"sending", lane{limit: 5, sending: 5}, 5},
		{"claimed", lane{limit: 5, ready: make([]*claim, 3), sending: 5}, 2},
		{"not recorded", lane{limit: 5, sending: 5, recording: 5}, 0},
		{"more than ever", lane{limit: 1, sending: 9}, 0},
		{"claiming", lane{limit: 5, claiming: 1}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n, wait := tt.lane.room(noon, time.Time{}); n != tt.want || wait != 0 {
				t.Errorf("room for %d, wait %v, want %d at once", n, wait, tt.want)
			}
		})
	}
}

// What was under way when a relay was found in trouble fails too, and tells
// nothing new: the next probe is not put off by it.
//
// covers: P11
func TestLaneCountsATroubleOnce(t *testing.T) {
	l := newLane(helpdesk.Relay{})
	for range laneMost {
		l.learn(Trouble, false, "words", noon, noon.Add(time.Second))
	}
	if wait := l.probe.Sub(noon.Add(time.Second)); wait > 17*time.Second {
		t.Errorf("next probe in %v, want the first pause", wait)
	}
	l.learn(Taken, true, "", noon, noon.Add(time.Second))
	if l.open() {
		t.Error("a mail was taken, and it is still left alone")
	}
}

// More than is given is claimed only by what was claimed before.
func TestLaneOverdone(t *testing.T) {
	for _, tt := range []struct {
		name string
		lane lane
		want bool
	}{
		{"many", lane{limit: 5, ready: make([]*claim, 5), sending: 5}, false},
		{"left alone, its probe", lane{opened: 1, ready: make([]*claim, 1)}, false},
		{"left alone, many", lane{opened: 1, ready: make([]*claim, 2)}, true},
		{"left alone, one beside its probe", lane{opened: 1, ready: make([]*claim, 1), sending: 1}, true},
		{"in a pause", lane{limit: 1, pause: time.Second, ready: make([]*claim, 2)}, true},
		{"in a pause, one", lane{limit: 1, pause: time.Second, sending: 1}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.lane.overdone(); got != tt.want {
				t.Errorf("overdone = %v, want %v", got, tt.want)
			}
		})
	}
}
