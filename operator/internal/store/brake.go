package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/wire"
)

const (
	// brakeWindow is the time over which what vanishes is counted: far longer than a
	// pass over all accounts takes.
	brakeWindow = 10 * time.Minute
	// brakeSpare is how many of a kind may vanish in any case, so that small
	// installations are not held up.
	brakeSpare = 10
)

// braked are the kinds that are counted, each on its own: all of one are few beside
// many of another. Without a help center there is no portal, and without a mailbox
// mail is refused for good.
var braked = []struct {
	kind  wire.Kind
	named string
}{{wire.HelpCenters, "help centers"}, {wire.Mailboxes, "mailboxes"}}

func isBraked(kind wire.Kind) bool {
	for _, b := range braked {
		if b.kind == kind {
			return true
		}
	}
	return false
}

// HeldError says that deletions wait until somebody allows them: too many of a kind
// would vanish. All else of the account was written.
type HeldError struct {
	Account string
	Shares  []Share // of the kinds that are too many
	// Began says that the account did not wait before, nor under another operator.
	Began bool
}

// Share is what would vanish of a kind.
type Share struct {
	Kind      wire.Kind
	Account   int // of the account
	Vanishing int // of all accounts, with those that have vanished already
	All       int // that there were
	named     string
}

// Error says what to do.
func (e *HeldError) Error() string {
	var gone, of []string
	for _, s := range e.Shares {
		gone = append(gone, fmt.Sprintf("%d %s", s.Account, s.named))
		of = append(of, fmt.Sprintf("%d of %d %s", s.Vanishing, s.All, s.named))
	}
	return fmt.Sprintf("the deletion of %s is held, as with it %s would vanish within %s: "+
		"if that is meant, start the operator with --allow-mass-delete",
		strings.Join(gone, " and "), strings.Join(of, " and "), brakeWindow)
}

// counts are how many wait, as they are noted.
func (e *HeldError) counts() map[wire.Kind]int {
	counts := map[wire.Kind]int{}
	for _, s := range e.Shares {
		counts[s.Kind] = s.Account
	}
	return counts
}

// brake holds deletions when most help centers or mailboxes would vanish at once: then
// it is likelier that their definitions were taken away by mistake than that they all
// are to go.
//
// What it counts by lies in etcd, so that an operator that is started anew lets no
// more go than one that goes on. What vanishes leaves a key with a lease, so that it is
// etcd that ends the window; an account that waits has a key as long as it does. Both
// are written with what they tell of. What waits has no spare: else all that is left
// of few would go when the window ends.
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
	gone []wire.Ref        // what may vanish
	held map[wire.Kind]int // how many may not
}

// vanishing is what the brake counts of an account: what is about to go, and what stays
// or is back.
type vanishing struct{ gone, kept []wire.Ref }

func (w *writer) vanishing() (v vanishing) {
	s := w.store
	for _, o := range w.gone {
		_, ref, ok := s.o.Keys.ParseDeclared(o.key)
		if ok && isBraked(ref.Kind) && strings.HasPrefix(o.key, s.o.Keys.Declared()) {
			v.gone = append(v.gone, ref)
		}
	}
	if _, _, there := s.declared.Get(s.o.Keys.Account(w.account)); !there && w.desired.Account == nil {
		v.gone = append(v.gone, s.served(w.account)...) // etcd does not know what would vanish
	}
	for ref := range w.desired.Documents {
		if isBraked(ref.Kind) {
			v.kept = append(v.kept, ref)
		}
	}
	return v
}

