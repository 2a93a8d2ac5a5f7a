package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// assetsOf lists what a page loads.
func assetsOf(body string) []string {
	var found []string
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(body, -1) {
		found = append(found, m[1])
	}
	return found
}

func TestAssetsOfAPage(t *testing.T) {
	h := webtest.Site(io.Discard, acme).Handler(http.NotFoundHandler())
	page := webtest.Page(t, webtest.Get(t, h, "http://nowhere.example/"))
	assets := assetsOf(page)
	if len(assets) != 4 {
		t.Fatalf("page loads %q, want base, accent, icon and script", assets)
	}
	for _, address := range assets {
		r := webtest.Get(t, h, "http://help.acme.example"+address)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", address, r.StatusCode)
		}
		if got, want := r.Header.Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", address, got, want)
		}
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/") && r.Header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s: Content-Type is %q", address, r.Header.Get("Content-Type"))
		}
		if len(webtest.Body(t, r)) == 0 {
			t.Errorf("%s is empty", address)
		}
	}
}

func TestAssetAddresses(t *testing.T) {
	h := webtest.Site(io.Discard, acme).Handler(http.NotFoundHandler())
	for _, test := range []struct {
		name  string
		path  string
		want  int
		cache string
	}{
		{"another version's hash", "/assets/000000000000/base.css", http.StatusOK, "no-cache"},
		{"any colour", "/assets/000000000000/accent-ffd400.css", http.StatusOK, "no-cache"},
		{"colour in upper case", "/assets/000000000000/accent-FFD400.css", http.StatusNotFound, "no-store"},
		{"no colour", "/assets/000000000000/accent-red.css", http.StatusNotFound, "no-store"},
		{"unknown file", "/assets/000000000000/other.css", http.StatusNotFound, "no-store"},
		{"above the folder", "/assets/000000000000/..%2fassets.go", http.StatusNotFound, "no-store"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Get(t, h, "http://help.acme.example"+test.path)
			if r.StatusCode != test.want || r.Header.Get("Cache-Control") != test.cache {
				t.Errorf("status %d, Cache-Control %q, want %d, %q", r.StatusCode, r.Header.Get("Cache-Control"), test.want, test.cache)
			}
		})
	}
}

func TestAssetsAreCompressed(t *testing.T) {
	h := webtest.Site(io.Discard, acme).Handler(http.NotFoundHandler())
	plain := webtest.Body(t, webtest.Get(t, h, "http://help.acme.example/assets/0/console.css"))
	for _, test := range []struct {
		name   string
		accept string
		want   string
	}{
		{"browser", "gzip, deflate, br, zstd", "gzip"},
		{"quality", "br;q=1.0, gzip;q=0.5", "gzip"},
		{"refused", "gzip;q=0", ""},
		{"refused in full", "gzip;q=0.000", ""},
		{"not named", "br", ""},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://help.acme.example/assets/0/console.css", nil)
			r.Header.Set("Accept-Encoding", test.accept)
			result := webtest.Do(t, h, r)
			if got := result.Header.Get("Content-Encoding"); got != test.want {
				t.Fatalf("Content-Encoding is %q, want %q", got, test.want)
			}
			body := webtest.Body(t, result)
			if test.want == "gzip" {
				z, err := gzip.NewReader(bytes.NewReader([]byte(body)))
				if err != nil {
					t.Fatal(err)
				}
				unzipped, err := io.ReadAll(z)
				if err != nil {
					t.Fatal(err)
				}
				body = string(unzipped)
			}
			if body != plain {
				t.Error("content differs")
			}
			if result.Header.Get("Vary") != "Accept-Encoding" {
				t.Error("caches are not told that the answer varies")
			}
		})
	}
}

// An accent that is no colour falls back to the default one.
func TestAccentOfAPage(t *testing.T) {
	for _, test := range []struct {
		name  string
		color string
		want  string
	}{
		{"declared", "#FFD400", "accent-ffd400.css"},
		{"none", "", "accent-" + web.DefaultColor[1:] + ".css"},
		{"not a colour", "red; } body {", "accent-" + web.DefaultColor[1:] + ".css"},
	} {
		t.Run(test.name, func(t *testing.T) {
			center := acme
			center.Color = test.color
			h := webtest.Site(io.Discard, center).Handler(http.NotFoundHandler())
			r := httptest.NewRequest(http.MethodPost, "http://help.acme.example/", nil)
			r.Header.Set("Sec-Fetch-Site", "cross-site") // any page will do; this one is the site's own
			page := webtest.Page(t, webtest.Do(t, h, r))
			if !strings.Contains(page, test.want) {
				t.Errorf("page does not load %s", test.want)
			}
		})
	}
}
