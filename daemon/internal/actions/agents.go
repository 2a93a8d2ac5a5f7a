package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// SessionLifetime is a working day: agents sign in once a day.
const SessionLifetime = 12 * time.Hour

// SignIn checks address and password and returns the value of a new cookie. An
// unknown address, a wrong password and a disabled agent have one answer.
func (d *Desk) SignIn(ctx context.Context, account, address, password string) (cookie string, expires time.Time, err error) {
	refused := helpdesk.Errorf(helpdesk.Invalid, "this address and password do not belong together")
	agent, hash := (*helpdesk.Agent)(nil), d.passwords.nobody
	if a, parseErr := helpdesk.ParseAddress(address); parseErr == nil {
		agent, err = d.store.AgentByAddress(ctx, account, a)
		if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
			return "", time.Time{}, err
		}
	}
	if agent != nil {
		hash = agent.Password
	}
	right, err := d.isPassword(ctx, hash, password)
	if err != nil {
		return "", time.Time{}, err
	}
	if !right || agent == nil || agent.Disabled {
		return "", time.Time{}, refused
	}
	now := d.now()
	session := helpdesk.Session{Agent: agent.ID, Created: now, Expires: now.Add(SessionLifetime)}
	cookie = rand.Text() + rand.Text() // 260 bits
	if err := d.store.PutSession(ctx, account, sessionHash(cookie), session); err != nil {
		return "", time.Time{}, fmt.Errorf("sign in: %w", err)
	}
	d.log.InfoContext(ctx, "agent signed in", "account", account, "agent", agent.ID)
	return cookie, session.Expires, nil
}

// SignedIn finds who a cookie signed in. Session and agent are read from the
// truth each time: ended and disabled are dead at once, everywhere.
func (d *Desk) SignedIn(ctx context.Context, account, cookie string) (Actor, error) {
	missing := helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	session, err := d.store.Session(ctx, account, sessionHash(cookie), d.now())
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return Actor{}, missing
	}
	if err != nil {
		return Actor{}, err
	}
	agent, err := d.store.Agent(ctx, account, session.Agent)
	if helpdesk.KindOf(err) == helpdesk.NotFound || agent != nil && agent.Disabled {
		return Actor{}, missing
	}
	if err != nil {
		return Actor{}, err
	}
	return d.actor(ctx, account, agent)
}

// SignOut ends the session of a cookie.
func (d *Desk) SignOut(ctx context.Context, account, cookie string) error {
	return d.store.EndSession(ctx, account, sessionHash(cookie))
}

func sessionHash(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}
