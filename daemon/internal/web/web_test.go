package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

var acme = helpdesk.HelpCenter{Account: "a", Name: "acme", DisplayName: "Acme Help", BaseURL: "https://help.acme.example", Color: "#0a7a5c"}

// dev is a help center of postern dev.
var dev = helpdesk.HelpCenter{Account: "a", Name: "dev", DisplayName: "Dev", BaseURL: "http://localhost:8080"}

// failing answers every request with an error.
func failing(site *web.Site, err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site.Fail(w, r, err) })
}

func TestStatus(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7:2379: password hunter2 refused")
	tests := []struct {
		name   string
		err    error
		want   int
		words  string // on the page
		logged bool
	}{
		{"unknown", secret, 500, "Something went wrong here", true},
		{"internal", helpdesk.Wrap(helpdesk.Internal, secret), 500, "Something went wrong here", true},
		{"not found", helpdesk.Wrap(helpdesk.NotFound, secret), 404, "There is nothing at this address", false},
		{"invalid", helpdesk.Errorf(helpdesk.Invalid, "write something first"), 422, "Write something first.", false},
		{"conflict", helpdesk.Wrap(helpdesk.Conflict, secret), 409, "Somebody else was faster", false},
		{"unavailable", &helpdesk.Error{Kind: helpdesk.Unavailable, Public: "requests can't be taken", Err: secret}, 503, "Requests can&#39;t be taken.", true},
		{"full", helpdesk.Wrap(helpdesk.Full, secret), 503, "There is no space left", true},
		{"too large", helpdesk.Errorf(helpdesk.TooLarge, "the limit is 1 KiB"), 413, "The limit is 1 KiB.", false},
		{"sign-in", helpdesk.Wrap(helpdesk.SignIn, secret), 403, "This needs a sign-in", false},
		{"loop", helpdesk.Wrap(helpdesk.Loop, secret), 500, "Something went wrong here", true},
		{"wrapped", fmt.Errorf("look: %w", helpdesk.Wrap(helpdesk.NotFound, secret)), 404, "There is nothing at this address", false},
		{"too many", web.ErrTooMany, 429, "Too many tries", false},
		{"clear text", web.ErrClearText, 403, "This was sent without encryption", false},
		{"cross-origin", web.ErrCrossOrigin, 403, "This did not come from our own page", false},
		{"misdirected", web.ErrMisdirected, 421, "There is no help center at this address", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			site := webtest.Site(&log, acme)
			r := webtest.Get(t, site.Handler(failing(site, test.err)), "http://help.acme.example/")
			page := webtest.Page(t, r)
			if r.StatusCode != test.want || web.Status(test.err) != test.want {
				t.Errorf("status is %d and %d, want %d", r.StatusCode, web.Status(test.err), test.want)
			}
			if !strings.Contains(page, test.words) {
				t.Errorf("page does not say %q", test.words)
			}
			if strings.Contains(page, "hunter2") {
				t.Error("internal text has left")
			}
			code := regexp.MustCompile(`Code <b>([a-z2-7]{8})</b>`).FindStringSubmatch(page)
			if (code != nil) != test.logged {
				t.Fatalf("page has code %v, want one: %t", code, test.logged)
			}
			if code != nil && (!strings.Contains(log.String(), "code="+code[1]) || !strings.Contains(log.String(), "level=ERROR")) {
				t.Errorf("code %s is not in the log: %s", code[1], &log)
			}
			if strings.Contains(log.String(), "level=ERROR") != test.logged {
				t.Errorf("log is %s", &log)
			}
		})
	}
	if web.Status(nil) != http.StatusOK {
		t.Error("no error is not 200")
	}
	// A kind without words of its own would be Internal without anybody noticing.
	covered := 0
	for _, test := range tests {
		if !slices.Contains([]string{"unknown", "wrapped", "too many", "clear text", "cross-origin", "misdirected"}, test.name) {
			covered++
		}
	}
	if want := int(helpdesk.Loop) + 1; covered != want {
		t.Errorf("%d kinds are covered, want %d", covered, want)
	}
}

