package actions

import (
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Tries to sign in as one address, whoever makes them: twenty at once and one
// more each half minute, which is 2,900 guesses a day.
//
// They are counted in memory, on each replica for itself: in the store, strangers
// could have it written to with every guess, and a few replicas make a few times
// as many guesses, which matters little against passwords of twelve characters
// that are no common ones. Who guesses all day keeps the owner from signing in with
// the password. What is sent by mail (a code, another password) is not counted here
// and lets them in all the same, unless somebody asks for the mails of the address
// as well until it gets no more that day: then an issuer's identity alone is a way
// in, and sessions that are there go on.
const (
	triesBurst = 20
	triesEvery = 30 * time.Second
)

// ErrTooMany says that an address was tried too often.
var ErrTooMany = helpdesk.Errorf(helpdesk.Unavailable, "there were many tries with this address; wait a few minutes, or have a mail sent that lets you in")

// tries counts by address in a table of fixed size: strangers cannot make it
// grow, nor push anybody out of it. Which addresses share a place differs from
// process to process, so nobody can aim at one.
type tries struct {
	burst int
	every time.Duration
	seed  maphash.Seed
	mu    sync.Mutex
	table [tryPlaces]*rate.Limiter
}

// tryPlaces of some 100 bytes each.
const tryPlaces = 1 << 14

func newTries(burst int, every time.Duration) *tries {
	return &tries{burst: burst, every: every, seed: maphash.MakeSeed()}
}

// allow takes one try, in an account. Unknown addresses are counted as well: what
// is answered tells nothing.
func (t *tries) allow(account string, a helpdesk.Address, now time.Time) bool {
	return t.allowKey(account+"\x00"+a.Key(), now)
}

// allowKey takes one try of whatever the key names.
func (t *tries) allowKey(key string, now time.Time) bool {
	place := maphash.String(t.seed, key) % tryPlaces
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.table[place] == nil {
		t.table[place] = rate.NewLimiter(rate.Every(t.every), t.burst)
	}
	return t.table[place].AllowN(now, 1)
}
