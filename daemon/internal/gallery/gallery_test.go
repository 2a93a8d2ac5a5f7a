package gallery

import (
	"cmp"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
	"github.com/posterndesk/postern/daemon/internal/words"
)

var pictured = helpdesk.HelpCenter{Locale: "en", Locales: []string{"en"}, DisplayName: "Here", BaseURL: "http://here.example"}

var pageName = regexp.MustCompile(`<body class="page-([a-z-]+)">`)

// Every picture is a page as it should be, in every language, and every page of the
// portal is in a picture.
func TestPictures(t *testing.T) {
	g := New(webtest.Site(io.Discard))
	shown := map[string]bool{}
	for _, p := range slices.Concat(pictures, consolePictures) {
		for _, locale := range p.locales() {
			t.Run(p.name+" "+locale, func(t *testing.T) {
				r := g.render(p, locale).Result()
				if want := cmp.Or(p.status, http.StatusOK); r.StatusCode != want {
					t.Errorf("status %d, want %d", r.StatusCode, want)
				}
				page := webtest.Page(t, r)
				if m := pageName.FindStringSubmatch(page); m != nil {
					shown[m[1]] = true
				}
				if p.host == "" && !strings.Contains(page, `<html lang="`+locale+`"`) {
					t.Errorf("the page is not in %s", locale)
				}
				if locale != words.English {
					return
				}
				if again := webtest.Body(t, g.render(p, locale).Result()); withoutNonce(again) != withoutNonce(page) {
					t.Error("the picture is not the same each time")
				}
			})
		}
	}
	templates, err := filepath.Glob("../portal/templates/*.html")
	if err != nil || len(templates) == 0 {
		t.Fatalf("%d templates, %v", len(templates), err)
	}
	for _, file := range templates {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		if !strings.HasPrefix(name, "_") && !shown[name] {
			t.Errorf("no picture shows the page %s", name)
		}
	}
}

var nonce = regexp.MustCompile(`name="nonce" value="[^"]*"`)

func withoutNonce(page string) string { return nonce.ReplaceAllString(page, "") }

func TestNamesAreOnce(t *testing.T) {
	var names []string
	for _, p := range slices.Concat(pictures, consolePictures) {
		names = append(names, p.name)
	}
	slices.Sort(names)
	if once := slices.Compact(slices.Clone(names)); len(once) != len(names) {
		t.Errorf("a name is there twice in %q", names)
	}
}

func TestHandler(t *testing.T) {
	site := webtest.Site(io.Discard, pictured)
	g := New(site)
	h := site.Handler(g.Handler())
	for _, test := range []struct {
		path string
		want int
		has  string
	}{
		{"/dev/pages", http.StatusOK, `href="/dev/pages/de/home"`},
		{"/dev/pages.json", http.StatusOK, `"/dev/pages/en/error-404"`},
		{"/dev/pages/de/error-404", http.StatusOK, "Unter dieser Adresse gibt es nichts"},
		{"/dev/pages/de/home-signed-in", http.StatusOK, "Alice Morgan"},
		{"/dev/pages/de/home/widths", http.StatusOK, `<iframe src="/dev/pages/de/home"`},
		{"/dev/pages/de/request?file=1.1&show=1", http.StatusOK, "\x89PNG"},
		{"/dev/pages/de/none", http.StatusNotFound, ""},
		{"/dev/pages/en/desk-list", http.StatusOK, "Bob Castellanos"},
		{"/dev/pages/de/desk-list", http.StatusNotFound, ""},
		{"/dev/pages/xx/home", http.StatusNotFound, ""},
		{"/dev/other", http.StatusNotFound, ""},
	} {
		r := webtest.Get(t, h, pictured.BaseURL+test.path)
		body := webtest.Body(t, r)
		if r.StatusCode != test.want || !strings.Contains(body, test.has) {
			t.Errorf("%s: status %d, want %d and %q", test.path, r.StatusCode, test.want, test.has)
		}
		if r.Header.Get("Set-Cookie") != "" || r.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: a picture changes the browser: %v", test.path, r.Header)
		}
	}
}
