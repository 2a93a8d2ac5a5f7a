package controller

import (
	"context"
	"maps"
	"slices"
	"sync"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/operator/internal/plan"
)

// endpoints knows the pods of the daemon that traffic is sent to, by their name
// and with their addresses.
type endpoints struct {
	mu    sync.Mutex
	ready map[string][]string
	told  []string // the silent ones that the log has named
}

// ofEndpoints has all accounts looked at when other pods are ready than before.
func (c *Controller) ofEndpoints(ctx context.Context, _ client.Object) []account {
	var list discoveryv1.EndpointSliceList
	err := c.cache.List(ctx, &list, client.InNamespace(c.options.DaemonService.Namespace),
		client.MatchingLabels{discoveryv1.LabelServiceName: c.options.DaemonService.Name})
	if err != nil {
		c.log.Error("cannot list the endpoints of the daemon", "err", err)
		return nil
	}
	if !c.endpoints.set(readyPods(list.Items)) {
		return nil
	}
	return c.metrics.accounts()
}

// readyPods are those that traffic is sent to. A pod has one endpoint in the
// slices of each address family.
func readyPods(slices []discoveryv1.EndpointSlice) map[string][]string {
	pods := map[string][]string{}
	for _, slice := range slices {
		for _, e := range slice.Endpoints {
			if e.Conditions.Ready != nil && !*e.Conditions.Ready || len(e.Addresses) == 0 {
				continue
			}
			name := e.Addresses[0]
			if e.TargetRef != nil {
				name = e.TargetRef.Name
			}
			pods[name] = append(pods[name], e.Addresses...)
		}
	}
	for name := range pods {
		pods[name] = sorted(pods[name])
	}
	return pods
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

// set returns whether that is new.
func (e *endpoints) set(ready map[string][]string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if maps.EqualFunc(e.ready, ready, slices.Equal) {
		return false
	}
	e.ready = ready
	return true
}

// silent tells pods that are ready and of which there is no session. Statuses do not
// name them, as tenants read those; the log does.
func (c *Controller) silent(replicas []plan.Replica) []string {
	silent, news := c.endpoints.silent(replicas)
	if news {
		c.log.Info("pods of the daemon that are ready and tell nothing in etcd", "addresses", silent)
	}
	return silent
}

// silent are addresses of pods that are ready and of which there is no session:
// one for each. news says that they are others than before.
func (e *endpoints) silent(replicas []plan.Replica) (silent []string, news bool) {
	heard := map[string]bool{}
	for _, r := range replicas {
		for _, address := range r.Session.Addresses {
			heard[address] = true
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, addresses := range e.ready {
		if !slices.ContainsFunc(addresses, func(a string) bool { return heard[a] }) {
			silent = append(silent, addresses[0])
		}
	}
	silent = sorted(silent)
	news = !slices.Equal(silent, e.told)
	e.told = silent
	return silent, news
}
