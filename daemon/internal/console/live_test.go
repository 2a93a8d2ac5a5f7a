package console_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// newsroom is a Desk that has something to tell, and counts who listens.
type newsroom struct {
	console.Desk
	mu      sync.Mutex
	glance  actions.DeskGlance
	asked   actions.Watched
	looks   int
	err     error
	ended   bool // the session
	full    bool
	open    int
	changed chan struct{}
}

func (n *newsroom) SignedIn(_ context.Context, account, cookie string) (actions.Actor, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if cookie != "good" || account != "a" || n.ended {
		return actions.Actor{}, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return actions.Actor{Account: account, Agent: robin}, nil
}

func (n *newsroom) GlanceAtDesk(_ context.Context, _ actions.Actor, w actions.Watched) (*actions.DeskGlance, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looks++
	n.asked = w
	g := n.glance
	return &g, n.err
}

func (n *newsroom) FollowDesk(context.Context, actions.Actor, actions.Watched) (actions.Tidings, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full {
		return nil, helpdesk.Errorf(helpdesk.Unavailable, "too many")
	}
	n.open++
	return listener{n}, nil
}

type listener struct{ of *newsroom }

func (l listener) Changed() <-chan struct{} { return l.of.changed }

func (l listener) Close() { l.of.with(func() { l.of.open-- }) }

func (n *newsroom) with(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// tell changes what there is to tell, and says that there is something.
func (n *newsroom) tell(change func()) {
	n.with(change)
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

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

// air is a real HTTP server in a bubble, where time is ours.
type air struct {
	t      *testing.T
	client *http.Client
	server *http.Server
}

func onAir(t *testing.T, n *newsroom, do func(a *air)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n.changed = make(chan struct{}, 1) // of the bubble
		here := center
		here.BaseURL = "http://help.acme.example"
		site := webtest.Site(io.Discard, here)
		pages := console.New(n, site)
		conns := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: site.Handler(pages)}
		server.RegisterOnShutdown(pages.Stop)
		served := make(chan struct{})
		go func() { defer close(served); _ = server.Serve(conns) }()
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			conns.conns <- addressed{theirs}
			return ours, nil
		}}
		defer func() { // also after a test that broke off
			_ = server.Close()
			transport.CloseIdleConnections()
			<-served
		}()
		stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		do(&air{t, &http.Client{Transport: transport, CheckRedirect: stay}, server})
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

func (a *air) listen(query string) (*http.Response, *lines) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, "http://help.acme.example/agent/events"+query, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "postern_agent", Value: "good"})
	answer, err := a.client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer, &lines{a.t, bufio.NewScanner(answer.Body)}
}

// lines of a stream.
type lines struct {
	t       *testing.T
	scanner *bufio.Scanner
}

// next is the next line that is not empty, and how long it took.
func (l *lines) next() (string, time.Duration) {
	began := time.Now()
	for l.scanner.Scan() {
		if l.scanner.Text() != "" {
			return l.scanner.Text(), time.Since(began)
		}
	}
	return "(end)", time.Since(began)
}

func (l *lines) want(want ...string) {
	l.t.Helper()
	for _, w := range want {
		if got, _ := l.next(); got != w {
			l.t.Fatalf("the stream says %q, want %q", got, w)
		}
	}
}

func newNewsroom() *newsroom {
	return &newsroom{glance: actions.DeskGlance{Counts: map[string]int{"mine": 1}, List: "l1", Ticket: "t1", Present: []actions.Present{}}}
}

// Whoever comes is told all there is, and then what is another by now.
// covers: P10
func TestEvents(t *testing.T) {
	n := newNewsroom()
	all := []string{
		"retry: 2000", "event: counts", `data: {"mine":1}`, "event: list", `data: "l1"`, "event: presence", "data: []", "event: ticket", `data: {"look":"t1","number":7}`,
	}
	onAir(t, n, func(a *air) {
		answer, lines := a.listen("?list=view:abc&order=oldest&before=p&ticket=7")
		defer answer.Body.Close()
		if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("status %d, headers %v", answer.StatusCode, answer.Header)
		}
		lines.want(all...)
		if q := n.asked.List; q == nil || q.View != "abc" || q.Order != "oldest" || q.Before != "p" || q.Limit == 0 || n.asked.Number != 7 {
			t.Errorf("asked for %+v of %+v", n.asked, q)
		}
		n.tell(func() { n.glance.List = "l2" })
		lines.want("event: list", `data: "l2"`)
		n.with(func() { n.glance.Present = []actions.Present{{Agent: "bob", Name: "Bob\n<b>", Typing: helpdesk.Note}} }) // the tidings were lost
		if got, took := lines.next(); got != "event: presence" || took > 3*time.Second {
			t.Errorf("what nobody told of: %q after %v", got, took)
		}
		lines.want(`data: [{"agent":"bob","name":"Bob\n\u003cb\u003e","typing":"note"}]`)

		// Another replica, or the same one after a restart: nothing was missed.
		_ = answer.Body.Close()
		n.with(func() { n.glance.Ticket = actions.Gone })
		again, lines := a.listen("?list=open&ticket=7")
		defer again.Body.Close()
		lines.want(append(all[:4:4], `data: "l2"`, "event: presence", `data: [{"agent":"bob","name":"Bob\n\u003cb\u003e","typing":"note"}]`,
			"event: ticket", `data: {"look":"gone","number":7}`)...)
		if got, took := lines.next(); got != ":" || took > 30*time.Second {
			t.Errorf("while it is quiet: %q after %v", got, took)
		}
	})
}

