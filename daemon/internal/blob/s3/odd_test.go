package s3_test

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/blob/s3"
	"github.com/posterndesk/postern/test/peers"
)

// odd is a store whose storage answers as S3 does not; change sees each answer.
func odd(t *testing.T, server *peers.S3, change func(*http.Response) error) *s3.Store {
	t.Helper()
	endpoint := around(t, server, nil, change)
	return open(t, options(t, server, func(o *s3.Options) { o.Endpoint, o.CA = endpoint, "" }))
}

// deny makes an answer what S3 says to who lacks a right.
func deny(r *http.Response) {
	_ = r.Body.Close()
	const text = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
	r.StatusCode, r.Status = http.StatusForbidden, "403 Forbidden"
	r.Header.Set("Content-Type", "application/xml")
	r.Header.Del("Content-Length")
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
}

// Rights that lack are told at the start, each by its name, and not when the first
// sweep fails.
func TestCheckNeedsEachRight(t *testing.T) {
	server := peers.StartS3(t, false)
	for want, is := range map[string]func(*http.Request) bool{
		"write to":    func(r *http.Request) bool { return r.Method == http.MethodPut },
		"read from":   func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.RawQuery == "" },
		"list":        func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Query().Has("list-type") },
		"delete from": func(r *http.Request) bool { return r.Method == http.MethodDelete },
	} {
		s := odd(t, server, func(r *http.Response) error {
			if is(r.Request) {
				deny(r)
			}
			return nil
		})
		if _, err := s.Check(t.Context()); err == nil || errors.Is(err, s3.ErrAway) || !strings.HasPrefix(err.Error(), want+" the bucket postern") || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("without the right to %s it says: %v", want, err)
		}
	}
}

// A bucket that keeps old versions keeps what is erased: that is found out.
func TestCheckSeesVersions(t *testing.T) {
	s := odd(t, peers.StartS3(t, false), func(r *http.Response) error {
		if r.Request.Method == http.MethodPut {
			r.Header.Set("X-Amz-Version-Id", "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo")
		}
		return nil
	})
	if versioned, err := s.Check(t.Context()); !versioned || err != nil {
		t.Errorf("versions are kept: %v, %v", versioned, err)
	}
}

// What answers otherwise than it was asked never gives the bytes of another place, or
// none, as if they were those of the blob.
func TestOddAnswers(t *testing.T) {
	server := peers.StartS3(t, false)
	const text = "0123456789"
	ref, err := blob.Put(t.Context(), open(t, options(t, server)), "acme", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Response) error{
		"all of it": func(r *http.Response) error {
			if r.StatusCode == http.StatusPartialContent {
				_ = r.Body.Close()
				r.StatusCode, r.Status, r.Body, r.ContentLength = http.StatusOK, "200 OK", io.NopCloser(strings.NewReader(text)), int64(len(text))
				r.Header.Del("Content-Range")
				r.Header.Set("Content-Length", "10")
			}
			return nil
		},
		"no length": func(r *http.Response) error {
			r.Header.Del("Content-Length")
			r.ContentLength = -1
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := odd(t, server, change).Open(t.Context(), "acme", ref.Hash)
			if err != nil {
				return // it is told
			}
			defer r.Close()
			if _, err := r.Seek(-3, io.SeekEnd); err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err == nil {
				t.Errorf("the end of %s is %q", text, b)
			}
		})
	}
}

// Who names no folder of credentials has those of the environment, or is told that there
// are none: nothing is sent as nobody.
func TestCredentialsOfTheMachine(t *testing.T) {
	server := peers.StartS3(t, false)
	s := open(t, options(t, server, func(o *s3.Options) { o.Credentials = "" }))
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	// A role whose token is not there, as in a pod that was given none.
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/postern")
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", filepath.Join(t.TempDir(), "token"))
	if _, err := s.Check(t.Context()); err == nil || errors.Is(err, s3.ErrAway) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("without any it says: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "postern")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
	if _, err := s.Check(t.Context()); err != nil {
		t.Errorf("with those of the environment it says: %v", err)
	}
}
