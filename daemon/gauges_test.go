package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// gauge reads one metric of a daemon, as it is written there.
func (s *server) gauge(t *testing.T, name string) (value float64, there bool) {
	t.Helper()
	resp, err := http.Get("http://" + s.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if is, text, ok := strings.Cut(strings.TrimSpace(line), " "); ok && is == name {
			if value, err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
			return value, true
		}
	}
	return 0, false
}

// shows waits for a metric to become so.
func (s *server) shows(t *testing.T, name string, is func(value float64) bool) (value float64) {
	t.Helper()
	eventually(t, "the right "+name, func() bool {
		found, there := s.gauge(t, name)
		value = found
		return there && is(found)
	})
	return value
}

func is(want float64) func(float64) bool { return func(v float64) bool { return v == want } }

func above(least float64) func(float64) bool { return func(v float64) bool { return v > least } }

const (
	heldMails     = `postern_held_mails{account="support",mailbox="support"}`
	heldOldest    = `postern_held_oldest_seconds{account="support",mailbox="support"}`
	inboundOldest = `postern_inbound_oldest_seconds{account="support",mailbox="support"}`
	outboxOldest  = `postern_outbox_oldest_seconds`
)

// ask runs a command against a daemon.
func (s *server) ask(t *testing.T, run func(context.Context, []string, io.Writer, io.Writer) error, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if err := run(t.Context(), append(args, "--dir", s.dir), &out, &errs); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, errs.String())
	}
	return out.String()
}

// What is held is counted the same by every replica, from the start on, and less once
// it is decided.
//
// covers: P04, P10
func TestHeldMailIsCounted(t *testing.T) {
	c := startCluster(t)
	list := c.op.Declare("support", c.op.Documents(plainDesk))
	one := startServer(t, c.relay, c.flags...)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	one.shows(t, heldMails, is(0))
	one.shows(t, heldOldest, is(0))
	for n := range 3 { // from nobody
		raw := fmt.Sprintf("To: support@acme.example\r\nSubject: %d\r\nMessage-ID: <%d@test.example>\r\n\r\nHello.\r\n", n, n)
		if err := sendMail(one.smtp, "", "support@acme.example", raw); err != nil {
			t.Fatal(err)
		}
	}
	one.shows(t, heldMails, is(3))
	before := one.shows(t, heldOldest, above(0))

	two := startServer(t, c.relay, c.flags...)
	two.shows(t, heldMails, is(3))
	two.shows(t, heldOldest, above(before))

	var items []helpdesk.HeldItem
	if err := json.Unmarshal([]byte(one.ask(t, runHeld, "list", "--json")), &items); err != nil || len(items) != 3 {
		t.Fatalf("%d are held: %v", len(items), err)
	}
	newest := items[0] // the list begins with it
	for _, item := range items[1:] {
		one.ask(t, runHeld, "decide", string(item.ID), "drop")
	}
	for _, s := range []*server{one, two} {
		s.shows(t, heldMails, is(1))
		s.shows(t, heldOldest, func(v float64) bool { return v > 0 && v <= time.Since(newest.At).Seconds() })
	}

	one.end(t)
	one = startServerOn(t, one.dir, c.relay, c.flags...)
	one.shows(t, heldMails, is(1))
	one.ask(t, runHeld, "decide", string(newest.ID), "drop")
	for _, s := range []*server{one, two} {
		s.shows(t, heldMails, is(0))
		s.shows(t, heldOldest, is(0))
	}
}

// end asks a daemon to end, and waits.
func (s *server) end(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // the test asks for what it has left
}

// For how long mail waits to go out is known from the start on, and to every replica.
//
// covers: P11
func TestOutboxAgeIsKnown(t *testing.T) {
	c := startCluster(t)
	list := c.op.Declare("support", c.op.Documents(plainDesk))
	nowhere, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	relay := nowhere.Addr().String()
	if err := nowhere.Close(); err != nil {
		t.Fatal(err)
	}
	one := startServer(t, relay, c.flags...)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	one.shows(t, outboxOldest, is(0))
	const alice = "alice@customer.example"
	if err := sendMail(one.smtp, alice, "support@acme.example", plainMail(alice, "Lamp", "1", "It is dark.")); err != nil {
		t.Fatal(err)
	}
	before := one.shows(t, outboxOldest, above(0))
	two := startServer(t, relay, c.flags...)
	before = two.shows(t, outboxOldest, above(before))
	one.end(t)
	one = startServerOn(t, one.dir, relay, c.flags...)
	one.shows(t, outboxOldest, above(before))
	one.end(t)
	two.end(t)
	one = startServerOn(t, one.dir, c.relay, c.flags...) // one that takes it
	one.ask(t, runOutbox, "retry", "--relay", c.relay)
	one.shows(t, outboxOldest, is(0))
}

// A mail that is here and of which nothing comes, as the store is away, is told until
// its sender has an answer.
//
// covers: P04
func TestInboundAgeIsKnown(t *testing.T) {
	c := startCluster(t)
	list := c.op.Declare("support", c.op.Documents(plainDesk))
	s := startServer(t, c.relay, c.flags...)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	s.shows(t, inboundOldest, is(0))
	c.etcd.Stop()
	const alice = "alice@customer.example"
	answered := make(chan error, 1)
	go func() {
		answered <- sendMail(s.smtp, alice, "support@acme.example", plainMail(alice, "Lamp", "1", "It is dark."))
	}()
	s.shows(t, inboundOldest, above(0))
	if err := <-answered; err == nil || errors.Is(err, io.EOF) {
		t.Errorf("without a store the sender is answered %v", err)
	}
	s.shows(t, inboundOldest, is(0))
	c.etcd.Restart(t)
}
