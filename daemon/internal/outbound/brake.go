package outbound

import (
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Brake bounds how much automatic mail leaves one process: of a mailbox, and of
// all. Budgets bound what one address gets; this bounds what a flood of ever new
// addresses can make us send. Agents' replies pass freely.
//
// It holds nothing but counts in memory: a restart, or another replica, counts
// anew. What it stops waits in the outbox, and is withdrawn when it has waited
// so long that it would tell nothing any more.
type Brake struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket fills with time up to its size.
type bucket struct {
	left float64
	seen time.Time
}

const (
	// brakeMailbox mails may leave a mailbox at once, and as many in each hour
	// after: more than a busy desk acknowledges, and few enough for a reputation.
	brakeMailbox = 1000
	// brakeAll is the same for all mailboxes.
	brakeAll = 3000
	// brakeWait is when to look again at what is stopped.
	brakeWait = time.Minute
	// stale is the age at which automatic mail that was stopped is withdrawn.
	stale = 4 * time.Hour
)

// NewBrake makes one that is not used up.
func NewBrake() *Brake { return &Brake{buckets: map[string]*bucket{}} }

// pass takes one mail from both buckets, or from none.
func (b *Brake) pass(mailbox string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, all := b.fill(mailbox, brakeMailbox, now), b.fill("", brakeAll, now)
	if one.left < 1 || all.left < 1 {
		return false
	}
	one.left--
	all.left--
	return true
}

func (b *Brake) fill(name string, size float64, now time.Time) *bucket {
	at, ok := b.buckets[name]
	if !ok {
		at = &bucket{left: size, seen: now}
		b.buckets[name] = at
	}
	if passed := now.Sub(at.seen); passed > 0 {
		at.left = min(size, at.left+size*passed.Hours())
		at.seen = now
	}
	return at
}

// braked are the purposes that a stranger can cause at addresses of their choice.
// Notices have a budget of each agent's, mail about sign-ins one of all that are
// asked for, and updates carry somebody's words.
func braked(p helpdesk.Purpose) bool {
	return p == helpdesk.Acknowledgement || p == helpdesk.Confirmation || p == helpdesk.Added
}
