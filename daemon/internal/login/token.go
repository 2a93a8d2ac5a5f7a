package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// earlier is how long before its end a token is replaced: a sign-in under way,
	// and clocks that differ, must not meet its end.
	earlier = 5 * time.Minute

	// tokenTimeout bounds one request to an issuer.
	tokenTimeout = 20 * time.Second

	// maxTokenAnswer is far above any answer of an issuer.
	maxTokenAnswer = 1 << 20
)

// tokens is the access token of one login.
type tokens struct {
	turn   chan struct{} // holds one: whoever has taken it may fetch
	mu     sync.Mutex
	access string    // "" for none
	until  time.Time // zero if the issuer told no end
}

func (s *Source) of(l helpdesk.Login) *tokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[l]
	if !ok {
		t = &tokens{turn: make(chan struct{}, 1)}
		s.tokens[l] = t
	}
	return t
}

func (t *tokens) good(now time.Time) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.access, t.access != "" && (t.until.IsZero() || now.Before(t.until))
}

// set keeps a fresh token. One that is short-lived is used for half its life.
func (t *tokens) set(fresh *oauth2.Token, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.access, t.until = fresh.AccessToken, time.Time{}
	if life := time.Duration(fresh.ExpiresIn) * time.Second; life > 0 {
		t.until = now.Add(life - min(earlier, life/2))
	}
}

func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.access = ""
}

// token is a good access token. Of many who ask at once, one fetches.
func (s *Source) token(ctx context.Context, l helpdesk.Login) (string, error) {
	t := s.of(l)
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.turn }()
	if token, ok := t.good(s.now()); ok {
		return token, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	fresh, err := s.fetch(ctx, l)
	if err != nil {
		return "", fmt.Errorf("fetch access token from %s: %w", l.OAuth.TokenURL, refusal(err))
	}
	t.set(fresh, s.now())
	return fresh.AccessToken, nil
}

// fetch asks the issuer: with the refresh token, or as the client itself (RFC
// 6749 sections 6 and 4.4).
func (s *Source) fetch(ctx context.Context, l helpdesk.Login) (*oauth2.Token, error) {
	var clientSecret string
	var err error
	if l.OAuth.ClientSecret != (helpdesk.SecretRef{}) {
		if clientSecret, err = s.secret(ctx, l.Account, l.OAuth.ClientSecret); err != nil {
			return nil, err
		}
	}
	asking := context.WithValue(ctx, oauth2.HTTPClient, s.http)
	if l.OAuth.RefreshToken == (helpdesk.SecretRef{}) {
		config := clientcredentials.Config{
			ClientID: l.OAuth.ClientID, ClientSecret: clientSecret, TokenURL: l.OAuth.TokenURL,
			Scopes: strings.Fields(l.OAuth.Scopes), AuthStyle: oauth2.AuthStyleInParams,
		}
		return config.Token(asking)
	}
	declared, err := s.secret(ctx, l.Account, l.OAuth.RefreshToken)
	if err != nil {
		return nil, err
	}
	config := &oauth2.Config{
		ClientID: l.OAuth.ClientID, ClientSecret: clientSecret,
		Endpoint: oauth2.Endpoint{TokenURL: l.OAuth.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
	return s.refresh(asking, l, config, declared)
}

// refresh uses the newest refresh token that there is. When the issuer does not
// take it, another replica, or another login with the same one, may have got a
// newer one meanwhile; else the declared one has its turn: it may be newer.
func (s *Source) refresh(ctx context.Context, l helpdesk.Login, config *oauth2.Config, declared string) (*oauth2.Token, error) {
	kept, err := s.kept(ctx, l, declared)
	if err != nil {
		return nil, err
	}
	var tried []string
	var fresh *oauth2.Token
	ask := func(token string) {
		tried = append(tried, token)
		fresh, err = config.TokenSource(ctx, &oauth2.Token{RefreshToken: token}).Token()
	}
	ask(cmp.Or(kept, declared))
	for err != nil && errors.Is(refusal(err), ErrSetup) {
		newest, keeperErr := s.kept(ctx, l, declared)
		if keeperErr != nil {
			return nil, keeperErr
		}
		next := cmp.Or(newest, declared)
		if slices.Contains(tried, next) {
			next = declared
		}
		if slices.Contains(tried, next) {
			break
		}
		ask(next)
	}
	if err != nil {
		return nil, err
	}
	if fresh.RefreshToken != "" && !slices.Contains(tried, fresh.RefreshToken) && s.keeper != nil {
		if err := s.keep(ctx, l, declared, fresh.RefreshToken); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// keep remembers a token until the keeper has taken it: the issuer takes no other
// one any more.
func (s *Source) keep(ctx context.Context, l helpdesk.Login, declared, token string) error {
	of := l.Account + "\x00" + declared
	s.mu.Lock()
	s.unkept[of] = token
	s.mu.Unlock()
	if err := s.keeper.KeepRefreshToken(ctx, l.Account, declared, token); err != nil {
		return fmt.Errorf("keep the new refresh token: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unkept[of] == token {
		delete(s.unkept, of)
	}
	return nil
}

// kept is what was kept in place of the declared token, "" if nothing was. What
// could not be kept is, first.
func (s *Source) kept(ctx context.Context, l helpdesk.Login, declared string) (string, error) {
	if s.keeper == nil {
		return "", nil
	}
	s.mu.Lock()
	unkept := s.unkept[l.Account+"\x00"+declared]
	s.mu.Unlock()
	if unkept != "" {
		return unkept, s.keep(ctx, l, declared, unkept)
	}
	return s.keeper.RefreshToken(ctx, l.Account, declared)
}

// refusal tells what only a person can mend from what may pass (RFC 6749
// section 5.2), and leaves out the answer's body, which may hold anything.
func refusal(err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return err
	}
	status := 0
	if answer.Response != nil {
		status = answer.Response.StatusCode
	}
	told := fmt.Errorf("the issuer answered %d %.100q %.300q", status, answer.ErrorCode, answer.ErrorDescription)
	if status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		return fmt.Errorf("%w: %w", ErrSetup, told)
	}
	return told
}

// tokenClient asks issuers. Where a manifest points, it follows no redirects,
// and reads no endless answers.
func tokenClient() *http.Client {
	return &http.Client{
		Transport:     limited{http.DefaultTransport.(*http.Transport).Clone()},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       tokenTimeout,
	}
}

type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxTokenAnswer), resp.Body}
	}
	return resp, err
}
