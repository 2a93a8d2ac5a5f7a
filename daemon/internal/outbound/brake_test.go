package outbound

import (
	"fmt"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: M04
func TestBrake(t *testing.T) {
	b := NewBrake()
	pass := func(mailbox string, n int, at time.Time) (passed int) {
		for range n {
			if b.pass(mailbox, at) {
				passed++
			}
		}
		return passed
	}
	for _, tt := range []struct {
		name    string
		mailbox string
		mails   int
		at      time.Duration
		want    int
	}{
		{"a flood through one mailbox", "a/one", 5000, 0, brakeMailbox},
		{"another one is not in its way", "a/two", 10, 0, 10},
		{"half an hour later, half of it", "a/one", 5000, 30 * time.Minute, brakeMailbox / 2},
		{"a clock that goes back gives nothing", "a/one", 10, 0, 0},
		{"a day later it is full, not more", "a/one", 5000, 24 * time.Hour, brakeMailbox},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := pass(tt.mailbox, tt.mails, noon.Add(tt.at)); got != tt.want {
				t.Errorf("%d of %d mails passed, want %d", got, tt.mails, tt.want)
			}
		})
	}
	b, sum := NewBrake(), 0
	for i := range 10 {
		sum += pass(fmt.Sprint("b/", i), 500, noon)
	}
	if sum != brakeAll {
		t.Errorf("%d mails passed through ten mailboxes, want %d", sum, brakeAll)
	}
}

// covers: M04
func TestBrakedMailWaits(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	for q.Brake.pass(account+"/support", noon) { // used up
	}
	attempt := func(purpose helpdesk.Purpose) (*helpdesk.Delivery, time.Time) {
		t.Helper()
		want := d.reply(t, func(c *helpdesk.Delivery) { c.Purpose = purpose })
		next := once(t, q, want)
		return d.await(t, want.ID, "there", func(*helpdesk.Delivery) bool { return true }), next
	}
	if got, next := attempt(helpdesk.AgentReply); got.State != helpdesk.Sent || !next.IsZero() {
		t.Errorf("an agent's reply is %s, next %v, want it sent", got.State, next)
	}
	if got, next := attempt(helpdesk.Confirmation); got.State != helpdesk.Queued || got.Attempts != 0 || !next.Equal(noon.Add(brakeWait)) {
		t.Errorf("automatic mail is %s after %d attempts, next %v, want it to wait", got.State, got.Attempts, next)
	}
	d.clock.forward(stale)
	for q.Brake.pass(account+"/support", noon.Add(stale)) {
	}
	if got, next := attempt(helpdesk.Confirmation); got.State != helpdesk.Withdrawn || !next.IsZero() {
		t.Errorf("what waited too long is %s, next %v, want it withdrawn", got.State, next)
	}
}

// What strangers cause does not stop the mail of those who work and take part.
func TestBrakeIsForStrangers(t *testing.T) {
	for purpose, want := range map[helpdesk.Purpose]bool{
		helpdesk.Confirmation: true, helpdesk.Acknowledgement: true,
		helpdesk.Update: false, helpdesk.Joined: false, helpdesk.AgentNotice: false, helpdesk.CommandReceipt: false, helpdesk.AgentReply: false,
	} {
		if got := braked(purpose); got != want {
			t.Errorf("the brake stops %s: %t, want %t", purpose, got, want)
		}
	}
}
