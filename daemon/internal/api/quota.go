package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// maxQuotas bounds the memory: twenty accounts with as many tokens as one may have.
const maxQuotas = 20 * helpdesk.MaxTokens

// quotas bound how many requests each token may make here.
type quotas struct {
	now func() time.Time

	mu  sync.Mutex
	all map[helpdesk.ID]*rate.Limiter
}

func newQuotas(now func() time.Time) *quotas {
	return &quotas{now: now, all: map[helpdesk.ID]*rate.Limiter{}}
}

// take takes one request of a token; more than 0 is how long to wait for one.
func (q *quotas) take(token helpdesk.ID) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	l, ok := q.all[token]
	if !ok {
		if len(q.all) >= maxQuotas {
			for id, old := range q.all { // those that are full again: a new one says the same
				if old.TokensAt(now) >= tokenBurst {
					delete(q.all, id)
				}
			}
		}
		l = rate.NewLimiter(rate.Every(tokenEvery), tokenBurst)
		q.all[token] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	return tokenEvery
}
