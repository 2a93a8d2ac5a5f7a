package ages

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever comes and goes, the oldest is the oldest of those that are there.
func TestWaiting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Waiting[int]
		there := map[int]time.Time{}
		steps := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [3]int {
			return [3]int{rapid.IntRange(0, 2).Draw(t, "act"), rapid.IntRange(0, 9).Draw(t, "key"), rapid.IntRange(1, 99).Draw(t, "since")}
		})).Draw(t, "steps")
		for _, step := range steps {
			if key, since := step[1], time.Unix(int64(step[2]), 0); step[0] == 0 {
				w.Remove(key)
				delete(there, key)
			} else {
				w.Add(key, since)
				there[key] = since
			}
			var oldest time.Time
			for _, since := range there {
				if oldest.IsZero() || since.Before(oldest) {
					oldest = since
				}
			}
			if !w.Oldest().Equal(oldest) || w.Len() != len(there) {
				t.Fatalf("%d wait since %v, want %d since %v", w.Len(), w.Oldest(), len(there), oldest)
			}
		}
	})
}
