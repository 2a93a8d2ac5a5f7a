package outbound

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		name string
		age  time.Duration
		want int
	}{
		{"new", 0, 0},
		{"nearly half an hour", 30*time.Minute - 1, 0},
		{"half an hour", 30 * time.Minute, 1},
		{"nearly four hours", 4*time.Hour - 1, 1},
		{"four hours", 4 * time.Hour, 2},
		{"two days", 48 * time.Hour, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := warnings(noon, noon.Add(tt.age)); got != tt.want {
				t.Errorf("%d warnings, want %d", got, tt.want)
			}
		})
	}
}

// addAgents adds one agent who is mailed everything, and one who is not.
func (d *desk) addAgents(t *testing.T) {
	t.Helper()
	for _, a := range []helpdesk.Agent{
		{ID: helpdesk.NewID(), Name: "Grace Hopper", Address: helpdesk.MustAddress("grace@acme.example"), Mail: helpdesk.MailAll},
		{ID: helpdesk.NewID(), Name: "Quiet", Address: helpdesk.MustAddress("quiet@acme.example"), Mail: helpdesk.MailNone},
	} {
		d.commit(t, &helpdesk.Change{Account: account, Agent: &a})
	}
}

// events are the texts of the events of the ticket.
func (d *desk) events(t *testing.T) []string {
	t.Helper()
	entries, err := d.Entries(t.Context(), account, d.ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, e := range entries {
		if e.Kind == helpdesk.Event {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// knows waits until the queue has heard of n mails that wait.
func knows(t *testing.T, q *Queue, n int) {
	t.Helper()
	untilTrue(t, "it knows what waits", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.pending) == n
	})
}

// Agents read in the ticket that mail still waits, after half an hour and after
// four, each once, whoever of several replicas tells it.
//
// covers: P11
func TestAgentsAreWarned(t *testing.T) {
	d := newDesk(t, &relay{})
	d.ticket.Status = helpdesk.Pending
	d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket})
	d.addAgents(t)
	deferred := func(x *helpdesk.Delivery) {
		x.Attempts, x.Next = 1, noon.Add(100*time.Hour)
		x.Last = &helpdesk.Attempt{At: noon, Code: 450, Enhanced: "4.7.1", Words: "the mailbox is busy"}
	}
	d.reply(t, deferred)
	d.reply(t, func(x *helpdesk.Delivery) {
		deferred(x)
		x.Participant, x.To = 2, helpdesk.MustAddress("bob@customer.example")
	})
	d.reply(t, func(x *helpdesk.Delivery) { // nobody waits for it
		deferred(x)
		x.Purpose = helpdesk.Acknowledgement
	})
	one, two := d.queue(t, "a"), d.queue(t, "b")
	run(t, one)
	run(t, two)
	tell := func() {
		for _, q := range []*Queue{one, two, one} {
			knows(t, q, 3)
			q.tell(t.Context())
		}
	}
	if tell(); len(d.events(t)) != 0 {
		t.Errorf("told %q at once", d.events(t))
	}
	const words = "The answer to alice@customer.example and bob@customer.example is still waiting: 450 4.7.1 the mailbox is busy"
	for i, age := range []time.Duration{30 * time.Minute, 3 * time.Hour, 4 * time.Hour, 9 * time.Hour} {
		d.clock.past.Store(int64(age))
		tell()
		want := slices.Repeat([]string{words}, 1+i/2)
		if diff := cmp.Diff(want, d.events(t)); diff != "" {
			t.Fatalf("after %v (-want +got):\n%s", age, diff)
		}
	}
	fresh, err := d.Ticket(t.Context(), account, d.ticket.ID)
	if err != nil || fresh.Status != helpdesk.Pending {
		t.Errorf("the ticket is %s, %v: a warning must not move it", fresh.Status, err)
	}
}

// What an attempt has under its hands is not touched: its record would be void,
// and the mail would go out twice.
//
// covers: P11
func TestWarningLeavesAttemptsAlone(t *testing.T) {
	d := newDesk(t, &relay{})
	want := d.reply(t, nil)
	q := d.queue(t, "a")
	q.begin()
	d.clock.forward(time.Hour)
	c := claimOnly(t, q, want)
	if more, err := q.tellSome(t.Context(), thread{account, want.Ticket}); more || err != nil {
		t.Fatal(more, err)
	}
	if got := d.events(t); len(got) != 0 {
		t.Errorf("told %q of what is being sent", got)
	}
	q.attempt(t.Context(), c)
	if got := d.await(t, want.ID, "sent", isState(helpdesk.Sent)); got.Attempts != 1 {
		t.Errorf("%d attempts, want 1", got.Attempts)
	}
}

