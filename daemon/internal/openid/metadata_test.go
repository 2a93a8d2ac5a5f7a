package openid

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What an issuer says about itself leads nobody astray, and a broken answer is
// neither followed nor read without end.
func TestIssuersThatCannotBeAsked(t *testing.T) {
	meta := func(name string, value any) func(*issuer) {
		return func(i *issuer) { i.metadata = func(m map[string]any) { m[name] = value } }
	}
	answer := func(path string, h http.HandlerFunc) func(*issuer) { return func(i *issuer) { i.answer[path] = h } }
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"issuer":"`)
		chunk := strings.Repeat("x", 64<<10)
		for range 4 * maxAnswer / len(chunk) {
			if _, err := io.WriteString(w, chunk); err != nil {
				return // it was cut off, as it should be
			}
		}
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	for _, test := range []struct {
		name string
		how  func(*issuer)
		want string
	}{
		{"another issuer", meta("issuer", "https://evil.example"), "did not match"},
		{"a script to be led to", meta("authorization_endpoint", "javascript:alert(1)"), "no web address"},
		{"nowhere to be led to", meta("authorization_endpoint", ""), "no web address"},
		{"tokens without TLS", meta("token_endpoint", "http://id.example/token"), "without TLS"},
		{"keys without TLS", meta("jwks_uri", "http://id.example/keys"), "without TLS"},
		{"user info without TLS", meta("userinfo_endpoint", "http://id.example/me"), "without TLS"},
		{"an endpoint of somebody", meta("token_endpoint", "https://a:b@id.example/token"), "no web address"},
		{"no keys", meta("jwks_uri", ""), "no web address"},
		{"metadata elsewhere", answer("/.well-known/openid-configuration", elsewhere), "307"},
		{"metadata without end", answer("/.well-known/openid-configuration", endless), "decode"},
		{"metadata that is none", answer("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }), "decode"},
		{"tokens elsewhere", answer("/token", elsewhere), "307"},
		{"tokens without end", answer("/token", endless), "exchange"},
		{"an error of its own", answer("/token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }), "502"},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			test.how(i)
			source, _ := newSource()
			_, err := signIn(t, source, i)
			if helpdesk.KindOf(err) != helpdesk.Unavailable || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v (%s), want one about %q", err, helpdesk.KindOf(err), test.want)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the log gets %d bytes", len(err.Error()))
			}
			if n := i.count("/elsewhere"); n != 0 {
				t.Error("it was followed")
			}
		})
	}
}

// Keys that cannot be had let nobody in; that they cannot is no fault of the code.
func TestKeysElsewhere(t *testing.T) {
	i := startIssuer(t)
	i.answer["/keys"] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }
	source, _ := newSource()
	if _, err := signIn(t, source, i); err == nil || i.count("/elsewhere") != 0 {
		t.Errorf("error %v, followed %d times", err, i.count("/elsewhere"))
	}
}

func TestMetadataIsRemembered(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	i := startIssuer(t)
	source, clock := newSource()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := source.Begin(t.Context(), i.declared(), begun); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for range 2 {
		if _, err := signIn(t, source, i); err != nil {
			t.Fatal(err)
		}
	}
	if meta, keys := i.count(path), i.count("/keys"); meta != 1 || keys != 1 {
		t.Errorf("asked %d times about itself and %d times for its keys, want once", meta, keys)
	}
	// A key that it withdrew is not believed for longer than that.
	i.keys = func(k []map[string]any) { k[0]["kid"], k[0]["n"] = "new", b64([]byte(strings.Repeat("x", 256))) }
	clock.wait(metadataLifetime)
	i.claims = func(c map[string]any) { c["iat"], c["exp"] = clock.now().Unix(), clock.now().Add(time.Hour).Unix() }
	if _, err := signIn(t, source, i); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("signed by a key that was withdrawn: %v", err)
	}
	if meta := i.count(path); meta != 2 {
		t.Errorf("asked %d times about itself, want twice", meta)
	}
}

func TestAnIssuerThatFailsIsSpared(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	i := startIssuer(t)
	i.answer[path] = http.NotFound
	source, clock := newSource()
	for range 3 {
		if _, err := source.Begin(t.Context(), i.declared(), begun); helpdesk.KindOf(err) != helpdesk.Unavailable {
			t.Fatalf("error %v", err)
		}
	}
	if n := i.count(path); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	clock.wait(pauseAfterFailure)
	if _, err := source.Begin(gone, i.declared(), begun); err == nil {
		t.Error("an answer for somebody who has gone")
	}
	delete(i.answer, path)
	if _, err := source.Begin(t.Context(), i.declared(), begun); err != nil {
		t.Errorf("after a while, and after somebody who went: %v", err)
	}
}
