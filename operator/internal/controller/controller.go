package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/store"
)

// Name is whose fields the status is in managedFields, and who reports events.
const Name = "postern-operator"

// ErrFenced is why a manager ends when another operator has taken over.
var ErrFenced = store.ErrFenced

// account is what is looked at: a namespace, with all that is declared in it.
type account string

// Options of a Controller.
type Options struct {
	Etcd *clientv3.Client
	// Installation is whose daemon is programmed, see [wire.KeysOf].
	Installation string
	// Version of the operator, which stands in what it writes.
	Version string
	// Namespaces are the accounts to look after; none means all. What lies in etcd of
	// others is left alone.
	Namespaces []string
	// DaemonService names the Service of the daemon. Of a pod that is ready there and
	// says nothing in etcd, nobody knows what it serves. Zero: nobody asks.
	DaemonService types.NamespacedName
	// AllowMassDelete lets most help centers or mailboxes vanish at once.
	AllowMassDelete bool
	// Metrics is where what is counted is shown.
	Metrics prometheus.Registerer
	Log     *slog.Logger
}

// Controller reconciles accounts.
type Controller struct {
	options Options
	store   *store.Store
	cache   client.Reader // of what is declared
	direct  client.Reader // the API server itself
	status  client.StatusWriter
	events  events.EventRecorder
	log     *slog.Logger

	inbox       inbox
	secrets     *secrets
	endpoints   endpoints
	waiting     waiting
	overwritten overwritten
	written     written
	troubled    troubled
	first       *firstLook
	metrics     *metrics

	led    chan struct{} // closed once this operator may write
	fenced chan error    // why it may not any more
	cached atomic.Bool   // caches have been filled once
}

// Setup makes a controller and hands it to a manager. The manager's Start returns
// [ErrFenced] when another operator has taken over: then the program has to end.
func Setup(ctx context.Context, mgr manager.Manager, o Options) (*Controller, error) {
	c := &Controller{
		options: o, log: o.Log,
		cache: mgr.GetCache(), direct: mgr.GetAPIReader(), status: mgr.GetClient().Status(),
		events: mgr.GetEventRecorder(Name), secrets: newSecrets(mgr.GetAPIReader(), o.Log), metrics: newMetrics(), first: newFirstLook(),
		led: make(chan struct{}), fenced: make(chan error, 1),
	}
	c.store = store.New(store.Options{
		Client: o.Etcd, Keys: wire.KeysOf(o.Installation), Writer: o.Version, AllowMassDelete: o.AllowMassDelete,
		Mine: func(a string) bool { return c.mine(account(a)) }, Log: o.Log, Changed: c.changed,
	})
	if err := errors.Join(o.Metrics.Register(c.metrics), o.Metrics.Register(c.store)); err != nil {
		return nil, err
	}
	if err := c.index(ctx, mgr); err != nil {
		return nil, err
	}
	if err := c.watch(mgr); err != nil {
		return nil, err
	}
	for _, r := range []manager.Runnable{always{c.store.Run}, always{c.fill(mgr)}, manager.RunnableFunc(c.lead), manager.RunnableFunc(c.tellFirstLook)} {
		if err := mgr.Add(r); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// always is a part that runs whether this operator leads or not: who stands by
// knows everything already when its turn comes.
type always struct{ run func(context.Context) error }

func (a always) Start(ctx context.Context) error { return a.run(ctx) }

func (always) NeedLeaderElection() bool { return false }

// fill waits until the caches have been filled.
func (c *Controller) fill(mgr manager.Manager) func(context.Context) error {
	return func(ctx context.Context) error {
		if mgr.GetCache().WaitForCacheSync(ctx) {
			c.cached.Store(true)
		}
		<-ctx.Done()
		return nil
	}
}

// Ready says whether caches are filled and etcd was reached, once: that etcd is
// away later is told by metrics and statuses, as nothing is sent to an operator.
func (c *Controller) Ready(*http.Request) error {
	switch {
	case !c.cached.Load():
		return errors.New("what is declared is still being listed")
	case !c.store.Synced():
		return errors.New("etcd was not reached yet")
	default:
		return nil
	}
}

// lead takes the right to write, and then has all accounts looked at that lie in
// etcd: those of which nothing is declared any more are found in no other way.
func (c *Controller) lead(ctx context.Context) error {
	if err := c.store.Lead(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return fmt.Errorf("take the lead in etcd: %w", err)
	}
	c.log.Info("leading")
	close(c.led)
	for _, a := range c.store.Accounts() {
		c.inbox.add(account(a))
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.fenced:
		return err
	}
}

// leading waits until this operator may write.
func (c *Controller) leading(ctx context.Context) error {
	select {
	case <-c.led:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for etcd: %w", context.Cause(ctx))
	}
}

// leads reports whether this operator has come to write.
func (c *Controller) leads() bool {
	select {
	case <-c.led:
		return true
	default:
		return false
	}
}

// fence ends the program: somebody else writes.
func (c *Controller) fence(err error) {
	select {
	case c.fenced <- err:
	default: // it is ending
	}
}

// mine says whether an account is to be looked after.
func (c *Controller) mine(a account) bool {
	return len(c.options.Namespaces) == 0 || slices.Contains(c.options.Namespaces, string(a))
}

// changed is told of accounts whose part of etcd others have changed.
func (c *Controller) changed(a string) { c.inbox.add(account(a)) }

// logOf is what the controller's own machinery logs with.
func (c *Controller) logOf(a *account) logr.Logger {
	log := logr.FromSlogHandler(c.log.Handler()).WithName("account")
	if a != nil {
		log = log.WithValues("account", string(*a))
	}
	return log
}
