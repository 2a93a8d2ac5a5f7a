package outbound

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// via declares a mailbox whose mail goes over a relay.
func (d *desk) via(name string, r helpdesk.Relay) {
	d.mu.Lock()
	defer d.mu.Unlock()
	box := sampleMailbox()
	box.Name, box.Relay = name, r
	d.boxes[name] = box
}

// from puts n mails of a mailbox into the outbox.
func (d *desk) from(t *testing.T, mailbox string, n int) []helpdesk.Delivery {
	t.Helper()
	all := d.made(t, mailbox, n)
	for some := range slices.Chunk(all, store.MaxOps/2) {
		d.commit(t, &helpdesk.Change{Account: account, Deliveries: some})
	}
	return all
}

// made makes n mails of a mailbox.
func (d *desk) made(t *testing.T, mailbox string, n int) []helpdesk.Delivery {
	t.Helper()
	p := &Planner{Contacts: nobody{}, Signer: newSigner(t)}
	var all []helpdesk.Delivery
	for range n {
		one := p.delivery(Occasion{Mailbox: d.boxes["support"], Ticket: d.ticket, Entry: 2, To: &d.ticket.Participants[0], Purpose: helpdesk.AgentReply, Now: d.clock.now()})
		one.Mailbox = mailbox
		all = append(all, one)
	}
	return all
}

// silence is a relay that takes connections and says nothing on them.
func silence(t *testing.T) (r helpdesk.Relay, connections *atomic.Int32, hangUp func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = &atomic.Int32{}
	var mu sync.Mutex
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
		}
	}()
	hangUp = sync.OnceFunc(func() {
		_ = l.Close()
		<-done
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	})
	return helpdesk.Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: helpdesk.TLSNone}, connections, hangUp
}

// One relay that hangs does not keep mail from the others.
//
// covers: P11
func TestSlowRelayHoldsUpNobodyElse(t *testing.T) {
	d := newDesk(t, &relay{})
	slow, connections, hangUp := silence(t)
	d.via("slow", slow)
	d.from(t, "slow", 3*laneMost)
	q := d.queue(t, "a")
	q.Workers = laneMost + 2
	run(t, q)
	t.Cleanup(hangUp) // before the queue is waited for
	untilTrue(t, "the slow relay has all the mail that it is given at once", func() bool { return connections.Load() == laneMost })
	for _, m := range d.from(t, "support", 2*laneMost) {
		d.await(t, m.ID, "sent", isState(helpdesk.Sent))
	}
	if n := connections.Load(); n != laneMost {
		t.Errorf("the slow relay was given %d mails at once, want %d", n, laneMost)
	}
}

// untilTrue looks again and again, and fails after long enough.
func untilTrue(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for range 5000 {
		if ok() {
			return
		}
		<-ticker.C
	}
	t.Fatalf("never: %s", what)
}

// A relay that is in trouble is left alone: what waits for it uses up no
// attempts, one mail now and then finds out when it is back, and then all of it
// goes at once.
//
// covers: P11
func TestRelayInTroubleIsLeftAlone(t *testing.T) {
	r := &relay{}
	d := newDesk(t, r)
	gone := r.address
	gone.Port = freePort(t)
	d.via("support", gone)
	q := d.queue(t, "a")
	q.Workers = 1 // so that nothing is under way when it is left alone
	mails := d.from(t, "support", 2*laneTrips)
	run(t, q)
	untilTrue(t, "the relay is left alone", func() bool { return relayState(q, gone).Open })
	state := relayState(q, gone)
	if state.Words == "" || !state.Probe.After(d.clock.now()) {
		t.Errorf("state = %+v, want the words of its trouble and when it is tried next", state)
	}
	attempts := func() (sum int) {
		all, err := d.Deliveries(t.Context(), account, d.ticket.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			sum += m.Attempts
		}
		return sum
	}
	settled := func(n int) func() bool {
		return func() bool {
			s := relayState(q, gone)
			return attempts() == n && s.Sending == 0 && s.Waiting == len(mails)
		}
	}
	untilTrue(t, "only so many were tried", settled(laneTrips))
	d.later(q, 17*time.Second)
	untilTrue(t, "one more was tried", settled(laneTrips+1))
	d.later(q, time.Second) // far from the next probe
	untilTrue(t, "still", settled(laneTrips+1))

	d.via("support", r.address) // mended
	d.later(q, 2*time.Minute)
	for _, m := range mails {
		if got := d.await(t, m.ID, "sent", isState(helpdesk.Sent)); got.Attempts > 3 {
			t.Errorf("%d attempts, want hardly any", got.Attempts)
		}
	}
}

