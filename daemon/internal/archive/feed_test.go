package archive

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// Mails of one thread come one after the other and in their order; reports come
// when all before them are done; never more than so many at once.
func TestFeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &Archive{}
		for i := range rapid.IntRange(0, 200).Draw(t, "mails") {
			a.Mails = append(a.Mails, Mail{
				Thread: rapid.Int32Range(0, 9).Draw(t, "thread"), start: int64(i), Report: rapid.IntRange(0, 19).Draw(t, "alone") == 0,
			})
		}
		most := rapid.IntRange(1, 6).Draw(t, "most")
		var mu sync.Mutex
		running, finished, before := map[int32]bool{}, 0, make([]bool, len(a.Mails))
		last := map[int32]int64{}
		err := a.Feed(context.Background(), most, func(_ context.Context, m *Mail) error {
			mu.Lock()
			earlier, seen := last[m.Thread]
			if running[m.Thread] || len(running) >= most || seen && earlier > m.start || m.Report && slices.Contains(before[:m.start], false) {
				t.Errorf("mail %d of thread %d begins with %v under way, after %v", m.start, m.Thread, running, before)
			}
			running[m.Thread], last[m.Thread] = true, m.start
			mu.Unlock()
			for range rand.N(20) {
				runtime.Gosched() // gives the others a turn
			}
			mu.Lock()
			defer mu.Unlock()
			delete(running, m.Thread)
			finished, before[m.start] = finished+1, true
			return nil
		})
		if err != nil || finished != len(a.Mails) {
			t.Fatalf("%d of %d mails, %v", finished, len(a.Mails), err)
		}
	})
}

func TestFeedEnds(t *testing.T) {
	a := &Archive{Mails: make([]Mail, 500)}
	for i := range a.Mails {
		a.Mails[i].Thread = int32(i % 3)
	}
	broken := errors.New("broken")
	var mu sync.Mutex
	taken := 0
	err := a.Feed(t.Context(), 4, func(context.Context, *Mail) error {
		mu.Lock()
		defer mu.Unlock()
		if taken++; taken == 50 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || taken > 60 {
		t.Errorf("%d taken, %v, want the end soon after 50", taken, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Feed(ctx, 4, func(context.Context, *Mail) error { t.Error("taken"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

// Nobody of a thread overtakes: an archive of one conversation keeps its order.
func TestFeedOfOneThread(t *testing.T) {
	a := &Archive{Mails: make([]Mail, 3*ahead)}
	for i := range a.Mails {
		a.Mails[i].start = int64(i)
	}
	var order []int64
	if err := a.Feed(t.Context(), 8, func(_ context.Context, m *Mail) error {
		order = append(order, m.start)
		return nil
	}); err != nil || !slices.IsSorted(order) || len(order) != len(a.Mails) {
		t.Errorf("%d in order: %t, %v", len(order), slices.IsSorted(order), err)
	}
}
