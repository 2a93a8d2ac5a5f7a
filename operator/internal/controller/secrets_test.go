package controller

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/plan"
)

var quiet = slog.New(slog.DiscardHandler)

// reader is an API server of which a test says what it answers.
type reader struct {
	get  func(key client.ObjectKey, into client.Object) error
	list func(into client.ObjectList) error
}

func (r reader) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	return r.get(key, into)
}

func (r reader) List(_ context.Context, into client.ObjectList, _ ...client.ListOption) error {
	return r.list(into)
}

var secretsResource = schema.GroupResource{Resource: "secrets"}

func TestSecretsAreReadAgainNowAndThen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		key    string // that is wanted
		answer error
		before time.Duration // not again until then
		by     time.Duration // but by then
		fault  bool
	}{
		{"there", "password", nil, 4 * time.Minute, 6 * time.Minute, false},
		{"without the key", "pass", nil, 16 * time.Second, 24 * time.Second, false},
		{"not there", "password", apierrors.NewNotFound(secretsResource, "relay"), 16 * time.Second, 24 * time.Second, false},
		{"forbidden", "password", apierrors.NewForbidden(secretsResource, "relay", errors.New("no role")), 16 * time.Second, 24 * time.Second, true},
		{"nobody answers", "password", context.DeadlineExceeded, 4 * time.Second, 6 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reads := 0
				s := newSecrets(reader{get: func(_ client.ObjectKey, into client.Object) error {
					reads++
					secret := into.(*corev1.Secret)
					secret.UID, secret.ResourceVersion = "u", "7"
					secret.Data = map[string][]byte{"password": []byte("x"), "key": bytes.Repeat([]byte("x"), wire.MaxSecret+1)}
					return tt.answer
				}}, quiet)
				look := func(want int) {
					t.Helper()
					got, next, err := s.read(t.Context(), "a", map[string][]string{"relay": {tt.key}})
					if err != nil || reads != want {
						t.Fatalf("it was read %d times, %v; want %d", reads, err, want)
					}
					if next <= 0 || next > tt.by {
						t.Errorf("it is to be read again in %v; want at most %v", next, tt.by)
					}
					relay, ok := got["relay"]
					if !ok || (relay.Err != nil) != tt.fault || (relay.Version == "u/7") != (tt.answer == nil) {
						t.Errorf("got %+v", got)
					}
					if tt.answer == nil && (!slices.Equal(relay.Keys, []string{"key", "password"}) || !slices.Equal(relay.Large, []string{"key"})) {
						t.Errorf("keys are %v, those too large %v", relay.Keys, relay.Large)
					}
					if want := map[string]int{"key": wire.MaxSecret + 1, "password": 1}; tt.answer == nil && !maps.Equal(relay.Lengths, want) {
						t.Errorf("lengths are %v, want %v", relay.Lengths, want)
					}
				}
				look(1)
				time.Sleep(tt.before - time.Millisecond) // of the test's own clock
				look(1)
				time.Sleep(tt.by - tt.before + 2*time.Millisecond)
				look(2)
				s.expire("b", "relay")
				s.expire("a", "another")
				s.expire("a")
				look(2)
				s.expire("a", "relay")
				look(3)
				look(3)
			})
		})
	}
}

// A moment without an answer changes nothing about a Secret that is known, and no
// status gets to read what the API server says.
func TestSecretsThatAreNotAnsweredFor(t *testing.T) {
	unanswered := apierrors.NewTooManyRequests("system:serviceaccount:postern:operator at 10.0.0.1", 1)
	for _, tt := range []struct {
		name    string
		answers []error
		version string
		fault   error
	}{
		{"known", []error{nil, unanswered, context.DeadlineExceeded}, "u/7", nil},
		{"known not to be there", []error{apierrors.NewNotFound(secretsResource, "relay"), unanswered}, "", nil},
		{"forbidden", []error{nil, apierrors.NewForbidden(secretsResource, "relay", errors.New("no role for system:serviceaccount")), unanswered}, "", errForbidden},
		{"never answered", []error{unanswered, unanswered}, "", errUnanswered},
		{"answered at last", []error{unanswered, nil}, "u/7", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var answer error
			var log bytes.Buffer
			s := newSecrets(reader{get: func(_ client.ObjectKey, into client.Object) error {
				secret := into.(*corev1.Secret)
				secret.UID, secret.ResourceVersion = "u", "7"
				return answer
			}}, slog.New(slog.NewTextHandler(&log, nil)))
			var got map[string]plan.Secret
			for _, answer = range tt.answers {
				s.expire("a", "relay")
				var err error
				if got, _, err = s.read(t.Context(), "a", map[string][]string{"relay": nil}); err != nil {
					t.Fatal(err)
				}
			}
			if relay, ok := got["relay"]; !ok || relay.Version != tt.version || relay.Err != tt.fault {
				t.Errorf("got %+v", got)
			}
			if times := strings.Count(log.String(), "cannot be read"); times != 1 {
				t.Errorf("it was logged %d times:\n%s", times, &log)
			}
		})
	}
}

