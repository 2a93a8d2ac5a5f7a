package store

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// numbers gives out ticket numbers. One counter that every new ticket moves
// would let one ticket a round trip through; so while one request is on its
// way to etcd, those who come meanwhile wait together and are served by the
// next: one transaction for all of them, and no gaps when it is quiet.
type numbers struct {
	store    *Store
	mu       sync.Mutex
	queue    map[string][]chan number // by account; present while a request is under way
	counters map[string]counter       // by account, as last seen
}

type number struct {
	n   int64
	err error
}

// NextNumber gives the next ticket number of the account. A number whose ticket
// is not committed afterwards is lost: numbers rise, but may have gaps.
func (s *Store) NextNumber(ctx context.Context, account string) (int64, error) {
	mine := make(chan number, 1)
	s.numbers.wait(account, mine)
	select {
	case got := <-mine:
		return got.n, got.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (n *numbers) wait(account string, mine chan number) {
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting, busy := n.queue[account]
	n.queue[account] = append(waiting, mine)
	if !busy {
		n.store.loops.Go(func() { n.serve(account) })
	}
}

// serve ends when nobody waits any more.
func (n *numbers) serve(account string) {
	for {
		n.mu.Lock()
		waiting := n.queue[account]
		if len(waiting) == 0 {
			delete(n.queue, account)
			n.mu.Unlock()
			return
		}
		n.queue[account] = []chan number{}
		n.mu.Unlock()

		// Its own context: the waiters' contexts end one by one.
		first, err := n.store.reserve(context.Background(), account, int64(len(waiting)))
		for i, w := range waiting {
			w <- number{n: first + int64(i), err: err}
		}
	}
}

// reserve moves the counter by count and returns the first number taken. What
// this process knows of the counter saves a read; another replica's move shows
// as a lost compare, which brings the truth along.
func (s *Store) reserve(ctx context.Context, account string, count int64) (int64, error) {
	key := s.keys.account(account).counter()
	known := s.numbers.known(account)
	const tries = 10 // other replicas move it too; each round one of them gets on
	for range tries {
		ctx, cancel := context.WithTimeout(ctx, OpTimeout)
		resp, err := s.etcd.Txn(ctx).If(guard(key, known.rev)).
			Then(clientv3.OpPut(key, strconv.FormatInt(known.last+count, 10))).
			Else(clientv3.OpGet(key)).Commit()
		cancel()
		if err != nil {
			return 0, fmt.Errorf("number ticket: %w", translate(err))
		}
		if resp.Succeeded {
			s.numbers.learn(account, counter{last: known.last + count, rev: resp.Header.Revision})
			return known.last + 1, nil
		}
		if known, err = readCounter(resp); err != nil {
			return 0, fmt.Errorf("number ticket: %w", err)
		}
	}
	return 0, helpdesk.Errorf(helpdesk.Unavailable, "too many tickets at once")
}

// counter is the last number given, at a revision.
type counter struct{ last, rev int64 }

func readCounter(resp *clientv3.TxnResponse) (counter, error) {
	found := kvs(resp, 0)
	if len(found) == 0 {
		return counter{}, nil
	}
	last, err := strconv.ParseInt(string(found[0].Value), 10, 64)
	return counter{last: last, rev: found[0].ModRevision}, err
}

func (n *numbers) known(account string) counter {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counters[account]
}

func (n *numbers) learn(account string, c counter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.counters[account] = c
}
