package outbound

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

// drained tells of every attempt that left a delivery final.
type drained struct {
	*desk
	sent chan struct{}
}

func (m drained) MailOut(state string) {
	if state == string(helpdesk.Sent) {
		m.sent <- struct{}{}
	}
}

// benchBoxes share the relay. Acknowledgements of each stay below its brake, and
// all of them well below that of the process.
const benchBoxes, benchAcknowledged = 4, brakeAll - 500

// BenchmarkDrain is how fast a full outbox empties over SMTP to Debian's
// smtp-sink: half answers of agents, of which a copy is kept, and half
// acknowledgements, each of a ticket of its own. Run it with -benchtime 5000x.
func BenchmarkDrain(b *testing.B) {
	d := newDesk(b, &relay{})
	box := d.boxes["support"]
	box.Relay.Port = peers.StartSink(b)
	for i := range benchBoxes {
		box.Name = fmt.Sprintf("support%d", i)
		d.boxes[box.Name] = box
	}
	fill(b, d, b.N)
	q := d.queue(b, "a")
	meter := drained{desk: d, sent: make(chan struct{}, b.N)}
	began, used := time.Now(), processor(b)
	q.Meter, q.Workers, q.Now = meter, benchWorkers, func() time.Time { return noon.Add(time.Since(began)) }
	b.ResetTimer()
	stop := run(b, q)
	for range b.N {
		<-meter.sent
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "mails/s")
	b.ReportMetric(float64((processor(b)-used).Microseconds())/float64(b.N), "cpu-µs/mail") // which a busy machine changes little
	stop()
}

const benchWorkers = 100

// processor is what this process has used of the processors.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill puts n deliveries into the outbox, each of a ticket of its own.
func fill(b *testing.B, d *desk, n int) {
	p := &Planner{Contacts: nobody{}, Signer: newSigner(b)}
	work := make(chan int)
	done := make(chan error, 16)
	for range cap(done) {
		go func() {
			for i := range work {
				if err := d.Commit(b.Context(), oneMore(p, d, i)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for i := range n {
		work <- i
	}
	close(work)
	for range cap(done) {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// oneMore is a ticket with a question and an answer, and one mail about it.
func oneMore(p *Planner, d *desk, i int) *helpdesk.Change {
	t := sampleTicket()
	t.ID, t.Number, t.Entries = helpdesk.TicketID(0x10000+i), int64(2000+i), 0
	entries := []helpdesk.Entry{
		{Kind: helpdesk.Message, At: noon, Text: "Where is it?", Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Alice"}},
		{Kind: helpdesk.Message, At: noon, Text: "On its way.", Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper"}},
	}
	for j := range entries {
		t.Append(&entries[j])
	}
	o := Occasion{
		Mailbox: d.boxes[fmt.Sprintf("support%d", i/2%benchBoxes)], Ticket: t, Entry: 1 + i%2, To: &t.Participants[0],
		Purpose: helpdesk.Acknowledgement, Now: noon,
	}
	if i%2 == 1 || i/2 >= benchAcknowledged {
		o.Entry, o.Purpose = 2, helpdesk.AgentReply
	}
	return &helpdesk.Change{Account: account, Ticket: t, Entries: entries, Deliveries: []helpdesk.Delivery{p.delivery(o)}}
}
