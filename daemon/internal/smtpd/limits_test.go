package smtpd

import (
	"context"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/inbound"
)

func TestIdleClientIsClosed(t *testing.T) {
	w := start(t, Limits{Idle: 50 * time.Millisecond})
	c := w.dial(t)
	c.want("220", "421 4.4.2")
	if more := c.rest(); more != "" {
		t.Errorf("more: %q", more)
	}
}

func TestSessionEnds(t *testing.T) {
	limits := Limits{Session: 50 * time.Millisecond, Idle: guard}
	w := start(t, limits)
	c := w.dial(t)
	c.want("220", "421 4.4.2")
	c.rest()

	limits.Idle = 150 * time.Millisecond
	w = start(t, limits, netip.MustParsePrefix("127.0.0.0/8"))
	begin := time.Now()
	c = w.dial(t)
	c.want("220", "421 4.4.2")
	if took := time.Since(begin); took < limits.Idle {
		t.Errorf("a trusted client was closed after %v", took)
	}
}

func TestSlowMailIsCut(t *testing.T) {
	w := start(t, Limits{RateGrace: 100 * time.Millisecond, MinRate: 1 << 20})
	c := w.begin(t)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(c.Conn, "drip\r\n"); err != nil {
				return
			}
		}
	}()
	c.want("451 4.4.2")
	c.rest()
	w.wantTaken(t, 0)
}

// The client is not to blame for the time that we take.
func TestSlowIntakeIsNoSlowClient(t *testing.T) {
	w := start(t, Limits{RateGrace: time.Nanosecond, MinRate: 1})
	w.accept = func(_ context.Context, _ inbound.Envelope, raw io.Reader) error {
		_, err := io.ReadFull(raw, make([]byte, 10))
		<-time.After(1100 * time.Millisecond) // a disk that hangs
		return err
	}
	c := w.begin(t)
	c.send(mailOf(100_000) + ".\r\n")
	c.want("250")
}

func TestCommandsAreBounded(t *testing.T) {
	tests := []struct {
		name string
		send string
		want string
	}{
		{"early huge line", strings.Repeat("A", 200_000), "500 5.5.2"},
		{"early huge line without end", "EHLO " + strings.Repeat("x", 70_000), "500 5.5.2"},
		{"HTTP", "POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n" + smuggled, "554 5.5.1"},
		{"HTTP again", "GET /", "554 5.5.1"},
		{"endless commands", strings.Repeat("NOOP xxxxxxxxxxxxxxxxxxxxxxx\r\n", 5000), "250 2.0.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, Limits{discardAtMost: 100_000})
			c := w.dial(t)
			c.want("220")
			go func() { _, _ = io.WriteString(c.Conn, tt.send) }()
			c.want(tt.want)
			c.rest()
			w.wantTaken(t, 0)
		})
	}
}

func TestLongLinesOfMailAreTaken(t *testing.T) {
	w := start(t, Limits{})
	w.hello(t).alive(strings.Repeat("x", 3<<20))
	w.wantTaken(t, 1)
}

func TestConnectionLimits(t *testing.T) {
	tests := []struct {
		name    string
		limits  Limits
		trusted []netip.Prefix
		want    int
	}{
		{"in all", Limits{Connections: 3}, nil, 3},
		{"from one address", Limits{PerAddress: 2}, nil, 2},
		{"trusted", Limits{PerAddress: 2, Connections: 4}, []netip.Prefix{loopback}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, tt.limits, tt.trusted...)
			var open []*client
			for range tt.want {
				open = append(open, w.hello(t))
			}
			refused := w.dial(t)
			if got := refused.rest(); got != "421 4.7.0 Too many connections, try again later\r\n" {
				t.Errorf("refused with %q", got)
			}
			open[0].send("QUIT\r\n")
			open[0].want("221")
			open[0].rest() // the slot is free before the connection is closed
			w.hello(t)
			if diff := cmp.Diff(map[string]int{"refused connections": 1}, w.meter.read()); diff != "" {
				t.Errorf("meter (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSourceOf(t *testing.T) {
	tests := []struct {
		addr string
		want string
	}{
		{"192.0.2.7", "192.0.2.7/32"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
	}
	for _, tt := range tests {
		if got := sourceOf(netip.MustParseAddr(tt.addr)).String(); got != tt.want {
			t.Errorf("sourceOf(%s) = %s, want %s", tt.addr, got, tt.want)
		}
	}
}

// covers: P04
func TestShutdownFinishesTransfers(t *testing.T) {
	before := runtime.NumGoroutine()
	w := start(t, Limits{})
	entered := make(chan struct{})
	w.accept = func(context.Context, inbound.Envelope, io.Reader) error { close(entered); return nil }
	idle, sending := w.hello(t), w.begin(t)
	sending.send("Subject: x\r\n")
	<-entered

	done := make(chan struct{})
	go func() { w.server.Shutdown(context.Background()); close(done) }()
	idle.want("421 4.3.2")
	idle.rest()
	sending.send("\r\nlate\r\n.\r\n")
	sending.want("250 2.0.0 OK: queued", "421 4.3.2")
	sending.rest()
	<-done
	w.wantTaken(t, 1)
	waitForGoroutines(t, before)
}

func TestShutdownIsBounded(t *testing.T) {
	before := runtime.NumGoroutine()
	w := start(t, Limits{Drain: 100 * time.Millisecond})
	entered := make(chan struct{})
	w.accept = func(ctx context.Context, _ inbound.Envelope, _ io.Reader) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	}
	c := w.begin(t)
	<-entered
	w.server.Shutdown(context.Background())
	c.rest()
	w.wantTaken(t, 0)
	waitForGoroutines(t, before)
	w.server.Shutdown(context.Background()) // does nothing
}

// waitForGoroutines gives those that are about to end the time for it.
func waitForGoroutines(t *testing.T, most int) {
	t.Helper()
	for end := time.Now().Add(guard); runtime.NumGoroutine() > most; runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, want at most %d\n%s", runtime.NumGoroutine(), most, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
