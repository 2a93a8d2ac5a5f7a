// Package openid asks issuers of OpenID Connect who is in front of a browser
// (OpenID Connect Core 1.0, the authorization code flow with PKCE).
//
// Where an issuer is and what its client is called is declared by whoever writes
// manifests, and everything else it says about itself. So it is spoken to with
// narrow limits: no redirects, bounded time and bytes, and never at an address
// that only this machine or its network can reach, unless the operator says so.
package openid

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// requestTimeout bounds one request to an issuer: somebody waits for the page.
	requestTimeout = 10 * time.Second
	// finishTimeout bounds all requests of one sign-in: code, keys, user info.
	finishTimeout = 20 * time.Second
	// maxAnswer is some hundred times the largest list of keys.
	maxAnswer = 1 << 20
	// maxAnswerHeader is far above what issuers send.
	maxAnswerHeader = 64 << 10
)

// scopes are what is asked for: who it is, and which address they have.
var scopes = []string{oidc.ScopeOpenID, oidc.ScopeEmail, oidc.ScopeProfile}

// Secrets reads a secret of an account.
type Secrets interface {
	Secret(ctx context.Context, account string, ref helpdesk.SecretRef) ([]byte, error)
}

// Options of a Source. Secrets and Now must be set.
type Options struct {
	Secrets Secrets
	Now     func() time.Time
	// Networks are those in which issuers may be though they are not public. What
	// clouds tell their machines about themselves is never asked, even so.
	Networks []netip.Prefix
}

// Source asks issuers, and remembers for a while what they say about themselves.
// It is safe for concurrent use.
type Source struct {
	secrets Secrets
	now     func() time.Time
	http    *http.Client

	mu    sync.Mutex
	known map[string]*known // by issuer
}

// New makes a source.
func New(o Options) *Source {
	return &Source{secrets: o.Secrets, now: o.Now, http: client(o.Networks), known: map[string]*known{}}
}

// Begin is the address to which a browser is led for signing in. The error is
// Unavailable if the issuer does not say where that is.
func (s *Source) Begin(ctx context.Context, issuer helpdesk.OIDC, a helpdesk.Begun) (string, error) {
	m, err := s.metadata(ctx, issuer.Issuer)
	if err != nil {
		return "", err
	}
	return m.config(issuer, a, "").AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// Finish exchanges what the browser brought back for the identity that the issuer
// vouches for. The error is Invalid if the code, or what the issuer signed, does
// not hold; Unavailable if the issuer does not answer as it should, or if the
// client's secret is not there.
func (s *Source) Finish(ctx context.Context, account string, issuer helpdesk.OIDC, a helpdesk.Begun, r helpdesk.Returned) (helpdesk.Identity, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, s.http), finishTimeout)
	defer cancel()
	m, err := s.metadata(ctx, issuer.Issuer)
	if err != nil {
		return helpdesk.Identity{}, err
	}
	if err := m.sentBy(r.Issuer, issuer.Issuer); err != nil {
		return helpdesk.Identity{}, helpdesk.Wrap(helpdesk.Invalid, err)
	}
	secret, err := s.secrets.Secret(ctx, account, issuer.Secret)
	if err != nil {
		return helpdesk.Identity{}, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("read the client's secret: %w", err))
	}
	tokens, err := m.config(issuer, a, string(secret)).Exchange(ctx, r.Code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return helpdesk.Identity{}, refusal(err)
	}
	claims, err := s.verify(ctx, m, issuer, a, tokens)
	if err != nil {
		return helpdesk.Identity{}, helpdesk.Wrap(helpdesk.Invalid, err)
	}
	if claims.Email == "" || issuer.Groups != "" && claims.groups == nil {
		if err := m.userInfo(ctx, issuer, tokens, claims); err != nil {
			return helpdesk.Identity{}, err
		}
	}
	return claims.identity(issuer, s.now()), nil
}

// config is the client as which the issuer knows us. How it identifies itself is
// what the issuer offers, so that a code is never sent twice to find that out.
func (m *metadata) config(issuer helpdesk.OIDC, a helpdesk.Begun, secret string) *oauth2.Config {
	endpoint := m.provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // what counts if nothing is said (OpenID Connect Discovery section 3)
	if len(m.AuthMethods) > 0 && !slices.Contains(m.AuthMethods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: issuer.ClientID, ClientSecret: secret, RedirectURL: a.Redirect, Endpoint: endpoint, Scopes: append(slices.Clone(scopes), issuer.Scopes...)}
}

// sentBy refuses an answer that another issuer sent (RFC 9207 section 2.4).
func (m *metadata) sentBy(told, issuer string) error {
	if told == "" && !m.TellsIssuer || told == issuer {
		return nil
	}
	return fmt.Errorf("the answer is from %s, not from the issuer that was asked", clip(told))
}

// refusal tells what the issuer says about the code from what may pass. The
// answer's body is left out: it may hold anything.
func refusal(err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("exchange the code: %s", clip(err.Error())))
	}
	status := 0
	if answer.Response != nil {
		status = answer.Response.StatusCode
	}
	kind := helpdesk.Unavailable
	if answer.ErrorCode == "invalid_grant" { // RFC 6749 section 5.2: used before, lapsed, or of another client
		kind = helpdesk.Invalid
	}
	return helpdesk.Wrap(kind, fmt.Errorf("exchange the code: the issuer answered %d %s %s", status, clip(answer.ErrorCode), clip(answer.ErrorDescription)))
}

// clip makes what an issuer says fit for the log.
func clip(s string) string {
	const most = 200
	return fmt.Sprintf("%.*q", most, strings.ToValidUTF8(s, "?"))
}

// same compares without telling by the time where two texts differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