func relayState(q *Queue, r helpdesk.Relay) RelayState {
	for _, s := range q.Relays() {
		if s.Relay == address(r) {
			return s
		}
	}
	return RelayState{}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// A relay that throttles is given less at once, and all the mail in the end.
//
// covers: P11
func TestThrottlingRelayIsGivenLess(t *testing.T) {
	const most = 3
	var now, worst, refused atomic.Int32
	d := newDesk(t, &relay{onData: func(*smtp.Conn, []byte) error {
		n := now.Add(1)
		defer now.Add(-1)
		<-time.After(5 * time.Millisecond) // it takes its time, so that several are there at once
		if n > most {
			refused.Add(1)
			return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "too many connections from you"}
		}
		worst.Store(max(worst.Load(), n))
		return nil
	}})
	mails := d.from(t, "support", 60)
	q := d.queue(t, "a")
	q.Workers = 100
	run(t, q)
	untilTrue(t, "all mail is out", func() bool {
		all, err := d.Deliveries(t.Context(), account, d.ticket.ID)
		if err != nil {
			t.Fatal(err)
		}
		d.later(q, time.Second)
		return !slices.ContainsFunc(all, func(m helpdesk.Delivery) bool { return m.State == helpdesk.Queued })
	})
	if refused.Load() == 0 {
		t.Error("the relay had nothing to throttle: the test shows nothing")
	}
	if n := len(d.relay.mails()); n != len(mails) {
		t.Errorf("%d mails went out, want %d", n, len(mails))
	}
	if s := relayState(q, d.relay.address); s.AtOnce >= laneMost {
		t.Errorf("it is still given %d at once", s.AtOnce)
	}
}

// A flood of one mailbox does not hold up another of the same relay.
func TestLinesTakeTurns(t *testing.T) {
	d := newDesk(t, &relay{})
	d.via("other", d.relay.address)
	q := d.queue(t, "a")
	q.begin()
	for i, m := range append(d.made(t, "support", 5*maxClaims), d.made(t, "other", 3)...) {
		p := pendingOf(m)
		p.Next = noon.Add(time.Duration(i) * time.Millisecond) // the flood came first
		q.see(p)
	}
	d.clock.forward(time.Minute)
	var turns []string
	for range 3 {
		l, batch, _ := q.take()
		turns = append(turns, fmt.Sprint(batch[0].Mailbox, len(batch) > 3))
		l.claiming = 0
	}
	want := map[string]bool{"supporttrue otherfalse supporttrue": true, "otherfalse supporttrue supporttrue": true}
	if got := strings.Join(turns, " "); !want[got] {
		t.Errorf("took %s, want each in turn", got)
	}
}

// What somebody has asked for goes first, and holds up nothing when it has to wait.
func TestWhatWasAskedForStandsFirst(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	q.begin()
	mails := d.made(t, "support", 4)
	for i, m := range mails {
		p := pendingOf(m)
		p.Next = noon.Add(time.Duration(i) * time.Second)
		p.Hurry = i >= 2
		if i == 3 {
			p.Next = noon.Add(time.Hour) // asked for, and then put off
		}
		q.see(p)
	}
	d.clock.forward(time.Minute)
	q.see(func() store.Pending {
		p := pendingOf(mails[2])
		p.Next, p.Hurry = noon.Add(2*time.Second), true
		return p
	}())
	_, batch, _ := q.take()
	var order []helpdesk.ID
	for _, it := range batch {
		order = append(order, it.ID)
	}
	if diff := cmp.Diff([]helpdesk.ID{mails[2].ID, mails[0].ID, mails[1].ID}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// Somebody who asks has a mail tried while its relay is left alone, and what
// comes of it is news for all.
//
// covers: P11
func TestAskedForWhileTheRelayIsLeftAlone(t *testing.T) {
	d := newDesk(t, &relay{})
	mails := d.from(t, "support", 3)
	q := d.queue(t, "a")
	q.begin()
	l := q.laneOf(sender{account, "support"})
	for range laneTrips {
		l.learn(Trouble, false, "reach relay: no route to host", noon, noon)
	}
	for _, m := range mails {
		q.see(pendingOf(m))
	}
	if _, batch, _ := q.take(); batch != nil {
		t.Fatalf("took %d mails while the relay is left alone", len(batch))
	}
	d.clock.forward(laneAsked)
	if err := mails[1].TryAgain(d.clock.now()); err != nil {
		t.Fatal(err)
	}
	fresh, err := d.Delivery(t.Context(), account, mails[1].Ticket, mails[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	mails[1].Rev = fresh.Rev
	d.commit(t, &helpdesk.Change{Account: account, Deliveries: mails[1:2]})
	p := pendingOf(mails[1])
	p.Hurry = true
	q.see(p)
	l, batch, _ := q.take()
	if len(batch) != 1 || batch[0].ID != mails[1].ID {
		t.Fatalf("took %d mails, want the one that was asked for", len(batch))
	}
	q.claim(t.Context(), l, batch)
	q.group.Wait()
	if got := d.await(t, mails[1].ID, "sent", isState(helpdesk.Sent)); got.Hurry {
		t.Error("it is still in a hurry")
	}
	if _, batch, _ := q.take(); len(batch) != 2 {
		t.Errorf("took %d mails when the relay works again, want the others", len(batch))
	}
}
