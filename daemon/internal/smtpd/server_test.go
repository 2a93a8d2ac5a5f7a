package smtpd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// taken is a mail that the fake intake accepted.
type taken struct {
	From, Body string
	To         []string
}

// fakeIntake knows support@ and sales@acme.example. The mailbox sales is small,
// and some names stand for errors.
type fakeIntake struct {
	accept  func(ctx context.Context, env inbound.Envelope, raw io.Reader) error // nil: read it all
	trouble map[string]error                                                     // of mailboxes, once all is read

	mu    sync.Mutex
	mails []taken
}

const smallMailbox = 4096

func (f *fakeIntake) Route(to helpdesk.Address) (inbound.Recipient, error) {
	box := helpdesk.Mailbox{Name: strings.ToLower(to.Local()), Account: "default"}
	switch to.Key() {
	case "support@acme.example", "support@xn--bcher-kva.example", "postmaster@acme.example":
	case "sales@acme.example":
		box.MaxBytes = smallMailbox
	case "broken@acme.example":
		return inbound.Recipient{}, errors.New(secret)
	case "panic@acme.example":
		panic(secret)
	case `"two words"@acme.example`, `"\"support\""@acme.example`:
		box.Name = "quoted"
	default:
		return inbound.Recipient{}, helpdesk.Errorf(helpdesk.NotFound, "no %s", to)
	}
	return inbound.Recipient{Mailbox: box}, nil
}

func (f *fakeIntake) AcceptEach(ctx context.Context, env inbound.Envelope, raw io.Reader) ([]inbound.Settled, error) {
	var b strings.Builder
	if f.accept != nil {
		if err := f.accept(ctx, env, raw); err != nil {
			return nil, err
		}
	}
	if _, err := io.Copy(&b, raw); err != nil {
		return nil, err
	}
	m := taken{From: env.From.String(), Body: b.String()}
	var settled []inbound.Settled
	for _, to := range env.To {
		m.To = append(m.To, to.Written)
		one := inbound.Settled{Account: to.Mailbox.Account, Mailbox: to.Mailbox.Name, Outcome: helpdesk.Outcome{Result: "opened"}, Err: f.trouble[to.Mailbox.Name]}
		if most := to.Mailbox.MaxBytes; most > 0 && int64(b.Len()) > most {
			one.Err = helpdesk.Errorf(helpdesk.TooLarge, "too large")
		}
		if !slices.ContainsFunc(settled, func(s inbound.Settled) bool { return s.Mailbox == one.Mailbox }) {
			settled = append(settled, one)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mails = append(f.mails, m)
	return settled, nil
}

func (f *fakeIntake) taken() []taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]taken(nil), f.mails...)
}

// fakeMeter counts by name.
type fakeMeter struct {
	mu     sync.Mutex
	counts map[string]int
}

func (m *fakeMeter) add(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name]++
}

func (m *fakeMeter) MailIn(result string)      { m.add("in " + result) }
func (m *fakeMeter) MailRefused(reason string) { m.add("refused " + reason) }

func (m *fakeMeter) read() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.counts)
}

// world is a running server.
type world struct {
	*fakeIntake
	meter  *fakeMeter
	server *Server
	addr   string
	served chan error
}

// guard bounds a test that hangs; no test waits for it when all is well.
const guard = time.Minute

func start(t testing.TB, limits Limits, trusted ...netip.Prefix) *world {
	t.Helper()
	options := Options{Limits: limits}
	for _, network := range trusted {
		options.Relays = append(options.Relays, inbound.Relay{Network: network})
	}
	return serve(t, options)
}

// serve is start with all options but the domain.
func serve(t testing.TB, options Options) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{fakeIntake: &fakeIntake{}, meter: &fakeMeter{counts: map[string]int{}}, addr: l.Addr().String(), served: make(chan error, 1)}
	options.Domain = "mx.acme.example"
	w.server = New(w, w.meter, slog.New(slog.DiscardHandler), options)
	go func() { w.served <- w.server.Serve(l) }()
	t.Cleanup(func() {
		w.server.Shutdown(context.Background())
		if err := <-w.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return w
}

// client writes raw bytes and reads lines.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

// dial connects without reading the greeting.
func (w *world) dial(t testing.TB) *client {
	t.Helper()
	c, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return newClient(t, c)
}

func newClient(t testing.TB, c net.Conn) *client {
	_ = c.SetDeadline(time.Now().Add(guard))
	return &client{t: t, Conn: c, r: bufio.NewReader(c)}
}

// hello is dial, the greeting and EHLO.
func (w *world) hello(t testing.TB) *client {
	t.Helper()
	c := w.dial(t)
	c.want("220")
	c.send("EHLO client.example\r\n")
	c.want("250")
	return c
}

// begin is hello up to the 354 of DATA.
func (w *world) begin(t testing.TB) *client {
	t.Helper()
	c := w.hello(t)
	c.send("MAIL FROM:<a@customer.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n")
	c.want("250", "250", "354")
	return c
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// reply reads one answer, of several lines maybe.
func (c *client) reply() string {
	c.t.Helper()
	var all strings.Builder
	for {
		s, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatalf("read answer: %v (so far %q)", err, all.String()+s)
		}
		all.WriteString(s)
		if len(s) < 4 || s[3] != '-' {
			return all.String()
		}
	}
}

// want reads an answer for each prefix.
func (c *client) want(prefixes ...string) {
	c.t.Helper()
	for _, p := range prefixes {
		if got := c.reply(); !strings.HasPrefix(got, p) {
			c.t.Fatalf("answer %q, want %s…", got, p)
		}
	}
}

// rest reads what comes until the server closes; a reset is a close too.
func (c *client) rest() string {
	c.t.Helper()
	b, err := io.ReadAll(c.r)
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		c.t.Fatalf("the server did not close; it wrote %q", b)
	}
	return string(b)
}

// alive proves that the connection still takes mail, in step.
func (c *client) alive(body string) {
	c.t.Helper()
	c.send("NOOP\r\nMAIL FROM:<b@customer.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n" + body + "\r\n.\r\n")
	c.want("250", "250", "250", "354", "250")
}

func (w *world) wantTaken(t testing.TB, want int) {
	t.Helper()
	if got := w.taken(); len(got) != want {
		t.Fatalf("%d mails taken in, want %d: %.300q", len(got), want, fmt.Sprint(got))
	}
}

const secret = "dial 10.0.0.7:2379: etcd says no"
