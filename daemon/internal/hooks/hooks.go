// Package hooks tells programs elsewhere what happened, as they asked for it.
//
// The store writes news in the transaction of what happened. One replica at a time
// makes posts of them, one for each hook that wants to know, in the transaction in
// which the news go: so each is told at least once, whatever stops in between. Posts
// follow the Standard Webhooks specification: signed, thin, and tried for three days.
package hooks

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outside"
)

// Store is what telling takes of the database.
type Store interface {
	Record(ctx context.Context, account string, kind helpdesk.RecordKind, id string, into any) (rev int64, err error)
	Records(ctx context.Context, account string, kind helpdesk.RecordKind, under, after string, limit int) (found []helpdesk.StoredRecord, next string, err error)
	Commit(ctx context.Context, c *helpdesk.Change) error
}

// Vault has the secrets of hooks, and the claim on telling.
type Vault interface {
	Sealed(ctx context.Context, name string) (value []byte, found bool, err error)
	Claim(ctx context.Context, name string, lifetime time.Duration) (bool, error)
	Hold(ctx context.Context, name string, lifetime time.Duration) error
	Release(ctx context.Context, name string) error
}

// Directory knows where help centers are.
type Directory interface {
	HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
	HelpCenters() []helpdesk.HelpCenter
}

// Options of a Teller. All but Networks must be set.
type Options struct {
	Store     Store
	Vault     Vault
	Directory Directory
	Accounts  func() []string
	// Stopped adds to the change that stops a hook what tells those who can start it again.
	Stopped  func(ctx context.Context, change *helpdesk.Change, h *helpdesk.Hook) error
	Networks []netip.Prefix // in which hooks may be though they are not public
	Log      *slog.Logger
	Now      func() time.Time
}

// Times and sizes of telling.
const (
	lookEvery   = time.Second      // for news and posts that are due
	claimed     = 30 * time.Second // how long a replica that died keeps others from telling
	renewEvery  = 10 * time.Second
	postTimeout = 15 * time.Second // programs should take a post first, and work on it then
	maxAnswer   = 4 << 10          // nothing in it is used
	maxHeader   = 16 << 10
	inFlight    = 4  // posts of one hook at once
	allInFlight = 32 // of all: each holds a connection
	newsPage    = 100
	// maxWaiting bounds the posts of one hook that wait, some 200 bytes each: a hook that
	// is further behind is stopped, so that nothing is lost unseen.
	maxWaiting = 20_000
	// inOrder is up to which try a post holds back later ones of its ticket: some minutes.
	inOrder = 4
)

// schedule is how long to wait after each try that failed.
var schedule = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
}

// pause after so many tries.
func pause(tries int) time.Duration { return schedule[min(max(tries, 1), len(schedule))-1] }

// claimName is the work that one replica does alone.
const claimName = "hooks"

// Teller tells. Make it with New.
type Teller struct {
	Options
	http *http.Client

	mu      sync.Mutex
	lines   map[string]*line // by account/hook
	flights sync.WaitGroup
	free    chan struct{}
}

// New makes a Teller.
func New(o Options) *Teller {
	return &Teller{
		Options: o, lines: map[string]*line{}, free: make(chan struct{}, allInFlight),
		http: outside.Client(outside.Options{Networks: o.Networks, Setting: "--hook-network", Timeout: postTimeout, Answer: maxAnswer, Header: maxHeader}),
	}
}

// Run tells until ctx ends, whenever no other replica does.
func (t *Teller) Run(ctx context.Context) {
	defer t.flights.Wait()
	var held time.Time // when the claim was last ours for sure
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			if !held.IsZero() {
				ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
				_ = t.Vault.Release(ended, claimName) // it lapses by itself
				cancel()
			}
			return
		case <-ticker.C:
		}
		now := time.Now() // of the lease, which no test moves
		if held.IsZero() || now.Sub(held) > claimed-5*time.Second {
			held = t.claim(ctx, now)
		} else if now.Sub(held) > renewEvery && t.Vault.Hold(ctx, claimName, claimed) == nil {
			held = now
		}
		if !held.IsZero() {
			t.Tick(ctx)
		}
	}
}

// claim begins to tell: zero if another one does.
func (t *Teller) claim(ctx context.Context, now time.Time) time.Time {
	ours, err := t.Vault.Claim(ctx, claimName, claimed)
	if err != nil || !ours {
		return time.Time{}
	}
	if err := t.Load(ctx); err != nil {
		t.Log.WarnContext(ctx, "posts to hooks not read", "error", err)
		_ = t.Vault.Release(ctx, claimName) // it lapses by itself
		return time.Time{}
	}
	return now
}

// Tick makes posts of news and sends what is due.
func (t *Teller) Tick(ctx context.Context) {
	for _, account := range t.Accounts() {
		if err := t.account(ctx, account); err != nil && ctx.Err() == nil {
			t.Log.WarnContext(ctx, "hooks not told", "account", account, "error", err)
		}
	}
}

func (t *Teller) account(ctx context.Context, account string) error {
	hooks, err := t.hooks(ctx, account)
	if err != nil {
		return err
	}
	for {
		more, err := t.fanOut(ctx, account, hooks)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	t.forget(account, hooks)
	for i := range hooks {
		t.send(ctx, account, &hooks[i])
	}
	return nil
}

// forget drops what hooks wait for that are gone.
func (t *Teller) forget(account string, hooks []helpdesk.Hook) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, l := range t.lines {
		id, ours := strings.CutPrefix(key, account+"/")
		if ours && l.flying == 0 && !slices.ContainsFunc(hooks, func(h helpdesk.Hook) bool { return string(h.ID) == id }) {
			delete(t.lines, key)
		}
	}
}

// hooks of an account.
func (t *Teller) hooks(ctx context.Context, account string) ([]helpdesk.Hook, error) {
	found, _, err := t.Store.Records(ctx, account, helpdesk.HookRecord, "", "", helpdesk.MaxHooks)
	var hooks []helpdesk.Hook
	for _, r := range found {
		var h helpdesk.Hook
		if err := json.Unmarshal(r.Raw, &h); err != nil {
			return nil, fmt.Errorf("read hook %s: %w", r.ID, err)
		}
		h.Rev = r.Rev
		hooks = append(hooks, h)
	}
	return hooks, err
}

// sign is the value of webhook-signature: by the newest secret, and for a while by the
// one before too.
func (t *Teller) sign(ctx context.Context, account string, h *helpdesk.Hook, id, timestamp string, body []byte) (string, error) {
	numbers := []int{h.Secret}
	if h.Secret > 1 && t.Now().Before(h.Both) {
		numbers = append(numbers, h.Secret-1)
	}
	var all []string
	for _, n := range numbers {
		secret, found, err := t.Vault.Sealed(ctx, h.SecretName(account, n))
		if err != nil {
			return "", err
		}
		if found {
			all = append(all, Signature(secret, id, timestamp, body))
		}
	}
	if len(all) == 0 {
		return "", fmt.Errorf("hook %s has no secret", h.ID)
	}
	return strings.Join(all, " "), nil
}

// Signature signs a post with a secret, as Standard Webhooks says.
func Signature(secret []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
