package surface

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Words of each request, with who may read them here: the third is at the other
// account. Whoever may not must not find them in any answer.
var readersOf = map[string]string{"kaleidoscope": readers, "trombone": "bob agent", "accordion": "", among: agents}

const among = "among us" // what agents say to each other

// TestAuthority lets everybody ask every route for what is theirs and for what is
// not. Only who is named in the table gets anything; all others learn nothing, and
// change nothing.
//
// covers: S21, S22, S37, S40a
func TestAuthority(t *testing.T) {
	t.Parallel()
	d := fill(t)
	who := d.everybody(t)
	before := d.requests(t)
	for _, r := range routes {
		for _, p := range r.probes {
			for _, name := range people {
				if !p.allows(name) {
					d.refused(t, r, p, name, who[name])
				}
			}
		}
	}
	d.Settled(t)
	if after := d.requests(t); after != before {
		t.Errorf("who may not do anything changed\n%s\nto\n%s", before, after)
	}
	for _, r := range routes {
		for _, p := range r.probes {
			for _, name := range people {
				if p.allows(name) {
					d.allowed(t, r, p, name, who[name])
				}
			}
		}
	}
}

func (p probe) allows(name string) bool {
	return p.may == everybody || slices.Contains(strings.Fields(p.may), name)
}

// everybody is signed in as who they are, with their cookies at the help center
// of Alice's request.
func (d *desk) everybody(t *testing.T) map[string]*visitor {
	t.Helper()
	return map[string]*visitor{
		"nobody": d.visit(t, "acme"), "alice": d.customers[alice], "bob": d.customers[bob], "carol": d.customers[carol], "dave": d.customers[dave],
		"erin": d.moved(t, d.customers[erin], "acme"), "agent": d.agentAt(t, "acme"), "rival": d.moved(t, d.rival, "acme"),
	}
}

// moved is somebody who brings their cookies to another help center.
func (d *desk) moved(t *testing.T, v *visitor, center string) *visitor {
	t.Helper()
	from, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	there := d.visit(t, center)
	to, err := url.Parse(there.base)
	if err != nil {
		t.Fatal(err)
	}
	there.client.Jar, _ = cookiejar.New(nil) // never fails
	there.client.Jar.SetCookies(to, v.client.Jar.Cookies(from))
	return there
}

// requests are both requests of the account and what is held, as text.
func (d *desk) requests(t *testing.T) string {
	t.Helper()
	var held any
	d.tell(t, &held, "held", "list")
	all, err := json.MarshalIndent([]any{d.ticket(t, d.request), d.ticket(t, d.other), held}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// probed asks.
func (d *desk) probed(t *testing.T, r route, p probe, v *visitor) answer {
	t.Helper()
	at, form := d.place(t, p.at), d.placed(t, p.form)
	switch {
	case !r.posts():
		return v.get(t, at)
	case p.json != "":
		return v.ask(t, http.MethodPost, at, "application/json", strings.NewReader(p.json))
	case p.files:
		return v.send(t, at, form)
	}
	return v.post(t, at, form)
}

func (r route) posts() bool { return strings.HasPrefix(r.pattern, "POST ") }

func (d *desk) refused(t *testing.T, r route, p probe, name string, v *visitor) {
	t.Helper()
	got := d.probed(t, r, p, v)
	what := fmt.Sprintf("%s at %s for %s", r.pattern, p.at, name)
	if !isRefusal(got, p.at, name) {
		t.Errorf("%s: answered with %d to %q", what, got.status, got.location())
	}
	for words := range readersOf {
		if strings.Contains(got.body, words) {
			t.Errorf("%s: tells of %q", what, words)
		}
	}
}

// isRefusal tells whether somebody learns nothing: there is no such thing, or they
// are led to the sign-in, whether there is such a thing or not.
func isRefusal(got answer, at, name string) bool {
	signIn := "/en/sign-in"
	if !customers(at) {
		signIn = "/agent/sign-in"
	}
	switch got.status {
	case http.StatusNotFound:
		return true
	case http.StatusFound, http.StatusSeeOther:
		return strings.HasPrefix(got.location(), signIn+"?next=")
	case http.StatusForbidden: // the page to sign in, with what they had typed
		return strings.Contains(got.body, signIn+`"`) || strings.Contains(got.body, signIn+"?next=")
	case http.StatusUnprocessableEntity: // of a sign-in that failed
		return strings.HasPrefix(at, signIn)
	}
	return false
}

func (d *desk) allowed(t *testing.T, r route, p probe, name string, v *visitor) {
	t.Helper()
	got := d.probed(t, r, p, v)
	what := fmt.Sprintf("%s at %s for %s", r.pattern, p.at, name)
	fine := got.status == http.StatusOK || got.status == http.StatusNoContent || got.status == http.StatusFound || got.status == http.StatusSeeOther ||
		got.status == http.StatusUnprocessableEntity
	fine = fine && p.wrong == (got.status == http.StatusUnprocessableEntity)
	leads := got.location()
	waits := strings.Contains(leads, "%3Fdraft%3D") // what they wrote is kept until then (row S23)
	if !fine || strings.Contains(leads, "sign-in?next=") && !waits {
		t.Errorf("%s: answered with %d to %q", what, got.status, leads)
	}
	if p.shows != "" && got.status == http.StatusOK && slices.Contains(strings.Fields(readersOf[p.shows]), name) && !strings.Contains(got.body, p.shows) {
		t.Errorf("%s: does not show %q", what, p.shows)
	}
	for words, may := range readersOf {
		if secretAddress(p.at) && words != among || slices.Contains(strings.Fields(may), name) {
			continue // whoever has the link may read what it opens
		}
		if strings.Contains(got.body, words) {
			t.Errorf("%s: tells of %q", what, words)
		}
	}
}
