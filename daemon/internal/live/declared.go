package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/config/wire"
)

// DeclaredOptions say where in etcd the configuration is, and who reads it there.
// All must be set.
type DeclaredOptions struct {
	Options
	Client *clientv3.Client
	Keys   wire.Keys
	Opener *wire.Opener
	// Dir keeps what was served last, for a start without etcd.
	Dir string
	// Replica names this process in etcd, without a slash; Version is that of the
	// program, Addresses are the IP addresses at which it is reached.
	Replica   string
	Version   string
	Addresses []string
	Log       *slog.Logger
}

const (
	// coalesce is how long changes are gathered, so that a burst is loaded once.
	coalesce = 100 * time.Millisecond
	// patience is how long a start waits for etcd before it goes by what is on disk,
	// and for what is missing of an account before it goes by the rest.
	patience = 10 * time.Second
	// firstLook is how long a start waits for an operator that has not looked at all
	// accounts: mail that is not taken for so long is sent again, and mail for an account
	// that is not known yet would be refused for good.
	firstLook = time.Minute
	// tryAgain is when to ask etcd again for what could not be had.
	tryAgain = 5 * time.Second
	// opTimeout bounds one request to etcd.
	opTimeout = 5 * time.Second
)

// Declared keeps a [Live] as the operator declares it in etcd, and acknowledges
// what is served. Make it with Follow.
type Declared struct {
	options DeclaredOptions
	live    *Live
	replica *replica
	disk    *disk
	loaded  chan struct{} // closed when the first configuration is served
	// patience, firstLook and tryAgain are the constants, but for tests.
	patience, firstLook, tryAgain time.Duration

	mu      sync.Mutex
	batches []mirror.Batch // that are not taken in yet
	poke    chan struct{}  // holds one: there are batches

	// What follows is the loading goroutine's alone.
	accounts map[string]*account
	claims   claims
	revision int64     // of the store, up to which it is taken in
	listed   bool      // all of it was taken in once
	asked    bool      // it was told that no operator was ever there
	begun    time.Time // when it was first waited for an operator to look at all accounts
	again    bool      // something could not be asked of etcd, or is waited for
}

// Follow reads what was served last from the disk. Nothing is served before Run.
func Follow(o DeclaredOptions) (*Declared, error) {
	d := &Declared{
		options: o, live: &Live{options: o.Options, log: o.Log, source: "etcd"}, replica: newReplica(o),
		disk: newDisk(o.Dir, o.Log), loaded: make(chan struct{}), poke: make(chan struct{}, 1),
		accounts: map[string]*account{}, claims: newClaims(), patience: patience, firstLook: firstLook, tryAgain: tryAgain,
	}
	d.live.now.Store(&snapshot{})
	kept, err := d.disk.read(o.Opener)
	for _, a := range kept {
		d.accounts[a.name] = a
	}
	return d, err
}

// Live is what is served; it is empty before Loaded.
func (d *Declared) Live() *Live { return d.live }

// Loaded is closed when the first configuration is served.
func (d *Declared) Loaded() <-chan struct{} { return d.loaded }

// Run loads and acknowledges until ctx ends; then the replica is gone from etcd.
func (d *Declared) Run(ctx context.Context) {
	var parts sync.WaitGroup
	m := mirror.New(mirror.Options{Client: d.options.Client, Prefix: d.options.Keys.Declared(), See: d.see, Log: d.options.Log})
	parts.Go(func() { m.Run(ctx) })
	parts.Go(func() { d.replica.run(ctx) })
	parts.Go(func() { d.disk.run(ctx) })
	d.load(ctx)
	parts.Wait()
}

// see takes changes from the mirror, which it must not keep waiting.
func (d *Declared) see(b mirror.Batch) {
	d.mu.Lock()
	d.batches = append(d.batches, b)
	d.mu.Unlock()
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

// load is the loading goroutine.
func (d *Declared) load(ctx context.Context) {
	start := time.NewTimer(d.patience)
	defer start.Stop()
	retry := time.NewTicker(d.tryAgain)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-start.C:
			d.fallBack(ctx)
			continue
		case <-retry.C:
			if !d.again {
				continue
			}
		case <-d.poke:
		}
		if d.listed {
			pause(ctx, coalesce)
		}
		d.takeIn(ctx)
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}

