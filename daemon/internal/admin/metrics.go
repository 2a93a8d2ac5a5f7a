package admin

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics of one process. Labels have few values, never an address.
type Metrics struct {
	registry *prometheus.Registry
	in       *prometheus.CounterVec
	refused  *prometheus.CounterVec
	out      *prometheus.CounterVec
	outbox   prometheus.Gauge
}

// NewMetrics makes a registry of its own, so that two daemons in one test do
// not meet.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		in: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postern_mails_in_total", Help: "Mails taken in, by what became of them.",
		}, []string{"result"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postern_mails_refused_total", Help: "Mails, recipients and connections refused over SMTP, by reason.",
		}, []string{"reason"}),
		out: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postern_mails_out_total", Help: "Attempts to send a mail, by the state that they left it in.",
		}, []string{"state"}),
		outbox: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "postern_outbox_length", Help: "Outgoing mails that are neither sent nor given up.",
		}),
	}
	m.registry.MustRegister(m.in, m.refused, m.out, m.outbox,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// MailIn counts a mail taken in.
func (m *Metrics) MailIn(result string) { m.in.WithLabelValues(result).Inc() }

// MailRefused counts a refusal.
func (m *Metrics) MailRefused(reason string) { m.refused.WithLabelValues(reason).Inc() }

// MailOut counts an attempt.
func (m *Metrics) MailOut(state string) { m.out.WithLabelValues(state).Inc() }

// OutboxLength sets the length of the outbox.
func (m *Metrics) OutboxLength(n int) { m.outbox.Set(float64(n)) }

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
