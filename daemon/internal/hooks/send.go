package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// line is what one hook waits for.
type line struct {
	waiting []*waiting // in the order in which they came
	flying  int
	bad     int       // failures in a row
	resume  time.Time // while nothing is taken: when one is tried again
}

// waiting is a post that is to be sent.
type waiting struct {
	key    string
	number int64
	tries  int
	next   time.Time
	flying bool
}

// Load reads what waits, for who begins to tell.
func (t *Teller) Load(ctx context.Context) error {
	t.mu.Lock()
	t.lines = map[string]*line{}
	t.mu.Unlock()
	for _, account := range t.Accounts() {
		for after := ""; ; {
			found, next, err := t.Store.Records(ctx, account, helpdesk.PostRecord, "", after, 500)
			if err != nil {
				return err
			}
			for _, r := range found {
				var p helpdesk.Post
				if err := json.Unmarshal(r.Raw, &p); err != nil {
					return fmt.Errorf("read post %s: %w", r.ID, err)
				}
				if p.State == helpdesk.PostWaits {
					t.enqueue(account, &p)
				}
			}
			if next == "" {
				break
			}
			after = next
		}
	}
	return nil
}

func (t *Teller) enqueue(account string, p *helpdesk.Post) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.line(account, p.Hook)
	if !slices.ContainsFunc(l.waiting, func(w *waiting) bool { return w.key == p.Key() }) {
		l.waiting = append(l.waiting, &waiting{key: p.Key(), number: p.Number, tries: p.Tries, next: p.Next})
	}
}

// line of a hook; t.mu is held.
func (t *Teller) line(account string, hook helpdesk.ID) *line {
	key := account + "/" + string(hook)
	l, ok := t.lines[key]
	if !ok {
		l = &line{}
		t.lines[key] = l
	}
	return l
}

// badInARow is after how many failures a hook is asked one at a time.
const badInARow = 5

// send begins attempts for what is due.
func (t *Teller) send(ctx context.Context, account string, h *helpdesk.Hook) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.line(account, h.ID)
	if len(l.waiting) > maxWaiting && h.Disabled.IsZero() {
		t.flights.Go(func() { t.stop(ctx, account, h.ID, fmt.Sprintf("more than %d posts wait", maxWaiting)) })
		return
	}
	now, held := t.Now(), map[int64]bool{}
	for _, w := range l.waiting {
		blocked := w.number != 0 && held[w.number]
		if w.number != 0 && (w.flying || w.tries < inOrder) {
			held[w.number] = true
		}
		switch {
		case w.flying || blocked || now.Before(w.next):
			continue
		case l.flying >= inFlight, l.bad >= badInARow && (l.flying > 0 || now.Before(l.resume)):
			return
		}
		select {
		case t.free <- struct{}{}:
		default:
			return
		}
		w.flying = true
		l.flying++
		hook := *h
		t.flights.Go(func() {
			defer func() { <-t.free }()
			t.attempt(ctx, account, &hook, l, w)
		})
	}
}

