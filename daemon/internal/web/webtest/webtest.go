// Package webtest checks in the tests of all edges what every page must keep:
// the security headers, and HTML that people and their programs can use.
package webtest

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Now is the time of all tests.
var Now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Directory finds help centers by the host of their BaseURL.
type Directory []helpdesk.HelpCenter

// HelpCenterByHost implements [web.Directory].
func (d Directory) HelpCenterByHost(host string) (helpdesk.HelpCenter, bool) {
	for _, h := range d {
		if u, err := url.Parse(h.BaseURL); err == nil && u.Host == host {
			return h, true
		}
	}
	return helpdesk.HelpCenter{}, false
}

// Site makes a site that logs to log.
func Site(log io.Writer, centers ...helpdesk.HelpCenter) *web.Site {
	return web.NewSite(Directory(centers), web.Options{
		Log: slog.New(slog.NewTextHandler(log, nil)), Now: func() time.Time { return Now },
	})
}

// Get asks h for an address such as http://help.acme.example/submit.
func Get(t testing.TB, h http.Handler, address string, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	return Do(t, h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil), cookies...)
}

// Post sends a form as a browser does.
func Post(t testing.TB, h http.Handler, address string, form url.Values, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return Do(t, h, r, cookies...)
}

// Do asks h and checks what every answer must keep.
func Do(t testing.TB, h http.Handler, r *http.Request, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	result := w.Result()
	for name, want := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := result.Header.Get(name); got != want {
			t.Errorf("%s %s: %s is %q, want %q", r.Method, r.URL.Path, name, got, want)
		}
	}
	return result
}

// basePolicy must be in every page's policy.
var basePolicy = []string{
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
	"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
}

// Page reads a page and checks its headers and its HTML.
func Page(t testing.TB, r *http.Response) string {
	t.Helper()
	var directives []string
	for d := range strings.SplitSeq(r.Header.Get("Content-Security-Policy"), ";") {
		directives = append(directives, strings.TrimSpace(d))
	}
	for _, want := range basePolicy {
		if !slices.Contains(directives, want) {
			t.Errorf("policy %q lacks %q", directives, want)
		}
	}
	if got := r.Header.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
		t.Errorf("Cross-Origin-Opener-Policy is %q", got)
	}
	if got := r.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	body := Body(t, r)
	checkHTML(t, body)
	return body
}

// Body reads an answer.
func Body(t testing.TB, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// checkHTML looks for what templates get wrong: values that were refused,
// controls without a label, names used twice, references to nothing, styles and
// scripts that the policy would stop.
func checkHTML(t testing.TB, body string) {
	t.Helper()
	for _, sign := range []string{"ZgotmplZ", "<no value>", "%!"} {
		if strings.Contains(body, sign) {
			t.Errorf("page has %q", sign)
		}
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	p := page{tags: map[string]int{}, ids: map[string]int{}, labelled: map[string]bool{}}
	p.collect(root)
	for _, tag := range []string{"h1", "main", "title"} {
		if p.tags[tag] != 1 {
			t.Errorf("page has %d of %s, want 1", p.tags[tag], tag)
		}
	}
	for id, n := range p.ids {
		if n > 1 {
			t.Errorf("id %q is used %d times", id, n)
		}
	}
	p.check(t, root, false)
}

// page is what a document has, by name.
type page struct {
	tags, ids map[string]int
	labelled  map[string]bool
}

func (p *page) collect(n *html.Node) {
	if n.Type == html.ElementNode {
		p.tags[n.Data]++
		if id := attr(n, "id"); id != "" {
			p.ids[id]++
		}
		if n.Data == "label" {
			p.labelled[attr(n, "for")] = true
		}
	}
	for c := range n.ChildNodes() {
		p.collect(c)
	}
}

func (p *page) check(t testing.TB, n *html.Node, inLabel bool) {
	t.Helper()
	if n.Type == html.ElementNode {
		p.element(t, n, inLabel)
	}
	for c := range n.ChildNodes() {
		p.check(t, c, inLabel || n.Type == html.ElementNode && n.Data == "label")
	}
}

func (p *page) element(t testing.TB, n *html.Node, inLabel bool) {
	t.Helper()
	switch n.Data {
	case "input", "select", "textarea":
		if attr(n, "type") != "hidden" && !inLabel && !p.labelled[attr(n, "id")] {
			t.Errorf("%s %q has no label", n.Data, attr(n, "name"))
		}
	case "button", "a", "h1", "h2", "summary":
		if strings.TrimSpace(text(n)) == "" && attr(n, "aria-label") == "" {
			t.Errorf("%s %q has no words", n.Data, attr(n, "href"))
		}
	case "style":
		t.Error("page has a style that the policy stops")
	case "script":
		if attr(n, "src") == "" {
			t.Error("page has a script that the policy stops")
		}
	}
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("%s has %s, which the policy stops", n.Data, a.Key)
		}
		if a.Key != "aria-describedby" {
			continue
		}
		for id := range strings.FieldsSeq(a.Val) {
			if p.ids[id] == 0 {
				t.Errorf("%s is described by %q, which is not there", n.Data, id)
			}
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(text(c))
	}
	return b.String()
}

// Upload is a file that a browser sends.
type Upload struct {
	Input                    string // name of the input; "" is "files"
	Name, MediaType, Content string
}

// PostFiles sends a form with files as a browser does.
func PostFiles(t testing.TB, h http.Handler, address string, form url.Values, files []Upload, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			_ = parts.WriteField(name, value) // a buffer takes everything
		}
	}
	escaped := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")
	for _, f := range files {
		w, _ := parts.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + cmp.Or(f.Input, "files") + `"; filename="` + escaped.Replace(f.Name) + `"`}, "Content-Type": {f.MediaType},
		})
		_, _ = io.WriteString(w, f.Content)
	}
	_ = parts.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, &body)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return Do(t, h, r, cookies...)
}
