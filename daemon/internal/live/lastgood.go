package live

import (
	"context"
	"strconv"

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

// restore goes by what was served before the process was started.
func (d *Declared) restore(a *account, build map[string]bool) {
	if a.kept != nil {
		a.adopted, a.seen = a.kept.List, a.kept.Revision
		d.take(a, a.good, build)
	}
}

// fallBack serves what is on disk, if etcd has not answered yet.
func (d *Declared) fallBack(ctx context.Context) {
	if d.listed {
		return
	}
	build := map[string]bool{}
	for _, a := range d.accounts {
		d.restore(a, build)
	}
	if len(build) == 0 {
		d.options.Log.WarnContext(ctx, "etcd does not answer, and there is no configuration on disk to begin with: waiting for etcd", "dir", d.options.Dir)
		return
	}
	d.options.Log.WarnContext(ctx, "etcd does not answer: beginning with the configuration that was served last", "dir", d.options.Dir, "accounts", len(build))
	d.publish(ctx, build)
}

// mayForget says whether an account that etcd has no more was deleted. A store that
// was restored from an older backup, or that was lost, does not have it either: then
// it stays until the operator has written again, as mail for it would be refused for
// good.
func (d *Declared) mayForget(ctx context.Context, a *account) bool {
	list, seen := a.adopted, a.seen
	if list == nil && a.kept != nil {
		list, seen = a.kept.List, a.kept.Revision
	}
	if list == nil {
		return true
	}
	epoch, err := d.epoch(ctx)
	if err == nil && (epoch > list.Epoch || epoch == list.Epoch && d.revision >= seen) {
		return true
	}
	d.again = true
	if err == nil {
		d.options.Log.WarnContext(ctx, "the store is older than what is served of an account, which stays until the operator has written again", "account", a.name)
	}
	return false
}

// epoch is the number of the operator that may write; 0 if there was none ever.
func (d *Declared) epoch(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	resp, err := d.options.Client.Get(ctx, d.options.Keys.Epoch())
	if err != nil || len(resp.Kvs) == 0 {
		return 0, err
	}
	return strconv.ParseInt(string(resp.Kvs[0].Value), 10, 64)
}
