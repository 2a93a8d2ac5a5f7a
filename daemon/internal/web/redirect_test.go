package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

func TestRedirect(t *testing.T) {
	for _, test := range []struct {
		name, method, address string
		want                  int
		location              string
	}{
		{"a page", "GET", "http://help.acme.example/submit/x?a=b%20c", 308, "https://help.acme.example/submit/x?a=b%20c"},
		{"its head", "HEAD", "http://help.acme.example/", 308, "https://help.acme.example/"},
		{"a path that looks like a host", "GET", "http://help.acme.example//evil.example/", 308, "https://help.acme.example//evil.example/"},
		{"a link in a mail", "GET", "http://help.acme.example/t/pl1_x", 308, "https://help.acme.example/t/pl1_x"},
		{"no path, but more of a host", "GET", "foo:@evil.example/", 308, "https://help.acme.example/"},
		{"a star", "GET", "*", 308, "https://help.acme.example/"},
		{"another host", "GET", "http://evil.example/", 421, ""},
		{"a form", "POST", "http://help.acme.example/submit/x", 403, ""},
		{"another verb", "DELETE", "http://help.acme.example/", 403, ""},
		{"all that there is", "OPTIONS", "http://help.acme.example/", 403, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			read := false
			body := io.NopCloser(reader(func([]byte) (int, error) { read = true; return 0, io.EOF }))
			r := httptest.NewRequest(test.method, test.address, body)
			if !strings.HasPrefix(test.address, "http://") {
				r.Host = "help.acme.example"
			}
			got := webtest.Do(t, webtest.Site(&log, acme).Redirect(), r)
			if got.StatusCode != test.want || got.Header.Get("Location") != test.location {
				t.Errorf("answered %d to %q, want %d to %q", got.StatusCode, got.Header.Get("Location"), test.want, test.location)
			}
			if read {
				t.Error("what was sent in clear text was read")
			}
			if hsts := got.Header.Get("Strict-Transport-Security"); hsts != "" {
				t.Errorf("Strict-Transport-Security is %q in clear text", hsts)
			}
			if got.Header.Get("Cache-Control") != "no-store" {
				t.Error("it may be kept")
			}
			if strings.Contains(test.address, "pl1_") && (got.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(log.String(), "pl1_x")) {
				t.Errorf("a link is told to others: %v, log %s", got.Header, log.String())
			}
			if test.want != http.StatusPermanentRedirect {
				webtest.Page(t, got) // says in words what is wrong
			}
		})
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
