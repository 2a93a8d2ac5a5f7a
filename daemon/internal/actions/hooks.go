package actions

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Vault keeps secrets of hooks sealed.
type Vault interface {
	Seal(ctx context.Context, name string, value []byte, lifetime time.Duration) error
	Unseal(ctx context.Context, name string) error
}

// secretPrefix is how secrets of Standard Webhooks begin.
const secretPrefix = "whsec_"

// NewHook is a hook to be, or what one becomes.
type NewHook struct {
	Name   string
	URL    string
	Events []helpdesk.EventType
	On     bool // of a known one: false stops it
}

func (in *NewHook) check() error {
	in.Name, in.URL = strings.Join(strings.Fields(in.Name), " "), strings.TrimSpace(in.URL)
	switch {
	case in.Name == "":
		return helpdesk.Errorf(helpdesk.Invalid, "give the hook a name that says who is told")
	case len(in.Name) > helpdesk.MaxHookName:
		return helpdesk.Errorf(helpdesk.Invalid, "the name of a hook may have %d characters", helpdesk.MaxHookName)
	case len(in.Events) == 0:
		return helpdesk.Errorf(helpdesk.Invalid, "choose what the hook is told")
	}
	var events []helpdesk.EventType
	for _, e := range helpdesk.EventTypes {
		if slices.Contains(in.Events, e) {
			events = append(events, e)
		}
	}
	for _, e := range in.Events {
		if !slices.Contains(helpdesk.EventTypes, e) {
			return helpdesk.Errorf(helpdesk.Invalid, "there is no event %q", e)
		}
	}
	in.Events = events
	return helpdesk.CheckHookURL(in.URL)
}

// mayTell is asked by everything about hooks: they are told of all requests, and their
// posts name them.
func (a Actor) mayTell() error {
	if err := a.may(helpdesk.ManageAccess); err != nil {
		return err
	}
	if !a.seesAll() {
		return helpdesk.Errorf(helpdesk.Forbidden, "you don't see all requests, so you can't have programs told of them")
	}
	return nil
}

// MayTell reports whether pages need offer hooks.
func (a Actor) MayTell() bool { return a.mayTell() == nil }

// Hooks of the account, by name.
func (d *Desk) Hooks(ctx context.Context, by Actor) ([]helpdesk.Hook, error) {
	if err := by.mayTell(); err != nil {
		return nil, err
	}
	all, err := stored[helpdesk.Hook](ctx, d, by.Account, helpdesk.HookRecord, "")
	var hooks []helpdesk.Hook
	for _, r := range all {
		r.Value.Rev = r.Rev
		hooks = append(hooks, r.Value)
	}
	slices.SortFunc(hooks, func(a, b helpdesk.Hook) int { return strings.Compare(a.Name, b.Name) })
	return hooks, err
}

// Hook reads one.
func (d *Desk) Hook(ctx context.Context, by Actor, id helpdesk.ID) (*helpdesk.Hook, error) {
	if err := by.mayTell(); err != nil {
		return nil, err
	}
	h, rev, err := record[helpdesk.Hook](ctx, d, by.Account, helpdesk.HookRecord, string(id))
	if err != nil {
		return nil, err
	}
	h.Rev = rev
	return h, nil
}

// AddHook makes a hook and returns its secret, which nobody can read again.
func (d *Desk) AddHook(ctx context.Context, by Actor, in NewHook) (*helpdesk.Hook, string, error) {
	hooks, err := d.Hooks(ctx, by)
	if err != nil {
		return nil, "", err
	}
	if err := in.check(); err != nil {
		return nil, "", err
	}
	if len(hooks) >= helpdesk.MaxHooks {
		return nil, "", helpdesk.Errorf(helpdesk.Invalid, "there are %d hooks already", len(hooks))
	}
	h := &helpdesk.Hook{ID: helpdesk.NewID(), Name: in.Name, URL: in.URL, Events: in.Events, By: by.author().ID, Created: d.now().UTC(), Secret: 1}
	secret, err := d.sealSecret(ctx, by.Account, h)
	if err != nil {
		return nil, "", err
	}
	err = d.putHook(ctx, by, h, "hook.add")
	if err != nil {
		_ = d.vault.Unseal(ctx, h.SecretName(by.Account, 1)) // of a hook that is not there it does no harm
		return nil, "", fmt.Errorf("add hook: %w", err)
	}
	return h, secret, nil
}

// sealSecret makes the secret that the hook counts to.
func (d *Desk) sealSecret(ctx context.Context, account string, h *helpdesk.Hook) (string, error) {
	if d.vault == nil {
		return "", helpdesk.Errorf(helpdesk.Unavailable, "there are no hooks here")
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	if err := d.vault.Seal(ctx, h.SecretName(account, h.Secret), raw, 0); err != nil {
		return "", fmt.Errorf("seal secret of a hook: %w", err)
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(raw), nil
}

func (d *Desk) putHook(ctx context.Context, by Actor, h *helpdesk.Hook, act string, details ...string) error {
	return d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.HookRecord, ID: string(h.ID), Value: h, Rev: h.Rev}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, act, "hook/"+string(h.ID), details...)},
	})
}

