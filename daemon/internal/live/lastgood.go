package live

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/wire"
)

// What is served when etcd does not have it, or not fit to be served.

// lastGood is what a document was when it was last fit to be served: here in this
// process, else everywhere, else here before; nil if it never was.
func (d *Declared) lastGood(ctx context.Context, a *account, ref wire.Ref) *object {
	if a.fresh[ref] {
		return a.good[ref]
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	resp, err := d.options.Client.Get(ctx, d.options.Keys.LastGoodDocument(a.name, ref))
	if err != nil {
		d.again = true
		return a.good[ref]
	}
	for _, kv := range resp.Kvs {
		if o, _, err := readObject(a.name, ref, kv.Value, d.options.Opener); err == nil {
			return o
		}
	}
	return a.good[ref]
}

// begin serves of an account that is not complete what it can, as mail for what is not
// served is refused for good: what was served before the process was started, else
// what there is once the rest has not come for a while.
func (d *Declared) begin(ctx context.Context, a *account, build map[string]bool) {
	switch {
	case !a.empty():
		d.restore(a, build)
	case a.listed == nil: // documents alone say nothing of what is declared
	case a.waits.IsZero():
		a.waits, d.again = time.Now(), true
	case time.Since(a.waits) < d.patience:
		d.again = true
	default:
		d.options.Log.WarnContext(ctx, "an account is not complete in the store: what is missing is left out, or served as it was", "account", a.name)
		d.adopt(ctx, a, build)
	}
}

// restore goes by what was served before the process was started.
func (d *Declared) restore(a *account, build map[string]bool) {
	if a.kept != nil {
		a.adopted, a.seen = a.kept.List, a.kept.Revision
		d.take(a, a.good, build)
	}
}

// linger serves an account on that etcd has not any more. An account that was deleted
// has a list that names nothing. One without a list may be unknown to the store, as that
// was lost, or restored from an older backup. Then the operator hears from here that it is served,
// and decides.
func (d *Declared) linger(ctx context.Context, a *account, build map[string]bool) {
	if a.lingers {
		return
	}
	if a.lingers = true; a.adopted == nil {
		a.adopted, a.seen, a.served = a.kept.List, a.kept.Revision, a.good
	}
	d.options.Log.WarnContext(ctx, "the store does not have an account that is served, which stays until the operator says what becomes of it", "account", a.name)
	d.take(a, a.served, build) // others come first from now on
}

// knows reports whether what is served may be begun with: all that is declared is,
// or it cannot be had. Without an operator that has ever been there, nobody has said
// yet what is declared; one that has not looked at all accounts yet, as after etcd was
// lost, has not said all, and is waited for a while.
func (d *Declared) knows(ctx context.Context) bool {
	for _, a := range d.accounts {
		if !a.waits.IsZero() {
			return false
		}
	}
	began, looked, err := d.operator(ctx)
	switch {
	case looked:
		return true
	case began || len(d.accounts) > 0:
		if d.begun.IsZero() {
			d.begun = time.Now()
		}
		if time.Since(d.begun) >= d.firstLook {
			d.options.Log.WarnContext(ctx, "the operator has not said yet that it has looked at all accounts: beginning with what there is", "key", d.options.Keys.Looked())
			return true
		}
	case err == nil && !d.asked:
		d.asked = true
		d.options.Log.WarnContext(ctx, "no operator has written to etcd yet: waiting for what is declared", "key", d.options.Keys.Epoch())
	}
	d.again = true
	return false
}

// operator tells whether one has ever begun, and whether one has looked at all accounts.
func (d *Declared) operator(ctx context.Context) (began, looked bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	keys := d.options.Keys
	resp, err := d.options.Client.Txn(ctx).Then(clientv3.OpGet(keys.Epoch(), clientv3.WithCountOnly()), clientv3.OpGet(keys.Looked(), clientv3.WithCountOnly())).Commit()
	if err != nil {
		return false, false, err
	}
	return resp.Responses[0].GetResponseRange().Count > 0, resp.Responses[1].GetResponseRange().Count > 0, nil
}

// fallBack serves what is on disk, if etcd has not answered yet.
func (d *Declared) fallBack(ctx context.Context) {
	if d.listed {
		return
	}
	build := map[string]bool{}
	for _, a := range d.accounts {
		if !a.empty() {
			d.restore(a, build)
		}
	}
	if len(build) == 0 {
		d.options.Log.WarnContext(ctx, "etcd does not answer, and there is no configuration on disk to begin with: waiting for etcd", "dir", d.options.Dir)
		return
	}
	d.options.Log.WarnContext(ctx, "etcd does not answer: beginning with the configuration that was served last", "dir", d.options.Dir, "accounts", len(build))
	d.publish(ctx, build)
	close(d.loaded)
}
