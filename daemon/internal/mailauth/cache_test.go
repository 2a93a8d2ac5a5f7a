package mailauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCacheKeeps: how long an answer is kept depends on what it is.
func TestCacheKeeps(t *testing.T) {
	for _, c := range []struct {
		name string
		ask  string
		want time.Duration
	}{
		{"found", "example.com", keepFound},
		{"missing", "nothing.example", keepMissing},
		{"failed", "broken.example", keepFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := txts("example.com", "hello")
				z.fail["broken.example"] = errServfail
				cache := newCache(z, time.Now, 10)
				for range 3 {
					cache.LookupTXT(t.Context(), c.ask)
				}
				cache.LookupTXT(t.Context(), strings.ToUpper(c.ask)+".")
				if n := len(z.questions()); n != 1 {
					t.Fatalf("asked %d times at once", n)
				}
				time.Sleep(c.want - time.Nanosecond)
				cache.LookupTXT(t.Context(), c.ask)
				if n := len(z.questions()); n != 1 {
					t.Fatalf("asked %d times before it was old", n)
				}
				time.Sleep(time.Nanosecond)
				cache.LookupTXT(t.Context(), c.ask)
				if n := len(z.questions()); n != 2 {
					t.Fatalf("asked %d times after it was old", n)
				}
			})
		})
	}
}

// TestCacheIsBounded in entries and in bytes, and forgets what is used least.
func TestCacheIsBounded(t *testing.T) {
	z := txts()
	for i := range 1000 {
		z.txt[fmt.Sprintf("n%d.example", i)] = []string{strings.Repeat("x", maxAnswer-10)}
	}
	for _, c := range []struct {
		name string
		most int
	}{{"entries", 20}, {"bytes", 100_000}} {
		t.Run(c.name, func(t *testing.T) {
			cache := newCache(z, time.Now, c.most)
			for i := range 1000 {
				cache.LookupTXT(t.Context(), fmt.Sprintf("n%d.example", i))
				cache.LookupTXT(t.Context(), "n0.example")
			}
			if len(cache.entries) > c.most || cache.bytes > maxCacheBytes || len(cache.entries) != cache.recent.Len() || len(cache.entries) < 20 {
				t.Errorf("%d entries, %d bytes", len(cache.entries), cache.bytes)
			}
			asked := len(z.questions())
			if cache.LookupTXT(t.Context(), "n0.example"); len(z.questions()) != asked {
				t.Error("what was used last is forgotten")
			}
		})
	}
}

// TestOneFlight: many who want to know the same ask once, and one who gives up
// does not spoil it for the others.
func TestOneFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := txts()
		z.fail["slow.example"] = errSilent
		cache := newCache(z, time.Now, 10)
		impatient, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { cache.LookupTXT(impatient, "slow.example") })
		synctest.Wait()
		start := time.Now()
		for range 20 {
			wg.Go(func() {
				if _, err := cache.LookupTXT(t.Context(), "slow.example"); err == nil || notFound(err) {
					t.Errorf("error %v", err)
				}
			})
		}
		synctest.Wait()
		if n := len(z.questions()); n != 1 {
			t.Errorf("%d asked", n)
		}
		cancel()
		wg.Wait()
		if n, took := len(z.questions()), time.Since(start); n != 2 || took != queryTimeout {
			t.Errorf("%d asked, took %v", n, took)
		}
		if len(cache.flights) != 0 {
			t.Error("a question is left under way")
		}
	})
}

// TestWaiterGivesUp: who waits for another's answer still obeys its own context.
func TestWaiterGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := txts()
		z.fail["slow.example"] = errSilent
		cache := newCache(z, time.Now, 10)
		var wg sync.WaitGroup
		wg.Go(func() { cache.LookupTXT(t.Context(), "slow.example") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := cache.LookupTXT(ctx, "slow.example"); err == nil || time.Since(start) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		wg.Wait()
	})
}

// TestMaxDuration: however slow DNS is, a check comes to an end.
func TestMaxDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := txts("example.com", "v=spf1 a:a.example a:b.example a:c.example a:d.example a:e.example a:f.example -all")
		for _, name := range walkNames("a.b.c.d.e.f.example.com") {
			z.fail["_dmarc."+name] = errSilent
		}
		start := time.Now()
		_, err := New(Options{Resolver: z}).Check(t.Context(), direct(strings.Replace(letter(), "ann@", "ann@a.b.c.d.e.f.", 1)+words, badPeer, "ann@example.com"))
		if took := time.Since(start); err == nil || took > MaxDuration {
			t.Errorf("error %v after %v", err, took)
		}
	})
}

func TestNames(t *testing.T) {
	cache := newCache(txts(), time.Now, 10)
	for _, c := range []struct{ name, ask string }{
		{"empty", ""},
		{"dot", "."},
		{"empty label", "a..example"},
		{"long label", strings.Repeat("a", maxLabel+1) + ".example"},
		{"long name", strings.Repeat("a.", maxName/2+1) + "example"},
		{"blank", "a b.example"},
		{"control", "a\x00.example"},
		{"8-bit", "ä.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := cache.LookupTXT(t.Context(), c.ask); !notFound(err) {
				t.Errorf("error %v", err)
			}
		})
	}
	if n := len(cache.entries); n != 0 {
		t.Errorf("%d kept", n)
	}
}

// TestUnknownErrors of a resolver are temporary: nothing is decided on them.
func TestUnknownErrors(t *testing.T) {
	z := txts()
	z.fail["odd.example"] = errors.New("socket on fire at 10.0.0.7")
	_, err := newCache(z, time.Now, 10).LookupTXT(t.Context(), "odd.example")
	if err == nil || notFound(err) || contains(err.Error(), "10.0.0.7") {
		t.Errorf("error %v", err)
	}
}

// TestConcurrentChecks is for the race detector: many mails, one cache that is
// too small for them.
func TestConcurrentChecks(t *testing.T) {
	checker := New(Options{Resolver: keys("example.com", "v=spf1 ip4:192.0.2.1 -all"), CacheEntries: 4})
	raw := sign(t, sign(t, letter()+words, nil), func(s *signing) { s.selector, s.key = "ed", edKey() })
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 10 {
				v, err := checker.Check(t.Context(), direct(raw, goodPeer, "ann@example.com"))
				if err != nil || outcome(v) != "pass dmarc=pass p=reject" || len(v.Trust.Reasons) != 3 {
					t.Errorf("%s %q, %v", outcome(v), v.Trust.Reasons, err)
				}
			}
		})
	}
	wg.Wait()
}
