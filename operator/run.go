package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/controller"
)

// What the program needs besides what it needs of accounts: a lease in its own
// namespace with events about it, and of the namespace of the daemon's Service its
// endpoints.
//
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=own,resources=leases,verbs=get;create;update
// +kubebuilder:rbac:groups="",namespace=own,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=discovery.k8s.io,namespace=daemon,resources=endpointslices,verbs=get;list;watch
//
// And to ask who may read metrics, of the whole cluster:
//
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// leaseName is the lease that operators of one namespace elect their leader by.
const leaseName = "postern-operator"

// shutdown is how long what is under way may take to end: less than the 30 s after
// which a pod is killed.
const shutdown = 20 * time.Second

// garbagePercent is how much garbage there may be for what is in use, before it is
// collected: half of what Go has by itself. At 1,000 help centers that is a quarter
// less memory, for a little more of the processor.
const garbagePercent = 50

// run works until ctx ends or it cannot go on. Who ends: first what writes to etcd
// and to the API server, then the lease, then the connection to etcd.
func run(ctx context.Context, o *options, log *slog.Logger) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	logger := logr.FromSlogHandler(log.Handler())
	ctrllog.SetLogger(logger)
	klog.SetLogger(logger)
	restConfig, err := apiServer(o)
	if err != nil {
		return fmt.Errorf("find the API server; outside of a cluster --kubeconfig says where it is: %w", err)
	}
	etcd, err := o.etcd.Dial()
	if err != nil {
		return err
	}
	defer func() { _ = etcd.Close() }() // all that was written was answered
	mgr, err := newManager(restConfig, o, logger)
	if err != nil {
		return fmt.Errorf("reach the API server: %w", err)
	}
	c, err := controller.Setup(ctx, mgr, controller.Options{
		Etcd: etcd, Installation: o.installation, Version: version, Namespaces: o.namespaces,
		DaemonService: o.daemon, AllowMassDelete: o.massDelete, Metrics: ctrlmetrics.Registry, Log: log,
	})
	if err != nil {
		return err
	}
	if err := mgr.Add(reaching{etcd, o.etcd, log}); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("process", healthz.Ping); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("ready", c.Ready); err != nil {
		return err
	}
	log.Info("starting", "version", version, "installation", o.installation, "namespaces", o.namespaces)
	return mgr.Start(ctx)
}

// apiServer tells how to reach it.
func apiServer(o *options) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	if o.kubeconfig == "" && os.Getenv(clientcmd.RecommendedConfigPathEnvVar) == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
}

// newManager makes what all parts run in.
func newManager(to *rest.Config, o *options, logger logr.Logger) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	to = rest.CopyConfig(to)
	to.QPS = -1 // the API server shares itself out fairly, and knows when it has to
	to.UserAgent = "postern-operator/" + version
	graceful := shutdown
	return manager.New(to, manager.Options{
		Scheme: scheme, Logger: logger, Cache: cacheOptions(o), Metrics: metricsOptions(o.metrics),
		HealthProbeBindAddress: orZero(o.health),
		LeaderElection:         o.elect, LeaderElectionID: leaseName, LeaderElectionNamespace: o.electNamespace,
		LeaderElectionReleaseOnCancel: true, // run returns, and the process ends, as soon as the manager does
		GracefulShutdownTimeout:       &graceful,
	})
}

// cacheOptions say what is held in memory: nothing that was not asked for, and
// nothing that nobody reads. What is read is not copied, as the controller changes
// nothing of it.
func cacheOptions(o *options) cache.Options {
	c := cache.Options{
		ReaderFailOnMissingInformer: true, DefaultTransform: controller.Slim,
		DefaultUnsafeDisableDeepCopy: new(true),
	}
	if len(o.namespaces) > 0 {
		c.DefaultNamespaces = map[string]cache.Config{}
		for _, n := range o.namespaces {
			c.DefaultNamespaces[n] = cache.Config{}
		}
	}
	if o.daemon.Name != "" {
		ofService := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: o.daemon.Name})
		c.ByObject = map[client.Object]cache.ByObject{
			&discoveryv1.EndpointSlice{}: {Namespaces: map[string]cache.Config{o.daemon.Namespace: {LabelSelector: ofService}}},
		}
	}
	return c
}

// metricsOptions show metrics to whom the cluster allows it, or in plain text to
// this machine alone.
func metricsOptions(address string) metricsserver.Options {
	m := metricsserver.Options{BindAddress: orZero(address)}
	if address == "" || isLoopback(address) {
		return m
	}
	m.SecureServing, m.FilterProvider = true, newGuard
	m.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }}
	return m
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// orZero is how a manager is told to listen nowhere.
func orZero(address string) string {
	if address == "" {
		return "0"
	}
	return address
}
