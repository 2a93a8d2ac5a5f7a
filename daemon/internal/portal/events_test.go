package portal_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// newsroom is a Desk with one ticket that can be followed.
type newsroom struct {
	portal.Desk
	mu      sync.Mutex
	look    string
	err     error // of a glance
	ended   bool  // the session
	looks   int
	changed chan struct{}
	open    int
	full    bool
}

func newNewsroom() *newsroom { return &newsroom{look: "first"} }

func (n *newsroom) CustomerSignedIn(_ context.Context, _, cookie string) (*actions.Customer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if cookie != shelfCookie || n.ended {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return &actions.Customer{Account: "a", Contact: &helpdesk.Contact{Name: "Alice"}}, nil
}

func (n *newsroom) glance() (actions.Glance, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looks++
	return actions.Glance{Account: "a", Ticket: 7, Look: n.look}, n.err
}

func (n *newsroom) GlanceByLink(_ context.Context, h helpdesk.HelpCenter, token string) (actions.Glance, error) {
	if token != goodLink || !h.PortalOn {
		return actions.Glance{}, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return n.glance()
}

func (n *newsroom) GlanceAtRequest(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, number int64) (actions.Glance, error) {
	if by == nil || number != 1042 {
		return actions.Glance{}, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return n.glance()
}

func (n *newsroom) Follow(actions.Glance) (actions.Tidings, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full {
		return nil, helpdesk.Errorf(helpdesk.Unavailable, "too many")
	}
	n.open++
	return tidings{n}, nil
}

type tidings struct{ of *newsroom }

func (t tidings) Changed() <-chan struct{} { return t.of.changed }

func (t tidings) Close() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.of.open--
}

// becomes makes the ticket look another way; who follows it is told or not.
func (n *newsroom) becomes(look string, told bool) {
	n.mu.Lock()
	n.look = look
	n.mu.Unlock()
	if told {
		n.changed <- struct{}{}
	}
}

func (n *newsroom) with(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// following is how many streams are open.
func (n *newsroom) following() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open
}

// pipes is a listener whose connections hold no byte that nobody reads.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

// addressed is a pipe that has the addresses of a connection.
type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 7} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.conns <- addressed{theirs}
	return ours, nil
}

// onAir runs a real HTTP server on pipes within a bubble, where time is ours.
func onAir(t *testing.T, n *newsroom, do func(t *testing.T, client *http.Client, server *http.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n.changed = make(chan struct{}, 1) // of the bubble
		here := center(plain)
		here.BaseURL = "http://help.acme.example"
		site := webtest.Site(io.Discard, here)
		pages := portal.New(n, boxes{}, site)
		listener := newPipes()
		server := &http.Server{Handler: site.Handler(pages)}
		server.RegisterOnShutdown(pages.Stop)
		served := make(chan struct{})
		go func() { defer close(served); _ = server.Serve(listener) }()
		transport := &http.Transport{DialContext: listener.dial}
		defer func() { // also after a test that broke off
			_ = server.Close()
			transport.CloseIdleConnections()
			<-served
		}()
		do(t, &http.Client{Transport: transport}, server)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("the server did not end: %v", err)
		}
		synctest.Wait()
		if n.following() != 0 {
			t.Errorf("%d streams are still followed", n.following())
		}
	})
}

const (
	linkEvents    = "http://help.acme.example/t/" + goodLink + "/events"
	requestEvents = "http://help.acme.example/en/requests/1042/events"
)

func listen(t *testing.T, client *http.Client, address string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "postern_customer", Value: shelfCookie})
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer, bufio.NewScanner(answer.Body)
}

// next is the next line of a stream that is not empty, and how long it took.
func next(lines *bufio.Scanner) (string, time.Duration) {
	began := time.Now()
	for lines.Scan() {
		if lines.Text() != "" {
			return lines.Text(), time.Since(began)
		}
	}
	return "(end)", time.Since(began)
}

func wantLines(t *testing.T, lines *bufio.Scanner, want ...string) {
	t.Helper()
	for _, w := range want {
		if got, _ := next(lines); got != w {
			t.Fatalf("the stream says %q, want %q", got, w)
		}
	}
}

// covers: S22, M03
func TestStreamTellsOfChanges(t *testing.T) {
	for _, address := range []string{linkEvents, requestEvents} {
		n := newNewsroom()
		onAir(t, n, func(t *testing.T, client *http.Client, _ *http.Server) {
			answer, lines := listen(t, client, address)
			defer answer.Body.Close()
			if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("status %d, headers %v", answer.StatusCode, answer.Header)
			}
			wantLines(t, lines, "retry: 5000", "event: look", "data: first")
			n.becomes("second", true)
			wantLines(t, lines, "event: look", "data: second")
			n.becomes("second", true) // a note of agents, say
			n.becomes("third", false) // the tidings were lost
			if got, took := next(lines); got != "event: look" || took > 3*time.Second {
				t.Errorf("what nobody told of: %q after %v", got, took)
			}
			wantLines(t, lines, "data: third")
			if got, took := next(lines); got != ":" || took > 30*time.Second {
				t.Errorf("while it is quiet: %q after %v", got, took)
			}
		})
	}
}

