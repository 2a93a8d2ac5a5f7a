package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// fakeVault remembers, or is away.
type fakeVault struct {
	values  map[string]string
	kept    map[string]time.Duration
	claimed map[string]time.Duration
	away    error
}

func newVault() *fakeVault {
	return &fakeVault{values: map[string]string{}, kept: map[string]time.Duration{}, claimed: map[string]time.Duration{}}
}

func (v *fakeVault) Sealed(_ context.Context, name string) ([]byte, bool, error) {
	value, found := v.values[name]
	return []byte(value), found && v.away == nil, v.away
}

func (v *fakeVault) Seal(_ context.Context, name string, value []byte, lifetime time.Duration) error {
	v.values[name], v.kept[name] = string(value), lifetime
	return v.away
}

func (v *fakeVault) Unseal(_ context.Context, name string) error {
	delete(v.values, name)
	return v.away
}

func (v *fakeVault) Claim(_ context.Context, name string, lifetime time.Duration) (bool, error) {
	if _, taken := v.claimed[name]; taken || v.away != nil {
		return false, v.away
	}
	v.claimed[name] = lifetime
	return true, nil
}

func (v *fakeVault) Hold(_ context.Context, name string, lifetime time.Duration) error {
	v.claimed[name] = lifetime
	return v.away
}

func (v *fakeVault) Release(_ context.Context, name string) error {
	delete(v.claimed, name)
	return v.away
}

