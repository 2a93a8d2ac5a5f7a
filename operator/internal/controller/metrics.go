package controller

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
)

// metrics are what the operator counts besides what controller-runtime counts. No
// label is a name that somebody has declared: of those there is no end.
type metrics struct {
	lag prometheus.Histogram

	mu      sync.Mutex
	objects map[account]map[objectLabels]int
	since   map[account]time.Time // when what is not acknowledged yet was written
}

type objectLabels struct{ kind, reason string }

var objectsDesc = prometheus.NewDesc("postern_operator_objects",
	"Declared objects, by the reason of their condition Ready.", []string{"kind", "reason"}, nil)

func newMetrics() *metrics {
	return &metrics{
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "postern_operator_ack_lag_seconds",
			Help:    "From a write to etcd until every serving replica has loaded it.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}),
		objects: map[account]map[objectLabels]int{}, since: map[account]time.Time{},
	}
}

// Describe is of prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	out <- objectsDesc
	m.lag.Describe(out)
}

// Collect is of prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[objectLabels]int{}
	for _, counts := range m.objects {
		for labels, n := range counts {
			all[labels] += n
		}
	}
	for labels, n := range all {
		out <- prometheus.MustNewConstMetric(objectsDesc, prometheus.GaugeValue, float64(n), labels.kind, labels.reason)
	}
	m.lag.Collect(out)
}

// count takes an account's objects into account, instead of what they were before.
func (m *metrics) count(a account, changes []change) {
	counts := map[objectLabels]int{}
	for _, ch := range changes {
		counts[objectLabels{ch.kind, ch.ready().Reason}]++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[a] = counts
}

// accounts are those that have been looked at.
func (m *metrics) accounts() []account {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.objects))
}

// wrote is told that something was written just now.
func (m *metrics) wrote(a account) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since[a] = time.Now()
}

// acknowledged looks whether every replica that serves has loaded what was written
// last.
func (m *metrics) acknowledged(a account, hash string, replicas []plan.Replica) {
	m.mu.Lock()
	defer m.mu.Unlock()
	since, ok := m.since[a]
	if !ok {
		return
	}
	serving := 0
	for _, r := range replicas {
		if r.Session.Phase != wire.Serving {
			continue
		}
		if serving++; r.Loaded == nil || r.Loaded.Account != hash {
			return
		}
	}
	if serving > 0 {
		m.lag.Observe(time.Since(since).Seconds())
		delete(m.since, a)
	}
}

func (m *metrics) forget(a account) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, a)
	delete(m.since, a)
}