// What was given up is told where agents see it, and to those who are mailed.
//
// covers: P11, M07
func TestGivenUpIsTold(t *testing.T) {
	for _, tt := range []struct {
		name    string
		purpose helpdesk.Purpose
		relay   *relay
		age     time.Duration
		want    []string
		status  helpdesk.Status
		mailed  int
	}{
		{"refused", helpdesk.AgentReply, &relay{onRcpt: func() error { return smtpError(550, "no such user") }}, 0,
			[]string{"The mail to alice@customer.example could not be delivered: 550 5.7.1 no such user"}, helpdesk.Open, 1},
		{"two days over", helpdesk.AgentReply, &relay{onRcpt: func() error { return smtpError(450, "busy") }}, 48 * time.Hour,
			[]string{"The mail to alice@customer.example could not be delivered: 450 4.7.1 busy"}, helpdesk.Open, 1},
		{"another customer's words", helpdesk.Update, &relay{onRcpt: func() error { return smtpError(550, "no such user") }}, 0,
			[]string{"The mail to alice@customer.example could not be delivered: 550 5.7.1 no such user"}, helpdesk.Pending, 0},
		{"an acknowledgement", helpdesk.Acknowledgement, &relay{onRcpt: func() error { return smtpError(550, "no such user") }}, 0,
			[]string{}, helpdesk.Pending, 0},
		{"taken", helpdesk.AgentReply, &relay{}, 0, []string{}, helpdesk.Pending, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.relay)
			d.ticket.Status = helpdesk.Pending
			d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket})
			d.addAgents(t)
			m := d.reply(t, func(x *helpdesk.Delivery) { x.Purpose, x.Created = tt.purpose, noon.Add(-tt.age) })
			once(t, d.queue(t, "a"), m)
			if got := d.await(t, m.ID, "recorded", tried(1)); !got.State.Final() {
				t.Errorf("it is %s", got.State)
			}
			if diff := cmp.Diff(tt.want, d.events(t)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			fresh, err := d.Ticket(t.Context(), account, d.ticket.ID)
			if err != nil || fresh.Status != tt.status {
				t.Errorf("the ticket is %s, %v, want %s", fresh.Status, err, tt.status)
			}
			all, err := d.Deliveries(t.Context(), account, d.ticket.ID)
			if err != nil {
				t.Fatal(err)
			}
			mailed := 0
			for _, x := range all {
				if x.Purpose == helpdesk.AgentNotice && x.To.String() == "grace@acme.example" && x.Entry == fresh.Entries {
					mailed++
				}
			}
			if mailed != tt.mailed {
				t.Errorf("%d agents were mailed, want %d", mailed, tt.mailed)
			}
		})
	}
}

// A relay that is left alone for two days ends the mail that waits for it: nothing
// waits for ever. Not before, whatever became of the attempts.
//
// covers: P11
func TestTwoDaysEndWhatWasNeverTried(t *testing.T) {
	d := newDesk(t, &relay{})
	gone := helpdesk.Relay{Host: "127.0.0.1", Port: freePort(t), TLS: helpdesk.TLSNone}
	d.via("support", gone)
	mails := d.from(t, "support", maxTold+3) // more than one transaction tells of
	q := d.queue(t, "a")
	q.begin()
	for _, m := range mails {
		q.see(pendingOf(m))
	}
	l := q.laneOf(sender{account, "support"})
	for range laneTrips {
		l.learn(Trouble, false, "reach relay: no route to host", noon, noon)
	}
	d.clock.forward(48*time.Hour - 1)
	q.tell(t.Context())
	for _, m := range mails {
		d.await(t, m.ID, "waiting", isState(helpdesk.Queued))
	}
	d.clock.forward(time.Second)
	q.tell(t.Context())
	for _, m := range mails {
		if got := d.await(t, m.ID, "given up", isState(helpdesk.Failed)); got.Attempts != 0 || !strings.Contains(got.Last.Words, "no route to host") {
			t.Errorf("%d attempts, last %+v, want none and why", got.Attempts, got.Last)
		}
	}
	last := d.events(t)
	if len(last) != 4 { // two that it waits, two that it is given up
		t.Fatalf("events: %q", last)
	}
	const words = "The mail to alice@customer.example, alice@customer.example, alice@customer.example and 7 others could not be delivered: reach relay: no route to host"
	if last[2] != words {
		t.Errorf("told %q, want %q", last[2], words)
	}
}