// Somebody who asks to read again while a Secret is being read has perhaps changed
// it after that.
func TestSecretsAskedForMeanwhile(t *testing.T) {
	reads := 0
	var s *secrets
	s = newSecrets(reader{get: func(client.ObjectKey, client.Object) error {
		if reads++; reads == 1 {
			s.expire("a", "relay")
		}
		return nil
	}}, quiet)
	for i := range 3 {
		_, next, err := s.read(t.Context(), "a", map[string][]string{"relay": nil})
		if err != nil || (next <= time.Millisecond) != (i == 0) {
			t.Fatalf("read %d: again in %v, %v", i, next, err)
		}
	}
	if reads != 2 {
		t.Errorf("it was read %d times, want 2", reads)
	}
}

// Who ended a pass before its Secrets were read has them read in the next one.
func TestSecretsAskedForOfAPassThatEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	s := newSecrets(reader{get: func(client.ObjectKey, client.Object) error { reads++; return nil }}, quiet)
	wanted := map[string][]string{"relay": nil}
	if _, _, err := s.read(ctx, "a", wanted); err != nil {
		t.Fatal(err)
	}
	s.expire("a", "relay")
	cancel()
	if _, _, err := s.read(ctx, "a", wanted); err == nil {
		t.Fatal("a pass that has ended was read for")
	}
	if _, _, err := s.read(t.Context(), "a", wanted); err != nil || reads != 3 {
		t.Errorf("it was read %d times, %v; want 3", reads, err)
	}
}

// Only the Secrets that an object refers to are read again when it changes.
func TestOnlyOwnSecretsAreReadAgain(t *testing.T) {
	var mu sync.Mutex // several are read at once
	var reads []string
	c := &Controller{log: quiet, cache: reader{list: func(client.ObjectList) error { return nil }}}
	c.secrets = newSecrets(reader{get: func(key client.ObjectKey, _ client.Object) error {
		mu.Lock()
		defer mu.Unlock()
		reads = append(reads, key.Name)
		return nil
	}}, quiet)
	pass := func(want ...string) {
		t.Helper()
		reads = nil
		if _, _, err := c.secrets.read(t.Context(), "a", map[string][]string{"one": nil, "two": nil, "id": nil}); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(reads); !slices.Equal(reads, want) {
			t.Errorf("read were %v, want %v", reads, want)
		}
	}
	pass("id", "one", "two")
	box := &v1alpha1.Mailbox{}
	box.Namespace = "a"
	c.ofMailbox(t.Context(), box)
	pass()
	box.Spec.Relay = &config.Relay{CredentialsSecretRef: &config.SecretReference{Name: "one"}}
	c.ofMailbox(t.Context(), box)
	pass("one")
	help := &v1alpha1.HelpCenter{}
	help.Namespace = "a"
	help.Spec.SignUp = &config.SignUp{OIDC: []config.OIDC{{ClientSecretRef: config.SecretReference{Name: "id"}}}}
	c.ofHelpCenter(t.Context(), help)
	pass("id")
}

func TestRevealOnlyWhatWasPlanned(t *testing.T) {
	var answer error
	s := newSecrets(reader{get: func(key client.ObjectKey, into client.Object) error {
		secret := into.(*corev1.Secret)
		secret.UID, secret.ResourceVersion = "u", "8"
		secret.Data = map[string][]byte{"password": []byte("hunter2"), "other": []byte("o")}
		return answer
	}}, quiet)
	got, err := s.reveal("a")(t.Context(), "relay", []string{"password"}, "u/8")
	if err != nil || len(got) != 1 || string(got["password"]) != "hunter2" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := s.reveal("a")(t.Context(), "relay", []string{"password"}, "u/7"); !errors.Is(err, errSecretMoved) || strings.Contains(err.Error(), "hunter") {
		t.Errorf("of another version: %v", err)
	}
	answer = apierrors.NewNotFound(secretsResource, "relay")
	if _, err := s.reveal("a")(t.Context(), "relay", []string{"password"}, "u/8"); !errors.Is(err, errSecretMoved) {
		t.Errorf("of one that is gone: %v", err)
	}
}
