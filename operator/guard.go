package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	// decided is how long a decision of the API server counts: who loses the right to
	// read is out after that.
	decided = 15 * time.Second
	// maxDecisions bounds how many are remembered. A cluster has a few who read.
	maxDecisions = 256
	// askTimeout bounds asking the API server about one request.
	askTimeout = 5 * time.Second
	// askAtOnce, askRate (each second) and askBurst bound what strangers can make the
	// operator ask of the API server.
	askAtOnce, askRate, askBurst = 4, 10, 20
	// maxToken bounds a token. Those of service accounts have 1 to 2 KiB.
	maxToken = 16 << 10
)

// guard lets read who the cluster allows it. That of controller-runtime does the same
// with half of the API server's own code, which is 8 MB of program.
type guard struct {
	tokens authentication.TokenReviewInterface
	access authorization.SubjectAccessReviewInterface
	slots  chan struct{}
	rate   *rate.Limiter

	mu    sync.Mutex
	known map[tokenHash]decision // those let in stay after they are over: see decide
}

// tokenHash stands for a token, which is kept nowhere.
type tokenHash [sha256.Size]byte

// decision is what becomes of requests with a token.
type decision struct {
	status int
	who    string // "" if nobody knows
	until  time.Time
}

// newGuard makes the filter of the metrics server.
func newGuard(to *rest.Config, through *http.Client) (metricsserver.Filter, error) {
	tokens, err := authentication.NewForConfigAndClient(to, through)
	if err != nil {
		return nil, err
	}
	access, err := authorization.NewForConfigAndClient(to, through)
	if err != nil {
		return nil, err
	}
	g := &guard{
		tokens: tokens.TokenReviews(), access: access.SubjectAccessReviews(),
		slots: make(chan struct{}, askAtOnce), rate: rate.NewLimiter(askRate, askBurst), known: map[tokenHash]decision{},
	}
	return func(log logr.Logger, next http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, log, next) }), nil
	}, nil
}

func (g *guard) serve(w http.ResponseWriter, r *http.Request, log logr.Logger, next http.Handler) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "Metrics are read with GET.", http.StatusMethodNotAllowed)
		return
	}
	d := decision{status: http.StatusUnauthorized}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken {
		var err error
		if d, err = g.decide(r.Context(), token, r.URL.Path); err != nil {
			log.Error(err, "The API server cannot be asked who may read metrics")
			d.status = http.StatusServiceUnavailable
		}
	}
	switch d.status {
	case http.StatusOK:
		next.ServeHTTP(w, r)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "A token is needed that the cluster knows.", d.status)
	case http.StatusForbidden:
		http.Error(w, fmt.Sprintf("%s may not get %s.", d.who, r.URL.Path), d.status)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "Too many tokens that nobody knows.", d.status)
	default:
		http.Error(w, "The API server cannot be asked who may read this.", d.status)
	}
}

// decide asks the API server unless it has decided a moment ago. Who was let in before
// is asked about in any case: strangers that ask too often do not keep it out.
func (g *guard) decide(ctx context.Context, token, path string) (decision, error) {
	hash := tokenHash(sha256.Sum256([]byte(token)))
	g.mu.Lock()
	d, known := g.known[hash]
	g.mu.Unlock()
	if known && time.Now().Before(d.until) {
		return d, nil
	}
	if (!known || d.status != http.StatusOK) && !g.rate.Allow() {
		return decision{status: http.StatusTooManyRequests}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return decision{}, fmt.Errorf("others are asked about: %w", ctx.Err())
	}
	d, err := g.ask(ctx, token, path)
	if err != nil {
		return decision{}, err
	}
	g.remember(hash, d)
	return d, nil
}

// ask asks the API server whose the token is, and whether they may.
func (g *guard) ask(ctx context.Context, token, path string) (d decision, err error) {
	d.until = time.Now().Add(decided)
	review, err := g.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return d, withoutToken(err, token)
	}
	if !review.Status.Authenticated {
		d.status = http.StatusUnauthorized
		return d, nil
	}
	user := review.Status.User
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	access, err := g.access.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: path, Verb: "get"},
	}}, metav1.CreateOptions{})
	if err != nil {
		return d, err
	}
	d.who, d.status = user.Username, http.StatusForbidden
	if access.Status.Allowed && !access.Status.Denied {
		d.status = http.StatusOK
	}
	return d, nil
}

// withoutToken keeps the token out of the log, whoever quotes it.
func withoutToken(err error, token string) error {
	if strings.Contains(err.Error(), token) {
		return errors.New(strings.ReplaceAll(err.Error(), token, "…"))
	}
	return err
}

func (g *guard) remember(hash tokenHash, d decision) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= maxDecisions {
		now := time.Now()
		maps.DeleteFunc(g.known, func(_ tokenHash, old decision) bool { return old.status != http.StatusOK || now.After(old.until) })
	}
	if len(g.known) >= maxDecisions {
		clear(g.known)
	}
	g.known[hash] = d
}
