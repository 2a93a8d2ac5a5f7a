package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/blob/blobtest"
	"github.com/posterndesk/postern/daemon/internal/blob/s3"
	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) { peers.RunTests(m) }

func options(t *testing.T, server *peers.S3, change ...func(*s3.Options)) s3.Options {
	t.Helper()
	o := s3.Options{
		Endpoint: server.URL, Region: server.Region, Bucket: server.Bucket, Prefix: "mail/", Credentials: server.Credentials,
		CA: server.Authority(), Spool: filepath.Join(t.TempDir(), "spool"),
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func open(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(o.Spool); err != nil || len(left) > 0 {
			t.Errorf("the local folder has %v, %v", left, err)
		}
	})
	return s
}

// covers: K04
func TestConforms(t *testing.T) {
	server := peers.StartS3(t, true)
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return open(t, options(t, server, func(o *s3.Options) { o.Prefix = strings.ReplaceAll(t.Name(), "/", ".") + "/" }))
	})
}

func TestWithoutPrefix(t *testing.T) {
	server := peers.StartS3(t, false)
	s := open(t, options(t, server, func(o *s3.Options) { o.Prefix = "" }))
	if versioned, err := s.Check(t.Context()); versioned || err != nil {
		t.Fatal(versioned, err)
	}
	ref, err := blob.Put(t.Context(), s, "acme", []byte("a mail"))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := os.ReadFile(filepath.Join(server.Folder, server.Bucket, "acme", ref.Hash.String()))
	if err != nil || string(stored) != "a mail" {
		t.Errorf("the bucket has %q, %v", stored, err)
	}
	if left, err := os.ReadDir(filepath.Join(server.Folder, server.Bucket, "_check")); err == nil && len(left) > 0 {
		t.Errorf("the check leaves %v", left)
	}
}

