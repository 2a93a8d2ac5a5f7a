package interop

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

// counter is a relay that takes everything and counts how often each mail came.
type counter struct {
	mu   sync.Mutex
	came map[string]int // by Message-ID
	all  int
}

func startCounter(t *testing.T, port int) *counter {
	t.Helper()
	c := &counter{came: map[string]int{}}
	peers.MailServer{Domain: "counter.example", Take: c.take}.Serve(t, fmt.Sprintf("127.0.0.1:%d", port))
	return c
}

func (c *counter) take(m peers.Taken) error {
	_, rest, _ := strings.Cut(string(m.Raw), "\r\nMessage-ID: ")
	id, _, _ := strings.Cut(strings.TrimSpace(rest), "\r\n")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came[id]++
	c.all++
	return nil
}

// count is how many mails came, and how many different ones.
func (c *counter) count() (all, different int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all, len(c.came)
}

// flood sends n mails of n people to the mailboxes, over a few connections.
func flood(t *testing.T, address string, boxes []string, n int) {
	t.Helper()
	const connections = 8
	var wg sync.WaitGroup
	for c := range connections {
		wg.Go(func() {
			client, err := smtp.Dial(address)
			if err != nil {
				t.Error(err)
				return
			}
			defer client.Close()
			for i := c; i < n; i += connections {
				from, to := fmt.Sprintf("person%d@customer.example", i), boxes[i%len(boxes)]
				if err := client.SendMail(from, []string{to}, strings.NewReader(question(from, to))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// outboxState is what the command line tells of the outbox.
type outboxState struct {
	Relays []struct {
		Relay string
		Open  bool
		Words string
	}
	Deliveries []struct {
		ID, To, State string
		Number        int
		Attempts      int
	}
}

// TestKillNineWhileTheOutboxDrains lets thousands of mails wait for a relay that is
// away, and kills the daemon without a warning while they go out. Each arrives, and
// twice at most what was on its way at the kills.
//
// covers: P11
func TestKillNineWhileTheOutboxDrains(t *testing.T) {
	const mails, kills = 2000, 4
	// On their way to one relay are at most as many as it is given at once, and as
	// many again whose outcome is not recorded yet.
	const inFlight = 2 * 20
	port := peers.Port(t)
	manifests := relayCenter
	var boxes []string
	for _, name := range []string{"starttls", "two", "three", "four"} { // each below the brake of a mailbox
		manifests += fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: %s, namespace: support}
spec:
  address: %s@acme.example
  inbound: {type: SMTP}
`, name, name)
		boxes = append(boxes, name+"@acme.example")
	}
	desk := peers.StartDesk(t, manifests, "--trusted-relay", "127.0.0.1", "--relay", fmt.Sprintf("127.0.0.1:%d", port))
	flood(t, desk.SMTP, boxes, mails)
	var waiting outboxState
	peers.Eventually(t, peers.Patience, func() error {
		waiting = outboxState{}
		desk.JSON(t, &waiting, "outbox", "list")
		if n := len(waiting.Deliveries); n != mails || len(waiting.Relays) != 1 || !waiting.Relays[0].Open || waiting.Relays[0].Words == "" {
			return fmt.Errorf("%d mails wait, relays %+v, want %d and a relay that is left alone", n, waiting.Relays, mails)
		}
		return nil
	})
	tried := 0
	for _, d := range waiting.Deliveries {
		tried += d.Attempts
	}
	if tried > 100 {
		t.Errorf("%d attempts at a relay that is away, want a few", tried)
	}

	relay := startCounter(t, port)
	for k := range kills {
		desk.Kill()
		desk.Restart(t)
		peers.Eventually(t, 2*peers.Patience, func() error {
			if all, _ := relay.count(); all < (k+1)*mails/(kills+2) {
				return fmt.Errorf("only %d mails came", all)
			}
			return nil
		})
	}
	desk.Kill()
	desk.Restart(t)
	// What met the absence of the relay is due in a minute, or when somebody asks.
	peers.Eventually(t, 2*peers.Patience, func() error {
		desk.Command(t, "outbox", "retry", "--relay", "127.0.0.1")
		waiting = outboxState{}
		desk.JSON(t, &waiting, "outbox", "list")
		if n := len(waiting.Deliveries); n != 0 {
			return fmt.Errorf("%d mails still wait or were given up", n)
		}
		return nil
	})
	all, different := relay.count()
	if different != mails {
		t.Errorf("%d different mails came, want all %d", different, mails)
	}
	if twice := all - different; twice > (kills+1)*inFlight {
		t.Errorf("%d mails came twice, want at most the %d that were on their way at %d kills", twice, (kills+1)*inFlight, kills+1)
	}
	t.Logf("%d mails came, %d of them again after %d kills", all, all-different, kills+1)
}

// Debian's smtp-sink refuses, and people take over on the command line: what was
// given up is told in the ticket, retried with the same Message-ID, or dropped.
//
// covers: P11
func TestOutboxByHand(t *testing.T) {
	port := peers.Port(t)
	refusing := peers.StartSinkOn(t, port, "-f", "RCPT", "-B", "550 5.1.1 nobody of that name")
	desk := peers.StartDesk(t, relayCenter+fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: starttls, namespace: support}
spec:
  address: starttls@acme.example
  inbound: {type: SMTP}
  relay: {host: 127.0.0.1, port: %d, tls: None}
`, port), "--trusted-relay", "127.0.0.1")
	plainly(t, desk.SMTP, "ann@customer.example", "starttls@acme.example", question("ann@customer.example", "starttls@acme.example"))
	given := func() outboxState {
		t.Helper()
		var s outboxState
		peers.Eventually(t, peers.Patience, func() error {
			s = outboxState{}
			desk.JSON(t, &s, "outbox", "list", "--state", "failed")
			if len(s.Deliveries) != 1 {
				return fmt.Errorf("given up: %+v, want one", s.Deliveries)
			}
			return nil
		})
		return s
	}
	id := given().Deliveries[0].ID
	shown := desk.Command(t, "outbox", "show", id)
	for _, want := range []string{"failed, tried once", "550 5.1.1 nobody of that name", "acknowledgement to ann@customer.example", "of #1"} {
		if !strings.Contains(shown, want) {
			t.Errorf("show tells %q, want %q", shown, want)
		}
	}
	var was struct{ MessageID string }
	if err := json.Unmarshal([]byte(desk.Command(t, "outbox", "show", id, "--json")), &was); err != nil || was.MessageID == "" {
		t.Fatal(err, was)
	}
	if out := desk.Command(t, "outbox", "retry", "--relay", "127.0.0.1"); out != "0 mails are tried again\n" {
		t.Errorf("what was refused was tried for its relay: %q", out)
	}
	desk.Command(t, "outbox", "retry", id)
	peers.Eventually(t, peers.Patience, func() error { // refused again
		if got := desk.Command(t, "outbox", "show", id); !strings.Contains(got, "failed, tried once") {
			return fmt.Errorf("after a retry: %s", got)
		}
		return nil
	})
	refusing.Kill()
	peers.StartSinkOn(t, port)
	desk.Command(t, "outbox", "retry", id)
	var got struct {
		Deliveries []struct{ ID, State, MessageID string }
		Entries    []struct{ Kind, Text, Author string }
	}
	peers.Eventually(t, peers.Patience, func() error {
		desk.JSON(t, &got, "ticket", "show", "1")
		if d := got.Deliveries; len(d) != 1 || d[0].State != "sent" || d[0].MessageID != was.MessageID {
			return fmt.Errorf("deliveries %+v, want it sent with its old Message-ID", d)
		}
		return nil
	})
	told := 0
	for _, e := range got.Entries {
		if e.Kind == "event" && e.Author == "Operator" && e.Text == "Had the mail to ann@customer.example tried again." {
			told++
		}
	}
	if told != 2 {
		t.Errorf("entries %+v, want two that tell who retried", got.Entries)
	}
}
