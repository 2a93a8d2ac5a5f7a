package admin

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How much waits, and for how long. Ages are reckoned when metrics are read, from the
// time since when something waits: nothing has to be looked at for them to grow.

var (
	outboxOldest = prometheus.NewDesc("postern_outbox_oldest_seconds",
		"For how long the outgoing mail waits that has waited longest; 0 when none does.", nil, nil)
	inboundOldest = prometheus.NewDesc("postern_inbound_oldest_seconds",
		"For how long the mail waits to be taken in that has waited longest, by mailbox; 0 when none does.", []string{"account", "mailbox"}, nil)
	heldMails = prometheus.NewDesc("postern_held_mails",
		"Mails that are held and wait for a decision, by mailbox.", []string{"account", "mailbox"}, nil)
	heldOldest = prometheus.NewDesc("postern_held_oldest_seconds",
		"For how long the held mail waits that has waited longest, by mailbox; 0 when none does.", []string{"account", "mailbox"}, nil)
)

// age is how long something waits since a time; the zero time is of nothing that waits.
func age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, time.Since(since).Seconds()) // clocks differ
}

// OutboxOldest sets since when the oldest mail waits.
func (m *Metrics) OutboxOldest(since time.Time) { m.outbound.set(since) }

// waits is the metric of what waits in one place. It is there once that is known.
type waits struct {
	mu    sync.Mutex
	known bool
	since time.Time
}

func (w *waits) set(since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known, w.since = true, since
}

// Describe implements [prometheus.Collector].
func (w *waits) Describe(out chan<- *prometheus.Desc) { out <- outboxOldest }

// Collect implements [prometheus.Collector].
func (w *waits) Collect(out chan<- prometheus.Metric) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known {
		out <- prometheus.MustNewConstMetric(outboxOldest, prometheus.GaugeValue, age(w.since))
	}
}

// Unfetched sets since when mail waits at another server that is not taken in.
func (m *Metrics) Unfetched(account, mailbox string, since time.Time) {
	m.fetching.set(account, mailbox, since)
}

// backlogs are since when mail waits elsewhere, of polled mailboxes that have any.
type backlogs struct {
	mu    sync.Mutex
	since map[[2]string]time.Time
}

func (b *backlogs) set(account, mailbox string, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if since.IsZero() {
		delete(b.since, [2]string{account, mailbox})
		return
	}
	if b.since == nil {
		b.since = map[[2]string]time.Time{}
	}
	b.since[[2]string{account, mailbox}] = since
}

func (b *backlogs) of(account, mailbox string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.since[[2]string{account, mailbox}]
}

// Waiting is what waits of one mailbox.
type Waiting struct {
	Account, Mailbox string
	Inbound          time.Time // since when mail is here that is not taken in; zero if none is
	Held             int
	HeldSince        time.Time // zero if none is held
	Counted          bool      // Held is known
}

// Mailboxes has asked, whenever metrics are read, what waits of each mailbox; none may
// be told twice. It is for one caller, once.
func (m *Metrics) Mailboxes(ask func() []Waiting) {
	m.registry.MustRegister(&mailboxes{ask: ask, fetching: &m.fetching})
}

type mailboxes struct {
	ask      func() []Waiting
	fetching *backlogs
}

// Describe implements [prometheus.Collector].
func (m *mailboxes) Describe(out chan<- *prometheus.Desc) {
	out <- inboundOldest
	out <- heldMails
	out <- heldOldest
}

// Collect implements [prometheus.Collector].
func (m *mailboxes) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, w Waiting) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, w.Account, w.Mailbox)
	}
	for _, w := range m.ask() {
		gauge(inboundOldest, max(age(w.Inbound), age(m.fetching.of(w.Account, w.Mailbox))), w)
		if w.Counted {
			gauge(heldMails, float64(w.Held), w)
			gauge(heldOldest, age(w.HeldSince), w)
		}
	}
}
