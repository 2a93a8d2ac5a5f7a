package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// numbers gives out ticket numbers. One counter that every new ticket moves
// would let one ticket a round trip through. So those who come while a request
// is on its way wait together and are served by the next one; and in a crowd
// each request takes as many numbers ahead as were asked for since the last, so
// that hardly anybody waits. When it is quiet nothing is taken ahead.
type numbers struct {
	store  *Store
	mu     sync.Mutex
	queues map[string]*queue // by account
}

// queue is what is known of one account's numbers.
type queue struct {
	waiting []chan number
	busy    bool // a request is under way
	asked   int  // numbers asked for since the last request

	next, end int64     // taken ahead and not given: from next to before end
	taken     time.Time // when they were
	counter   counter   // as last seen
}

type number struct {
	n   int64
	err error
}

// counter is the last number given, at a revision.
type counter struct{ last, rev int64 }

const (
	// crowd is how many must ask during one request before numbers are taken
	// ahead: people who write at the same moment are fewer.
	crowd = 8
	// mostAhead bounds what a crash in a crowd can lose.
	mostAhead = 256
	// aheadFor is how long numbers taken ahead are given: later, those of other
	// replicas would be higher, and tickets out of order.
	aheadFor = 2 * time.Second
	// moveTries bounds how often a request loses to other replicas. They wait a
	// moment in between, so that each gets its turn.
	moveTries = 40
)

// NextNumber gives the next ticket number of the account. Numbers rise; one
// whose ticket is not committed afterwards is lost, and so are the numbers that
// were taken ahead when the process is killed.
func (s *Store) NextNumber(ctx context.Context, account string) (int64, error) {
	mine := make(chan number, 1)
	if n, ok := s.numbers.take(account, mine); ok {
		return n, nil
	}
	select {
	case got := <-mine:
		return got.n, got.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// take gives a number that was taken ahead, or lets mine wait for one.
func (n *numbers) take(account string, mine chan number) (int64, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	q := n.queues[account]
	if q == nil {
		q = &queue{}
		n.queues[account] = q
	}
	q.asked++
	ahead := q.next < q.end && time.Since(q.taken) < aheadFor
	if !ahead {
		q.waiting = append(q.waiting, mine)
	}
	var given int64
	if ahead {
		given = q.next
		q.next++
	}
	// The next ones are asked for before these are used up.
	if !q.busy && (!ahead || q.asked >= crowd && q.end-q.next < int64(q.asked)) {
		q.busy = true
		n.store.loops.Go(func() { n.serve(account, q) })
	}
	return given, ahead
}

// serve ends when nobody waits any more.
func (n *numbers) serve(account string, q *queue) {
	for {
		n.mu.Lock()
		waiting, ahead := q.serveAhead(), 0
		if q.asked >= crowd {
			ahead = min(q.asked, mostAhead)
		}
		if len(waiting) == 0 && int64(ahead) <= q.end-q.next {
			q.busy = false
			n.mu.Unlock()
			return
		}
		q.waiting, q.asked = nil, 0
		n.mu.Unlock()

		// Its own context: the waiters' contexts end one by one.
		first, err := n.reserve(context.Background(), account, q, int64(len(waiting)+ahead))
		for i, w := range waiting {
			w <- number{n: first + int64(i), err: err}
		}
		if err == nil {
			n.keepAhead(q, first+int64(len(waiting)), int64(ahead))
		}
	}
}

// serveAhead gives those who wait what was taken ahead meanwhile, and returns
// who still waits.
func (q *queue) serveAhead() []chan number {
	for len(q.waiting) > 0 && q.next < q.end && time.Since(q.taken) < aheadFor {
		q.waiting[0] <- number{n: q.next}
		q.waiting = q.waiting[1:]
		q.next++
	}
	return q.waiting
}

// keepAhead adds numbers to those taken ahead. What was left is dropped if they
// do not follow on it: another replica was in between.
func (n *numbers) keepAhead(q *queue, first, count int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if q.end != first {
		q.next = first
	}
	q.end, q.taken = first+count, time.Now()
}

// reserve moves the counter by count and returns the first number taken. What
// this process knows of the counter saves a read; another replica's move shows
// as a lost compare, which brings the truth along.
func (n *numbers) reserve(ctx context.Context, account string, q *queue, count int64) (int64, error) {
	key := n.store.keys.account(account).counter()
	known := n.known(q)
	for try := range moveTries {
		if try > 0 {
			time.Sleep(rand.N(time.Duration(try) * time.Millisecond)) // the others are as quick
		}
		next := counter{last: known.last + count}
		resp, err := n.store.compareAndPut(ctx, key, known.rev, strconv.FormatInt(next.last, 10))
		if err != nil {
			return 0, fmt.Errorf("number ticket: %w", err)
		}
		if resp.Succeeded {
			next.rev = resp.Header.Revision
			n.learn(q, next)
			return known.last + 1, nil
		}
		if known, err = readCounter(resp); err != nil {
			return 0, fmt.Errorf("number ticket: %w", err)
		}
	}
	return 0, helpdesk.Errorf(helpdesk.Unavailable, "too many tickets at once")
}

// compareAndPut writes a key that still is at rev, or reads it.
func (s *Store) compareAndPut(ctx context.Context, key string, rev int64, value string) (*clientv3.TxnResponse, error) {
	if s.shut.Load() {
		return nil, translate(errShut)
	}
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	resp, err := s.etcd.Txn(ctx).If(guard(key, rev)).
		Then(clientv3.OpPut(key, value)).Else(clientv3.OpGet(key)).Commit()
	return resp, translate(err)
}

func readCounter(resp *clientv3.TxnResponse) (counter, error) {
	found := kvs(resp, 0)
	if len(found) == 0 {
		return counter{}, nil
	}
	last, err := strconv.ParseInt(string(found[0].Value), 10, 64)
	return counter{last: last, rev: found[0].ModRevision}, err
}

// known is the counter as last seen. Numbers that were taken ahead too long ago
// are taken again: if nobody else has moved the counter, they follow on the last
// one that was given.
func (n *numbers) known(q *queue) counter {
	n.mu.Lock()
	defer n.mu.Unlock()
	if q.next < q.end && q.end == q.counter.last+1 && time.Since(q.taken) >= aheadFor {
		q.counter.last = q.next - 1
		q.end = q.next
	}
	return q.counter
}

func (n *numbers) learn(q *queue, c counter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	q.counter = c
}

// giveBack returns numbers that were taken ahead, if nobody has moved the
// counter since. If it does not work out, there is a gap.
func (n *numbers) giveBack(ctx context.Context) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for account, q := range n.queues {
		if q.next < q.end && q.end == q.counter.last+1 {
			key := n.store.keys.account(account).counter()
			_, _ = n.store.compareAndPut(ctx, key, q.counter.rev, strconv.FormatInt(q.next-1, 10))
			q.end = q.next
		}
	}
}
