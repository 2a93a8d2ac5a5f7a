package controller

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// digest is the identity of a status.
type digest [sha256.Size]byte

func digestOf(says map[string]any) (digest, error) {
	raw, err := json.Marshal(says)
	return sha256.Sum256(raw), err
}

// written knows which status was written last of each object, by this process: what
// the watch tells of that is no news. That of any other status is.
type written struct {
	mu      sync.Mutex
	digests map[account]map[types.UID]digest
}

// add is called before the status is written, as the watch may be quicker.
func (w *written) add(a account, uid types.UID, d digest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.digests == nil {
		w.digests = map[account]map[types.UID]digest{}
	}
	if w.digests[a] == nil {
		w.digests[a] = map[types.UID]digest{}
	}
	w.digests[a][uid] = d
}

func (w *written) is(a account, uid types.UID, d digest) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.digests[a][uid]
	return ok && last == d
}

// keep forgets objects of an account that are not listed.
func (w *written) keep(a account, listed map[types.UID]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for uid := range w.digests[a] {
		if !listed[uid] {
			delete(w.digests[a], uid)
		}
	}
}

func (w *written) forget(a account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.digests, a)
}

// drift has an account looked at when somebody else has changed a status in it. It
// waits a moment, so that two who fight for a status do not fight without a pause.
func (c *Controller) drift() handler.TypedEventHandler[client.Object, account] {
	return handler.TypedFuncs[client.Object, account]{
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[account]) {
			if c.leads() && c.drifted(e) { // who stands by sees what the leader writes
				c.log.Info("somebody else has changed a status", "account", e.ObjectNew.GetNamespace(), "object", e.ObjectNew.GetName())
				queue.AddAfter(account(e.ObjectNew.GetNamespace()), jitter(again))
			}
		},
	}
}

// drifted tells updates that change the status to another one than was written.
func (c *Controller) drifted(e event.UpdateEvent) bool {
	before, now := statusOf(e.ObjectOld), statusOf(e.ObjectNew)
	if reflect.DeepEqual(before, now) {
		return false
	}
	says, err := plain(now)
	if err != nil {
		return true
	}
	d, err := digestOf(says)
	return err != nil || !c.written.is(account(e.ObjectNew.GetNamespace()), e.ObjectNew.GetUID(), d)
}

// statusOf is the status of an object that is declared.
func statusOf(o client.Object) any {
	switch o := o.(type) {
	case *v1alpha1.HelpCenter:
		return &o.Status
	case *v1alpha1.TicketForm:
		return &o.Status
	case *v1alpha1.Mailbox:
		return &o.Status
	default:
		return nil
	}
}
