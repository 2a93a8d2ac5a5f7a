package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Tokens let programs in. One has 256 random bits, is shown once, and is known by its
// hash alone from then on.
const (
	tokenPrefix = "pt_"
	tokenLength = len(tokenPrefix) + 43 // 32 bytes in base64url
	tokenHint   = 4                     // letters of it that lists show
)

// hashToken is the key of a token's record; false for what cannot be a token.
func hashToken(secret string) (string, bool) {
	raw, ok := strings.CutPrefix(secret, tokenPrefix)
	if !ok || len(secret) != tokenLength {
		return "", false
	}
	// Strict: other spellings of the last bits would be the same token.
	if _, err := base64.RawURLEncoding.Strict().DecodeString(raw); err != nil {
		return "", false
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:]), true
}

// Bearer finds for whom a program acts that shows a token. Token, agent and role are
// read from the truth each time: what was revoked is dead at once, everywhere. SignIn
// if nobody is let in, for whatever reason.
func (d *Desk) Bearer(ctx context.Context, account, secret string) (Actor, error) {
	missing := helpdesk.Errorf(helpdesk.SignIn, "this token lets nobody in")
	hash, ok := hashToken(secret)
	if !ok {
		return Actor{}, missing
	}
	token, rev, err := record[helpdesk.AccessToken](ctx, d, account, helpdesk.TokenRecord, hash)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return Actor{}, missing
	case err != nil:
		return Actor{}, err
	case !token.Live(d.now()):
		return Actor{}, missing
	}
	agent, err := d.store.Agent(ctx, account, token.Agent)
	if helpdesk.KindOf(err) == helpdesk.NotFound || agent != nil && agent.Disabled {
		return Actor{}, missing
	}
	if err != nil {
		return Actor{}, err
	}
	by, err := d.actor(ctx, account, agent)
	by.Token = token
	if err == nil {
		d.usedToken(ctx, account, hash, *token, rev)
	}
	return by, err
}

// usedToken notes that the token is in use. If that fails, or the token is gone by
// now, it is no worse than a note that is not there.
func (d *Desk) usedToken(ctx context.Context, account, hash string, t helpdesk.AccessToken, rev int64) {
	now := d.now().UTC().Truncate(helpdesk.TokenUsedEvery)
	if !now.After(t.Used) {
		return
	}
	t.Used = now
	err := d.store.Commit(ctx, &helpdesk.Change{Account: account, Records: []helpdesk.Record{{Kind: helpdesk.TokenRecord, ID: hash, Value: &t, Rev: rev}}})
	if err != nil && helpdesk.KindOf(err) != helpdesk.Conflict {
		d.log.WarnContext(ctx, "use of token not noted", "account", account, "token", t.ID, "error", err)
	}
}

// NewToken is a token to be.
type NewToken struct {
	Name    string
	Agent   helpdesk.ID // for whom it acts; "" is who asks
	Scopes  []helpdesk.Scope
	Expires time.Time // zero: never
}

// AddToken makes a token and returns its secret, which nobody can read again. For
// others it takes the permission to manage access, and nobody can give a program more
// than they have: not by another's role, and not by a token with fewer scopes.
func (d *Desk) AddToken(ctx context.Context, by Actor, in NewToken) (*helpdesk.AccessToken, string, error) {
	if err := by.mayWork(); err != nil {
		return nil, "", err
	}
	token, err := d.checkToken(ctx, by, in)
	if err != nil {
		return nil, "", err
	}
	all, err := d.storedTokens(ctx, by.Account)
	if err != nil {
		return nil, "", err
	}
	if err := roomForToken(all, token.Agent); err != nil {
		return nil, "", err
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	token.Hint = secret[len(secret)-tokenHint:]
	hash, _ := hashToken(secret)
	err = d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.TokenRecord, ID: hash, Value: token}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, "token.add", "token/"+string(token.ID), "agent", string(token.Agent), "scopes", joinScopes(token.Scopes))},
	})
	if err != nil {
		return nil, "", fmt.Errorf("add token: %w", err)
	}
	d.log.InfoContext(ctx, "token added", "account", by.Account, "token", token.ID, "agent", token.Agent)
	return token, secret, nil
}

// roomForToken refuses one token too many of the account, or of one agent.
func roomForToken(all []storedToken, agent helpdesk.ID) error {
	if len(all) >= helpdesk.MaxTokens {
		return helpdesk.Errorf(helpdesk.Invalid, "there are %d tokens already; end some that nobody uses", len(all))
	}
	own := 0
	for i := range all {
		if all[i].Agent == agent {
			own++
		}
	}
	if own >= helpdesk.MaxTokensOfAgent {
		return helpdesk.Errorf(helpdesk.Invalid, "an agent has %d tokens at most; end some that nobody uses", own)
	}
	return nil
}

func joinScopes(scopes []helpdesk.Scope) string {
	var all []string
	for _, s := range scopes {
		all = append(all, string(s))
	}
	return strings.Join(all, " ")
}

