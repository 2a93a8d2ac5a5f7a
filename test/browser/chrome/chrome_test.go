package chrome

import (
	"bytes"
	"fmt"
	"html"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// serve answers each path with a page, and POST /sent with what was sent.
func serve(t *testing.T, pages map[string]string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch body, ok := pages[r.URL.Path]; {
		case r.URL.Path == "/sent":
			_, header, _ := r.FormFile("file")
			_, _ = fmt.Fprintf(w, "<!doctype html><html lang=en><title>Sent</title><p>%s, %s, %s", html.EscapeString(r.FormValue("name")), r.FormValue("kind"), header.Filename)
		case r.URL.Path == "/a.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, body)
		case ok:
			_, _ = io.WriteString(w, "<!doctype html><html lang=en><title>Page</title>"+body)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestHands(t *testing.T) {
	b := Start(t)
	site := serve(t, map[string]string{
		"/": `<form method=post action=/sent enctype=multipart/form-data>
			<label for=n>Your name</label><input id=n name=name value=old>
			<label for=k>Kind</label><select id=k name=kind><option>One<option value=2>Two</select>
			<label for=f>File</label><input id=f name=file type=file>
			<button hidden>Send</button><button>Send</button></form>`,
	})
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, noScript := range []bool{false, true} {
		tab := b.Tab(t, Look{NoScript: noScript, Width: Narrow})
		if status := tab.Open(site.URL + "/"); status != http.StatusOK {
			t.Errorf("page answers %d", status)
		}
		tab.Fill("Your name", "Zoë <b>")
		tab.Choose("Kind", "Two")
		tab.Attach("File", file)
		if status := tab.Press("Send"); status != http.StatusOK || tab.Path() != "/sent" {
			t.Errorf("%s answers %d", tab.Address(), status)
		}
		tab.See("Zoë <b>, 2, a.txt")
		if status := tab.Open(site.URL + "/missing"); status != http.StatusNotFound {
			t.Errorf("a page that is not there answers %d", status)
		}
	}
}

// TestFaults breaks in a page what no page may.
func TestFaults(t *testing.T) {
	b := Start(t)
	site := serve(t, map[string]string{
		"/good":    `<p>Hello`,
		"/style":   `<p style="color:red">Hello`,
		"/script":  `<script>alert(1)</script>`,
		"/throws":  `<script src=/a.js></script>`,
		"/a.js":    `console.error("one"); null.two`,
		"/missing": `<script src=/nowhere.js></script>`,
		"/foreign": `<form action=http://elsewhere.example/ method=get><button>Go</button></form><script src=http://elsewhere.example/b.js></script>`,
	})
	for path, want := range map[string][]string{
		"/good": nil, "/style": {"Content Security Policy"}, "/script": {"Content Security Policy"},
		"/throws": {"console: one", "exception"}, "/missing": {"404"}, "/foreign": {"Content Security Policy"},
	} {
		tab := b.Tab(t, Look{})
		tab.Open(site.URL + path)
		got := tab.Faults()
		if len(want) == 0 && len(got) > 0 {
			t.Errorf("%s has faults: %q", path, got)
		}
		for _, w := range want {
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, w) }) {
				t.Errorf("%s has faults %q, not %q", path, got, w)
			}
		}
	}
}

func TestLooks(t *testing.T) {
	b := Start(t)
	site := serve(t, map[string]string{"/": "<p>Hello"})
	tab := b.Tab(t, Look{Width: Narrow, Dark: true})
	tab.Open(site.URL + "/")
	if !Eval[bool](tab, "matchMedia('(prefers-color-scheme: dark)').matches && innerWidth === 320") {
		t.Error("the page is neither dark nor narrow")
	}
	shot, err := png.DecodeConfig(bytes.NewReader(tab.Picture()))
	if err != nil || shot.Width != Narrow {
		t.Errorf("the picture is %d wide (%v)", shot.Width, err)
	}
	tab.Look(Look{})
	if Eval[bool](tab, "matchMedia('(prefers-color-scheme: dark)').matches") {
		t.Error("the page is still dark")
	}
}

func TestAxe(t *testing.T) {
	NeedAxe(t)
	b := Start(t)
	site := serve(t, map[string]string{"/bad": `<main><h1>One</h1><input></main>`, "/good": `<main><h1>One</h1><label>Name <input></label></main>`})
	for path, want := range map[string]bool{"/bad": true, "/good": false} {
		tab := b.Tab(t, Look{})
		tab.Open(site.URL + path)
		if got := slices.ContainsFunc(tab.Axe(), Finding.Serious); got != want {
			t.Errorf("%s is bad: %t, want %t", path, got, want)
		}
	}
}
