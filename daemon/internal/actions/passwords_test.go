package actions

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestPasswords(t *testing.T) {
	p := newPasswords()
	hash := newHash("correct horse")
	if again, err := p.hash(t.Context(), "correct horse"); err != nil || hash == again {
		t.Error("two hashes of one password are equal: the salt is not random")
	}
	for _, tt := range []struct {
		name, hash, password string
		want                 bool
	}{
		{"right", hash, "correct horse", true},
		{"wrong", hash, "correct hors", false},
		{"empty", hash, "", false},
		{"no hash", "", "", false},
		{"cut hash", hash[:len(hash)-1], "correct horse", false},
		{"no passes", strings.Replace(hash, "t=2", "t=0", 1), "correct horse", false},
		{"no lanes", strings.Replace(hash, "p=1", "p=0", 1), "correct horse", false},
		{"all memory", strings.Replace(hash, "m=19456", "m=4294967295", 1), "correct horse", false},
		{"endless", strings.Replace(hash, "t=2", "t=4294967295", 1), "correct horse", false},
		{"other algorithm", strings.Replace(hash, "argon2id", "argon2i", 1), "correct horse", false},
		{"other version", strings.Replace(hash, "v=19", "v=16", 1), "correct horse", false},
		{"more after the cost", strings.Replace(hash, "p=1", "p=1,x=2", 1), "correct horse", false},
		{"line break in the key", hash[:len(hash)-4] + "\n" + hash[len(hash)-4:], "correct horse", false},
		{"no key", hash[:strings.LastIndexByte(hash, '$')+1], "correct horse", false},
		{"short salt", "$argon2id$v=19$m=19456,t=2,p=1$YQ$" + hash[strings.LastIndexByte(hash, '$')+1:], "correct horse", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := p.matches(t.Context(), tt.hash, tt.password); got != tt.want || err != nil {
				t.Errorf("matches = %t, %v, want %t", got, err, tt.want)
			}
		})
	}
}

// Whoever has gone does not hold up those who wait behind them.
func TestWaitingToHashEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPasswords()
		for range cap(p.slots) {
			p.slots <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { _, err := p.hash(ctx, "x"); ended <- err }()
		go func() { _, err := p.matches(ctx, p.nobody, "x"); ended <- err }()
		synctest.Wait()
		if len(ended) != 0 {
			t.Fatalf("it does not wait: %v", <-ended)
		}
		cancel()
		for range 2 {
			if err := <-ended; helpdesk.KindOf(err) != helpdesk.Unavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("answer %v", err)
			}
		}
		if len(p.slots) != cap(p.slots) {
			t.Error("they gave back places that they never had")
		}
		<-p.slots
		if _, err := p.hash(t.Context(), "x"); err != nil || len(p.slots) != cap(p.slots)-1 {
			t.Errorf("after them: %v, %d places taken", err, len(p.slots))
		}
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE")
	f.Add("$argon2id$v=19$m=0,t=0,p=0$$")
	f.Add("$argon2id$v=19$m=-1,t=2,p=300$a$b")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err != nil {
			return
		}
		if h.String() != s {
			t.Fatalf("%q reads as %q", s, h)
		}
		if h.time == 0 || h.lanes == 0 || h.memory > maxArgonMemory || len(h.key) < argonKey || len(h.salt) < argonSalt {
			t.Fatalf("%q has a cost that argon2 refuses or that we can't pay", s)
		}
	})
}
