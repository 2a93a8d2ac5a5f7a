package outbound

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// covers: P11
func TestScheduleNext(t *testing.T) {
	created := noon
	for _, tt := range []struct {
		name     string
		attempts int
		age      time.Duration
		want     time.Duration // 0: give up
	}{
		{"after the first", 1, 0, time.Minute},
		{"after the second", 2, time.Minute, 5 * time.Minute},
		{"after the third", 3, 6 * time.Minute, 15 * time.Minute},
		{"after the fourth", 4, 21 * time.Minute, 30 * time.Minute},
		{"after the fifth", 5, 51 * time.Minute, time.Hour},
		{"after the sixth", 6, 2 * time.Hour, 2 * time.Hour},
		{"the last repeats", 20, 40 * time.Hour, 2 * time.Hour},
		{"none counted", 0, 0, time.Minute},
		{"just before the end", 29, 48*time.Hour - 1, 2 * time.Hour},
		{"the end", 30, 48 * time.Hour, 0},
		{"long after the end", 1, 1000 * time.Hour, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := created.Add(tt.age)
			at, ok := DefaultSchedule().next(tt.attempts, created, now)
			if ok != (tt.want > 0) {
				t.Fatalf("goes on = %v, want %v", ok, tt.want > 0)
			}
			if wait := at.Sub(now); ok && (wait < tt.want || wait > tt.want+tt.want/10) {
				t.Errorf("waits %v, want %v and at most a tenth more", wait, tt.want)
			}
		})
	}
}

func TestScheduleSpreads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{Waits: []time.Duration{time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "wait"))}, GiveUp: time.Hour}
		at, ok := s.next(rapid.IntRange(-1, 9).Draw(t, "attempts"), noon, noon)
		if wait := at.Sub(noon); !ok || wait < s.Waits[0] || wait > s.Waits[0]+s.Waits[0]/10 {
			t.Fatalf("next = %v later, %v, want %v and at most a tenth more", wait, ok, s.Waits[0])
		}
	})
	seen := map[time.Time]bool{}
	for range 50 {
		at, _ := DefaultSchedule().next(1, noon, noon)
		seen[at] = true
	}
	if len(seen) < 2 {
		t.Error("mails that failed together come back together")
	}
}