// SetHook changes a hook, or starts it anew after it was stopped. rev is that at which
// it was read: Conflict says that it was changed since.
func (d *Desk) SetHook(ctx context.Context, by Actor, id helpdesk.ID, rev int64, in NewHook) (*helpdesk.Hook, error) {
	h, err := d.Hook(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if rev != 0 && h.Rev != rev {
		return nil, helpdesk.Errorf(helpdesk.Conflict, "somebody else changed this first")
	}
	act := "hook.change"
	switch {
	case in.On && !h.Disabled.IsZero():
		h.Disabled, h.Why, h.Failing, act = time.Time{}, "", time.Time{}, "hook.start"
	case !in.On && h.Disabled.IsZero():
		h.Disabled, h.Why, act = d.now().UTC(), "", "hook.stop"
	}
	h.Name, h.URL, h.Events = in.Name, in.URL, in.Events
	if err := d.putHook(ctx, by, h, act); err != nil {
		return nil, err
	}
	return d.Hook(ctx, by, id)
}

// RollHook gives a hook another secret; for a day the one before counts too.
func (d *Desk) RollHook(ctx context.Context, by Actor, id helpdesk.ID) (string, error) {
	h, err := d.Hook(ctx, by, id)
	if err != nil {
		return "", err
	}
	h.Secret++
	h.Both = d.now().UTC().Add(helpdesk.BothSecrets)
	// In this order: of two who do it at once, only one has a secret made, and is told
	// the one that is used. Until it is there the one before is.
	if err := d.putHook(ctx, by, h, "hook.secret"); err != nil {
		return "", fmt.Errorf("change secret of a hook: %w", err)
	}
	return d.sealSecret(ctx, by.Account, h)
}

// RemoveHook ends a hook with all that waits for it.
func (d *Desk) RemoveHook(ctx context.Context, by Actor, id helpdesk.ID) error {
	h, err := d.Hook(ctx, by, id)
	if err != nil {
		return err
	}
	err = d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.HookRecord, ID: string(id), Rev: h.Rev, Gone: true}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, "hook.remove", "hook/"+string(id))},
	})
	if err != nil || d.vault == nil {
		return err
	}
	for n := max(1, h.Secret-1); n <= h.Secret; n++ {
		if err := d.vault.Unseal(ctx, h.SecretName(by.Account, n)); err != nil {
			d.log.WarnContext(ctx, "secret of a hook not removed", "hook", id, "error", err)
		}
	}
	return nil
}

// MostPosts is how many posts one page lists.
const MostPosts = 60

// postSpan is the first span of time that is looked through for a page of posts; each
// further one is postGrowth times as long. A hook has up to 20,000 that wait, so a page
// must not read them all.
const (
	postSpan   = 10 * time.Minute
	postGrowth = 4
)

// Posts of a hook, newest first, from before one of them ("" from the newest).
func (d *Desk) Posts(ctx context.Context, by Actor, hook, before helpdesk.ID) ([]helpdesk.Post, error) {
	if _, err := d.Hook(ctx, by, hook); err != nil {
		return nil, err
	}
	newest := d.now()
	if before != "" {
		at, err := before.Time()
		if err != nil {
			return nil, err
		}
		newest = at
	}
	var posts []helpdesk.Post
	for span := postSpan; ; span *= postGrowth {
		from, last := string(helpdesk.FirstTimedID(newest.Add(-span))), span > helpdesk.PostLifetime
		if last {
			from = "" // what waits longer than it should is listed too
		}
		found, err := d.store.NewestRecords(ctx, by.Account, helpdesk.PostRecord, string(hook)+"/", from, string(before), MostPosts-len(posts))
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			p := helpdesk.Post{}
			if err := json.Unmarshal(r.Raw, &p); err != nil {
				return nil, fmt.Errorf("read post %s: %w", r.ID, err)
			}
			p.Rev = r.Rev
			posts = append(posts, p)
		}
		if last || len(posts) == MostPosts {
			return posts, nil
		}
		before = helpdesk.ID(from) // all that is newer was read
	}
}

// Redeliver has a post sent again that was taken or given up.
func (d *Desk) Redeliver(ctx context.Context, by Actor, hook, post helpdesk.ID) error {
	if _, err := d.Hook(ctx, by, hook); err != nil {
		return err
	}
	p, _, err := record[helpdesk.Post](ctx, d, by.Account, helpdesk.PostRecord, string(hook)+"/"+string(post))
	if err != nil {
		return err
	}
	if p.State == helpdesk.PostWaits {
		return helpdesk.Errorf(helpdesk.Invalid, "this post waits already")
	}
	return d.orderPost(ctx, by, helpdesk.News{Hook: hook, Again: post})
}

// Ping has a hook told that somebody tries it, once, even while it is stopped.
func (d *Desk) Ping(ctx context.Context, by Actor, hook helpdesk.ID) error {
	if _, err := d.Hook(ctx, by, hook); err != nil {
		return err
	}
	return d.orderPost(ctx, by, helpdesk.News{Hook: hook})
}

func (d *Desk) orderPost(ctx context.Context, by Actor, n helpdesk.News) error {
	now := d.now().UTC()
	n.At, n.Until = now, now.Add(helpdesk.NewsLifetime)
	return d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account, Records: []helpdesk.Record{{Kind: helpdesk.NewsRecord, ID: string(helpdesk.NewTimedID(now)), Value: n}},
	})
}