// What may not be seen any more is over within five seconds.
// covers: S21, S22
func TestStreamEndsWithTheRight(t *testing.T) {
	for _, test := range []struct {
		name, address string
		end           func(n *newsroom)
	}{
		{"participant left", linkEvents, func(n *newsroom) { n.err = helpdesk.Errorf(helpdesk.NotFound, "there is no such page") }},
		{"signed out", requestEvents, func(n *newsroom) { n.ended = true }},
		{"the store is away", linkEvents, func(n *newsroom) { n.err = errors.New("away") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNewsroom()
			onAir(t, n, func(t *testing.T, client *http.Client, _ *http.Server) {
				answer, lines := listen(t, client, test.address)
				defer answer.Body.Close()
				wantLines(t, lines, "retry: 5000", "event: look", "data: first")
				n.with(func() { test.end(n) })
				if got, took := next(lines); got != "(end)" || took > 5*time.Second {
					t.Errorf("the stream says %q after %v, want its end", got, took)
				}
			})
		})
	}
}

func TestStreamsAreRefused(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(t *testing.T, client *http.Client, _ *http.Server) {
		for address, want := range map[string]int{
			"http://help.acme.example/t/pl1_x/events":              http.StatusNotFound,
			"http://help.acme.example/en/requests/7/events":        http.StatusNotFound,
			"http://help.acme.example/en/requests/x/events":        http.StatusNotFound,
			"http://help.acme.example/de/requests/1042/events":     http.StatusNotFound,
			"http://help.acme.example/en/requests/1042/events/all": http.StatusNotFound,
		} {
			answer, _ := listen(t, client, address)
			if answer.StatusCode != want || strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
				t.Errorf("%s: status %d, %s", address, answer.StatusCode, answer.Header.Get("Content-Type"))
			}
			_ = webtest.Body(t, answer)
			_ = answer.Body.Close()
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodHead, linkEvents, nil)
		answer, err := client.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("HEAD: %v, %v", answer, err)
		}
		_ = answer.Body.Close()
		for ended, want := range map[bool]int{false: http.StatusNotFound, true: http.StatusForbidden} { // as the page of the link
			n.with(func() { n.ended, n.err = ended, helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request") })
			answer, _ = listen(t, client, linkEvents)
			if answer.StatusCode != want {
				t.Errorf("where links do not open requests, signed in %t: status %d, want %d", !ended, answer.StatusCode, want)
			}
			_ = webtest.Body(t, answer)
			_ = answer.Body.Close()
		}
		n.with(func() { n.ended, n.err, n.full = false, nil, true })
		answer, _ = listen(t, client, linkEvents)
		if answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("too many follow something: status %d", answer.StatusCode)
		}
		_ = webtest.Body(t, answer)
		_ = answer.Body.Close()
	})
	nobody := webtest.Get(t, shelfOf(&shelf{}, center(plain)), base+"/en/requests/1042/events")
	if nobody.StatusCode != http.StatusForbidden {
		t.Errorf("nobody is signed in: status %d", nobody.StatusCode)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(t *testing.T, client *http.Client, _ *http.Server) {
		var open []*http.Response
		for range portal.MostStreamsOfNetwork {
			answer, lines := listen(t, client, linkEvents)
			wantLines(t, lines, "retry: 5000")
			open = append(open, answer)
		}
		answer, _ := listen(t, client, linkEvents)
		if answer.StatusCode != http.StatusTooManyRequests || n.following() != portal.MostStreamsOfNetwork {
			t.Errorf("one too many: status %d, %d are open", answer.StatusCode, n.following())
		}
		_ = webtest.Body(t, answer)
		_ = answer.Body.Close()
		for _, one := range open {
			_ = one.Body.Close()
		}
		synctest.Wait()
		if got := n.following(); got != 0 {
			t.Errorf("%d streams are open whose readers have gone", got)
		}
		answer, lines := listen(t, client, linkEvents)
		wantLines(t, lines, "retry: 5000")
		_ = answer.Body.Close()
	})
}

// A reader who does not read is given up.
func TestStreamOfSlowReader(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(t *testing.T, client *http.Client, _ *http.Server) {
		answer, _ := listen(t, client, linkEvents) // its head is read, and nothing else
		defer answer.Body.Close()
		time.Sleep(time.Minute) // of the bubble: nobody waits for it
		if got := n.following(); got != 0 {
			t.Errorf("%d streams are open, but nobody reads", got)
		}
	})
}

func TestStreamEndsWithTheServer(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(t *testing.T, client *http.Client, server *http.Server) {
		answer, lines := listen(t, client, linkEvents)
		defer answer.Body.Close()
		wantLines(t, lines, "retry: 5000", "event: look", "data: first")
		said := make(chan string, 1)
		go func() { got, _ := next(lines); said <- got }()
		began := time.Now()
		if err := server.Shutdown(t.Context()); err != nil || time.Since(began) > time.Second {
			t.Errorf("the server ended after %v, %v", time.Since(began), err)
		}
		if got := <-said; got != "(end)" {
			t.Errorf("the stream says %q", got)
		}
	})
}

// A stream does not last for ever: the browser opens another, which is asked anew.
func TestStreamIsOverSomeTime(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(t *testing.T, client *http.Client, _ *http.Server) {
		answer, lines := listen(t, client, linkEvents)
		defer answer.Body.Close()
		began := time.Now()
		for lines.Scan() {
		}
		if took := time.Since(began); took > 20*time.Minute {
			t.Errorf("it lasted %v", took)
		}
	})
}
