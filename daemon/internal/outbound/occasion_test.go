package outbound

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A mail quotes only what its recipient may read.
//
// covers: S30
func TestWhatIsQuoted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(bob *helpdesk.Participant, question *helpdesk.Entry)
		want   bool
	}{
		{"was there", func(*helpdesk.Participant, *helpdesk.Entry) {}, true},
		{"joined later", func(bob *helpdesk.Participant, _ *helpdesk.Entry) { bob.Joined = noon.Add(time.Second) }, false},
		{"hidden", func(_ *helpdesk.Participant, e *helpdesk.Entry) { e.Hidden = true }, false},
		{"split off", func(_ *helpdesk.Participant, e *helpdesk.Entry) { e.MovedTo = &helpdesk.EntryRef{Number: 2, Seq: 1} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			question, err := d.Entry(t.Context(), account, d.ticket.ID, 1)
			if err != nil {
				t.Fatal(err)
			}
			tt.change(&d.ticket.Participants[1], question)
			d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Entries: []helpdesk.Entry{*question}})
			copied := d.reply(t, func(c *helpdesk.Delivery) { c.Participant = 2 })
			o, err := d.queue(t, "a").occasion(t.Context(), account, &copied)
			if err != nil || o == nil || (o.before != nil) != tt.want {
				t.Errorf("occasion = %+v, %v; want a quote: %t", o, err, tt.want)
			}
		})
	}
}
