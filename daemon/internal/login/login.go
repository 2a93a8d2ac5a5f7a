// Package login signs in to mail servers: with a password, or with an access
// token that it fetches, keeps while it is good, and fetches again in time.
package login

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Secrets reads a secret of an account.
type Secrets interface {
	Secret(ctx context.Context, account string, ref helpdesk.SecretRef) ([]byte, error)
}

// Keeper remembers refresh tokens that an issuer gave in place of the declared
// ones. Only the newest one may be good, and it must survive a restart.
type Keeper interface {
	// RefreshToken is what was kept for the declared one; "" if nothing was.
	RefreshToken(ctx context.Context, account, declared string) (string, error)
	KeepRefreshToken(ctx context.Context, account, declared, token string) error
}

// ErrSetup marks what will fail the same way until a person changes something: a
// secret that is missing, a token that was withdrawn, a mechanism that the
// server does not have.
var ErrSetup = errors.New("sign-in is not set up")

// Source gives SASL clients. It is safe for concurrent use.
type Source struct {
	secrets Secrets
	keeper  Keeper
	http    *http.Client
	now     func() time.Time
	salt    [32]byte // of stamps

	mu     sync.Mutex
	tokens map[helpdesk.Login]*tokens
	unkept map[string]string // refresh tokens by what they stand for: the keeper has not taken them yet
}

// New makes a source. keeper may be nil: then a replaced refresh token lives as
// long as the process.
func New(secrets Secrets, keeper Keeper, now func() time.Time) *Source {
	s := &Source{secrets: secrets, keeper: keeper, http: tokenClient(), now: now, tokens: map[helpdesk.Login]*tokens{}, unkept: map[string]string{}}
	_, _ = rand.Read(s.salt[:]) // never fails since Go 1.24
	return s
}

// Client makes a client for one sign-in at host:port that offers the mechanisms,
// in capital letters. Errors that wrap [ErrSetup] will not go away by trying
// again. It must be used only where the way to the server is protected: PLAIN
// and LOGIN show the password.
func (s *Source) Client(ctx context.Context, l helpdesk.Login, host string, port int, offered []string) (sasl.Client, error) {
	offers := func(mechanism string) bool { return slices.Contains(offered, mechanism) }
	if l.OAuth == (helpdesk.OAuth{}) {
		password, err := s.secret(ctx, l.Account, l.Password)
		switch {
		case err != nil:
			return nil, err
		case offers(sasl.Plain):
			return sasl.NewPlainClient("", l.Username, password), nil
		case offers(sasl.Login):
			return sasl.NewLoginClient(l.Username, password), nil
		}
		return nil, fmt.Errorf("%w: the server takes no password: it offers %s", ErrSetup, list(offered))
	}
	if !offers(sasl.OAuthBearer) && !offers(xoauth2) {
		return nil, fmt.Errorf("%w: the server takes no access token: it offers %s", ErrSetup, list(offered))
	}
	token, err := s.token(ctx, l)
	if err != nil {
		return nil, err
	}
	if offers(sasl.OAuthBearer) {
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: l.Username, Token: token, Host: host, Port: port}), nil
	}
	return &xoauth2Client{username: l.Username, token: token}, nil
}

// Rejected says that the server did not take what Client gave. A token that was
// withdrawn before its time is fetched anew then.
func (s *Source) Rejected(l helpdesk.Login) {
	s.of(l).forget()
}

// Stamp changes when a secret that a login names does, and tells nothing else
// about it.
func (s *Source) Stamp(ctx context.Context, l helpdesk.Login) string {
	mac := hmac.New(sha256.New, s.salt[:])
	for _, ref := range []helpdesk.SecretRef{l.Password, l.OAuth.ClientSecret, l.OAuth.RefreshToken} {
		if ref == (helpdesk.SecretRef{}) {
			continue
		}
		secret, err := s.secrets.Secret(ctx, l.Account, ref)
		fmt.Fprintf(mac, "%d %t ", len(secret), err == nil)
		_, _ = mac.Write(secret) // a hash takes everything
	}
	return hex.EncodeToString(mac.Sum(nil))
}

func (s *Source) secret(ctx context.Context, account string, ref helpdesk.SecretRef) (string, error) {
	secret, err := s.secrets.Secret(ctx, account, ref)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return "", fmt.Errorf("%w: %w", ErrSetup, err)
	}
	return string(secret), err
}

func list(mechanisms []string) string {
	if len(mechanisms) == 0 {
		return "nothing"
	}
	return strings.Join(mechanisms, ", ")
}
