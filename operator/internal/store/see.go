package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/config/wire"
)

// turn is the writing of one account. What the watch tells of it meanwhile may be
// its own: that is known once it has ended.
type turn struct {
	told []foreign
}

// rememberedWrites is how many revisions of its own the store knows. The watch may
// tell of one after its turn has ended, by as long as a goroutine waits for its turn.
const rememberedWrites = 4096

// recent are the last revisions that this store has written.
type recent struct {
	known map[int64]bool
	order []int64 // as a ring once it is full
	next  int
}

func (r *recent) add(revision int64) {
	if r.known[revision] {
		return
	}
	r.known[revision] = true
	if len(r.order) < rememberedWrites {
		r.order = append(r.order, revision)
		return
	}
	delete(r.known, r.order[r.next])
	r.order[r.next] = revision
	r.next = (r.next + 1) % rememberedWrites
}

// foreign is a change that somebody else has made, as far as is known.
type foreign struct {
	key      string
	accounts []string // that it concerns
	revision int64
}

// begin waits for the turn of an account.
func (s *Store) begin(account string) *turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.turns[account] != nil {
		s.free.Wait()
	}
	t := &turn{}
	s.turns[account] = t
	return t
}

func (s *Store) end(account string, t *turn) {
	s.mu.Lock()
	delete(s.turns, account)
	s.free.Broadcast()
	told := slices.DeleteFunc(t.told, func(f foreign) bool { return s.own.known[f.revision] })
	s.mu.Unlock()
	for _, f := range told {
		s.drift(f)
	}
}

// seeForeign is told of what somebody has changed.
func (s *Store) seeForeign(f foreign, first bool) {
	s.mu.Lock()
	if first || s.epoch == 0 {
		s.mu.Unlock()
		s.changed(f.accounts) // of whoever leads, or led before
		return
	}
	if s.own.known[f.revision] {
		s.mu.Unlock()
		return
	}
	for _, account := range f.accounts {
		if t := s.turns[account]; t != nil {
			t.told = append(t.told, f)
			s.mu.Unlock()
			return
		}
	}
	s.mu.Unlock()
	s.drift(f)
}

// isOwn reports whether this store is known to have written a revision.
func (s *Store) isOwn(revision int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.own.known[revision]
}

func (s *Store) drift(f foreign) {
	s.drifted.Inc()
	s.o.Log.Warn("somebody else has changed what the operator keeps in etcd", "key", f.key, "revision", f.revision)
	if _, ref, ok := s.o.Keys.ParseDeclared(f.key); ok && ref.Kind == wire.Secrets {
		s.mu.Lock()
		s.tainted[f.key] = true
		s.mu.Unlock()
	}
	s.changed(f.accounts)
}

func (s *Store) changed(accounts []string) {
	for _, account := range accounts {
		s.o.Changed(account)
	}
}

func (s *Store) seeDeclared(b mirror.Batch, first bool) {
	for _, c := range b.Changes {
		account, ok := s.accountOf(c.Key)
		if !ok {
			s.o.Log.Warn("a key in etcd is none of the operator's, and is passed over", "key", c.Key)
			continue
		}
		s.update(c.Key)
		s.seeForeign(foreign{c.Key, []string{account}, c.Revision}, first)
	}
}

func (s *Store) seeLastGood(b mirror.Batch, _ bool) {
	for _, c := range b.Changes {
		if account, ok := s.accountOf(c.Key); ok {
			s.update(c.Key)
			if !s.isOwn(c.Revision) { // of which nothing follows
				s.o.Changed(account)
			}
		}
	}
}

func (s *Store) seeOperator(b mirror.Batch, first bool) {
	fewer := false // than that by which the brake held something back
	for _, c := range b.Changes {
		switch {
		case s.isNote(c.Key):
			s.update(c.Key)
			fewer = fewer || c.Value == nil
		case c.Key == s.o.Keys.Epoch():
			s.seeEpoch(c)
		case s.isClaim(c.Key):
			before, _ := s.index.owner(c.Key)
			s.update(c.Key)
			after, _ := s.index.owner(c.Key)
			accounts := slices.DeleteFunc(slices.Compact([]string{before, after}), func(a string) bool { return a == "" })
			s.seeForeign(foreign{c.Key, accounts, c.Revision}, first)
			if !s.isOwn(c.Revision) { // who writes has told them
				s.changed(s.index.interested(c.Key))
			}
		}
	}
	if fewer {
		s.changed(s.waiting())
	}
}

func (s *Store) seeEpoch(c mirror.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := c.Revision == s.taken && string(c.Value) == strconv.FormatInt(s.epoch, 10)
	if s.epoch != 0 && !mine {
		s.fenceLocked()
	}
}

func (s *Store) seeReplicas(b mirror.Batch, _ bool) {
	all := false
	for _, c := range b.Changes {
		if _, account, ok := s.o.Keys.ParseLoaded(c.Key); ok {
			s.o.Changed(account)
			continue
		}
		all = true // a session or the sealing key
	}
	if all {
		s.changed(s.Accounts())
	}
}

func (s *Store) isClaim(key string) bool {
	return strings.HasPrefix(key, s.o.Keys.Hosts()) || strings.HasPrefix(key, s.o.Keys.Addresses())
}

// accountOf tells whose account a key below declared/ or lastgood/ is, whatever
// follows: what is not a document is to be deleted with the rest.
func (s *Store) accountOf(key string) (string, bool) {
	for _, prefix := range []string{s.o.Keys.Declared(), s.o.Keys.LastGood()} {
		if rest, found := strings.CutPrefix(key, prefix); found {
			account, _, slash := strings.Cut(rest, "/")
			return account, slash && account != ""
		}
	}
	return "", false
}

// mirrorOf is the mirror that holds a key.
func (s *Store) mirrorOf(key string) *mirror.Mirror {
	switch {
	case strings.HasPrefix(key, s.o.Keys.Declared()):
		return s.declared
	case strings.HasPrefix(key, s.o.Keys.LastGood()):
		return s.lastGood
	default:
		return s.operator
	}
}

// update brings the index to what the mirror holds of a key now, which may be newer
// than what is being told.
func (s *Store) update(key string) {
	s.index.update(key, func() (account string, ok bool) {
		value, _, there := s.mirrorOf(key).Get(key)
		if !there {
			s.contents.forget(key)
			return "", false
		}
		if account, held := strings.CutPrefix(key, s.o.Keys.Helds()); held {
			return account, account != ""
		}
		if !s.isClaim(key) {
			return s.accountOf(key)
		}
		claim, err := wire.Decode[wire.Claim](value)
		return claim.Namespace, err == nil && claim.Namespace != ""
	})
}
