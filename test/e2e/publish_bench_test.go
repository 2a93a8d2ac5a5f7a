package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/test/peers"
)

// BenchmarkPublish measures from the moment a form is published until the pages of
// two real daemons show the way to it.
func BenchmarkPublish(b *testing.B) {
	w := newWorld(b, 2)
	w.apply(b, fmt.Sprintf(desk, w.host()))
	w.ready(b, "helpcenter/acme", "mailbox/support", "ticketform/contact")
	form := &v1alpha1.TicketForm{}
	publish := func(p config.Publication) (took time.Duration) {
		if err := w.kube.Client.Get(b.Context(), client.ObjectKey{Namespace: w.account, Name: "contact"}, form); err != nil {
			b.Fatal(err)
		}
		change := client.MergeFrom(form.DeepCopy())
		form.Spec.Publication = p
		start := time.Now()
		if err := w.kube.Client.Patch(b.Context(), form, change); err != nil {
			b.Fatal(err)
		}
		for _, d := range w.desks {
			w.shows(b, d, p == config.Published)
		}
		return time.Since(start)
	}
	var took []time.Duration
	for b.Loop() {
		took = append(took, publish(config.Published))
		publish(config.Draft)
		w.ready(b, "tf/contact") // so that one is not measured with the next
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// shows waits until a replica's page has the way to submit, or has it no more.
func (w *world) shows(b *testing.B, d *peers.Desk, visible bool) {
	b.Helper()
	for deadline := time.Now().Add(peers.Patience); ; time.Sleep(time.Millisecond) {
		status, body := page(b, d, w.host(), "/en")
		if status == http.StatusOK && strings.Contains(body, button) == visible {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("the page answers %d, and the button is there: %t", status, !visible)
		}
	}
}