// covers: S22, M03
func TestHeaders(t *testing.T) {
	routes := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	h := webtest.Site(io.Discard, acme, dev).Handler(routes)
	for _, test := range []struct {
		name     string
		address  string
		referrer string
		robots   string
		hsts     string
	}{
		{"page over TLS", "http://help.acme.example/", "same-origin", "", "max-age=63072000"},
		{"page of dev", "http://localhost:8080/", "same-origin", "", ""},
		{"link", "http://help.acme.example/t/pl1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"unknown host", "http://other.example/", "same-origin", "", ""},
		{"pass", "http://help.acme.example/pass/pp1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"stop", "http://help.acme.example/stop/pl1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"disown", "http://help.acme.example/not-me/pl1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"new link", "http://help.acme.example/new-link/pl1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"leave", "http://help.acme.example/stop/pl1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"link in a language", "http://help.acme.example/de/t/pl1_x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"back from an issuer", "http://help.acme.example/sign-in/back/google?code=x", "no-referrer", "noindex, nofollow", "max-age=63072000"},
		{"link at an unknown host", "http://other.example/t/pl1_x", "no-referrer", "noindex, nofollow", ""},
		{"asset", "http://localhost:8080/assets/0/base.css", "same-origin", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Get(t, h, test.address)
			for header, want := range map[string]string{
				"Referrer-Policy": test.referrer, "X-Robots-Tag": test.robots, "Strict-Transport-Security": test.hsts,
				"Cross-Origin-Opener-Policy": "same-origin", "Set-Cookie": "",
			} {
				if got := r.Header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
			if got := r.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
				t.Errorf("Content-Security-Policy is %q", got)
			}
		})
	}
}

// covers: S43
func TestUnknownHost(t *testing.T) {
	reached := false
	h := webtest.Site(io.Discard, acme).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	for _, host := range []string{"other.example", "help.acme.example.other.example", "", "127.0.0.1"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		r.Header.Set("X-Forwarded-Host", "help.acme.example")
		result := webtest.Do(t, h, r)
		if result.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("host %q: status %d, want 421", host, result.StatusCode)
		}
		if body := webtest.Page(t, result); strings.Contains(body, "Acme") {
			t.Errorf("host %q is told of Acme", host)
		}
	}
	if reached {
		t.Error("a route was reached")
	}
	if webtest.Get(t, h, "http://HELP.acme.EXAMPLE/"); !reached {
		t.Error("a host in upper case is not the same host")
	}
}

func TestCrossOrigin(t *testing.T) {
	for _, test := range []struct {
		name   string
		method string
		header map[string]string
		want   int
	}{
		{"own page", http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"typed or scripted", http.MethodPost, nil, 200},
		{"old browser, own page", http.MethodPost, map[string]string{"Origin": "https://help.acme.example"}, 200},
		{"other site", http.MethodPost, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"sibling host", http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"old browser, other site", http.MethodPost, map[string]string{"Origin": "https://evil.example"}, 403},
		{"no origin to name", http.MethodPost, map[string]string{"Origin": "null"}, 403},
		{"link on another site", http.MethodGet, map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := webtest.Site(io.Discard, acme).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			r := httptest.NewRequest(test.method, "https://help.acme.example/submit/x", nil)
			for k, v := range test.header {
				r.Header.Set(k, v)
			}
			if got := webtest.Do(t, h, r); got.StatusCode != test.want {
				t.Errorf("status %d, want %d", got.StatusCode, test.want)
			}
		})
	}
}

