package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
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
	// patience is how long a start waits for etcd before it goes by what is on disk.
	patience = 10 * time.Second
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

	mu      sync.Mutex
	batches []mirror.Batch // that are not taken in yet
	poke    chan struct{}  // holds one: there are batches

	// What follows is the loading goroutine's alone.
	accounts map[string]*account
	claims   claims
	revision int64 // of the store, up to which it is taken in
	listed   bool  // all of it was taken in once
	again    bool  // something could not be asked of etcd, or waits for the operator
}

// Follow reads what was served last from the disk. Nothing is served before Run.
func Follow(o DeclaredOptions) (*Declared, error) {
	d := &Declared{
		options: o, live: &Live{options: o.Options, log: o.Log, source: "etcd"}, replica: newReplica(o),
		disk: newDisk(o.Dir, o.Log), loaded: make(chan struct{}), poke: make(chan struct{}, 1),
		accounts: map[string]*account{}, claims: newClaims(),
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
	start := time.NewTimer(patience)
	defer start.Stop()
	retry := time.NewTicker(tryAgain)
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
			if a.gone || len(a.refused) > 0 {
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
		case a.gone && d.mayForget(ctx, a):
			d.take(a, nil, build)
			delete(d.accounts, name)
		case a.complete(d.options.Opener):
			d.adopt(ctx, a, build)
		case a.adopted == nil:
			d.restore(a, build)
		}
	}
	if len(build) > 0 || !d.isLoaded() {
		d.publish(ctx, build)
	}
}

// restore goes by what was served before the process was started.
func (d *Declared) restore(a *account, build map[string]bool) {
	if a.kept != nil {
		a.adopted, a.seen = a.kept.List, a.kept.Revision
		d.take(a, a.good, build)
	}
}

// adopt goes by the list of an account from now on. What cannot be served as it is
// named there is served as it was last, or left out.
func (d *Declared) adopt(ctx context.Context, a *account, build map[string]bool) {
	objects, refused := map[wire.Ref]*object{}, map[wire.Ref]wire.Refusal{}
	for ref := range a.listed.Documents {
		s := a.stored[ref]
		if s.err == nil {
			objects[ref] = s.object
			continue
		}
		a.refuse(refused, ref, s.err)
		if last := d.lastGood(ctx, a, ref); last != nil {
			objects[ref] = last
		}
	}
	same := a.serves(objects) && maps.Equal(a.refused, refused) && a.broken == nil && !a.wasBroken
	a.wasBroken = a.broken != nil
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
	for _, other := range d.claims.replace(a.name, objects, a.refused) {
		build[other] = true
	}
	a.served = objects
}

// mayForget says whether an account that etcd has no more was deleted. A store that
// was restored from an older backup, or that was lost, does not have it either: then
// it stays until the operator has written again, as mail for it would be refused for
// good.
func (d *Declared) mayForget(ctx context.Context, a *account) bool {
	list, seen := a.adopted, a.seen
	if list == nil && a.kept != nil {
		list, seen = a.kept.List, a.kept.Revision
	}
	if list == nil {
		return true
	}
	epoch, err := d.epoch(ctx)
	if err == nil && (epoch > list.Epoch || epoch == list.Epoch && d.revision >= seen) {
		return true
	}
	d.again = true
	if err == nil {
		d.options.Log.WarnContext(ctx, "the store is older than what is served of an account, which stays until the operator has written again", "account", a.name)
	}
	return false
}

// epoch is the number of the operator that may write; 0 if there was none ever.
func (d *Declared) epoch(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	resp, err := d.options.Client.Get(ctx, d.options.Keys.Epoch())
	if err != nil || len(resp.Kvs) == 0 {
		return 0, err
	}
	return strconv.ParseInt(string(resp.Kvs[0].Value), 10, 64)
}

