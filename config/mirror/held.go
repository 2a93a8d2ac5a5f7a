package mirror

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Get returns the value of a key, which must not be changed, and the revision at
// which it was written.
func (m *Mirror) Get(key string) (value []byte, revision int64, ok bool) {
	i, ok := m.held.get(key)
	return i.value, i.revision, ok
}

// Each tells of all keys with a prefix, in order, as they are at one moment. Values
// must not be changed. see may ask the mirror.
func (m *Mirror) Each(prefix string, see func(key string, value []byte, revision int64)) {
	keys, items := m.held.below(prefix)
	for i, key := range keys {
		see(key, items[i].value, items[i].revision)
	}
}

// Note puts in what a transaction of one's own has written at a revision, so that it
// can be read before the watch tells of it. It is not told to Options.See, neither
// now nor when the watch delivers it. What is held of a later revision stays. Keys
// must be below the prefix; the Revision of each change does not matter.
func (m *Mirror) Note(revision int64, changes []Change) { m.held.note(revision, changes) }

// Revision is up to where all is held and told; 0 before the first listing. After a
// restore of etcd it goes back.
func (m *Mirror) Revision() int64 { return m.held.reached() }

// Await waits until all is held and told that was written up to a revision. It needs
// Run, and returns only the error of ctx.
func (m *Mirror) Await(ctx context.Context, revision int64) error {
	for {
		reached, moved := m.held.now()
		if reached >= revision {
			return nil
		}
		// Writes elsewhere move the store on too: only the watch itself can tell
		// that it has missed nothing, and it has to be asked until it can.
		select {
		case m.poke <- struct{}{}:
		default:
		}
		select {
		case <-moved:
		case <-time.After(hurry):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// item is the value of a key as of a revision.
type item struct {
	value    []byte
	revision int64
}

// held is the copy.
type held struct {
	mu    sync.RWMutex
	items map[string]item
	keys  []string // of items, sorted
	// gone are keys that were noted as deleted, by the revision of that, until the
	// watch has come so far: it may still tell of what was there before.
	gone map[string]int64
	// fresh are keys that were noted since a listing began, which may not have them.
	fresh map[string]bool
	mark  int64         // see Revision
	moved chan struct{} // closed when mark moves
}

func newHeld() *held {
	return &held{items: map[string]item{}, gone: map[string]int64{}, fresh: map[string]bool{}, moved: make(chan struct{})}
}

func (h *held) get(key string) (item, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	i, ok := h.items[key]
	return i, ok
}

// summary is what tells one past of a store from another.
type summary struct {
	revision int64 // that it is of
	keys     int
	last     string // the key that was written last, and what and when; "" if there is none
	value    string
	written  int64
}

// summary is that of what is held; not ok before the first listing, and while
// something was noted that is to be told yet.
func (h *held) summary() (s summary, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	s = summary{revision: h.mark, keys: len(h.items)}
	for key, i := range h.items {
		if i.revision > s.written {
			s.last, s.value, s.written = key, string(i.value), i.revision
		}
	}
	return s, h.mark > 0 && s.written <= h.mark && len(h.gone) == 0
}

func (h *held) now() (int64, <-chan struct{}) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.mark, h.moved
}

func (h *held) reached() int64 {
	reached, _ := h.now()
	return reached
}

// reach notes that all is told up to a revision.
func (h *held) reach(revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if revision > h.mark {
		h.settleLocked(revision)
	}
}

// settle notes that all is as it was listed at a revision, even an earlier one.
func (h *held) settle(revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.settleLocked(revision)
}

func (h *held) settleLocked(revision int64) {
	for key, since := range h.gone {
		if since <= revision {
			delete(h.gone, key)
		}
	}
	h.mark = revision
	close(h.moved)
	h.moved = make(chan struct{})
}

// hear takes in events of the watch, and returns what they change.
func (h *held) hear(events []*clientv3.Event) (changes []Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if e.Kv.ModRevision <= h.mark {
			continue // a listing has it already
		}
		c := Change{Key: string(e.Kv.Key), Revision: e.Kv.ModRevision}
		if e.Type != clientv3.EventTypeDelete {
			c.Value = present(e.Kv.Value)
		}
		if h.take(c) {
			changes = append(changes, c)
		}
	}
	return changes
}

// present is a value that is there, though it may be empty: nil is none.
func present(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// take takes in a change that is newer than what is held, and tells whether it is.
func (h *held) take(c Change) bool {
	old, there := h.items[c.Key]
	switch {
	case old.revision >= c.Revision || h.gone[c.Key] >= c.Revision:
		return false
	case c.Value != nil:
		h.put(c.Key, item{c.Value, c.Revision})
	case there:
		h.remove(c.Key)
	default:
		return false
	}
	return true
}

func (h *held) put(key string, i item) {
	if at, there := slices.BinarySearch(h.keys, key); !there {
		h.keys = slices.Insert(h.keys, at, key)
	}
	h.items[key] = i
}

func (h *held) remove(key string) {
	if at, there := slices.BinarySearch(h.keys, key); there {
		h.keys = slices.Delete(h.keys, at, at+1)
	}
	delete(h.items, key)
}

func (h *held) note(revision int64, changes []Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range changes {
		c.Revision = revision
		h.take(c)
		h.fresh[c.Key] = true
		if c.Value == nil && revision > h.mark {
			h.gone[c.Key] = max(revision, h.gone[c.Key])
		}
	}
}

// listing says that a listing begins: what was noted before, it will have.
func (h *held) listing() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.fresh)
}

// replace takes in a listing, and returns what it changes. What was noted since it
// began, and is newer, stays; but not if the store went back: then it may never have
// been, and if it has, the watch will tell.
func (h *held) replace(found []*mvccpb.KeyValue, revision int64, back bool) (changes []Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	back = back || revision < h.mark
	later := func(key string) bool {
		return !back && h.fresh[key] && max(h.items[key].revision, h.gone[key]) > revision
	}
	listed := make(map[string]item, len(found))
	for _, kv := range found {
		key, now := string(kv.Key), item{present(kv.Value), kv.ModRevision}
		old, there := h.items[key]
		if there && old.revision == now.revision && bytes.Equal(old.value, now.value) {
			listed[key] = old // so that the same stays the same in memory
			continue
		}
		listed[key] = now
		if !later(key) {
			changes = append(changes, Change{key, now.value, now.revision})
		}
	}
	for _, key := range h.keys {
		if _, there := listed[key]; !there && !later(key) {
			changes = append(changes, Change{Key: key, Revision: revision})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
	for key := range h.fresh {
		if !later(key) {
			continue
		}
		delete(listed, key)
		if i, there := h.items[key]; there {
			listed[key] = i
		}
	}
	if back {
		clear(h.gone)
	}
	h.items = listed
	h.keys = h.keys[:0:0]
	for key := range listed {
		h.keys = append(h.keys, key)
	}
	slices.Sort(h.keys)
	return changes
}

// below returns what has a prefix, at one moment.
func (h *held) below(prefix string) (keys []string, items []item) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	from, _ := slices.BinarySearch(h.keys, prefix)
	for _, key := range h.keys[from:] {
		if !strings.HasPrefix(key, prefix) {
			break
		}
		keys, items = append(keys, key), append(items, h.items[key])
	}
	return keys, items
}