func TestReadForm(t *testing.T) {
	for _, test := range []struct {
		name string
		body string
		want int
	}{
		{"form", "a=b", 200},
		{"at the limit", "a=" + strings.Repeat("x", web.MaxBody-2), 200},
		{"over the limit", "a=" + strings.Repeat("x", web.MaxBody), 413},
		{"not a form", "a=%zz", 422},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := webtest.Site(io.Discard, acme)
			h := site.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := web.ReadForm(r); err != nil {
					site.Fail(w, r, err)
				}
			}))
			r := httptest.NewRequest(http.MethodPost, "http://help.acme.example/", strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if got := webtest.Do(t, h, r); got.StatusCode != test.want {
				t.Errorf("status %d, want %d", got.StatusCode, test.want)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	var log bytes.Buffer
	site := webtest.Site(&log, acme)
	h := site.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			_, _ = io.WriteString(w, "half")
		}
		panic("hunter2")
	}))
	r := webtest.Get(t, h, "http://help.acme.example/early")
	if page := webtest.Page(t, r); r.StatusCode != 500 || strings.Contains(page, "hunter2") {
		t.Errorf("status %d, page %s", r.StatusCode, page)
	}
	if got := webtest.Body(t, webtest.Get(t, h, "http://help.acme.example/late")); got != "half" {
		t.Errorf("an answer under way got %q added", got)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 2 || !strings.Contains(log.String(), "web_test.go") {
		t.Errorf("%d errors are logged, want 2 with their stacks: %s", n, &log)
	}
	abort := site.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer func() {
		if recover() == nil {
			t.Error("the server's own panic was held back")
		}
	}()
	abort.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://help.acme.example/", nil))
}

// covers: S22
func TestLogHoldsNoToken(t *testing.T) {
	const secret = "AQIBazbsgAAHASNFZ4mrze8AA5LkjEdXf-Cr50Mzo2CdBhM"
	for _, test := range []struct {
		name string
		path string
		want string // regular expression
	}{
		{"link", "/t/pl1_" + secret, `path=/t/pl1_[0-9a-f]{6} `},
		{"link with more behind", "/t/pl1_" + secret + "/x", `path=/t/pl1_[0-9a-f]{6}/x `},
		{"link with a slip", "/t/l1_" + secret, `path=/t/[0-9a-f]{6} `},
		{"link in a language", "/de/t/pl1_" + secret, `path=/de/t/pl1_[0-9a-f]{6} `},
		{"link with a slip in a language", "/de/t/l1_" + secret, `path=/de/t/[0-9a-f]{6} `},
		{"doubled prefix", "/t/x-pl1_" + secret, `path=/t/x-pl1_[0-9a-f]{6} `},
		{"pass", "/pass/pp1_" + secret, `path=/pass/pp1_[0-9a-f]{6} `},
		{"pass with a slip", "/pass/" + secret, `path=/pass/[0-9a-f]{6} `},
		{"stop", "/stop/pl1_" + secret, `path=/stop/pl1_[0-9a-f]{6} `},
		{"disown", "/not-me/pl1_" + secret, `path=/not-me/pl1_[0-9a-f]{6} `},
		{"new link", "/new-link/" + secret, `path=/new-link/[0-9a-f]{6} `},
		{"leave", "/stop/pl1_" + secret, `path=/stop/pl1_[0-9a-f]{6} `},
		{"reply", "/t/pl1_" + secret + "/reply", `path=/t/pl1_[0-9a-f]{6}/reply `},
		{"token elsewhere", "/x/pl1_" + secret, `path=/x/pl1_[0-9a-f]{6} `},
		{"doubled slash", "//t/pl1_" + secret, `path=//t/pl1_[0-9a-f]{6} `},
		{"query", "/?next=/t/pl1_" + secret, `path=/ `},
		{"plain path", "/submit/billing", `path=/submit/billing `},
		{"long path", "/" + strings.Repeat("x", 5000), `path=/x{199}… `},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			site := webtest.Site(&log, acme)
			r := httptest.NewRequest(http.MethodGet, "http://help.acme.example/", nil)
			u, err := r.URL.Parse("http://help.acme.example" + test.path)
			if err != nil {
				t.Fatal(err)
			}
			r.URL = u
			webtest.Do(t, site.Handler(failing(site, errors.New("broken"))), r)
			if strings.Contains(log.String(), secret) {
				t.Errorf("log has the token: %s", &log)
			}
			for line := range strings.Lines(log.String()) {
				if !regexp.MustCompile(test.want).MatchString(strings.ReplaceAll(line, `"`, "")) {
					t.Errorf("log line %q, want %s", line, test.want)
				}
			}
		})
	}
}

func TestRequestLog(t *testing.T) {
	var log bytes.Buffer
	h := webtest.Site(&log, acme).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "four") }))
	webtest.Get(t, h, "http://help.acme.example/x")
	for _, want := range []string{"msg=request", "method=GET", "host=help.acme.example", "path=/x", "status=200", "bytes=4", "client=192.0.2.1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q lacks %s", &log, want)
		}
	}
}

