package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

const (
	// brakeWindow is the time over which what vanishes is counted: far longer than a
	// pass over all accounts takes.
	brakeWindow = 10 * time.Minute
	// brakeSpare is how many help centers may always vanish, so that small
	// installations are not held up.
	brakeSpare = 10
)

// HeldError says that deletions wait until somebody allows them: too many help
// centers would vanish. All else of the account was written.
type HeldError struct {
	Account     string
	HelpCenters int // of the account that would vanish
	Vanishing   int // of all accounts, with those that have vanished already
	All         int // that there were
	// Began says that the account did not wait before, nor under another operator.
	Began bool
}

// Error says what to do.
func (e *HeldError) Error() string {
	return fmt.Sprintf("the deletion of %d help centers is held, as with it %d of %d would vanish within %s: "+
		"if that is meant, start the operator with --allow-mass-delete", e.HelpCenters, e.Vanishing, e.All, brakeWindow)
}

// brake holds deletions when most help centers would vanish at once: then it is
// likelier that their definitions were taken away by mistake than that they all
// are to go.
//
// What it counts by lies in etcd, so that an operator that is started anew lets no
// more go than one that goes on. A help center that vanishes leaves a key with a
// lease, so that it is etcd that ends the window; an account that waits has a key
// as long as it does. Both are written with what they tell of.
type brake struct {
	allow  bool
	window time.Duration // brakeWindow, but for tests

	mu sync.Mutex
	// ruled is what was decided about accounts whose turn has not ended yet, as that
	// may not be in etcd.
	ruled map[string]ruling
}

// ruling is what was decided about an account.
type ruling struct {
	gone []string // names of help centers that may vanish
	held int      // how many may not
}

// vanishing are names of help centers of an account: those that are about to go,
// and those that stay or are back.
type vanishing struct{ gone, kept []string }

func (w *writer) vanishing() (v vanishing) {
	s := w.store
	for _, o := range w.gone {
		_, ref, ok := s.o.Keys.ParseDeclared(o.key)
		if ok && ref.Kind == wire.HelpCenters && strings.HasPrefix(o.key, s.o.Keys.Declared()) {
			v.gone = append(v.gone, ref.Name)
		}
	}
	if _, _, there := s.declared.Get(s.o.Keys.Account(w.account)); !there && w.desired.Account == nil {
		v.gone = append(v.gone, s.served(w.account)...) // etcd does not know what would vanish
	}
	for ref := range w.desired.Documents {
		if ref.Kind == wire.HelpCenters {
			v.kept = append(v.kept, ref.Name)
		}
	}
	return v
}

