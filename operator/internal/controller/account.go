package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/operator/internal/store"
)

// again is when to look again after somebody else has changed what was looked at:
// by then the caches have it.
const again = 500 * time.Millisecond

// Reconcile looks at an account once: what is declared, what follows, what lies in
// etcd, how far the daemon is, and what objects say of that.
//
// What is wrong with an object is in its status and ends a pass well. Errors are
// those of the API server and of etcd, and pass.
func (c *Controller) Reconcile(ctx context.Context, a account) (reconcile.Result, error) {
	if !c.mine(a) {
		return reconcile.Result{}, nil
	}
	if err := c.leading(ctx); err != nil {
		return reconcile.Result{}, err
	}
	s, p, next, err := c.snapshot(ctx, a)
	if err != nil {
		return reconcile.Result{}, err
	}
	if declaresNothing(s) {
		if !slices.Contains(c.store.Accounts(), string(a)) && !c.store.Serves(string(a)) {
			c.forget(a)
			c.first.add(a)
			return reconcile.Result{}, nil
		}
		if err := c.gone(ctx, a); err != nil {
			return reconcile.Result{}, err
		}
	}
	p.Decide()
	serving := plan.Serving{}
	if err := c.write(ctx, a, s, p, &serving); errors.Is(err, store.ErrChanged) {
		return reconcile.Result{RequeueAfter: jitter(again)}, nil
	} else if err != nil {
		return reconcile.Result{}, err
	}
	after, err := c.report(ctx, a, s, p, serving)
	if serving.Unwritten == nil {
		c.first.add(a)
	}
	return reconcile.Result{RequeueAfter: soonest(next, after)}, errors.Join(serving.Unwritten, err)
}

// write brings what was planned to etcd. Its error means that there is nothing to
// report; what there is to report is set in serving.
func (c *Controller) write(ctx context.Context, a account, s *plan.Snapshot, p *plan.Plan, serving *plan.Serving) error {
	err := c.store.Write(ctx, string(a), p.Desired, c.secrets.reveal(a))
	held, isHeld := errors.AsType[*store.HeldError](err)
	switch {
	case errors.Is(err, ErrFenced):
		c.fence(err)
		return reconcile.TerminalError(err)
	case errors.Is(err, store.ErrChanged), errors.Is(err, errSecretMoved):
		return err
	case isHeld: // all else of the account was written
		c.log.Warn("deletions are held back", "account", string(a), "err", held)
		serving.Held = true
		c.tellHeld(s, held)
	case err != nil:
		serving.Unwritten = fmt.Errorf("write to etcd: %w", err)
		return nil
	}
	if p.Desired.Account != nil && hashOf(s.Stored.Account) != hashOf(p.Desired.Account) {
		c.metrics.wrote(a)
	}
	c.release(ctx, s, p)
	return nil
}

// release has those looked at who have waited for a host or an address that the
// account has given back.
func (c *Controller) release(ctx context.Context, s *plan.Snapshot, p *plan.Plan) {
	for host, claim := range s.Stored.Hosts {
		if _, kept := p.Desired.Hosts[host]; !kept && claim.Namespace == s.Account {
			c.inbox.add(c.claimants(ctx, byHost, host)...)
		}
	}
	for address, claim := range s.Stored.Addresses {
		if _, kept := p.Desired.Addresses[address]; !kept && claim.Namespace == s.Account {
			c.inbox.add(c.claimants(ctx, byAddress, address)...)
		}
	}
}

// report tells objects what has become of them, and keeps as the last good ones
// what every replica has loaded. after is when to look again, 0 for never.
func (c *Controller) report(ctx context.Context, a account, s *plan.Snapshot, p *plan.Plan, serving plan.Serving) (after time.Duration, err error) {
	serving.Now = time.Now()
	serving.Replicas = c.store.Replicas(string(a))
	serving.Silent = c.silent(serving.Replicas)
	statuses := p.Statuses(serving)
	if serving.Unwritten == nil && !serving.Held {
		c.metrics.acknowledged(a, hashOf(p.Desired.Account), serving.Replicas)
	}
	changes, err := changesOf(s, statuses)
	if err != nil {
		return 0, err
	}
	c.metrics.count(a, changes)
	after, err = c.apply(ctx, a, changes, statuses.Settling)
	if len(statuses.Promote) > 0 && serving.Unwritten == nil {
		err = errors.Join(err, c.promote(ctx, a, statuses.Promote))
	}
	if statuses.Next > 0 {
		after = soonest(after, jitter(statuses.Next))
	}
	return after, err
}

func (c *Controller) promote(ctx context.Context, a account, refs []wire.Ref) error {
	err := c.store.Promote(ctx, string(a), refs)
	switch {
	case errors.Is(err, ErrFenced):
		c.fence(err)
		return reconcile.TerminalError(err)
	case errors.Is(err, store.ErrChanged): // whoever changed it is told of, and looked at then
		return nil
	case err != nil:
		return fmt.Errorf("keep what is loaded as the last good: %w", err)
	default:
		return nil
	}
}

// forget drops what is known of an account that is gone.
func (c *Controller) forget(a account) {
	c.secrets.forget(a)
	c.metrics.forget(a)
	c.waiting.forget(a)
	c.overwritten.forget(a)
	c.written.forget(a)
	c.troubled.forget(a)
}

func hashOf(a *wire.Account) string {
	if a == nil {
		return ""
	}
	return a.Hash
}

// soonest is the earlier of two times to wait, of which 0 means never.
func soonest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