func TestCookies(t *testing.T) {
	expires := webtest.Now.Add(time.Hour)
	for _, test := range []struct {
		name   string
		center helpdesk.HelpCenter
		want   string
	}{
		{"TLS", acme, "__Host-session=value; Path=/; Expires=Sun, 22 Nov 2026 13:00:00 GMT; HttpOnly; Secure; SameSite=Lax"},
		{"dev", dev, "session=value; Path=/; Expires=Sun, 22 Nov 2026 13:00:00 GMT; HttpOnly; SameSite=Lax"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			web.SetCookie(w, test.center, "session", "value", expires)
			if got := w.Header().Get("Set-Cookie"); got != test.want {
				t.Errorf("Set-Cookie is %q, want %q", got, test.want)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(w.Result().Cookies()[0])
			if got := web.Cookie(r, test.center, "session"); got != "value" {
				t.Errorf("cookie is %q", got)
			}
			w = httptest.NewRecorder()
			web.DropCookie(w, test.center, "session")
			dropped := w.Result().Cookies()[0]
			if dropped.MaxAge >= 0 || dropped.Value != "" || dropped.Name != strings.Split(test.want, "=")[0] {
				t.Errorf("dropped by %q", dropped)
			}
		})
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "set over plain HTTP"})
	if got := web.Cookie(r, acme, "session"); got != "" {
		t.Errorf("a cookie without the prefix was taken over TLS: %q", got)
	}
}

func TestClient(t *testing.T) {
	site := web.NewSite(webtest.Directory{}, web.Options{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
	}})
	for _, test := range []struct {
		name    string
		peer    string
		forward []string
		want    string
	}{
		{"direct", "192.0.2.1:99", nil, "192.0.2.1"},
		{"direct and lying", "192.0.2.1:99", []string{"198.51.100.1"}, "192.0.2.1"},
		{"proxy", "10.0.0.1:99", []string{"198.51.100.1"}, "198.51.100.1"},
		{"proxy, lying client", "10.0.0.1:99", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:99", []string{"203.0.113.9, 198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"proxy that tells nothing", "10.0.0.1:99", nil, "10.0.0.1"},
		{"proxy that tells nonsense", "10.0.0.1:99", []string{"unknown"}, "10.0.0.1"},
		{"mapped address", "[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		{"no address", "@", nil, "invalid IP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = test.peer
			r.Header["X-Forwarded-For"] = test.forward
			if got := site.Client(r).String(); got != test.want {
				t.Errorf("client is %s, want %s", got, test.want)
			}
		})
	}
}

func TestLocalPath(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"path", "/agent/tickets/7", "/agent/tickets/7"},
		{"query", "/agent?status=Open&before=7", "/agent?status=Open&before=7"},
		{"fragment is dropped", "/agent#x", "/agent"},
		{"empty", "", "/home"},
		{"relative", "agent", "/home"},
		{"other host", "https://evil.example/", "/home"},
		{"other host without scheme", "//evil.example/", "/home"},
		{"backslash", `/\evil.example/`, "/home"},
		{"escaped slash", "/%2fevil.example", "/home"},
		{"script", "javascript:alert(1)", "/home"},
		{"tab", "/\t/evil.example", "/home"},
		{"line end", "/a\r\nSet-Cookie: x", "/home"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := web.LocalPath(test.in, "/home"); got != test.want {
				t.Errorf("LocalPath(%q) is %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/agent", "//x", `/\x`, "/%2f%2fx", "/a?b=//c", "/.//x", "/..//x", "/%5cx"} {
		f.Add(seed)
	}
	base := httptest.NewRequest(http.MethodGet, "https://help.acme.example/agent/sign-in", nil).URL
	f.Fuzz(func(t *testing.T, next string) {
		got := web.LocalPath(next, "/home")
		if strings.ContainsAny(got, "\\\r\n\t ") || strings.HasPrefix(got, "//") || !strings.HasPrefix(got, "/") {
			t.Fatalf("%q became %q", next, got)
		}
		if u, err := base.Parse(got); err != nil || u.Host != base.Host {
			t.Fatalf("%q leads to %v, %v", got, u, err)
		}
	})
}
