package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
)

const (
	// secretAge is how long a Secret is not read again, give or take a fifth: so long
	// a new password takes at most to reach the daemon by itself. It is not watched,
	// as whoever may watch or list Secrets may read all of them.
	secretAge = 5 * time.Minute
	// missingAge is the same for a Secret that is not there, lacks a key that is
	// referred to, or cannot be read.
	missingAge = 20 * time.Second
	// unansweredAge is the same after the API server gave no answer: until then what is
	// known of it counts.
	unansweredAge = 5 * time.Second
	// secretTimeout bounds the reading of one: an account does not wait longer for it.
	secretTimeout = 5 * time.Second
	// secretReads is how many Secrets of an account are read at once.
	secretReads = 8
)

// errSecretMoved means that a Secret has changed since it was planned with.
var errSecretMoved = errors.New("a Secret has changed meanwhile")

// Why a Secret could not be read, as statuses tell it. What the API server says of
// that is for the log: it names whom it answers, and where it is.
var (
	errForbidden  = errors.New("the operator may not get it")
	errUnanswered = errors.New("the API server does not answer; this is tried again")
)

// secrets knows which Secrets there are in which version. What is secret in them
// is held no longer than it takes to seal it.
type secrets struct {
	direct client.Reader
	log    *slog.Logger

	mu    sync.Mutex
	known map[account]map[string]knownSecret
	stale map[account]map[string]bool // that somebody has asked to read again
}

type knownSecret struct {
	secret plan.Secret
	until  time.Time
	absent bool // there is none
	failed bool // it could not be read the last time
}

func newSecrets(direct client.Reader, log *slog.Logger) *secrets {
	return &secrets{direct: direct, log: log, known: map[account]map[string]knownSecret{}, stale: map[account]map[string]bool{}}
}

// read returns Secrets of an account, of which those keys are wanted, and when to
// read again, 0 for never. It fails only when ctx has ended.
func (s *secrets) read(ctx context.Context, a account, wanted map[string][]string) (map[string]plan.Secret, time.Duration, error) {
	s.mu.Lock()
	before, stale := s.known[a], s.stale[a]
	delete(s.stale, a)
	s.mu.Unlock()
	known, err := s.readAll(ctx, a, wanted, before, stale)
	if err != nil {
		s.expire(a, slices.Collect(maps.Keys(stale))...)
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[a] = known
	if len(known) == 0 {
		delete(s.known, a)
	}
	result, next := map[string]plan.Secret{}, time.Time{}
	for name, k := range known {
		result[name] = k.secret
		if s.stale[a][name] {
			k.until = time.Now() // what was just read may be what somebody has just changed
		}
		if next.IsZero() || k.until.Before(next) {
			next = k.until
		}
	}
	if next.IsZero() {
		return result, 0, nil
	}
	return result, max(time.Until(next), time.Millisecond), nil
}

// readAll reads those that are not known or too old.
func (s *secrets) readAll(ctx context.Context, a account, wanted map[string][]string, before map[string]knownSecret, stale map[string]bool) (map[string]knownSecret, error) {
	now := time.Now()
	var mu sync.Mutex
	known := map[string]knownSecret{}
	set := func(name string, k knownSecret) {
		mu.Lock()
		defer mu.Unlock()
		known[name] = k
	}
	var group errgroup.Group
	group.SetLimit(secretReads)
	for name, keys := range wanted {
		last, ok := before[name]
		if ok && now.Before(last.until) && !stale[name] {
			set(name, last)
			continue
		}
		group.Go(func() error {
			set(name, s.look(ctx, a, name, keys, last))
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	return known, nil
}

// look reads one Secret and forgets what is secret in it.
func (s *secrets) look(ctx context.Context, a account, name string, keys []string, last knownSecret) knownSecret {
	secret, err := s.get(ctx, a, name)
	if err != nil && !apierrors.IsNotFound(err) && !last.failed {
		s.log.Warn("a Secret cannot be read", "account", string(a), "secret", name, "err", err)
	}
	switch {
	case err == nil:
		return lookedAt(secret, keys)
	case apierrors.IsNotFound(err):
		return knownSecret{until: time.Now().Add(jitter(missingAge)), absent: true}
	case apierrors.IsForbidden(err):
		return knownSecret{secret: plan.Secret{Err: errForbidden}, until: time.Now().Add(jitter(missingAge)), failed: true}
	}
	// A moment without an answer changes nothing about what is known.
	last.until, last.failed = time.Now().Add(jitter(unansweredAge)), true
	if last.secret.Version == "" && last.secret.Err == nil && !last.absent {
		last.secret.Err = errUnanswered
	}
	return last
}

func lookedAt(secret *corev1.Secret, keys []string) knownSecret {
	p := plan.Secret{Version: versionOf(secret), Keys: slices.Sorted(maps.Keys(secret.Data)), Lengths: map[string]int{}}
	for _, key := range p.Keys {
		p.Lengths[key] = len(secret.Data[key])
		if len(secret.Data[key]) > wire.MaxSecret {
			p.Large = append(p.Large, key)
		}
	}
	age := secretAge
	if slices.ContainsFunc(keys, func(key string) bool { return !slices.Contains(p.Keys, key) }) {
		age = missingAge
	}
	return knownSecret{secret: p, until: time.Now().Add(jitter(age))}
}

func (s *secrets) get(ctx context.Context, a account, name string) (*corev1.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	var secret corev1.Secret
	err := s.direct.Get(ctx, types.NamespacedName{Namespace: string(a), Name: name}, &secret)
	return &secret, err
}

// versionOf tells one content of a Secret from the next, without telling anything
// about it.
func versionOf(s *corev1.Secret) string { return string(s.UID) + "/" + s.ResourceVersion }

// reveal returns what hands out what is secret in a version of a Secret of an
// account, for it to be sealed. Only whoever has just planned with it is told.
func (s *secrets) reveal(a account) func(ctx context.Context, name string, keys []string, version string) (map[string][]byte, error) {
	return func(ctx context.Context, name string, keys []string, version string) (map[string][]byte, error) {
		secret, err := s.get(ctx, a, name)
		if err != nil {
			s.expire(a, name)
			return nil, fmt.Errorf("%w: %w", errSecretMoved, err)
		}
		if versionOf(secret) != version {
			s.expire(a, name)
			return nil, errSecretMoved
		}
		values := map[string][]byte{}
		for _, key := range keys {
			values[key] = secret.Data[key]
		}
		return values, nil
	}
}

// expire has some Secrets of an account read again at its next pass.
func (s *secrets) expire(a account, names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if s.stale[a] == nil {
			s.stale[a] = map[string]bool{}
		}
		s.stale[a][name] = true
	}
}

// forget drops an account that is gone.
func (s *secrets) forget(a account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, a)
	delete(s.stale, a)
}

// jitter changes a time by up to a fifth, so that what began together does not
// stay together.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}