// What replicas share: the one reads what the other has stored, and both look at it
// as a file.
func TestTwoReplicas(t *testing.T) {
	server := peers.StartS3(t, false)
	one, two := open(t, options(t, server)), open(t, options(t, server))
	mail := bytes.Repeat([]byte("a line\r\n"), 50_000)
	ref, err := blob.Put(t.Context(), one, "acme", mail)
	if err != nil {
		t.Fatal(err)
	}
	err = blob.View(t.Context(), two, "acme", ref.Hash, func(b []byte, room *blob.Room) error {
		if !bytes.Equal(b, mail) || len(room.Make(10)) != 10 {
			t.Error("it looks different")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Somebody who reads slowly from the middle, while others store it again.
	r, err := two.Open(t.Context(), "acme", ref.Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(-8, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.Put(t.Context(), one, "acme", mail); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "a line\r\n" {
		t.Errorf("read %q, %v", b, err)
	}
}

func TestCheckTellsMistakes(t *testing.T) {
	server := peers.StartS3(t, true)
	wrong := t.TempDir()
	for _, name := range []string{s3.AccessKey, s3.SecretKey} {
		if err := os.WriteFile(filepath.Join(wrong, name), []byte("wrong"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		change func(*s3.Options)
		want   string
		away   bool
	}{
		"bucket":           {func(o *s3.Options) { o.Bucket = "missing" }, "write to the bucket missing", false},
		"credentials":      {func(o *s3.Options) { o.Credentials = wrong }, "write to the bucket postern", false},
		"no credentials":   {func(o *s3.Options) { o.Credentials = t.TempDir() }, "access-key", false},
		"authority":        {func(o *s3.Options) { o.CA = "" }, "certificate", true},
		"nobody listening": {func(o *s3.Options) { o.Endpoint = "http://127.0.0.1:1" }, "connection refused", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), peers.Patience)
			defer cancel()
			s := open(t, options(t, server, tt.change))
			_, err := s.Check(ctx)
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, s3.ErrAway) != tt.away {
				t.Errorf("got %v, away %v; want %q, away %v", err, errors.Is(err, s3.ErrAway), tt.want, tt.away)
			}
			if name != "bucket" {
				return
			}
			// That must not look as if mail had been lost.
			if _, err := s.Stat(ctx, "acme", blob.Hash{}); err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("stat: %v", err)
			}
			if _, err := s.Open(ctx, "acme", blob.Hash{}); err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("open: %v", err)
			}
			if deleted, err := s.Delete(ctx, "acme", blob.Hash{}, time.Now()); deleted || err == nil {
				t.Errorf("delete: %v, %v", deleted, err)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	good := s3.Options{Endpoint: "https://s3.example", Bucket: "b", Prefix: "p/", Spool: t.TempDir()}
	open(t, good)
	for name, change := range map[string]func(*s3.Options){
		"no URL":           func(o *s3.Options) { o.Endpoint = "s3.example" },
		"a path":           func(o *s3.Options) { o.Endpoint += "/b" },
		"a password":       func(o *s3.Options) { o.Endpoint = "https://u:p@s3.example" },
		"no bucket":        func(o *s3.Options) { o.Bucket = "" },
		"prefix, no slash": func(o *s3.Options) { o.Prefix = "p" },
		"prefix, slashes":  func(o *s3.Options) { o.Prefix = "/p/" },
		"no CA":            func(o *s3.Options) { o.CA = filepath.Join(t.TempDir(), "none") },
	} {
		o := good
		change(&o)
		if _, err := s3.Open(o); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

// The storage goes away and comes again; credentials are read anew.
func TestAway(t *testing.T) {
	server := peers.StartS3(t, false)
	s := open(t, options(t, server))
	ref, err := blob.Put(t.Context(), s, "acme", []byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if _, err := blob.Put(t.Context(), s, "acme", []byte("meanwhile")); !errors.Is(err, s3.ErrAway) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Open(t.Context(), "acme", ref.Hash); !errors.Is(err, s3.ErrAway) || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open: %v", err)
	}
	server.Start(t)
	for _, text := range []string{"before", "after"} {
		ref, err := blob.Put(t.Context(), s, "acme", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := blob.Get(t.Context(), s, "acme", ref.Hash, 100); err != nil || string(got) != text {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// between is something on the way to the storage, which may change what is sent there.
func between(t *testing.T, server *peers.S3, body func(*http.Request, []byte) []byte) string {
	t.Helper()
	return around(t, server, body, nil)
}

// around is between that may change what comes back as well. Either may be nil.
func around(t *testing.T, server *peers.S3, body func(*http.Request, []byte) []byte, answer func(*http.Response) error) string {
	t.Helper()
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{ModifyResponse: answer, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // signed
		if r.In.Body == nil || body == nil {
			return
		}
		b, err := io.ReadAll(r.In.Body)
		if err != nil {
			t.Error(err)
		}
		b = body(r.In, b)
		r.Out.Body = io.NopCloser(bytes.NewReader(b))
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// A bit that turns over on the way is found by the storage.
func TestDamagedOnTheWay(t *testing.T) {
	server := peers.StartS3(t, false)
	damage := func(_ *http.Request, b []byte) []byte {
		if len(b) > 0 {
			b[len(b)/2] ^= 1
		}
		return b
	}
	damaged := open(t, options(t, server, func(o *s3.Options) { o.Endpoint = between(t, server, damage) }))
	if ref, err := blob.Put(t.Context(), damaged, "acme", []byte("whole and hale")); err == nil {
		t.Errorf("stored as %v", ref)
	}
	for info, err := range open(t, options(t, server)).List(t.Context(), "acme") {
		t.Errorf("the bucket has %v, %v", info, err)
	}
	if _, err := damaged.Check(t.Context()); err == nil || errors.Is(err, s3.ErrAway) {
		t.Errorf("check: %v", err)
	}
}

// Of the ways to say that there is no room, each is one that mail waits for.
func TestFull(t *testing.T) {
	for code, status := range map[string]int{"QuotaExceeded": http.StatusForbidden, "XMinioStorageFull": http.StatusInsufficientStorage, "Any": http.StatusInsufficientStorage} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>No room</Message></Error>")
		}))
		credentials := t.TempDir()
		for _, name := range []string{s3.AccessKey, s3.SecretKey} {
			if err := os.WriteFile(filepath.Join(credentials, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := open(t, s3.Options{Endpoint: server.URL, Region: "r", Bucket: "postern", Credentials: credentials, Spool: t.TempDir()})
		if _, err := blob.Put(t.Context(), s, "acme", []byte("a mail")); !errors.Is(err, blob.ErrFull) {
			t.Errorf("%s: %v", code, err)
		}
		server.Close()
	}
}
