package outbound

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/notice"
)

// Whoever gets a probe, a robot or we ourselves, must not answer it.
func TestProbe(t *testing.T) {
	r := &relay{}
	d := newDesk(t, r)
	q := d.queue(t, "one")
	box := d.boxes["support"]
	id, attempt, err := q.Probe(t.Context(), box, box.Relay)
	if err != nil || attempt.Code != 250 {
		t.Fatalf("attempt %+v, %v", attempt, err)
	}
	got := r.mails()
	if len(got) != 1 || got[0].From != box.Address.String() || got[0].To != box.Address.String() {
		t.Fatalf("the relay got %+v", got)
	}
	mail := eml.Read([]byte(got[0].Data))
	if mail.MessageID() != id || !strings.HasPrefix(id, ProbePrefix) {
		t.Errorf("its id is %s, told %s", mail.MessageID(), id)
	}
	if n := notice.Read(mail); n.Automatic == "" {
		t.Errorf("it does not look automatic: %+v", n)
	}
	if !strings.Contains(mail.Subject(), strings.TrimSuffix(strings.TrimPrefix(id, ProbePrefix), "@"+box.Address.Domain()+">")) {
		t.Errorf("its subject %q does not tell it from others", mail.Subject())
	}
	if _, attempt, err := q.Probe(t.Context(), box, helpdesk.Relay{Host: "127.0.0.1", Port: 1, TLS: helpdesk.TLSNone}); err == nil {
		t.Errorf("sent to nobody: %+v", attempt)
	}
}