// attempt sends one post and records what came of it.
func (t *Teller) attempt(ctx context.Context, account string, h *helpdesk.Hook, l *line, w *waiting) {
	var p helpdesk.Post
	rev, err := t.Store.Record(ctx, account, helpdesk.PostRecord, w.key, &p)
	if err == nil {
		p.Rev = rev
		err = t.try(ctx, account, h, &p)
	}
	taken := err == nil && p.State == helpdesk.PostTaken
	if err == nil && p.Last != nil {
		err = t.judged(ctx, account, h, &p, taken)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	l.flying--
	w.flying, w.tries, w.next = false, p.Tries, p.Next
	gone := helpdesk.KindOf(err) == helpdesk.NotFound
	if err != nil && !gone {
		if ctx.Err() == nil {
			t.Log.WarnContext(ctx, "post to hook not settled", "account", account, "hook", h.ID, "error", err)
		}
		w.next = t.Now().Add(pause(1))
		return
	}
	if l.bad++; taken {
		l.bad = 0
	}
	l.resume = t.Now().Add(pause(l.bad - badInARow))
	if gone || p.State != helpdesk.PostWaits {
		l.waiting = slices.DeleteFunc(l.waiting, func(x *waiting) bool { return x == w })
	}
}

// try posts once and fills in the outcome.
func (t *Teller) try(ctx context.Context, account string, h *helpdesk.Hook, p *helpdesk.Post) error {
	if p.State != helpdesk.PostWaits {
		return nil
	}
	now := t.Now().UTC()
	if !h.Disabled.IsZero() && p.Type != helpdesk.PingEvent {
		p.State, p.Last = helpdesk.PostGiven, &helpdesk.PostAnswer{At: now, Words: "the hook is stopped"}
		return nil
	}
	id, timestamp := "msg_"+string(p.ID), unix(now)
	signature, err := t.sign(ctx, account, h, id, timestamp, p.Body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(p.Body))
	if err != nil {
		return helpdesk.Wrap(helpdesk.Invalid, err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Postern", "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature,
	} {
		r.Header.Set(name, value)
	}
	began := time.Now()
	resp, err := t.http.Do(r)
	if ctx.Err() != nil {
		return ctx.Err() // we stop; nothing is known of the other side
	}
	p.Tries++
	p.Last = &helpdesk.PostAnswer{At: now, Millis: time.Since(began).Milliseconds()}
	if err != nil {
		p.Last.Words = words(err)
	} else {
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be used again
		_ = resp.Body.Close()
		p.Last.Status = resp.StatusCode
	}
	switch {
	case p.Last.Status >= 200 && p.Last.Status < 300:
		p.State, p.Next = helpdesk.PostTaken, time.Time{}
	case p.Type == helpdesk.PingEvent, now.Sub(p.Since) >= helpdesk.HookPatience:
		p.State, p.Next = helpdesk.PostGiven, time.Time{}
	default:
		p.Next = now.Add(pause(p.Tries))
	}
	return nil
}

// words are why nothing came, without the address, which may hold a secret.
func words(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		if wrapped.Timeout() {
			return fmt.Sprintf("no answer within %s", postTimeout)
		}
		err = wrapped.Err
	}
	const most = 200
	text := strings.ToValidUTF8(err.Error(), "?")
	return text[:min(len(text), most)]
}

// judged records an attempt, and what it says of the hook.
func (t *Teller) judged(ctx context.Context, account string, h *helpdesk.Hook, p *helpdesk.Post, taken bool) error {
	change := &helpdesk.Change{Account: account, Records: []helpdesk.Record{{Kind: helpdesk.PostRecord, ID: p.Key(), Value: p, Rev: p.Rev}}}
	if err := t.Store.Commit(ctx, change); err != nil {
		if helpdesk.KindOf(err) == helpdesk.Conflict { // the hook was removed meanwhile
			return helpdesk.Wrap(helpdesk.NotFound, err)
		}
		return err
	}
	now := t.Now().UTC()
	switch {
	case !h.Disabled.IsZero() || p.Type == helpdesk.PingEvent:
		return nil
	case taken && h.Failing.IsZero(), !taken && !h.Failing.IsZero() && now.Sub(h.Failing) < helpdesk.HookPatience && p.Last.Status != http.StatusGone:
		return nil
	case !taken && p.Last.Status == http.StatusGone: // RFC 9110 section 15.5.11: likely for good
		t.stop(ctx, account, h.ID, "it answered 410: it is gone")
		return nil
	case !taken && !h.Failing.IsZero():
		t.stop(ctx, account, h.ID, "it has taken nothing for three days")
		return nil
	}
	return t.hook(ctx, account, h.ID, func(h *helpdesk.Hook, _ *helpdesk.Change) error {
		if h.Failing = now; taken {
			h.Failing = time.Time{}
		}
		return nil
	})
}

// errStopped says that a hook is told nothing any more already.
var errStopped = errors.New("the hook is stopped")

// stop tells a hook no more, until somebody starts it again. Who can do that is mailed,
// in the same transaction, so that each stop is told once.
func (t *Teller) stop(ctx context.Context, account string, id helpdesk.ID, why string) {
	err := t.hook(ctx, account, id, func(h *helpdesk.Hook, change *helpdesk.Change) error {
		if !h.Disabled.IsZero() {
			return errStopped
		}
		h.Disabled, h.Why = t.Now().UTC(), why
		change.Audit = append(change.Audit, helpdesk.AuditRecord{At: h.Disabled, By: helpdesk.AuditBy{System: true}, Act: "hook.stop", Subject: "hook/" + string(id)})
		return t.Stopped(ctx, change, h)
	})
	switch {
	case errors.Is(err, errStopped):
	case err == nil:
		t.Log.WarnContext(ctx, "hook stopped", "account", account, "hook", id, "why", why)
	case ctx.Err() == nil:
		t.Log.WarnContext(ctx, "hook not stopped", "account", account, "hook", id, "error", err)
	}
}

// hook changes a hook as it is now.
func (t *Teller) hook(ctx context.Context, account string, id helpdesk.ID, how func(*helpdesk.Hook, *helpdesk.Change) error) error {
	err := helpdesk.Retry(ctx, func(int) error {
		var h helpdesk.Hook
		rev, err := t.Store.Record(ctx, account, helpdesk.HookRecord, string(id), &h)
		if err != nil {
			return err
		}
		change := &helpdesk.Change{Account: account}
		if err := how(&h, change); err != nil {
			return err
		}
		change.Records = append(change.Records, helpdesk.Record{Kind: helpdesk.HookRecord, ID: string(id), Value: h, Rev: rev})
		return t.Store.Commit(ctx, change)
	})
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil
	}
	return err
}