// checkToken makes a record of what is wanted, if whoever asks may give it.
func (d *Desk) checkToken(ctx context.Context, by Actor, in NewToken) (*helpdesk.AccessToken, error) {
	name := strings.Join(strings.Fields(in.Name), " ")
	now := d.now().UTC()
	token := &helpdesk.AccessToken{ID: helpdesk.NewID(), Agent: in.Agent, By: by.author().ID, Name: name, Created: now, Expires: in.Expires}
	switch {
	case name == "":
		return nil, helpdesk.Errorf(helpdesk.Invalid, "give the token a name that says what it is for")
	case len(name) > helpdesk.MaxTokenName:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "the name of a token may have %d characters", helpdesk.MaxTokenName)
	case len(in.Scopes) == 0:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "choose what the token may do")
	case !in.Expires.IsZero() && !in.Expires.After(now):
		return nil, helpdesk.Errorf(helpdesk.Invalid, "the token would have expired already")
	case by.Token != nil && !by.Token.Expires.IsZero() && (in.Expires.IsZero() || in.Expires.After(by.Token.Expires)):
		return nil, helpdesk.Errorf(helpdesk.Forbidden, "a token can't make one that holds longer than itself, until %s", by.Token.Expires.UTC().Format(time.RFC3339))
	}
	for _, s := range helpdesk.Scopes {
		if slices.Contains(in.Scopes, s) {
			token.Scopes = append(token.Scopes, s)
		}
	}
	for _, s := range in.Scopes {
		if !slices.Contains(helpdesk.Scopes, s) {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "there is no scope %q", s)
		}
		if by.Token != nil && !by.Token.Grants(s) {
			return nil, helpdesk.Errorf(helpdesk.Forbidden, "a token can't make one with the scope %s, which it does not have", s)
		}
	}
	if token.Agent == "" && by.Agent != nil {
		token.Agent = by.Agent.ID
	}
	return token, d.mayActFor(ctx, by, token)
}

// mayActFor tells whether somebody may let a program act for an agent. It acts with
// the role of that agent, so for others it takes one that has all of it.
func (d *Desk) mayActFor(ctx context.Context, by Actor, t *helpdesk.AccessToken) error {
	agent, err := d.store.Agent(ctx, by.Account, t.Agent)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return helpdesk.Errorf(helpdesk.Invalid, "there is no such agent")
	}
	if err != nil {
		return err
	}
	switch {
	case agent.Disabled:
		return helpdesk.Errorf(helpdesk.Invalid, "%s is disabled", agent.Name)
	case by.Operator, by.Agent != nil && by.Agent.ID == t.Agent && by.Token == nil:
		return nil
	}
	if err := by.may(helpdesk.ManageAccess); err != nil {
		return err
	}
	if by.Agent.ID == t.Agent {
		return nil
	}
	// What they may not today they might tomorrow, and the token would do it for whoever
	// has it: so it gets only scopes that the maker has use for.
	for _, p := range helpdesk.Permissions {
		if t.Grants(p.Scope()) && !by.Role.May(p) {
			return helpdesk.Errorf(helpdesk.Forbidden, "you can't make a token with the scope %s for %s, as it lets do what you may not", p.Scope(), agent.Name)
		}
	}
	if t.Grants(helpdesk.ScopePeople) && !by.IsAdmin() { // as an admin it could make others one
		return helpdesk.Errorf(helpdesk.Forbidden, "only an admin can let a program manage people for %s", agent.Name)
	}
	if by.Role.Sees != helpdesk.SeesAll {
		return helpdesk.Errorf(helpdesk.Forbidden, "you don't see all requests, so you can make tokens for yourself alone")
	}
	return nil
}

// Tokens of the account, newest first: all for who manages access, else their own.
func (d *Desk) Tokens(ctx context.Context, by Actor) ([]helpdesk.AccessToken, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	all, err := d.storedTokens(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	var shown []helpdesk.AccessToken
	for _, t := range all {
		if d.mayEnd(by, &t.AccessToken) {
			shown = append(shown, t.AccessToken)
		}
	}
	slices.SortFunc(shown, func(a, b helpdesk.AccessToken) int { return b.Created.Compare(a.Created) })
	return shown, nil
}

func (d *Desk) mayEnd(by Actor, t *helpdesk.AccessToken) bool {
	return by.May(helpdesk.ManageAccess) || by.Agent != nil && by.Agent.ID == t.Agent
}

// EndToken ends a token at once.
func (d *Desk) EndToken(ctx context.Context, by Actor, id helpdesk.ID) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	return helpdesk.Retry(ctx, func(int) error {
		all, err := d.storedTokens(ctx, by.Account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(t storedToken) bool { return t.ID == id && d.mayEnd(by, &t.AccessToken) })
		if i < 0 {
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such token")
		}
		return d.store.Commit(ctx, &helpdesk.Change{
			Account: by.Account,
			Records: []helpdesk.Record{{Kind: helpdesk.TokenRecord, ID: all[i].hash, Rev: all[i].rev, Gone: true}},
			Audit:   []helpdesk.AuditRecord{d.audit(by, "token.end", "token/"+string(id), "agent", string(all[i].Agent))},
		})
	})
}

// storedToken is a token with where it stands.
type storedToken struct {
	helpdesk.AccessToken
	hash string
	rev  int64
}

func (d *Desk) storedTokens(ctx context.Context, account string) ([]storedToken, error) {
	all, err := stored[helpdesk.AccessToken](ctx, d, account, helpdesk.TokenRecord, "")
	var tokens []storedToken
	for _, r := range all {
		tokens = append(tokens, storedToken{AccessToken: r.Value, hash: r.ID, rev: r.Rev})
	}
	return tokens, err
}