// openAuthority asks a directory that is counted, and that refuses everybody.
func openAuthority(t *testing.T, v Vault) (d *desk, asked *int) {
	t.Helper()
	asked = new(int)
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"type": "urn:ietf:params:acme:error:unauthorized", "detail": "not on a Sunday"}`)
	}))
	t.Cleanup(directory.Close)
	d = &desk{now: noon, hosts: []string{"help.acme.example", "mx.acme.example"}}
	var err error
	d.Source, err = Open(t.Context(), Options{
		ACME: &ACME{Directory: directory.URL, Vault: v}, Hostname: "mx.acme.example", Hosts: func() []string { return slices.Clone(d.hosts) },
		Meter: d, Log: slog.New(slog.NewTextHandler(&d.log, nil)), Now: func() time.Time { return d.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, asked
}

func TestARefusalIsToldAndHeld(t *testing.T) {
	v := newVault()
	d, asked := openAuthority(t, v)
	d.authority.obtain(t.Context(), "mx.acme.example")
	if *asked != 1 {
		t.Fatalf("the directory was asked %d times, want once", *asked)
	}
	for _, words := range []string{"not on a Sunday", "no certificate was given", "name=mx.acme.example"} {
		if !strings.Contains(d.log.String(), words) {
			t.Errorf("the log does not say %q:\n%s", words, d.log.String())
		}
	}
	for _, held := range v.claimed {
		if held != 15*time.Minute {
			t.Errorf("it is held for %v", held)
		}
	}
	// No other replica asks, nor this one after a restart.
	other, again := openAuthority(t, v)
	other.authority.scope = d.authority.scope
	other.authority.obtain(t.Context(), "mx.acme.example")
	if *again != 0 {
		t.Error("it is asked for while it is held")
	}
	if got := other.authority.tries["mx.acme.example"]; got != (try{0, noon.Add(lookAgain)}) {
		t.Errorf("next look %+v", got)
	}
}

// An order that ends with the daemon is nobody's refusal: the next start goes on.
func TestAnOrderEndsWithTheDaemon(t *testing.T) {
	asked := make(chan struct{})
	directory := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer directory.Close()
	v := newVault()
	ctx, stop := context.WithCancel(t.Context())
	s, err := Open(ctx, Options{
		ACME: &ACME{Directory: directory.URL, Vault: v}, Hostname: "mx.acme.example", Hosts: func() []string { return []string{"mx.acme.example"} },
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); s.authority.run(ctx) }()
	<-asked
	stop()
	<-ended
	if len(v.claimed) != 0 {
		t.Errorf("it is held: %v", v.claimed)
	}
}

func TestWaitsGrow(t *testing.T) {
	var got []time.Duration
	for failed := 1; failed <= 5; failed++ {
		got = append(got, waitAfter(failed))
	}
	want := []time.Duration{15 * time.Minute, 45 * time.Minute, 2 * time.Hour, 2 * time.Hour, 2 * time.Hour}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A client must not be able to cause an order, or to wait for one.
func TestClientsCauseNoOrder(t *testing.T) {
	d, asked := openAuthority(t, newVault())
	for _, name := range []string{"mx.acme.example", "help.acme.example", "stranger.example"} {
		for _, alpn := range [][]string{nil, {acme.ALPNProto}} {
			if _, err := shake(t, d.HTTPS(), &tls.Config{ServerName: name, NextProtos: alpn}); err == nil {
				t.Errorf("%s was served", name)
			}
		}
		// Mail is encrypted all the same.
		if _, err := shake(t, d.SMTP(), &tls.Config{ServerName: name}); err != nil {
			t.Error(err)
		}
	}
	if *asked != 0 {
		t.Errorf("the directory was asked %d times", *asked)
	}
}

func TestOnlyOurNamesAreAnsweredFor(t *testing.T) {
	d, _ := openAuthority(t, newVault())
	rest := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, test := range []struct {
		name, address string
		want          int
	}{
		{"a page", "http://help.acme.example/", 418},
		{"no challenge of ours", "http://help.acme.example/.well-known/acme-challenge/x", 404},
		{"with a port", "http://help.acme.example:8080/.well-known/acme-challenge/x", 404},
		{"the mail server", "http://mx.acme.example/.well-known/acme-challenge/x", 404},
		{"a stranger", "http://stranger.example/.well-known/acme-challenge/x", 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			d.Challenges(rest).ServeHTTP(w, httptest.NewRequest("GET", test.address, nil))
			if w.Code != test.want {
				t.Errorf("status %d, want %d", w.Code, test.want)
			}
		})
	}
	d.hosts = nil
	d.authority.list()
	w := httptest.NewRecorder()
	d.Challenges(rest).ServeHTTP(w, httptest.NewRequest("GET", "http://help.acme.example/.well-known/acme-challenge/x", nil))
	if w.Code != http.StatusForbidden {
		t.Errorf("a help center that is gone: status %d, want 403", w.Code)
	}
}

func TestFilesComeFirst(t *testing.T) {
	d, _ := openAuthority(t, newVault())
	cert, key := issue(t, newKey(t), noon.Add(month), "help.acme.example")
	p, err := parsePair("help", cert, key)
	if err != nil {
		t.Fatal(err)
	}
	d.pairs.Store(&[]pair{p})
	d.authority.list()
	if got := d.authority.waiting(); !slices.Equal(got, []string{"mx.acme.example"}) {
		t.Errorf("asked for are %v, want the one that no file covers", got)
	}
}

// The error of a store that is away reaches strangers through autocert.
func TestTheStoreIsNotSpokenOf(t *testing.T) {
	v := newVault()
	d, asked := openAuthority(t, v)
	v.away = errors.New("etcd at 10.0.0.7 is away")
	w := httptest.NewRecorder()
	d.Challenges(nil).ServeHTTP(w, httptest.NewRequest("GET", "http://help.acme.example/.well-known/acme-challenge/x", nil))
	if strings.Contains(w.Body.String(), "10.0.0.7") {
		t.Errorf("it answers %s", w.Body)
	}
	// Nothing is asked for that could not be kept.
	d.authority.obtain(t.Context(), "mx.acme.example")
	if *asked != 0 || !strings.Contains(d.log.String(), "waits for the store") {
		t.Errorf("asked %d times, log:\n%s", *asked, d.log.String())
	}
}

func TestCacheKeepsDirectoriesApart(t *testing.T) {
	v := newVault()
	for _, d := range []string{"https://tests.example", "https://real.example"} {
		c := cache{&authority{vault: v, scope: d + " ", log: slog.New(slog.DiscardHandler)}}
		if _, err := c.Get(t.Context(), "help.acme.example"); err != autocert.ErrCacheMiss {
			t.Errorf("%s: %v, want nothing yet", d, err)
		}
		for _, name := range []string{"help.acme.example", "help.acme.example+token", "x+http-01", "acme_account+key"} {
			if err := c.Put(t.Context(), name, []byte(d)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := c.Get(t.Context(), "help.acme.example"); err != nil || !bytes.Equal(got, []byte(d)) {
			t.Errorf("%s: read %q, %v", d, got, err)
		}
	}
	want := map[string]time.Duration{
		"https://real.example help.acme.example": keepCertificate, "https://real.example help.acme.example+token": keepChallenge,
		"https://real.example x+http-01": keepChallenge, "https://real.example acme_account+key": 0,
		"https://tests.example help.acme.example": keepCertificate, "https://tests.example help.acme.example+token": keepChallenge,
		"https://tests.example x+http-01": keepChallenge, "https://tests.example acme_account+key": 0,
	}
	if diff := cmp.Diff(want, v.kept); diff != "" {
		t.Errorf("kept for (-want +got):\n%s", diff)
	}
	c := cache{&authority{vault: v, scope: "https://real.example "}}
	if err := c.Delete(t.Context(), "x+http-01"); err != nil || len(v.values) != 7 {
		t.Errorf("%d values are left, %v", len(v.values), err)
	}
}

func TestWitnessTellsWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name, kind, body, want string // want is "" for silence
	}{
		{"a refusal", "application/problem+json", `{"type": "urn:x:rateLimited", "detail": "too many"}`, "too many"},
		{"a nonce, which is tried again", "application/problem+json", `{"type": "urn:x:badNonce", "detail": "again"}`, ""},
		{"an order", "application/json", `{"status": "pending", "identifiers": [{"value": "x"}]}`, ""},
		{"a challenge that failed", "application/json; charset=utf-8",
			`{"identifier": {"value": "help.acme.example"}, "challenges": [{"type": "dns-01"}, {"type": "http-01", "error": {"detail": "connection refused"}}]}`, "connection refused"},
		{"a certificate", "application/pem-certificate-chain", `{"detail": "x"}`, ""},
		{"no JSON", "application/json", `<html>`, ""},
		{"far too much", "application/problem+json", `{"detail": "` + strings.Repeat("x", 5000) + `"}`, "xxx…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			w := &witness{log: slog.New(slog.NewTextHandler(&log, nil))}
			w.tell(test.kind, []byte(test.body))
			if (test.want == "") != (log.Len() == 0) || !strings.Contains(log.String(), test.want) {
				t.Errorf("log is %q, want %q", log.String(), test.want)
			}
			if log.Len() > 1000 {
				t.Errorf("the log has %d bytes", log.Len())
			}
		})
	}
}

func TestWitnessEndsWithTheDaemon(t *testing.T) {
	arrived := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	defer slow.Close()
	ctx, stop := context.WithCancel(t.Context())
	client := newWitness(ctx, nil, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() {
		r, err := client.Get(slow.URL)
		if err == nil {
			_ = r.Body.Close()
		}
		ended <- err
	}()
	<-arrived
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the request ended with %v", err)
	}
}
