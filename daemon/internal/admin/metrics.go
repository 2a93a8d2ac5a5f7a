package admin

import (
	"context"
	"net/http"
	"time"

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
	polling  *prometheus.GaugeVec
	open     prometheus.Gauge
	certs    *prometheus.GaugeVec
	named    map[string]time.Time // of certs
	outbound waits                // "postern_outbox_oldest_seconds"
	fetching backlogs
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
		polling: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "postern_imap_up", Help: "Whether the mail of a polled mailbox comes in, for those that this process polls.",
		}, []string{"account", "mailbox"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "postern_relays_open", Help: "Relays that are left alone, but for a probe now and then, while mail waits for them.",
		}),
		certs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "postern_certificate_expiry_timestamp_seconds", Help: "When the certificate of a name ends; 0 when there is none.",
		}, []string{"name"}),
	}
	m.registry.MustRegister(m.in, m.refused, m.out, m.outbox, &m.outbound, m.open, m.polling, m.certs,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// MailIn counts a mail taken in.
func (m *Metrics) MailIn(result string) { m.in.WithLabelValues(result).Inc() }

// MailRefused counts a refusal.
func (m *Metrics) MailRefused(reason string) { m.refused.WithLabelValues(reason).Inc() }

// MailOut counts an attempt.
func (m *Metrics) MailOut(state string) { m.out.WithLabelValues(state).Inc() }

// Polling tells whether the mail of a polled mailbox comes in.
func (m *Metrics) Polling(account, mailbox string, works bool) {
	value := 0.0
	if works {
		value = 1
	}
	m.polling.WithLabelValues(account, mailbox).Set(value)
}

// PollingEnded forgets a mailbox that this process does not poll any more.
func (m *Metrics) PollingEnded(account, mailbox string) {
	m.polling.DeleteLabelValues(account, mailbox)
	m.fetching.set(account, mailbox, time.Time{})
}

// OutboxLength sets the length of the outbox.
func (m *Metrics) OutboxLength(n int) { m.outbox.Set(float64(n)) }

// Certificates sets when the certificates end; those that are not named are
// forgotten. It is for one caller.
func (m *Metrics) Certificates(until map[string]time.Time) {
	for name := range m.named {
		if _, still := until[name]; !still {
			m.certs.DeleteLabelValues(name)
		}
	}
	m.named = until
	for name, end := range until {
		seconds := 0.0
		if !end.IsZero() {
			seconds = float64(end.Unix())
		}
		m.certs.WithLabelValues(name).Set(seconds)
	}
}

// Declared has asked, whenever metrics are read, when the configuration was loaded
// that is served, and how many objects are not served as they are declared. It is for
// one caller, once.
func (m *Metrics) Declared(ask func() (loaded time.Time, refused int)) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "postern_declared_loaded_timestamp_seconds", Help: "When the declared configuration that is served was loaded; 0 before the first one.",
		}, func() float64 {
			loaded, _ := ask()
			return max(0, float64(loaded.UnixMilli())/1000)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "postern_declared_refused", Help: "Declared objects that are not served as they are declared; 1 for files that are refused.",
		}, func() float64 {
			_, refused := ask()
			return float64(refused)
		}),
	)
}

// Store has asked, whenever metrics are read, whether the store answers. It is for
// one caller, once.
func (m *Metrics) Store(ask func(context.Context) error) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "postern_store_up", Help: "Whether the store answers.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		defer cancel()
		if ask(ctx) != nil {
			return 0
		}
		return 1
	}))
}

// RelaysOpen sets how many relays are left alone.
func (m *Metrics) RelaysOpen(n int) { m.open.Set(float64(n)) }

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
