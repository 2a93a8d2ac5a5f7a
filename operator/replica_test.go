package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// replica plays one replica of the daemon, as far as the operator sees it: it
// loads what is declared and tells what it serves. Unlike a real one it can be
// told to refuse, to lag, and to fall silent.
type replica struct {
	t      testing.TB
	db     *clientv3.Client
	keys   wire.Keys
	name   string
	boot   string
	lease  clientv3.LeaseID
	opener *wire.Opener
	ended  chan struct{}
	cancel context.CancelFunc

	mu      sync.Mutex
	refused map[wire.Ref]string // what it cannot serve, and why
	lagging bool                // it loads nothing
	behind  map[string]bool     // accounts that changed while it was lagging
	told    map[string]string   // what it has said of accounts
	loaded  map[string]time.Time
}

// shared is the key that all replicas share.
var shared = wire.OpenerOf([32]byte{1, 2, 3})

// replica starts one that serves.
func (w *world) replica(name string) *replica {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &replica{
		t: w.t, db: w.etcd.Client(), keys: w.keys, name: name, boot: name + "-1", opener: shared,
		ended: make(chan struct{}), cancel: cancel,
		refused: map[wire.Ref]string{}, behind: map[string]bool{}, told: map[string]string{}, loaded: map[string]time.Time{},
	}
	lease, err := r.db.Grant(ctx, wire.LeaseSeconds)
	if err != nil {
		w.t.Fatal(err)
	}
	r.lease = lease.ID
	alive, err := r.db.KeepAlive(ctx, r.lease)
	if err != nil {
		w.t.Fatal(err)
	}
	go func() {
		for range alive { // to be read, or the client warns
		}
	}()
	r.put(ctx, r.keys.Sealing(), r.opener.Key(), 0)
	r.session(ctx, wire.Serving)
	go r.run(ctx)
	w.t.Cleanup(r.end)
	return r
}

// session tells what it is doing.
func (r *replica) session(ctx context.Context, phase wire.Phase) {
	r.put(ctx, r.keys.Session(r.name), wire.Session{
		Boot: r.boot, Version: "v1", Schema: config.Schema, Phase: phase, Addresses: []string{"192.0.2." + strings.TrimPrefix(r.name, "postern-")},
	}, r.lease)
}

func (r *replica) put(ctx context.Context, key string, value any, lease clientv3.LeaseID) {
	raw, err := wire.Encode(value)
	if err == nil {
		_, err = r.db.Put(ctx, key, string(raw), clientv3.WithLease(lease))
	}
	if err != nil && ctx.Err() == nil {
		r.t.Errorf("replica %s: %v", r.name, err)
	}
}

// end ends it without a word; vanish lets it be gone at once, too.
func (r *replica) end() {
	r.cancel()
	<-r.ended
}

// vanish is what becomes of a replica whose lease has run out.
func (r *replica) vanish() {
	r.t.Helper()
	r.end()
	if _, err := r.db.Revoke(context.Background(), r.lease); err != nil {
		r.t.Fatal(err)
	}
}

// run loads what is declared, and what changes.
func (r *replica) run(ctx context.Context) {
	defer close(r.ended)
	all, err := r.db.Get(ctx, r.keys.Declared(), clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return
	}
	accounts := map[string]bool{}
	for _, kv := range all.Kvs {
		if account, _, ok := r.keys.ParseDeclared(string(kv.Key)); ok {
			accounts[account] = true
		}
	}
	r.load(ctx, accounts)
	for resp := range r.db.Watch(ctx, r.keys.Declared(), clientv3.WithPrefix(), clientv3.WithRev(all.Header.Revision+1)) {
		accounts := map[string]bool{}
		for _, e := range resp.Events {
			if account, _, ok := r.keys.ParseDeclared(string(e.Kv.Key)); ok {
				accounts[account] = true
			}
		}
		r.load(ctx, accounts)
	}
}

// load loads accounts and tells of them, unless it is lagging.
func (r *replica) load(ctx context.Context, accounts map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for account := range accounts {
		if r.lagging {
			r.behind[account] = true
		} else if err := r.loadOne(ctx, account); err != nil && ctx.Err() == nil {
			r.t.Errorf("replica %s: load %s: %v", r.name, account, err)
		}
	}
}

func (r *replica) loadOne(ctx context.Context, account string) error {
	resp, err := r.db.Get(ctx, r.keys.AccountPrefix(account), clientv3.WithPrefix())
	if err != nil {
		return err
	}
	var of *wire.Account
	documents := map[wire.Ref]wire.Document{}
	for _, kv := range resp.Kvs {
		_, ref, ok := r.keys.ParseDeclared(string(kv.Key))
		if !ok {
			return errors.New("there is a key of no known kind: " + string(kv.Key))
		}
		if ref == (wire.Ref{}) {
			a, err := wire.Decode[wire.Account](kv.Value)
			if err != nil {
				return err
			}
			of = &a
		} else if documents[ref], err = wire.Decode[wire.Document](kv.Value); err != nil {
			return err
		}
	}
	key := r.keys.Loaded(r.name, account)
	if of == nil {
		delete(r.told, account)
		_, err := r.db.Delete(ctx, key)
		return err
	}
	loaded := wire.Loaded{Boot: r.boot, Account: of.Hash, Revision: resp.Header.Revision, Documents: map[wire.Ref]string{}, Refused: map[wire.Ref]wire.Refusal{}}
	for ref, hash := range of.Documents {
		if documents[ref].Hash != hash {
			return nil // it is half written, and comes
		}
		if why := r.refused[ref]; why != "" {
			loaded.Refused[ref] = wire.Refusal{Hash: hash, Error: why}
			continue
		}
		loaded.Documents[ref] = hash
	}
	said, err := json.Marshal([]any{loaded.Account, loaded.Documents, loaded.Refused})
	if err != nil || r.told[account] == string(said) {
		return err
	}
	r.told[account] = string(said)
	r.loaded[account] = time.Now()
	r.put(ctx, key, loaded, r.lease)
	return nil
}

// lag has it load nothing; catchUp what it has missed.
func (r *replica) lag() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lagging = true
}

func (r *replica) catchUp() {
	r.mu.Lock()
	accounts := r.behind
	r.behind, r.lagging = map[string]bool{}, false
	r.mu.Unlock()
	r.load(r.t.Context(), accounts)
}

// refuse has it refuse documents of a name from now on; "" ends that.
func (r *replica) refuse(account string, ref wire.Ref, why string) {
	r.mu.Lock()
	r.refused[ref] = why
	r.mu.Unlock()
	r.load(r.t.Context(), map[string]bool{account: true})
}
