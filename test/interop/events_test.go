package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// console is an agent's browser, as far as streams need one.
type console struct {
	t      *testing.T
	desk   *peers.Desk
	cookie *http.Cookie
}

func (c *console) ask(ctx context.Context, method, path string, form url.Values) *http.Response {
	c.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.desk.HTTP+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Host = "help.acme.example"
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

func (c *console) signIn(address, password string) {
	c.t.Helper()
	resp := c.ask(c.t.Context(), http.MethodPost, "/agent/sign-in", url.Values{"address": {address}, "password": {password}})
	defer resp.Body.Close()
	for _, cookie := range resp.Cookies() {
		if strings.HasSuffix(cookie.Name, "postern_agent") {
			c.cookie = cookie
			return
		}
	}
	c.t.Fatalf("nobody is signed in: %s", resp.Status)
}

// events of a stream: the last of each name.
type events struct {
	t    *testing.T
	end  func()
	came chan [2]string // closed at the end of the stream
	last map[string]string
}

func (c *console) listen(path string) *events {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	resp := c.ask(ctx, http.MethodGet, path, nil)
	if resp.StatusCode != http.StatusOK {
		cancel()
		c.t.Fatalf("%s: %s", path, resp.Status)
	}
	e := &events{t: c.t, came: make(chan [2]string, 100), last: map[string]string{}}
	e.end = func() { cancel(); _ = resp.Body.Close() }
	c.t.Cleanup(e.end)
	go func() { // ends with the stream
		defer close(e.came)
		var name string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if s, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = s
			}
			if s, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				e.came <- [2]string{name, s}
			}
		}
	}()
	return e
}

// until waits until the last event of a name is as it should be.
func (e *events) until(name string, is func(data string) bool) string {
	e.t.Helper()
	late := time.After(peers.Patience)
	for !is(e.last[name]) {
		select {
		case got, open := <-e.came:
			if !open {
				e.t.Fatalf("the stream ended; it told %v", e.last)
			}
			e.last[got[0]] = got[1]
		case <-late:
			e.t.Fatalf("%s is not told of: %v", name, e.last)
		}
	}
	return e.last[name]
}

func (e *events) counts(queue string, want int) {
	e.t.Helper()
	e.until("counts", func(data string) bool {
		var all map[string]int
		return json.Unmarshal([]byte(data), &all) == nil && all[queue] == want
	})
}

// An agent's page hears of mail, of colleagues, and after the daemon died and came back
// of what is so then; who is disabled hears nothing more.
//
// covers: P10
func TestAgentsStream(t *testing.T) {
	desk := peers.StartDesk(t, relayCenter+relayBox("starttls", ""), "--trusted-relay", "127.0.0.1")
	var made struct{ Password string }
	desk.JSON(t, &made, "agent", "add", "robin@acme.example", "--name", "Robin")
	robin := &console{t: t, desk: desk}
	password := made.Password
	robin.signIn("robin@acme.example", password)
	desk.JSON(t, &made, "agent", "add", "ada@acme.example", "--name", "Ada")
	ada := &console{t: t, desk: desk}
	ada.signIn("ada@acme.example", made.Password)
	write := func(who string) {
		t.Helper()
		plainly(t, desk.SMTP, who, "starttls@acme.example", question(who, "starttls@acme.example"))
	}

	page := "/agent/events?list=open&ticket=1"
	stream := robin.listen(page)
	stream.counts("open", 0)
	empty := stream.until("list", func(data string) bool { return data != "" })
	stream.until("ticket", func(data string) bool { return strings.Contains(data, "gone") })
	write("ann@customer.example")
	stream.counts("open", 1)
	first := stream.until("list", func(data string) bool { return data != empty })
	stream.end()

	stream = robin.listen(page)
	shown := stream.until("ticket", func(data string) bool { return data != "" && !strings.Contains(data, "gone") })
	resp := ada.ask(t.Context(), http.MethodPost, "/agent/tickets/1/presence", url.Values{"typing": {"note"}})
	_ = resp.Body.Close()
	stream.until("presence", func(data string) bool { return strings.Contains(data, `"name":"Ada","typing":"note"`) })

	desk.Kill() // the page's browser comes back by itself, as here
	desk.Restart(t)
	stream = robin.listen(page)
	stream.until("list", func(data string) bool { return data == first })
	stream.until("ticket", func(data string) bool { return data == shown })
	write("ben@customer.example")
	stream.counts("open", 2)

	desk.Command(t, "agent", "set", "robin@acme.example", "--disable")
	late := time.After(5 * time.Second)
	for open := true; open; {
		select {
		case _, open = <-stream.came:
		case <-late:
			t.Fatal("who is disabled still listens after five seconds")
		}
	}
	for _, at := range []string{page, "/agent", "/agent/tickets/1", "/agent/me"} {
		got := robin.ask(t.Context(), http.MethodGet, at, nil)
		_ = got.Body.Close()
		if to := got.Header.Get("Location"); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/agent/sign-in") {
			t.Errorf("who is disabled gets %s to %q at %s", got.Status, to, at)
		}
	}
	if got := robin.ask(t.Context(), http.MethodPost, "/agent/tickets/1/presence", url.Values{"typing": {"note"}}); got.StatusCode < 400 {
		t.Errorf("who is disabled still writes: %s", got.Status)
	}
	if got := robin.ask(t.Context(), http.MethodPost, "/agent/sign-in", url.Values{"address": {"robin@acme.example"}, "password": {password}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("who is disabled signs in: %s", got.Status)
	}
	if got := ada.ask(t.Context(), http.MethodGet, "/agent", nil); got.StatusCode != http.StatusOK {
		t.Errorf("somebody else gets %s", got.Status)
	}
}
