package portal_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// covers: M03, M04
func TestDisown(t *testing.T) {
	d := &desk{view: seen}
	off := center()
	off.PortalOn = false // it is there with the portal off too
	h := serve(d, io.Discard, off)
	r := webtest.Get(t, h, base+"/not-me/"+goodLink)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || d.disowned != 0 {
		t.Fatalf("looking: status %d, said %d times", r.StatusCode, d.disowned)
	}
	has(t, page, `<form method="post" novalidate>`, "This was not me", "nothing has changed")
	hasNot(t, page, goodLink, "#1042", "alice@customer.example")
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	r = webtest.Post(t, h, base+"/not-me/"+goodLink, url.Values{})
	has(t, webtest.Page(t, r), "Tick the box first")
	if r.StatusCode != http.StatusUnprocessableEntity || d.disowned != 0 {
		t.Errorf("pressing alone: status %d, said %d times", r.StatusCode, d.disowned)
	}
	r = webtest.Post(t, h, base+"/not-me/"+goodLink, url.Values{"sure": {"yes"}})
	has(t, webtest.Page(t, r), "We closed that request")
	if r.StatusCode != http.StatusOK || d.disowned != 1 {
		t.Errorf("saying: status %d, said %d times", r.StatusCode, d.disowned)
	}
	missing := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page"))
	for _, r := range []*http.Response{webtest.Get(t, h, base+"/not-me/x"), webtest.Post(t, h, base+"/not-me/x", url.Values{"sure": {"yes"}}), webtest.Post(t, h, base+"/not-me/x", url.Values{})} {
		if page := webtest.Page(t, r); r.StatusCode != http.StatusNotFound || page != missing {
			t.Errorf("bad link: status %d, same page: %t", r.StatusCode, page == missing)
		}
	}
}
