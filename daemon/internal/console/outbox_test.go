package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// What waits after an attempt or was given up can be had tried at once; what is
// sent, withdrawn or on its way cannot.
//
// covers: P11
func TestTryAgainIsOffered(t *testing.T) {
	d := full()
	d.Deliveries[4].Claim, d.Deliveries[4].Attempts = "a", 1
	untried := d.Deliveries[1]
	untried.ID, untried.Attempts, untried.Last = "untrieduntriedun", 0, nil // as its relay is left alone
	d.Deliveries = append(d.Deliveries, untried)
	if page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session)); strings.Contains(page, "untrieduntriedun") {
		t.Error("what was just made is offered")
	}
	d.Deliveries[5].Warned = 1
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
	has(t, page, `action="/agent/tickets/7/deliveries/waitswaitswaitswa/retry"`, `action="/agent/tickets/7/deliveries/failedfailedfail/retry"`,
		`action="/agent/tickets/7/deliveries/untrieduntriedun/retry"`,
		"On its way now", "tried 3 times", "connection refused", "550 no such user")
	if n := strings.Count(page, "Try again now"); n != 3 {
		t.Errorf("%d offers, want 3", n)
	}
}

// covers: P11
func TestTryAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		want   []string
	}{
		{"done", nil, http.StatusSeeOther, nil},
		{"being sent", helpdesk.Errorf(helpdesk.Invalid, "it is being tried right now"), 422, []string{"It is being tried right now.", `role="alert"`}},
		{"sent meanwhile", helpdesk.Errorf(helpdesk.NotFound, "no mail with this id waits or was given up"), 404, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{detail: full(), writeErr: tt.err}
			h := serve(d)
			r := webtest.Post(t, h, base+"/agent/tickets/7/deliveries/failedfailedfail/retry", url.Values{}, session)
			if r.StatusCode != tt.status {
				t.Errorf("status %d, want %d", r.StatusCode, tt.status)
			}
			if diff := cmp.Diff([]string{"retry failedfailedfail"}, d.changes); diff != "" {
				t.Error(diff)
			}
			if tt.status == http.StatusSeeOther {
				if got := r.Header.Get("Location"); got != "/agent/tickets/7?done=retry" {
					t.Errorf("goes to %q", got)
				}
				has(t, webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7?done=retry", session)), "The mail is tried again now.")
				return
			}
			has(t, webtest.Page(t, r), tt.want...)
		})
	}
}
