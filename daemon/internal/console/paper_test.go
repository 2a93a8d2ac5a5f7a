package console_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const entries = base + "/agent/tickets/7/entries/"

// covers: P07
func TestPaper(t *testing.T) {
	r := webtest.Get(t, serve(&desk{detail: full()}), entries+"8/html", session)
	page := webtest.Body(t, r)
	has(t, page, "<main dir=\"auto\"><p>Printed <b>words</b></p></main>", "<title>Mail 8 of request #7</title>",
		"2 remote images were not loaded. 1 picture is missing or too large to show here. 3 active parts were taken out. The mail is very long; its end is not shown.")
	hasNot(t, page, "<script", "<link", "href=", "src=")
	got := map[string]string{}
	for _, name := range []string{"Content-Type", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy",
		"Cross-Origin-Opener-Policy", "Cache-Control", "X-Robots-Tag"} {
		got[name] = r.Header.Get(name)
	}
	want := map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; " +
			"frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if policy := webtest.Get(t, serve(&desk{detail: full()}), base+"/agent/tickets/7", session).Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src 'self'") {
		t.Errorf("the page around it may not show it: %s", policy)
	}
}

// covers: P12
func TestFiles(t *testing.T) {
	for _, tt := range []struct{ name, path, disposition, mediaType string }{
		{"attachment", "1/files/1", `attachment; filename="pot_1_.jpg"`, "image/jpeg"},
		{"source", "8/source", `attachment; filename="request-7-8.eml"`, "text/plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := webtest.Get(t, serve(&desk{}), entries+tt.path, session)
			if r.StatusCode != http.StatusOK || r.Header.Get("Content-Disposition") != tt.disposition || r.Header.Get("Content-Type") != tt.mediaType || webtest.Body(t, r) != "bytes" {
				t.Errorf("status %d, header %v", r.StatusCode, r.Header)
			}
			if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "; sandbox;") {
				t.Errorf("policy %q", policy)
			}
		})
	}
}

// What is not there and what is not allowed look alike, and nothing changes.
func TestNoFile(t *testing.T) {
	for _, path := range []string{"8/html", "1/files/1", "8/source"} {
		d := &desk{}
		h := serve(d)
		r := webtest.Get(t, h, entries+path)
		if to := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/agent/sign-in?") {
			t.Errorf("%s without a session: status %d to %q", path, r.StatusCode, to)
		}
		r = webtest.Do(t, h, httptest.NewRequest(http.MethodPost, entries+path, nil), session)
		if r.StatusCode < 400 || len(d.changes) > 0 {
			t.Errorf("POST %s: status %d, changes %v", path, r.StatusCode, d.changes)
		}
		r = webtest.Get(t, serve(&desk{readErr: helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2"))}), entries+path, session)
		if page := webtest.Page(t, r); r.StatusCode != http.StatusServiceUnavailable || strings.Contains(page, "hunter2") {
			t.Errorf("%s without a store: status %d", path, r.StatusCode)
		}
	}
	for _, path := range []string{"7/html", "0/html", "x/html", "1/files/2", "1/files/x", "1/files/", "7/source", "99999999999999999999/source"} {
		if r := webtest.Get(t, serve(&desk{}), entries+path, session); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, r.StatusCode)
		}
	}
}
