package live

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// replica tells in etcd that this process is there and what it serves. All that it
// writes has one lease, so that it goes with the process.
type replica struct {
	client  *clientv3.Client
	keys    wire.Keys
	name    string
	boot    string
	sealing wire.SealingKey
	log     *slog.Logger

	mu      sync.Mutex
	session wire.Session
	loaded  map[string]wire.Loaded
	mail    map[config.Key]wire.Poll
	afresh  bool          // what was written counts for nothing
	poke    chan struct{} // holds one: something is to be written

	// What follows is run's alone.
	written map[string]string        // by key, with the lease
	told    map[config.Key]wire.Poll // of mail, as it was written last
	mailed  time.Time                // when that was
	reached int64                    // revision of the store, as it was heard last
}

const (
	// gather is how long what is to be told is gathered.
	gather = 200 * time.Millisecond
	// mailEvery is how often the state of mailboxes is told at most: a server that
	// comes and goes must not wake the operator all the time.
	mailEvery = 5 * time.Second
	// mostWrites and mostBytes are how much is written in one transaction: etcd takes
	// 128 operations and 1.5 MiB.
	mostWrites = 100
	mostBytes  = 1 << 20
)

func newReplica(o DeclaredOptions) *replica {
	boot := rand.Text()
	return &replica{
		client: o.Client, keys: o.Keys, name: o.Replica, boot: boot, sealing: o.Opener.Key(), log: o.Log,
		session: wire.Session{
			Boot: boot, Version: o.Version, Schema: config.Schema, Phase: wire.Starting, Addresses: o.Addresses, Since: time.Now().UTC(),
		},
		loaded: map[string]wire.Loaded{}, mail: map[config.Key]wire.Poll{}, poke: make(chan struct{}, 1),
	}
}

// change changes what is to be told.
func (r *replica) change(how func()) {
	r.mu.Lock()
	how()
	r.mu.Unlock()
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// phase tells what the process is doing.
func (r *replica) phase(p wire.Phase) { r.change(func() { r.session.Phase = p }) }

// serve tells what is served of an account.
func (r *replica) serve(account string, l wire.Loaded) { r.change(func() { r.loaded[account] = l }) }

// drop tells that nothing is served of an account any more.
func (r *replica) drop(account string) { r.change(func() { delete(r.loaded, account) }) }

// poll tells how the polling of a mailbox goes; nil that it is not polled here.
func (r *replica) poll(account, mailbox string, p *wire.Poll) {
	key := config.Key{Namespace: account, Name: mailbox}
	r.change(func() {
		if delete(r.mail, key); p != nil {
			r.mail[key] = wire.Poll{State: p.State, Message: cut(p.Message, wire.MaxError)}
		}
	})
}

// writeAgain has all written again, as the store may have lost it.
func (r *replica) writeAgain() { r.change(func() { r.afresh = true }) }

// run keeps what is told in etcd until ctx ends, and then takes it away.
func (r *replica) run(ctx context.Context) {
	for wait := time.Second; ctx.Err() == nil; {
		began := time.Now()
		if err := r.hold(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "what is served cannot be told to the operator", "error", err)
		}
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		pause(ctx, wait)
		wait = min(2*wait, 15*time.Second)
	}
}

// hold tells under one lease, until that is lost.
func (r *replica) hold(ctx context.Context) error {
	grant, err := within(ctx, func(ctx context.Context) (*clientv3.LeaseGrantResponse, error) {
		return r.client.Grant(ctx, wire.LeaseSeconds)
	})
	if err != nil {
		return err
	}
	defer r.revoke(ctx, grant.ID)
	alive, err := r.client.KeepAlive(ctx, grant.ID)
	if err != nil {
		return err
	}
	r.written = map[string]string{}
	for {
		later, err := r.write(ctx, grant.ID)
		switch {
		case errors.Is(err, rpctypes.ErrLeaseNotFound):
			return err
		case err != nil && ctx.Err() == nil: // what was written of it is written again
			r.log.WarnContext(ctx, "what is served cannot be told to the operator now", "error", err)
			later = time.Second
		}
		if err := r.wait(ctx, alive, later); err != nil {
			return err
		}
		pause(ctx, gather)
	}
}

var errLost = errors.New("the lease was lost")