// served are the names of help centers of an account that replicas say they serve.
func (s *Store) served(account string) []string {
	names := map[string]bool{}
	for _, r := range s.Replicas(account) {
		if r.Loaded == nil {
			continue
		}
		for ref := range r.Loaded.Documents {
			if ref.Kind == wire.HelpCenters {
				names[ref.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// brake decides whether what is about to vanish may, and has that written.
func (w *writer) brake(ctx context.Context) (held error, err error) {
	s, v := w.store, w.vanishing()
	over := s.rule(w.account, v)
	if over != nil {
		v.gone = nil
	}
	if err := w.note(ctx, v); err != nil {
		return nil, err
	}
	key, waits := s.o.Keys.Held(w.account), ""
	if over != nil {
		held, waits = over, strconv.Itoa(over.HelpCenters)
	}
	if old, seen, there := s.operator.Get(key); over != nil && string(old) != waits {
		over.Began = !there
		w.noted = append(w.noted, op{key: key, value: []byte(waits), seen: seen})
	} else if over == nil && there {
		w.noted = append(w.noted, op{key: key, seen: seen})
	}
	return held, nil
}

// relieves reports whether what was written may be why others need not wait any more:
// something is back, or there are more help centers of which they are a share.
func (w *writer) relieves() bool {
	return slices.ContainsFunc(w.noted, func(o op) bool { return o.value == nil }) ||
		slices.ContainsFunc(w.documents, func(o op) bool {
			return o.seen == 0 && o.document != nil && o.document.Kind == config.KindHelpCenter
		})
}

// note notes what vanishes, and drops the notes of what is back. What may
// vanish because it was allowed is none that has to be counted.
func (w *writer) note(ctx context.Context, v vanishing) error {
	s, lease := w.store, clientv3.NoLease
	for _, name := range v.gone {
		key := s.o.Keys.Vanished(w.account, name)
		if _, _, there := s.operator.Get(key); there || s.brake.allow {
			continue
		}
		if lease == clientv3.NoLease {
			bounded, cancel := context.WithTimeout(ctx, s.timeout)
			granted, err := s.o.Client.Grant(bounded, int64(s.brake.window/time.Second))
			cancel()
			if err != nil {
				return fmt.Errorf("write to etcd: %w", err)
			}
			lease = granted.ID
		}
		w.noted = append(w.noted, op{key: key, value: []byte(time.Now().UTC().Format(time.RFC3339)), lease: lease})
	}
	for _, name := range v.kept {
		key := s.o.Keys.Vanished(w.account, name)
		if _, seen, there := s.operator.Get(key); there {
			w.noted = append(w.noted, op{key: key, seen: seen})
		}
	}
	return nil
}

// rule decides whether an account may lose help centers; nil means that it may. It
// counts until forgetRuling is called.
func (s *Store) rule(account string, v vanishing) *HeldError {
	s.brake.mu.Lock()
	defer s.brake.mu.Unlock()
	if len(v.gone) == 0 {
		return nil
	}
	present := s.index.all(func(key string) bool {
		_, ref, ok := s.o.Keys.ParseDeclared(key)
		return ok && ref.Kind == wire.HelpCenters && strings.HasPrefix(key, s.o.Keys.Declared())
	})
	gone := s.goneLocked()
	for _, name := range v.kept {
		delete(gone, s.helpCenter(account, name))
	}
	all := len(present)
	for key := range gone {
		if !present[key] {
			all++
		}
	}
	for _, name := range v.gone {
		gone[s.helpCenter(account, name)] = true
	}
	total := len(gone)
	for other, n := range s.heldLocked() {
		if other != account {
			total += n
		}
	}
	if !s.brake.allow && total > brakeSpare && 2*total > all {
		s.brake.ruled[account] = ruling{held: len(v.gone)}
		return &HeldError{Account: account, HelpCenters: len(v.gone), Vanishing: total, All: all}
	}
	s.brake.ruled[account] = ruling{gone: v.gone}
	return nil
}

func (s *Store) helpCenter(account, name string) string {
	return s.o.Keys.Document(account, wire.Ref{Kind: wire.HelpCenters, Name: name})
}

// goneLocked are the keys of help centers that have vanished within the window, or
// are about to.
func (s *Store) goneLocked() map[string]bool {
	gone := map[string]bool{}
	s.operator.Each(s.o.Keys.Vanisheds(), func(key string, _ []byte, _ int64) {
		if account, name, ok := strings.Cut(strings.TrimPrefix(key, s.o.Keys.Vanisheds()), "/"); ok {
			gone[s.helpCenter(account, name)] = true
		}
	})
	for account, r := range s.brake.ruled {
		for _, name := range r.gone {
			gone[s.helpCenter(account, name)] = true
		}
	}
	return gone
}

// heldLocked is how many help centers wait, by account. An account that is looked
// after no more waits for nothing.
func (s *Store) heldLocked() map[string]int {
	held := map[string]int{}
	s.operator.Each(s.o.Keys.Helds(), func(key string, value []byte, _ int64) {
		account := strings.TrimPrefix(key, s.o.Keys.Helds())
		if n, err := strconv.Atoi(string(value)); err == nil && s.o.Mine(account) {
			held[account] = n
		}
	})
	for account, r := range s.brake.ruled {
		delete(held, account)
		if r.held > 0 {
			held[account] = r.held
		}
	}
	return held
}

// forgetRuling ends that what was decided counts: by now it is in etcd, or it is to
// be decided anew.
func (s *Store) forgetRuling(account string) {
	s.brake.mu.Lock()
	defer s.brake.mu.Unlock()
	delete(s.brake.ruled, account)
	s.held.Set(float64(len(s.heldLocked())))
}

// waiting are the accounts whose deletions are held, sorted.
func (s *Store) waiting() []string {
	s.brake.mu.Lock()
	defer s.brake.mu.Unlock()
	return slices.Sorted(maps.Keys(s.heldLocked()))
}

// isNote tells the keys by which the brake counts.
func (s *Store) isNote(key string) bool {
	return strings.HasPrefix(key, s.o.Keys.Vanisheds()) || strings.HasPrefix(key, s.o.Keys.Helds())
}
