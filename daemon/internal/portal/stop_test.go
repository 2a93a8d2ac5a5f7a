package portal_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// stopping counts who left.
type stopping struct {
	*desk
	left int
}

func (d *stopping) Stoppable(_ context.Context, _ helpdesk.HelpCenter, token string) error {
	return d.Disownable(context.Background(), helpdesk.HelpCenter{}, token)
}

func (d *stopping) Stop(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	if err := d.Stoppable(ctx, h, token); err != nil {
		return err
	}
	d.left++
	return nil
}

// covers: M03, S07
func TestStop(t *testing.T) {
	d := &stopping{desk: &desk{view: seen}}
	off := center()
	off.PortalOn = false // it is there with the portal off too
	site := webtest.Site(io.Discard, off)
	h := site.Handler(portal.New(d, boxes{}, site))
	r := webtest.Get(t, h, base+"/stop/"+goodLink)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || d.left != 0 {
		t.Fatalf("looking: status %d, left %d times", r.StatusCode, d.left)
	}
	has(t, page, `<form method="post" novalidate>`, "No more mail about this request", "nothing has changed")
	hasNot(t, page, goodLink, "#1042", "alice@customer.example")
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	r = webtest.Post(t, h, base+"/stop/"+goodLink, nil)
	has(t, webtest.Page(t, r), "Tick the box first")
	if r.StatusCode != http.StatusUnprocessableEntity || d.left != 0 {
		t.Errorf("pressing alone: status %d, left %d times", r.StatusCode, d.left)
	}
	r = webtest.PostFiles(t, h, base+"/stop/"+goodLink, url.Values{"List-Unsubscribe": {"One-Click"}}, nil)
	if r.StatusCode != http.StatusOK || d.left != 1 {
		t.Errorf("one click in parts: status %d, left %d times", r.StatusCode, d.left)
	}
	r = webtest.Post(t, h, base+"/stop/"+goodLink, url.Values{"sure": {"yes"}})
	if r.StatusCode != http.StatusOK || d.left != 2 {
		t.Errorf("by the page: status %d, left %d times", r.StatusCode, d.left)
	}
	// A mail program's button (RFC 8058 section 3.2): no cookie, no Origin, no language.
	req := httptest.NewRequest(http.MethodPost, base+"/stop/"+goodLink, strings.NewReader("List-Unsubscribe=One-Click"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusOK || d.left != 3 || len(w.Header()["Set-Cookie"]) != 0 {
		t.Errorf("one click: status %d, left %d times, cookies %v", w.Code, d.left, w.Header()["Set-Cookie"])
	}
	has(t, w.Body.String(), "You get no more mail about this request")
	missing := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page"))
	for _, r := range []*http.Response{webtest.Get(t, h, base+"/stop/x"), webtest.Post(t, h, base+"/stop/x", nil)} {
		if page := webtest.Page(t, r); r.StatusCode != http.StatusNotFound || page != missing {
			t.Errorf("bad link: status %d, same page: %t", r.StatusCode, page == missing)
		}
	}
}
