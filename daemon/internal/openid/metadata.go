package openid

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// metadataLifetime is how long an issuer's word about itself holds. Its keys are
	// fetched with it, so one that it withdraws is not believed for longer; a new one
	// is fetched when it is first met.
	metadataLifetime = time.Hour
	// pauseAfterFailure spares an issuer that does not answer, and those who wait.
	pauseAfterFailure = 5 * time.Second
	// maxKnown is far above the number of issuers that are declared; those that were
	// once are forgotten then.
	maxKnown = 1000
)

// metadata is what an issuer says about itself (OpenID Connect Discovery 1.0
// section 3), with its keys as they are met.
type metadata struct {
	provider *oidc.Provider
	keys     *oidc.RemoteKeySet

	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	KeysURL     string   `json:"jwks_uri"`
	UserInfoURL string   `json:"userinfo_endpoint"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	TellsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// known is one issuer. Of many who need it at once, one asks.
type known struct {
	turn  chan struct{} // holds one
	found *metadata
	err   error
	until time.Time
}

// metadata of an issuer, as it is remembered or asked for.
func (s *Source) metadata(ctx context.Context, issuer string) (*metadata, error) {
	k := s.of(issuer)
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, helpdesk.Wrap(helpdesk.Unavailable, ctx.Err())
	}
	defer func() { <-k.turn }()
	now := s.now()
	if now.Before(k.until) {
		return k.found, k.err
	}
	found, err := s.discover(ctx, issuer)
	if ctx.Err() != nil && err != nil {
		return nil, err // whoever asked has gone; that says nothing about the issuer
	}
	k.found, k.err, k.until = found, err, now.Add(metadataLifetime)
	if err != nil {
		k.until = now.Add(pauseAfterFailure)
	}
	return found, err
}

func (s *Source) of(issuer string) *known {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.known[issuer]
	if !ok {
		if len(s.known) >= maxKnown {
			clear(s.known)
		}
		k = &known{turn: make(chan struct{}, 1)}
		s.known[issuer] = k
	}
	return k
}

// discover asks the issuer about itself.
func (s *Source) discover(ctx context.Context, issuer string) (*metadata, error) {
	asking := oidc.ClientContext(ctx, s.http)
	provider, err := oidc.NewProvider(asking, issuer)
	if err != nil { // its text may hold the whole answer
		return nil, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("ask issuer about itself: %s", clip(err.Error())))
	}
	m := &metadata{provider: provider}
	if err := provider.Claims(m); err != nil {
		return nil, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("read what the issuer says about itself: %s", clip(err.Error())))
	}
	if err := m.check(issuer); err != nil {
		return nil, helpdesk.Wrap(helpdesk.Unavailable, err)
	}
	// It outlives whoever asked, so nothing of theirs goes with it.
	m.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), s.http), m.KeysURL)
	return m, nil
}

// check refuses addresses that nobody should be sent to: whoever can write to an
// issuer's metadata could have browsers run something, and codes and tokens read
// on the way. Without TLS is only what is on this machine, as the issuer then is.
func (m *metadata) check(issuer string) error {
	base, err := url.Parse(issuer)
	if err != nil {
		return fmt.Errorf("read address of issuer: %w", err)
	}
	for _, endpoint := range []struct {
		what, address string
		optional      bool
	}{
		{"authorization endpoint", m.AuthURL, false}, {"token endpoint", m.TokenURL, false}, {"address of keys", m.KeysURL, false},
		{"user info endpoint", m.UserInfoURL, true},
	} {
		what, address := endpoint.what, endpoint.address
		if address == "" && endpoint.optional {
			continue
		}
		u, err := url.Parse(address)
		switch {
		case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
			return fmt.Errorf("the issuer's %s is no web address: %s", what, clip(address))
		case u.Scheme == "https":
		case u.Scheme == "http" && base.Scheme == "http" && isLoopback(u.Hostname()):
		default:
			return fmt.Errorf("the issuer's %s is without TLS: %s", what, clip(address))
		}
	}
	if base.Scheme != "https" && !isLoopback(base.Hostname()) {
		return errors.New("the issuer is without TLS")
	}
	return nil
}
