package store

import "github.com/prometheus/client_golang/prometheus"

// metrics are those of a Store.
type metrics struct {
	drifted prometheus.Counter
	written *prometheus.CounterVec
	seconds prometheus.Histogram
	held    prometheus.Gauge
}

func newMetrics() *metrics {
	return &metrics{
		drifted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "postern_operator_store_drift_total", Help: "Changes that somebody else made to what the operator keeps in etcd.",
		}),
		written: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postern_operator_store_written_total", Help: "Keys written to etcd, by put or delete.",
		}, []string{"operation"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "postern_operator_store_transaction_seconds", Help: "How long transactions of etcd took.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8), // 1 ms to 16 s
		}),
		held: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "postern_operator_store_held_accounts", Help: "Accounts whose deletions are held until mass deletion is allowed.",
		}),
	}
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.drifted, m.written, m.seconds, m.held}
}

// Describe implements [prometheus.Collector].
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(out)
	}
}

// Collect implements [prometheus.Collector].
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(out)
	}
}
