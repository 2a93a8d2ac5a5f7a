package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// covers: P12
func TestDownload(t *testing.T) {
	for _, tt := range []struct {
		name, file, mediaType     string
		wantType, wantDisposition string
	}{
		{"known", "plan.pdf", "application/pdf", "application/pdf", `attachment; filename="plan.pdf"`},
		{"parameters", "a.txt", "text/plain; charset=utf-7", "text/plain", `attachment; filename="a.txt"`},
		{"HTML", "a.html", "text/html", "application/octet-stream", `attachment; filename="a.html"`},
		{"SVG", "a.svg", "image/svg+xml", "application/octet-stream", `attachment; filename="a.svg"`},
		{"XML", "a.xml", "application/xhtml+xml", "application/octet-stream", `attachment; filename="a.xml"`},
		{"nonsense", "a", "\r\nX: y", "application/octet-stream", `attachment; filename="a"`},
		{"umlauts", "Grüße 1+1.txt", "text/plain", "text/plain", `attachment; filename="Gr__e 1+1.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201%2B1.txt`},
		{"path", "../../etc/passwd", "", "application/octet-stream", `attachment; filename="_.._etc_passwd"`},
		{"header", "a\r\nX-Evil: \"1\";b", "", "application/octet-stream", `attachment; filename="aX-Evil_ _1_;b"`},
		{"direction", "invoice\u202Etxt.exe", "", "application/octet-stream", `attachment; filename="invoicetxt.exe"`},
		{"percent", "100%41.txt", "", "application/octet-stream", `attachment; filename="100_41.txt"; filename*=UTF-8''100%2541.txt`},
		{"none", "..", "", "application/octet-stream", `attachment; filename="file"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := webtest.Site(io.Discard, acme).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				web.Download(w, r, tt.file, tt.mediaType, bytes.NewReader([]byte("<script>")))
			}))
			r := webtest.Get(t, h, "http://help.acme.example/x")
			got := []string{r.Header.Get("Content-Type"), r.Header.Get("Content-Disposition"), webtest.Body(t, r)}
			if diff := cmp.Diff([]string{tt.wantType, tt.wantDisposition, "<script>"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox;") || !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("policy %q", policy)
			}
		})
	}
}

func TestDownloadGoesOn(t *testing.T) {
	h := webtest.Site(io.Discard, acme).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.Download(w, r, "a", "", strings.NewReader("0123456789"))
	}))
	r := httptest.NewRequest(http.MethodGet, "http://help.acme.example/x", nil)
	r.Header.Set("Range", "bytes=4-")
	got := webtest.Do(t, h, r)
	if body := webtest.Body(t, got); got.StatusCode != http.StatusPartialContent || body != "456789" {
		t.Errorf("status %d, %q", got.StatusCode, body)
	}
}
