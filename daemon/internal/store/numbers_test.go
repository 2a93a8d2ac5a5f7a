package store

import (
	"sync"
	"testing"
)

func TestNextNumber(t *testing.T) {
	s := openStore(t)
	const workers, each = 32, 100
	seen := numbersOf(t, workers, each, s)
	for n := int64(1); n <= workers*each; n++ {
		if !seen[n] {
			t.Fatalf("number %d was not given", n)
		}
	}
	s.Close()
	last, err := s.LastNumber(t.Context(), account)
	if err != nil || last != workers*each {
		t.Errorf("last number = %d, %v; want %d", last, err, workers*each)
	}
}

// Two replicas never give the same number.
func TestNextNumberOfTwo(t *testing.T) {
	one := openStore(t)
	two, err := New(one.etcd, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(two.Close)
	if seen := numbersOf(t, 24, 50, one, two); len(seen) != 2*24*50 {
		t.Errorf("%d different numbers were given, want %d", len(seen), 2*24*50)
	}
}

// When it is quiet, nothing is taken ahead: a number a ticket, whoever gives it.
func TestNextNumberWhenQuiet(t *testing.T) {
	one := openStore(t)
	two, err := New(one.etcd, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(two.Close)
	for want := int64(1); want <= 20; want++ {
		s := one
		if want%3 == 0 {
			s = two
		}
		if got, err := s.NextNumber(t.Context(), account); got != want || err != nil {
			t.Fatalf("got %d, %v; want %d", got, err, want)
		}
	}
}

// numbersOf asks each store for numbers from several sides at once.
func numbersOf(t *testing.T, workers, each int, stores ...*Store) map[int64]bool {
	t.Helper()
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for _, s := range stores {
		for range workers {
			wg.Go(func() {
				for range each {
					n, err := s.NextNumber(t.Context(), account)
					mu.Lock()
					if err != nil || seen[n] {
						t.Errorf("number %d given twice, or %v", n, err)
					}
					seen[n] = true
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	return seen
}