// served is what replicas say they serve of an account, of the kinds that are counted.
func (s *Store) served(account string) []wire.Ref {
	refs := map[wire.Ref]bool{}
	for _, r := range s.Replicas(account) {
		if r.Loaded == nil {
			continue
		}
		for ref := range r.Loaded.Documents {
			if isBraked(ref.Kind) {
				refs[ref] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(refs), wire.Ref.Compare)
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
	key := s.o.Keys.Held(w.account)
	var waits []byte
	if over != nil {
		held = over
		if waits, err = json.Marshal(over.counts()); err != nil {
			return nil, fmt.Errorf("note what waits: %w", err)
		}
	}
	if old, seen, there := s.operator.Get(key); over != nil && !bytes.Equal(old, waits) {
		over.Began = !there
		w.noted = append(w.noted, op{key: key, value: waits, seen: seen})
	} else if over == nil && there {
		w.noted = append(w.noted, op{key: key, seen: seen})
	}
	return held, nil
}

// relieves reports whether what was written may be why others need not wait any more:
// something is back, or there are more of which they are a share.
func (w *writer) relieves() bool {
	return slices.ContainsFunc(w.noted, func(o op) bool { return o.value == nil }) ||
		slices.ContainsFunc(w.documents, func(o op) bool {
			return o.seen == 0 && o.document != nil && isBraked(o.document.Ref().Kind)
		})
}

// note notes what vanishes, and drops the notes of what is back. What may
// vanish because it was allowed is none that has to be counted.
func (w *writer) note(ctx context.Context, v vanishing) error {
	s, lease := w.store, clientv3.NoLease
	for _, ref := range v.gone {
		key := s.o.Keys.Vanished(w.account, ref)
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
	for _, ref := range v.kept {
		key := s.o.Keys.Vanished(w.account, ref)
		if _, seen, there := s.operator.Get(key); there {
			w.noted = append(w.noted, op{key: key, seen: seen})
		}
	}
	return nil
}

// rule decides whether what is about to go of an account may; nil means that it may. If
// there is too much of one kind, all of the account waits. It counts until forgetRuling
// is called.
func (s *Store) rule(account string, v vanishing) *HeldError {
	s.brake.mu.Lock()
	defer s.brake.mu.Unlock()
	if len(v.gone) == 0 {
		return nil
	}
	over := &HeldError{Account: account}
	for _, b := range braked {
		share, waits := s.shareLocked(account, b.kind, v)
		spared := !waits && share.Vanishing <= brakeSpare
		if !s.brake.allow && share.Account > 0 && !spared && 2*share.Vanishing > share.All {
			share.named = b.named
			over.Shares = append(over.Shares, share)
		}
	}
	if len(over.Shares) > 0 {
		s.brake.ruled[account] = ruling{held: over.counts()}
		return over
	}
	s.brake.ruled[account] = ruling{gone: v.gone}
	return nil
}

// shareLocked counts what would vanish of a kind, and tells whether the account waits
// with some of it already.
func (s *Store) shareLocked(account string, kind wire.Kind, v vanishing) (share Share, waits bool) {
	share.Kind = kind
	present := s.index.all(func(key string) bool {
		_, ref, ok := s.o.Keys.ParseDeclared(key)
		return ok && ref.Kind == kind && strings.HasPrefix(key, s.o.Keys.Declared())
	})
	gone := s.goneLocked(kind)
	for _, ref := range v.kept {
		delete(gone, s.o.Keys.Document(account, ref))
	}
	share.All = len(present)
	for key := range gone {
		if !present[key] {
			share.All++
		}
	}
	for _, ref := range v.gone {
		if ref.Kind == kind {
			share.Account++
			gone[s.o.Keys.Document(account, ref)] = true
		}
	}
	share.Vanishing = len(gone)
	for other, counts := range s.heldLocked() {
		if other != account {
			share.Vanishing += counts[kind]
		} else {
			waits = counts[kind] > 0
		}
	}
	return share, waits
}

// goneLocked are the keys of documents of a kind that have vanished within the window,
// or are about to.
func (s *Store) goneLocked(kind wire.Kind) map[string]bool {
	gone := map[string]bool{}
	s.operator.Each(s.o.Keys.Vanisheds(), func(key string, _ []byte, _ int64) {
		if account, ref, ok := s.o.Keys.ParseVanished(key); ok && ref.Kind == kind {
			gone[s.o.Keys.Document(account, ref)] = true
		}
	})
	for account, r := range s.brake.ruled {
		for _, ref := range r.gone {
			if ref.Kind == kind {
				gone[s.o.Keys.Document(account, ref)] = true
			}
		}
	}
	return gone
}

// heldLocked is how many wait, by account and kind. An account that is looked after no
// more waits for nothing.
func (s *Store) heldLocked() map[string]map[wire.Kind]int {
	held := map[string]map[wire.Kind]int{}
	s.operator.Each(s.o.Keys.Helds(), func(key string, value []byte, _ int64) {
		account := strings.TrimPrefix(key, s.o.Keys.Helds())
		if counts := countsOf(value); len(counts) > 0 && s.o.Mine(account) {
			held[account] = counts
		}
	})
	for account, r := range s.brake.ruled {
		delete(held, account)
		if len(r.held) > 0 {
			held[account] = r.held
		}
	}
	return held
}

// countsOf reads what was noted of an account that waits. Earlier versions, which
// counted help centers only, wrote their number alone.
func countsOf(value []byte) map[wire.Kind]int {
	var counts map[wire.Kind]int
	if n, err := strconv.Atoi(string(value)); err == nil {
		return map[wire.Kind]int{wire.HelpCenters: n}
	}
	if json.Unmarshal(value, &counts) != nil {
		return nil
	}
	return counts
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
