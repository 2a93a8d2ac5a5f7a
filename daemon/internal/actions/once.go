package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Once has an act done a single time however often a program asks for it. It is
// handed down in the context ([WithOnce]): whichever act runs in it records the key in
// the transaction by which it happens, so that neither is ever there without the
// other. It is for acts that commit one transaction; of others the first one counts.
// The zero Once records no key, and only tells what was made.
type Once struct {
	by     Actor
	id     string
	digest string
	made   *helpdesk.Made // nil until it is committed
}

// Made is what came of the act; nil if nothing had to be changed.
func (o *Once) Made() *helpdesk.Made { return o.made }

// Repeated is the error of an act that was done before under the same key.
type Repeated struct{ Made helpdesk.Made }

func (*Repeated) Error() string { return "this was done before under the same key" }

// ErrKeyReused is of a key that was used for something else.
var ErrKeyReused = errors.New("the key was used for something else")

// Once looks up a key that a program chose. It answers [Repeated] if the act was done,
// and marks the error with [ErrKeyReused] if the key was used for another one: body
// is all that the program asked for.
func (d *Desk) Once(ctx context.Context, by Actor, key string, body []byte) (*Once, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if len(key) > MaxNonce {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "an Idempotency-Key may have %d characters", MaxNonce)
	}
	who := "operator"
	switch {
	case by.Token != nil:
		who = string(by.Token.ID)
	case by.Agent != nil:
		who = string(by.Agent.ID)
	}
	o := &Once{by: by, id: who + "/" + sum([]byte(key)), digest: sum(body)}
	return o, d.repeated(ctx, o)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// repeated tells whether the act was done; nil if not.
func (d *Desk) repeated(ctx context.Context, o *Once) error {
	known, _, err := record[helpdesk.Once](ctx, d, o.by.Account, helpdesk.OnceRecord, o.id)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return nil
	case err != nil:
		return err
	case known.Digest != o.digest:
		return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "this Idempotency-Key was used for something else", Err: ErrKeyReused}
	}
	return &Repeated{Made: known.Made}
}

type onceKey struct{}

// WithOnce has the act that runs in the context done once.
func WithOnce(ctx context.Context, o *Once) context.Context {
	return context.WithValue(ctx, onceKey{}, o)
}

// onceStore records keys with what is committed.
type onceStore struct {
	Store
	desk *Desk
}

// Commit implements [Store].
func (s onceStore) Commit(ctx context.Context, c *helpdesk.Change) error {
	o, ok := ctx.Value(onceKey{}).(*Once)
	if !ok || o.made != nil {
		return s.Store.Commit(ctx, c)
	}
	made, with := c.Made(), *c
	if o.id != "" {
		with.Records = append(c.Records[:len(c.Records):len(c.Records)], helpdesk.Record{
			Kind: helpdesk.OnceRecord, ID: o.id, Value: helpdesk.Once{Digest: o.digest, Made: made, Until: s.desk.now().Add(helpdesk.OnceLifetime)},
		})
	}
	err := s.Store.Commit(ctx, &with)
	if err == nil {
		o.made = &made
	}
	if o.id != "" && helpdesk.KindOf(err) == helpdesk.Conflict {
		// Perhaps the same was asked for twice at once: then the other one did it, and
		// deciding anew would do it again.
		if repeated := s.desk.repeated(ctx, o); repeated != nil {
			return repeated
		}
	}
	return err
}
