package helpdesk

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// covers: P11
func TestTryAgain(t *testing.T) {
	later := noon.Add(50 * time.Hour)
	for _, tt := range []struct {
		name string
		d    Delivery
		want Delivery
		kind Kind
	}{
		{"waiting", Delivery{State: Queued, Attempts: 3, Warned: 1, Next: later.Add(time.Hour)},
			Delivery{State: Queued, Attempts: 3, Warned: 1, Next: later, Hurry: true}, 0},
		{"given up", Delivery{State: Failed, Attempts: 30, Warned: 2, Created: noon, MessageID: "<1@acme.example>"},
			Delivery{State: Queued, Created: noon, Since: later, MessageID: "<1@acme.example>", Next: later, Hurry: true}, 0},
		{"a claim that lapsed", Delivery{State: Queued, Attempts: 1, Claim: "dead", Until: later.Add(-time.Second)},
			Delivery{State: Queued, Attempts: 1, Next: later, Hurry: true}, 0},
		{"being sent", Delivery{State: Queued, Claim: "a", Until: later.Add(time.Second)},
			Delivery{State: Queued, Claim: "a", Until: later.Add(time.Second)}, Invalid},
		{"sent", Delivery{State: Sent}, Delivery{State: Sent}, Invalid},
		{"came back", Delivery{State: Bounced}, Delivery{State: Bounced}, Invalid},
		{"withdrawn", Delivery{State: Withdrawn}, Delivery{State: Withdrawn}, Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.d.TryAgain(later)
			if (err != nil) != (tt.kind != 0) || err != nil && KindOf(err) != tt.kind {
				t.Errorf("TryAgain = %v, want kind %v", err, tt.kind)
			}
			if diff := cmp.Diff(tt.want, tt.d, cmp.Comparer(func(a, b Address) bool { return a == b })); diff != "" {
				t.Errorf("delivery (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDrop(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    Delivery
		want DeliveryState
		ok   bool
	}{
		{"waiting", Delivery{State: Queued}, Withdrawn, true},
		{"given up", Delivery{State: Failed}, Withdrawn, true},
		{"being sent", Delivery{State: Queued, Claim: "a", Until: noon.Add(time.Second)}, Queued, false},
		{"sent", Delivery{State: Sent}, Sent, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.d.Drop(agent, noon)
			if (err == nil) != tt.ok || tt.d.State != tt.want {
				t.Errorf("Drop = %v, then it is %s, want %s", err, tt.d.State, tt.want)
			}
			if tt.ok && tt.d.Last.Words != "dropped by Ada Love Lace" {
				t.Errorf("last words %q do not say who", tt.d.Last.Words)
			}
		})
	}
}

func TestDeliveryWords(t *testing.T) {
	a, b := MustAddress("a@x.example"), MustAddress("b@x.example")
	for _, tt := range []struct{ name, got, want string }{
		{"one waits", Waiting(AgentReply, []Address{a}, "451 4.7.1 not  now\r\n"), "The answer to a@x.example is still waiting: 451 4.7.1 not now"},
		{"nothing was said", Waiting(Joined, []Address{a}, ""), "The invitation to a@x.example is still waiting."},
		{"two", Waiting(Update, []Address{a, b}, ""), "The mail to a@x.example and b@x.example is still waiting."},
		{"four", Undelivered([]Address{a, b, a, b}, "", ""), "The mail to a@x.example, b@x.example, a@x.example and b@x.example could not be delivered."},
		{"five", Undelivered([]Address{a, b, a, b, a}, ", it was refused", "no"), "The mail to a@x.example, b@x.example, a@x.example and 2 others could not be delivered, it was refused: no"},
		{"answer", (&Attempt{Code: 451, Enhanced: "4.7.1", Words: "later"}).Answer(), "451 4.7.1 later"},
		{"answer that repeats its code", (&Attempt{Code: 451, Enhanced: "4.7.1", Words: "451 4.7.1 later"}).Answer(), "451 4.7.1 later"},
		{"no answer", (*Attempt)(nil).Answer(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}