// wait waits for something to tell, or until it is time for it; 0 is never. An error
// says that the lease is not held.
func (r *replica) wait(ctx context.Context, alive <-chan *clientv3.LeaseKeepAliveResponse, later time.Duration) error {
	var due <-chan time.Time
	if later > 0 {
		due = time.After(later)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case told, ok := <-alive:
			if !ok {
				return errLost
			}
			if told.ResponseHeader != nil {
				if told.Revision < r.reached { // a restored store has what was told long ago
					r.writeAgain()
				}
				r.reached = told.Revision
			}
		case <-due:
			return nil
		case <-r.poke:
			return nil
		}
	}
}

// revoke takes all away that was told. Without it the operator would wait for this
// process as long as the lease.
func (r *replica) revoke(ctx context.Context, id clientv3.LeaseID) {
	const short = 2 * time.Second // it lapses anyway
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), short)
	defer cancel()
	_, _ = r.client.Revoke(ctx, id)
}

// publishKey writes the key that secrets are sealed with, if it is another one.
func (r *replica) publishKey(ctx context.Context) error {
	raw, err := wire.Encode(r.sealing)
	if err != nil {
		return err
	}
	_, err = within(ctx, func(ctx context.Context) (*clientv3.TxnResponse, error) {
		return r.client.Txn(ctx).If(clientv3.Compare(clientv3.Value(r.keys.Sealing()), "=", string(raw))).
			Else(clientv3.OpPut(r.keys.Sealing(), string(raw))).Commit()
	})
	return err
}

// write writes what differs from what was written. later is when to look again, 0
// for not before something changes.
func (r *replica) write(ctx context.Context, lease clientv3.LeaseID) (later time.Duration, err error) {
	r.mu.Lock()
	if r.afresh {
		r.written, r.afresh = map[string]string{}, false
	}
	r.mu.Unlock()
	if len(r.written) == 0 {
		if err := r.publishKey(ctx); err != nil {
			return 0, err
		}
	}
	want, later, err := r.wanted()
	if err != nil {
		return 0, err
	}
	var ops []clientv3.Op
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if r.written[key] != want[key] {
			ops = append(ops, clientv3.OpPut(key, want[key], clientv3.WithLease(lease)))
		}
	}
	for key := range r.written {
		if _, still := want[key]; !still {
			ops = append(ops, clientv3.OpDelete(key))
		}
	}
	for part := range transactions(ops) {
		if _, err := within(ctx, func(ctx context.Context) (*clientv3.TxnResponse, error) {
			return r.client.Txn(ctx).Then(part...).Commit()
		}); err != nil {
			return 0, err
		}
	}
	r.written = want
	return later, nil
}

// transactions cuts writes into pieces that etcd takes.
func transactions(ops []clientv3.Op) iter.Seq[[]clientv3.Op] {
	return func(yield func([]clientv3.Op) bool) {
		begin, size := 0, 0
		for i, op := range ops {
			n := len(op.KeyBytes()) + len(op.ValueBytes())
			if i > begin && (i-begin >= mostWrites || size+n > mostBytes) {
				if !yield(ops[begin:i]) {
					return
				}
				begin, size = i, 0
			}
			size += n
		}
		if begin < len(ops) {
			yield(ops[begin:])
		}
	}
}

// wanted is all that is to be told now, by key.
func (r *replica) wanted() (want map[string]string, later time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !maps.Equal(r.told, r.mail) {
		if later = mailEvery - time.Since(r.mailed); later <= 0 {
			r.told, r.mailed, later = maps.Clone(r.mail), time.Now(), 0
		}
	}
	want = map[string]string{}
	session, err := wire.Encode(r.session)
	if err != nil {
		return nil, 0, err
	}
	want[r.keys.Session(r.name)] = string(session)
	for account, l := range r.loaded {
		l.Mail = r.mailOf(account, l)
		raw, err := fit(l)
		if err != nil { // the others are told all the same
			r.log.Error("what is served of an account is too large to be told to the operator", "account", account, "error", err)
			continue
		}
		want[r.keys.Loaded(r.name, account)] = string(raw)
	}
	return want, later, nil
}

// mailOf are the mailboxes of an account that are polled here.
func (r *replica) mailOf(account string, l wire.Loaded) map[string]wire.Poll {
	polls := map[string]wire.Poll{}
	for key, p := range r.told {
		if _, serves := l.Documents[wire.Ref{Kind: wire.Mailboxes, Name: key.Name}]; serves && key.Namespace == account {
			polls[key.Name] = p
		}
	}
	return polls
}

// within bounds one request.
func within[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return ask(ctx)
}