// takeIn takes in what has changed, and serves what follows.
func (d *Declared) takeIn(ctx context.Context) {
	d.mu.Lock()
	batches := d.batches
	d.batches = nil
	d.mu.Unlock()
	changed := map[string]bool{}
	for _, b := range batches {
		d.apply(ctx, b, changed)
	}
	if d.again {
		for name, a := range d.accounts {
			if !a.waits.IsZero() || len(a.refused) > 0 {
				changed[name] = true
			}
		}
	}
	if d.again = false; d.listed {
		d.serve(ctx, slices.Sorted(maps.Keys(changed)))
	}
}

func (d *Declared) apply(ctx context.Context, b mirror.Batch, changed map[string]bool) {
	if b.Revision < d.revision {
		d.options.Log.WarnContext(ctx, "the store went back, as after a restore: what is declared is read anew", "from", d.revision, "to", b.Revision)
		d.replica.writeAgain()
	}
	d.revision = b.Revision
	for _, c := range b.Changes {
		name, ref, ok := d.options.Keys.ParseDeclared(c.Key)
		if !ok {
			d.options.Log.WarnContext(ctx, "a key among what is declared is not known", "key", c.Key)
			continue
		}
		d.account(name).change(ref, c.Value, c.Revision)
		changed[name] = true
	}
	if b.Listed && !d.listed {
		d.listed = true
		for name, a := range d.accounts { // of the disk alone
			if a.listed == nil && a.broken == nil {
				a.gone, changed[name] = true, true
			}
		}
	}
}

func (d *Declared) account(name string) *account {
	a := d.accounts[name]
	if a == nil {
		a = newAccount(name)
		d.accounts[name] = a
	}
	return a
}

// serve makes accounts what etcd says, swaps, and only then acknowledges.
func (d *Declared) serve(ctx context.Context, names []string) {
	build := map[string]bool{}
	for _, name := range names {
		a := d.accounts[name]
		switch {
		case a.gone && a.empty():
			d.take(a, nil, build)
			delete(d.accounts, name)
		case a.gone:
			d.linger(ctx, a, build)
		case a.complete(d.options.Opener), a.partial && a.listed != nil:
			d.adopt(ctx, a, build)
		case a.adopted == nil || a.empty():
			d.begin(ctx, a, build)
		}
	}
	begins := !d.isLoaded() && d.knows(ctx)
	if len(build) > 0 || begins {
		d.publish(ctx, build)
	}
	if begins {
		close(d.loaded)
	}
}

// adopt goes by the list of an account from now on. What cannot be served as it is
// named there is served as it was last, or left out.
func (d *Declared) adopt(ctx context.Context, a *account, build map[string]bool) {
	objects, refused := map[wire.Ref]*object{}, map[wire.Ref]wire.Refusal{}
	a.partial = !a.complete(d.options.Opener)
	for ref := range a.listed.Documents {
		o, err := a.find(ref, d.options.Opener)
		if err == nil {
			objects[ref] = o
			continue
		}
		a.refuse(refused, ref, err)
		if last := d.lastGood(ctx, a, ref); last != nil {
			objects[ref] = last
		} else if o != nil {
			objects[ref] = o
		}
	}
	same := a.serves(objects) && maps.Equal(a.refused, refused) && a.broken == nil && !a.wasBroken && !a.lingers
	a.wasBroken, a.lingers, a.waits = a.broken != nil, false, time.Time{}
	a.adopted, a.seen, a.refused = a.listed, a.revision, refused
	if same { // a new operator, or one that has mended what nobody here goes by
		d.disk.keep(a)
		return
	}
	d.take(a, objects, build)
}

// take changes what an account is made of, and marks everybody whom that concerns.
func (d *Declared) take(a *account, objects map[wire.Ref]*object, build map[string]bool) {
	build[a.name] = true
	stale := func(ref wire.Ref) bool {
		_, refused := a.refused[ref]
		return refused || a.gone
	}
	for _, other := range d.claims.replace(a.name, objects, stale) {
		build[other] = true
	}
	a.served = objects
}

// Phase tells the operator what the process is doing.
func (d *Declared) Phase(p wire.Phase) { d.replica.phase(p) }

// Poll tells the operator how the polling of a mailbox goes; nil that this process
// does not poll it.
func (d *Declared) Poll(account, mailbox string, p *wire.Poll) { d.replica.poll(account, mailbox, p) }

// OpenSecret opens a value of a secret that was declared; found is false if none of
// that name was, or not with that key.
func (d *Declared) OpenSecret(account, name, key string) (value []byte, found bool, err error) {
	secret := d.live.now.Load().secrets[config.Key{Namespace: account, Name: name}]
	if secret == nil || secret.Values[key] == nil {
		return nil, false, nil
	}
	value, err = d.options.Opener.Open(account, name, key, secret.Values[key])
	return value, err == nil, err
}