// In a burst of mail a page looks once a second, and at the last of it.
func TestEventsOfABurst(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(a *air) {
		answer, lines := a.listen("?list=open")
		defer answer.Body.Close()
		lines.want("retry: 2000", "event: counts", `data: {"mine":1}`, "event: list", `data: "l1"`)
		n.with(func() { n.looks = 0 })
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 200 {
				n.tell(func() { n.glance.Counts = map[string]int{"mine": i} })
				time.Sleep(20 * time.Millisecond) // of the bubble
			}
		}()
		last := ""
		for last != `data: {"mine":199}` {
			last, _ = lines.next()
			if last == "(end)" {
				t.Fatal("the stream ended")
			}
		}
		<-done
		n.with(func() {
			if n.looks > 8 {
				t.Errorf("%d looks in four seconds", n.looks)
			}
		})
	})
}

// Who may no more is out within five seconds.
// covers: P10
func TestEventsEndWithTheRight(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(n *newsroom)
	}{
		{"signed out or disabled", func(n *newsroom) { n.ended = true }},
		{"the store is away", func(n *newsroom) { n.err = helpdesk.Errorf(helpdesk.Unavailable, "away") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNewsroom()
			onAir(t, n, func(a *air) {
				answer, lines := a.listen("")
				defer answer.Body.Close()
				lines.want("retry: 2000", "event: counts", `data: {"mine":1}`)
				n.with(func() { test.end(n) })
				if got, took := lines.next(); got != "(end)" || took > 5*time.Second {
					t.Errorf("the stream says %q after %v, want its end", got, took)
				}
			})
		})
	}
}

func TestEventsAreRefused(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(a *air) {
		want := func(name, query string, status int) {
			t.Helper()
			answer, _ := a.listen(query)
			if answer.StatusCode != status || strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
				t.Errorf("%s: status %d, %s", name, answer.StatusCode, answer.Header.Get("Content-Type"))
			}
			_ = webtest.Body(t, answer)
			_ = answer.Body.Close()
		}
		want("no number", "?ticket=x", http.StatusNotFound)
		want("no request", "?ticket=-1", http.StatusNotFound)
		n.with(func() { n.full = true })
		want("too many", "", http.StatusServiceUnavailable)
		n.with(func() { n.full, n.ended = false, true })
		want("signed out", "", http.StatusSeeOther)
		n.with(func() { n.ended = false })
		r, _ := http.NewRequestWithContext(a.t.Context(), http.MethodHead, "http://help.acme.example/agent/events", nil)
		r.AddCookie(&http.Cookie{Name: "postern_agent", Value: "good"})
		answer, err := a.client.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK || n.following() != 0 {
			t.Fatalf("HEAD: %v, %v", answer, err)
		}
		_ = answer.Body.Close()
	})
}

// A reader who does not read is given up, and the server's end ends all streams.
func TestEventsEnd(t *testing.T) {
	n := newNewsroom()
	onAir(t, n, func(a *air) {
		slow, _ := a.listen("") // its head is read, and nothing else
		time.Sleep(time.Minute) // of the bubble: nobody waits for it
		if got := n.following(); got != 0 {
			t.Errorf("%d streams are open, but nobody reads", got)
		}
		_ = slow.Body.Close()
		answer, lines := a.listen("")
		defer answer.Body.Close()
		lines.want("retry: 2000", "event: counts", `data: {"mine":1}`)
		said := make(chan string, 1)
		go func() { got, _ := lines.next(); said <- got }()
		began := time.Now()
		if err := a.server.Shutdown(a.t.Context()); err != nil || time.Since(began) > time.Second {
			t.Errorf("the server ended after %v, %v", time.Since(began), err)
		}
		if got := <-said; got != "(end)" {
			t.Errorf("the stream says %q", got)
		}
	})
}

func (d *desk) MarkSeen(_ context.Context, by actions.Actor, number int64, entry int) error {
	return d.noted(by, "seen %d %d", number, entry)
}

func (d *desk) MarkUnread(_ context.Context, by actions.Actor, number int64) error {
	return d.noted(by, "unread %d", number)
}

func (d *desk) BeThere(_ context.Context, by actions.Actor, number int64, typing helpdesk.EntryKind) error {
	return d.noted(by, "there %d %s", number, typing)
}

func (d *desk) BeGone(_ context.Context, by actions.Actor, number int64) error {
	return d.noted(by, "gone %d", number)
}

// covers: P10
func TestScriptsAreHeard(t *testing.T) {
	for _, tt := range []struct {
		name, act string
		form      url.Values
		status    int
		want      string
	}{
		{"seen", "seen", url.Values{"entry": {"3"}}, http.StatusNoContent, "seen 7 3"},
		{"seen nothing", "seen", url.Values{"entry": {"-1"}}, http.StatusUnprocessableEntity, ""},
		{"unread", "unread", nil, http.StatusNoContent, "unread 7"},
		{"there", "presence", nil, http.StatusNoContent, "there 7 "},
		{"typing", "presence", url.Values{"typing": {"note"}}, http.StatusNoContent, "there 7 note"},
		{"gone", "presence", url.Values{"leave": {"yes"}}, http.StatusNoContent, "gone 7"},
	} {
		d := &desk{}
		got := webtest.Post(t, serve(d), base+"/agent/tickets/7/"+tt.act, tt.form, session)
		if said := strings.Join(d.changes, ";"); got.StatusCode != tt.status || said != tt.want {
			t.Errorf("%s: status %d, %q; want %d, %q", tt.name, got.StatusCode, said, tt.status, tt.want)
		}
	}
}

func (d *desk) noted(by actions.Actor, format string, args ...any) error {
	d.changes = append(d.changes, fmt.Sprintf(format, args...))
	return d.check(by)
}
