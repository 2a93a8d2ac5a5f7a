package openid

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// clockSkew is how far an issuer's clock may be from ours.
	clockSkew = 5 * time.Minute
	// maxSubject is the longest subject (OpenID Connect Core section 2).
	maxSubject = 255
	// maxName is what a name is cut to, in bytes.
	maxName = 100
)

// algorithms are those by which a token may be signed. All have a key of which the
// secret half is the issuer's alone: with one that we share (HS256), or none,
// whoever knows what everybody may know could sign.
var algorithms = []string{oidc.RS256, oidc.ES256, oidc.EdDSA}

// claims are what an issuer says about somebody.
type claims struct {
	Subject  string `json:"sub"`
	Party    string `json:"azp"`
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // only true counts; some send words
	Domain   string `json:"hd"`
	Name     string `json:"name"`

	groups []string // nil: the claim was not there
}

// maxGroups of one person is far above what anybody sorts people into.
const maxGroups = 1000

// readGroups reads the claim of an issuer that tells groups: texts, or one text.
// Whatever else stands there counts for nothing.
func (c *claims) readGroups(issuer helpdesk.OIDC, read func(any) error) error {
	if issuer.Groups == "" {
		return nil
	}
	all := map[string]any{}
	if err := read(&all); err != nil {
		return err
	}
	switch told := all[issuer.Groups].(type) {
	case string:
		c.groups = []string{told}
	case []any:
		c.groups = []string{}
		for _, g := range told[:min(len(told), maxGroups)] {
			if name, ok := g.(string); ok {
				c.groups = append(c.groups, name)
			}
		}
	}
	return nil
}

// verify reads the ID token and checks all that OpenID Connect Core section
// 3.1.3.7 asks for.
func (s *Source) verify(ctx context.Context, m *metadata, issuer helpdesk.OIDC, a helpdesk.Begun, tokens *oauth2.Token) (*claims, error) {
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return nil, errors.New("the issuer sent no ID token")
	}
	verifier := oidc.NewVerifier(issuer.Issuer, m.keys, &oidc.Config{ClientID: issuer.ClientID, SupportedSigningAlgs: algorithms, Now: s.now})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("verify ID token: %s", clip(err.Error()))
	}
	c := &claims{}
	if err := token.Claims(c); err != nil {
		return nil, fmt.Errorf("read ID token: %s", clip(err.Error()))
	}
	if err := c.readGroups(issuer, token.Claims); err != nil {
		return nil, fmt.Errorf("read groups: %s", clip(err.Error()))
	}
	now := s.now()
	switch {
	case !same(token.Nonce, a.Nonce) || a.Nonce == "":
		return nil, errors.New("the ID token is for another sign-in: its nonce is not ours")
	case !slices.Equal(token.Audience, []string{issuer.ClientID}) && c.Party == "" || c.Party != "" && c.Party != issuer.ClientID:
		return nil, errors.New("the ID token is for another client")
	case token.IssuedAt.Before(now.Add(-clockSkew)) || token.IssuedAt.After(now.Add(clockSkew)):
		return nil, fmt.Errorf("the ID token was made at %s, which is not now", token.IssuedAt.UTC().Format(time.RFC3339))
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return nil, errors.New("the ID token names nobody")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, fmt.Errorf("verify access token: %w", err)
		}
	}
	return c, nil
}

// userInfo asks for what the ID token did not say, where the issuer has a place
// for it. It must be about the same person (OpenID Connect Core section 5.3.2).
func (m *metadata) userInfo(ctx context.Context, issuer helpdesk.OIDC, tokens *oauth2.Token, c *claims) error {
	if m.UserInfoURL == "" {
		return nil
	}
	info, err := m.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("ask about the user: %s", clip(err.Error())))
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("read about the user: %s", clip(err.Error())))
	}
	if more.Subject != c.Subject {
		return helpdesk.Wrap(helpdesk.Invalid, errors.New("what the issuer says about the user is about somebody else"))
	}
	if c.groups == nil {
		if err := c.readGroups(issuer, info.Claims); err != nil {
			return helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("read groups of the user: %s", clip(err.Error())))
		}
	}
	if c.Email != "" { // it was signed already
		return nil
	}
	c.Email, c.Verified, c.Domain = more.Email, more.Verified, more.Domain
	if more.Name != "" {
		c.Name = more.Name
	}
	return nil
}

// identity is what of it counts.
func (c *claims) identity(issuer helpdesk.OIDC, now time.Time) helpdesk.Identity {
	i := helpdesk.Identity{
		Subject:  helpdesk.Subject{Issuer: issuer.Issuer, Subject: c.Subject, Name: issuer.Name, Since: now},
		Verified: c.Verified == true, Domain: strings.ToLower(c.Domain), Name: cut(c.Name, maxName), Groups: c.groups,
	}
	if address, err := helpdesk.ParseAddress(c.Email); err == nil {
		i.Address = address
	}
	return i
}

// cut shortens a text between its characters.
func cut(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
