package store

import (
	"maps"
	"slices"
	"sync"
)

// index tells what belongs to which account, and who wants which claim.
type index struct {
	mu     sync.Mutex
	owners map[string]string          // by key
	keys   map[string]map[string]bool // by account
	wants  map[string][]string        // keys of claims, by account
	wanted map[string]map[string]bool // accounts, by key of a claim
}

func newIndex() *index {
	return &index{owners: map[string]string{}, keys: map[string]map[string]bool{}, wants: map[string][]string{}, wanted: map[string]map[string]bool{}}
}

// update asks whose a key is now. It asks while nobody else does, so that the last
// answer is the newest.
func (x *index) update(key string, owner func() (account string, ok bool)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if before, there := x.owners[key]; there {
		drop(x.keys, before, key)
		delete(x.owners, key)
	}
	if account, ok := owner(); ok {
		x.owners[key] = account
		add(x.keys, account, key)
	}
}

func add(sets map[string]map[string]bool, name, member string) {
	if sets[name] == nil {
		sets[name] = map[string]bool{}
	}
	sets[name][member] = true
}

func drop(sets map[string]map[string]bool, name, member string) {
	delete(sets[name], member)
	if len(sets[name]) == 0 {
		delete(sets, name)
	}
}

func (x *index) owner(key string) (string, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	account, there := x.owners[key]
	return account, there
}

func (x *index) accounts() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Sorted(maps.Keys(x.keys))
}

// of returns all keys of an account, sorted.
func (x *index) of(account string) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Sorted(maps.Keys(x.keys[account]))
}

// all returns the keys for which is holds.
func (x *index) all(is func(key string) bool) map[string]bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	found := map[string]bool{}
	for key := range x.owners {
		if is(key) {
			found[key] = true
		}
	}
	return found
}

// want notes which claims an account is interested in, instead of those before.
func (x *index) want(account string, claims []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, key := range x.wants[account] {
		drop(x.wanted, key, account)
	}
	delete(x.wants, account)
	if len(claims) > 0 {
		x.wants[account] = claims
	}
	for _, key := range claims {
		add(x.wanted, key, account)
	}
}

// interested returns the accounts that want a claim.
func (x *index) interested(key string) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Sorted(maps.Keys(x.wanted[key]))
}
