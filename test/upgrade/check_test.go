package upgrade

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// passing are members that change by themselves: what mail that waits comes to, what
// agents are told of it in a request, and when something was used last.
var passing = map[string]bool{"rev": true, "used": true, "deliveries": true, "updated": true, "entries": true, "last": true, "look": true, "glance": true, "seen": true, "unread": true, "failing": true}

// grow are lists that are longer when something came.
var grow = []string{"/tickets?limit=60", "/queues", "/contacts"}

// holds looks whether all that the story knows is there still. answers is how often
// [story.goesOn] was called before.
func (st *story) holds(t *testing.T, d *daemon, answers int) {
	t.Helper()
	api := d.api(st.Token)
	// Lists are made in memory after a start.
	peers.Eventually(t, peers.Patience, func() error {
		if status, answer := api.ask(t, http.MethodGet, "/api/v1/tickets?limit=60", "", ""); status != http.StatusOK || strings.Count(answer, `"number"`) < len(st.Waiting) {
			return fmt.Errorf("requests are not listed: %d %s", status, answer)
		}
		return nil
	})
	for path, want := range st.Told {
		switch {
		case answers > 0 && (path == fmt.Sprintf("/tickets/%d", st.Number) || slices.Contains(grow, path)):
			continue // goesOn looks at what changed
		case strings.HasSuffix(path, "/draft") && time.Since(st.At) > 24*time.Hour:
			continue // drafts are not kept for ever
		}
		if d := differs(path, want, api.read(t, path), passing); d != "" {
			t.Error(d)
		}
	}
	if out := d.command(t, "verify", "--audit", "--head", st.Head); !strings.Contains(out, "none changed") {
		t.Errorf("verify --audit says\n%s", out)
	}
	if _, answer := api.ask(t, http.MethodGet, "/api/v1/contacts?q="+url.QueryEscape(st.Gone), "", ""); strings.Contains(answer, st.Gone) {
		t.Errorf("who was erased is a contact again: %s", answer)
	}
	st.opens(t, d)
}

// opens looks at pages, and lets people sign in.
func (st *story) opens(t *testing.T, d *daemon) {
	t.Helper()
	const subject = "My kaleidoscope"
	age := time.Since(st.At)
	if age < 365*24*time.Hour { // as long as links hold, by the manifests
		d.browser(nil).page(t, st.Link, subject, "Turn it round.")
	}
	d.browser(nil).page(t, "/en/submit/contact", "Order number")
	request := fmt.Sprintf("/en/requests/%d", st.Number)
	alice := d.browser(nil)
	alice.fill(t, "/en/sign-in", url.Values{"address": {st.Alice.Address}, "password": {st.Alice.Password}})
	alice.page(t, request, subject)
	robin := d.browser(nil)
	robin.fill(t, "/agent/sign-in", url.Values{"address": {st.Agent.Address}, "password": {st.Agent.Password}})
	ticket := fmt.Sprintf("/agent/tickets/%d", st.Number)
	robin.page(t, ticket, subject, "note.txt")
	if age < time.Hour { // sessions that were there before
		d.browser(st.Alice.Cookies).page(t, request, subject)
		d.browser(st.Agent.Cookies).page(t, ticket, subject)
	}
	if got := robin.page(t, ticket+"/entries/1/files/1"); got != file {
		t.Errorf("the file of the first mail is %q", got)
	}
	peers.Eventually(t, peers.Patience, func() error {
		if _, found := d.api(st.Token).ask(t, http.MethodGet, "/api/v1/search?q=kaleidoscope", "", ""); !strings.Contains(found, subject) {
			return errors.New("the request is not found by a word of its subject: " + found)
		}
		return nil
	})
}

// goesOn answers by mail to the address of an old mail, from her who got it.
func (st *story) goesOn(t *testing.T, d *daemon, words string) {
	t.Helper()
	d.mail(t, st.Alice.Address, st.ReplyTo, "Re: My kaleidoscope "+words, words)
	var now struct{ Thread []struct{ Text string } }
	d.api(st.Token).do(t, http.MethodGet, fmt.Sprintf("/tickets/%d", st.Number), nil, &now)
	n := 0
	for _, e := range now.Thread {
		if strings.Contains(e.Text, words) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the answer %q is in the request %d times", words, n)
	}
}

// sent wants each mail that waited to have come once. What is about a sign-in is
// for those who wait: it is not sent when it says nothing any more.
func (st *story) sent(t *testing.T, s *sink) {
	t.Helper()
	times := s.times()
	for _, m := range st.Waiting {
		if m.To == st.Asked && time.Since(st.At) > time.Hour {
			continue
		}
		if times[m.MessageID] != 1 {
			t.Errorf("%s to %s, which waited, came %d times", m.Purpose, m.To, times[m.MessageID])
		}
	}
	s.noneTwice(t)
}