// lastGood is what a document was when it was last fit to be served: here in this
// process, else everywhere, else here before; nil if it never was.
func (d *Declared) lastGood(ctx context.Context, a *account, ref wire.Ref) *object {
	if a.fresh[ref] {
		return a.good[ref]
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	resp, err := d.options.Client.Get(ctx, d.options.Keys.LastGoodDocument(a.name, ref))
	if err != nil {
		d.again = true
		return a.good[ref]
	}
	for _, kv := range resp.Kvs {
		if o, _, err := readObject(a.name, ref, kv.Value, d.options.Opener); err == nil {
			return o
		}
	}
	return a.good[ref]
}

// fallBack serves what is on disk, if etcd has not answered yet.
func (d *Declared) fallBack(ctx context.Context) {
	if d.listed {
		return
	}
	build := map[string]bool{}
	for _, a := range d.accounts {
		d.restore(a, build)
	}
	if len(build) == 0 {
		d.options.Log.WarnContext(ctx, "etcd does not answer, and there is no configuration on disk to begin with: waiting for etcd", "dir", d.options.Dir)
		return
	}
	d.options.Log.WarnContext(ctx, "etcd does not answer: beginning with the configuration that was served last", "dir", d.options.Dir, "accounts", len(build))
	d.publish(ctx, build)
}

// publish builds accounts, swaps what is served as a whole, and acknowledges.
func (d *Declared) publish(ctx context.Context, build map[string]bool) {
	changed := map[string]bool{}
	for len(build) > 0 { // building may refuse something, and so concern others
		name := anyOf(build)
		delete(build, name)
		changed[name] = true
		if a := d.accounts[name]; a != nil && a.adopted != nil {
			d.build(ctx, a, build)
		}
	}
	names := slices.Sorted(maps.Keys(changed))
	next := d.join()
	d.live.now.Store(next)
	for _, name := range names {
		a := d.accounts[name]
		if a == nil || a.adopted == nil {
			d.replica.drop(name)
			d.disk.drop(name)
			continue
		}
		d.replica.serve(name, a.loaded(d.replica.boot, d.revision))
		d.disk.keep(a)
		for ref, r := range a.refused {
			d.options.Log.ErrorContext(ctx, "a document is refused", "account", name, "object", ref.String(), "hash", r.Hash, "error", r.Error, "lastGood", a.served[ref] != nil)
		}
	}
	d.options.Log.InfoContext(ctx, "configuration loaded", "source", "etcd", "revision", d.revision, "changed", len(names),
		"accounts", len(next.accounts), "helpCenters", len(next.centers), "mailboxes", len(next.boxes), "refused", len(next.refused))
	if !d.isLoaded() {
		close(d.loaded)
	}
}

func anyOf(names map[string]bool) string {
	for name := range names {
		return name
	}
	return ""
}

func (d *Declared) isLoaded() bool {
	select {
	case <-d.loaded:
		return true
	default:
		return false
	}
}

// build makes the part of an account. What cannot be built is refused, and the rest
// is tried without it.
func (d *Declared) build(ctx context.Context, a *account, build map[string]bool) {
	for {
		set, compiled, secrets := assemble(a.served)
		r := d.resolve(a, &set)
		b := &builder{options: d.live.options, compiled: compiled}
		part, err := b.build(r)
		if err == nil {
			part.set, part.secrets = set, secrets
			a.part, a.good, a.fresh = part, a.served, map[wire.Ref]bool{}
			for ref := range a.served {
				a.fresh[ref] = true
			}
			return
		}
		f, ok := errors.AsType[*fault](err)
		if !ok {
			panic(fmt.Sprintf("live: a fault of nothing: %v", err)) // build promises
		}
		d.replaceFaulty(ctx, a, f, build)
	}
}

// replaceFaulty takes an object out that could not be built, and puts the last good
// one in its place if that is another one.
func (d *Declared) replaceFaulty(ctx context.Context, a *account, f *fault, build map[string]bool) {
	doc := wire.Document{Kind: f.kind, Name: f.key.Name}
	ref := doc.Ref()
	faulty := a.served[ref]
	objects, refused := maps.Clone(a.served), maps.Clone(a.refused)
	delete(objects, ref)
	if _, before := refused[ref]; !before {
		refused[ref] = wire.Refusal{Hash: faulty.doc.Hash, Error: cut(f.err.Error())}
		if last := d.lastGood(ctx, a, ref); last != nil && last.doc.Hash != faulty.doc.Hash {
			objects[ref] = last
		}
	}
	a.refused = refused
	d.take(a, objects, build)
}

// resolve computes what follows for one account. Those of other accounts that claim
// the same take part, and are taken out of the answer.
func (d *Declared) resolve(a *account, set *config.Set) *config.Resolved {
	all := *set
	all.Established = d.claims.established(a.name, &d.live.now.Load().settled)
	all.Established.SignUps = map[string]config.EstablishedSignUp{a.name: settledSignUp(a)}
	all.HelpCenters = append(slices.Clip(all.HelpCenters), d.claims.rivalCenters(a.name)...)
	all.Mailboxes = append(slices.Clip(all.Mailboxes), d.claims.rivalBoxes(a.name)...)
	r := config.Resolve(&all)
	r.HelpCenters = slices.DeleteFunc(r.HelpCenters, func(h config.ResolvedHelpCenter) bool { return h.HelpCenter.Metadata.Namespace != a.name })
	r.Mailboxes = slices.DeleteFunc(r.Mailboxes, func(m config.ResolvedMailbox) bool { return m.Mailbox.Metadata.Namespace != a.name })
	r.Accounts = slices.DeleteFunc(r.Accounts, func(x config.ResolvedAccount) bool { return x.Namespace != a.name })
	return r
}

// settledSignUp is what holds for an account by its list. What is served in place of
// a refused document, and declares something else, cannot change it.
func settledSignUp(a *account) config.EstablishedSignUp {
	if a.adopted.SignUp == nil {
		return config.EstablishedSignUp{Applied: config.SignUp{Mode: config.SignUpInviteOnly}} // whoever inherits that gets no more
	}
	settled := *a.adopted.SignUp
	if o := a.served[wire.Ref{Kind: wire.HelpCenters, Name: settled.Holder}]; o != nil && o.center.Spec.SignUp != nil {
		settled.Declared = config.Hash(*o.center.Spec.SignUp)
	}
	return settled
}

// join puts the parts of all accounts together, in the order of their names.
func (d *Declared) join() *snapshot {
	s := &snapshot{loaded: time.Now(), secrets: map[config.Key]*wire.Secret{}, settled: config.Established{
		Hosts: map[string]config.Key{}, Addresses: map[string]config.Key{}, SignUps: map[string]config.EstablishedSignUp{},
	}}
	for _, name := range slices.Sorted(maps.Keys(d.accounts)) {
		a := d.accounts[name]
		if a.part == nil {
			if a.broken != nil {
				s.refused = append(s.refused, a.refusals()...)
			}
			continue
		}
		p := a.part
		s.accounts = append(s.accounts, p.accounts...)
		s.centers, s.hosts = append(s.centers, p.centers...), append(s.hosts, p.hosts...)
		s.boxes, s.statuses = append(s.boxes, p.boxes...), append(s.statuses, p.statuses...)
		s.set.HelpCenters = append(s.set.HelpCenters, p.set.HelpCenters...)
		s.set.Forms, s.set.Mailboxes = append(s.set.Forms, p.set.Forms...), append(s.set.Mailboxes, p.set.Mailboxes...)
		s.refused = append(s.refused, a.refusals()...)
		maps.Copy(s.secrets, p.secrets)
		maps.Copy(s.settled.Hosts, p.settled.Hosts)
		maps.Copy(s.settled.Addresses, p.settled.Addresses)
		maps.Copy(s.settled.SignUps, p.settled.SignUps)
	}
	return s
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
