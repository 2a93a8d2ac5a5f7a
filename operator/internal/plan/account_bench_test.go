package plan

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// BenchmarkAccount plans an account of ten help centers with ten forms each that is
// served by two replicas, and of which nothing has changed.
func BenchmarkAccount(b *testing.B) {
	w := newWorld()
	w.replicas = []*replica{{name: "one", boot: "1", loaded: map[string]*wire.Loaded{}}, {name: "two", boot: "1", loaded: map[string]*wire.Loaded{}}}
	m := v1alpha1.Mailbox{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "support"}}
	m.Spec.Address, m.Spec.Inbound.Type = "support@acme.example", config.InboundSMTP
	w.applyMailbox(m)
	for i := range 10 {
		h := v1alpha1.HelpCenter{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: fmt.Sprint("h", i)}}
		h.Spec.DisplayName, h.Spec.Host, h.Spec.MailboxRef.Name = "Acme", fmt.Sprintf("h%d.acme.example", i), "support"
		h.Spec.Portal.TicketSubmission = config.SubmissionEnabled
		w.applyHelpCenter(h)
		for j := range 10 {
			f := v1alpha1.TicketForm{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: fmt.Sprintf("h%d-f%d", i, j)}}
			f.Spec.Title, f.Spec.Publication = config.LocalizedText{Default: "Billing"}, config.Published
			f.Spec.HelpCenterRefs = []config.LocalReference{{Name: h.Name}}
			f.Spec.Fields = []config.Field{{Name: "order", Type: config.ShortText, Label: &config.LocalizedText{Default: "Order number"}}}
			w.applyForm(f)
		}
	}
	for range 3 {
		if _, _, err := w.pass("acme"); err != nil {
			b.Fatal(err)
		}
	}
	s := w.snapshot("acme")
	serving := w.serving("acme")
	b.ReportAllocs()
	for b.Loop() {
		p := Read(s)
		p.Decide()
		if told := p.Statuses(serving); told.Settling || len(told.Promote) > 0 {
			b.Fatalf("it has not settled: %+v", told)
		}
	}
}
