package controller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// ReconcileAt is the annotation whose change has an object, and the Secrets that
// it refers to, looked at again at once.
const ReconcileAt = "postern.dev/reconcile-at"

const (
	// workers is how many accounts are looked at at once. Each waits for the API
	// server and etcd most of the time.
	workers = 8
	// A pass that failed is tried again after retryFirst, twice that, and so on up
	// to retryMost: etcd that is back after an hour is not waited for for another.
	retryFirst = 50 * time.Millisecond
	retryMost  = 30 * time.Second
	// passTimeout ends a pass that hangs on somebody else.
	passTimeout = 30 * time.Second
	// gather is how long what comes from etcd is gathered: several replicas
	// acknowledge the same within milliseconds.
	gather = 20 * time.Millisecond
)

// The names of the indexes over all accounts: who claims a host, an address.
const (
	byHost    = "claimed.host"
	byAddress = "claimed.address"
)

// index makes the cache know who claims what, and starts to fill it.
func (c *Controller) index(ctx context.Context, mgr manager.Manager) error {
	err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.HelpCenter{}, byHost, func(o client.Object) []string {
		return []string{config.HostKey(o.(*v1alpha1.HelpCenter).Spec.Host)}
	})
	if err == nil {
		err = mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.Mailbox{}, byAddress, func(o client.Object) []string {
			return []string{config.AddressKey(o.(*v1alpha1.Mailbox).Spec.Address)}
		})
	}
	if err == nil {
		_, err = mgr.GetCache().GetInformer(ctx, &v1alpha1.TicketForm{}, cache.BlockUntilSynced(false))
	}
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("the API server does not know the kinds of postern.dev; install the CRDs of this version: %w", err)
	}
	return err
}

// watch has accounts looked at when something has changed for them.
func (c *Controller) watch(mgr manager.Manager) error {
	declared := builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: asked}))
	b := builder.TypedControllerManagedBy[account](mgr).Named("account").
		WithLogConstructor(c.logOf).
		WithOptions(controller.TypedOptions[account]{
			MaxConcurrentReconciles: workers, ReconciliationTimeout: passTimeout, EnableWarmup: new(true),
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[account](retryFirst, retryMost),
		}).
		Watches(&v1alpha1.HelpCenter{}, handler.TypedEnqueueRequestsFromMapFunc(c.ofHelpCenter), declared).
		Watches(&v1alpha1.TicketForm{}, handler.TypedEnqueueRequestsFromMapFunc(c.ofForm), declared).
		Watches(&v1alpha1.Mailbox{}, handler.TypedEnqueueRequestsFromMapFunc(c.ofMailbox), declared).
		Watches(&v1alpha1.HelpCenter{}, c.drift()).
		Watches(&v1alpha1.TicketForm{}, c.drift()).
		Watches(&v1alpha1.Mailbox{}, c.drift()).
		WatchesRawSource(source.TypedFunc[account](c.inbox.start))
	if c.options.DaemonService.Name != "" {
		b = b.Watches(&discoveryv1.EndpointSlice{}, handler.TypedEnqueueRequestsFromMapFunc(c.ofEndpoints))
	}
	return b.Complete(c)
}

// asked tells updates that count though the generation is the same: somebody asks
// for a look, or the object is another one of the same name.
func asked(e event.UpdateEvent) bool {
	return e.ObjectOld.GetAnnotations()[ReconcileAt] != e.ObjectNew.GetAnnotations()[ReconcileAt] ||
		e.ObjectOld.GetUID() != e.ObjectNew.GetUID()
}

// ofHelpCenter names whom a help center concerns, as it is and as it was: its
// account, and all who claim the same host. The Secrets that it refers to are read
// again, and no others: who applies many objects has not each read those of all.
func (c *Controller) ofHelpCenter(ctx context.Context, o client.Object) []account {
	spec, own := &o.(*v1alpha1.HelpCenter).Spec, account(o.GetNamespace())
	c.secrets.expire(own, secretNames(spec.SecretRefs())...)
	return append(c.claimants(ctx, byHost, config.HostKey(spec.Host)), own)
}

func (c *Controller) ofMailbox(ctx context.Context, o client.Object) []account {
	spec, own := &o.(*v1alpha1.Mailbox).Spec, account(o.GetNamespace())
	c.secrets.expire(own, secretNames(spec.SecretRefs())...)
	return append(c.claimants(ctx, byAddress, config.AddressKey(spec.Address)), own)
}

func secretNames(refs []config.SecretReference) []string {
	var names []string
	for _, ref := range refs {
		names = append(names, ref.Name)
	}
	return names
}

func (c *Controller) ofForm(_ context.Context, o client.Object) []account {
	return []account{account(o.GetNamespace())}
}

// claimants are the accounts that claim a host or an address.
func (c *Controller) claimants(ctx context.Context, index, name string) []account {
	var list client.ObjectList = &v1alpha1.HelpCenterList{}
	if index == byAddress {
		list = &v1alpha1.MailboxList{}
	}
	if err := c.cache.List(ctx, list, client.MatchingFields{index: name}); err != nil {
		if !errors.Is(err, context.Canceled) {
			c.log.Error("cannot look up who claims a name", "index", index, "err", err)
		}
		return nil
	}
	var accounts []account
	_ = meta.EachListItem(list, func(o runtime.Object) error { // fails only if the function does
		accounts = append(accounts, account(o.(client.Object).GetNamespace()))
		return nil
	})
	return accounts
}

// inbox takes accounts in from outside of the API server. It never blocks who
// puts something in; an account that is in it already is in it once.
type inbox struct {
	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[account]
	waiting map[account]struct{} // until there is a queue
}

func (i *inbox) add(accounts ...account) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, a := range accounts {
		if i.queue != nil {
			i.queue.AddAfter(a, gather)
			continue
		}
		if i.waiting == nil {
			i.waiting = map[account]struct{}{}
		}
		i.waiting[a] = struct{}{}
	}
}

// start hands on what is put in from now on.
func (i *inbox) start(_ context.Context, queue workqueue.TypedRateLimitingInterface[account]) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.queue = queue
	for a := range i.waiting {
		queue.AddAfter(a, gather)
	}
	i.waiting = nil
	return nil
}
