package interop

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

// chaos is how much is tried: little with all other tests, all of it with
// make chaos.
func chaos() (mails, kills int) {
	if os.Getenv("POSTERN_CHAOS") != "" {
		return 10_000, 5
	}
	return 300, 2
}

// chaosPatience bounds what takes seconds on a quiet machine.
const chaosPatience = 10 * time.Minute

// TestChaosSMTP kills the daemon again and again while a real Postfix brings it
// mail and tries again whatever was not answered with 250. In the end each mail is
// one entry: none is lost, and none that was taken in just before a kill is two.
//
// covers: M05, P04, P05
func TestChaosSMTP(t *testing.T) {
	t.Parallel()
	mails, kills := chaos()
	address := fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
	desk := peers.StartDesk(t, intake, "--smtp", address)
	p := inFront(t, "smtp:[127.0.0.1]:"+port(t, address))
	p.Main("default_destination_concurrency_limit = 30", "initial_destination_concurrency = 30", "maximal_backoff_time = 1s")
	p.Start(t)

	var senders sync.WaitGroup
	const connections = 4
	for c := range connections {
		senders.Go(func() { hand(t, p.SMTP, mails, c, connections) })
	}
	for range kills {
		takes := mails / (kills + 2)
		peers.Eventually(t, chaosPatience, func() error {
			if n := strings.Count(desk.Log.String(), `"msg":"mail in"`); n < takes {
				return fmt.Errorf("%d mails were taken in, of %d", n, takes)
			}
			return nil
		})
		desk.Kill()
		desk.Restart(t)
	}
	senders.Wait()
	peers.Eventually(t, chaosPatience, func() error {
		if left := len(p.Queue(t)); left > 0 {
			return fmt.Errorf("postfix still has %d mails", left)
		}
		return nil
	})
	got := subjects(t, desk)
	for n := range mails {
		if entries := got[fmt.Sprintf("support: chaos %d", n)]; entries != 1 {
			t.Errorf("mail %d is %d entries", n, entries)
		}
	}
	if len(got) != mails {
		t.Errorf("%d tickets, want %d", len(got), mails)
	}
	t.Logf("%d mails, %d kills: %d tickets of one entry each", mails, kills, len(got))
}

// hand gives every so manieth mail to Postfix, on one connection.
func hand(t *testing.T, address string, mails, first, step int) {
	c, err := smtp.Dial(address)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for n := first; n < mails; n += step {
		// No address writes more than a mailbox takes of it in an hour.
		from := fmt.Sprintf("sender%d@customer.example", n/20)
		raw := fmt.Sprintf("From: Sender <%s>\r\nTo: support@acme.example\r\nSubject: chaos %d\r\nMessage-ID: <chaos-%d@customer.example>\r\n\r\nText %d.\r\n", from, n, n, n)
		if err := c.SendMail(from, []string{"support@acme.example"}, strings.NewReader(raw)); err != nil {
			t.Errorf("hand mail %d to postfix: %v", n, err)
			return
		}
	}
}
