package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// SessionLifetime is a working day: agents sign in once a day.
	SessionLifetime = 12 * time.Hour
	// StepLifetime is how long somebody may take between password and code.
	StepLifetime = 10 * time.Minute
)

// AgentTry is what somebody types to sign in as an agent.
type AgentTry struct {
	Address, Password string
	Browser           string // in words
}

// AgentEntered is where a sign-in has got to.
type AgentEntered struct {
	Cookie  string // a new one, whatever the browser had before
	Expires time.Time
	// Step says what is still to be done; until then the cookie opens nothing but that.
	Step helpdesk.SignInStep
}

// ErrManyTries says that an agent's address was tried too often.
var ErrManyTries = helpdesk.Errorf(helpdesk.Unavailable, "there were many tries with this address; wait a few minutes")

func notTogether() error {
	return helpdesk.Errorf(helpdesk.Invalid, "this address and password do not belong together")
}

// SignIn checks address and password. An unknown address, a wrong password, an agent
// who has none and a disabled agent have one answer, and take as long.
func (d *Desk) SignIn(ctx context.Context, account string, in AgentTry) (*AgentEntered, error) {
	agent, hash := (*helpdesk.Agent)(nil), d.passwords.nobody
	if a, parseErr := helpdesk.ParseAddress(in.Address); parseErr == nil {
		if !d.tries.allow("agent\x00"+account, a, d.now()) {
			return nil, ErrManyTries
		}
		var err error
		agent, err = d.store.AgentByAddress(ctx, account, a)
		if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
			return nil, err
		}
	}
	if agent != nil && agent.Password != "" {
		hash = agent.Password
	}
	right, err := d.isPassword(ctx, hash, in.Password)
	if err != nil {
		return nil, err
	}
	if !right || agent == nil || agent.Password == "" || agent.Disabled {
		d.refusedSignIn(ctx, account, agent, "password")
		return nil, notTogether()
	}
	role, err := d.roleOf(ctx, account, agent)
	if err != nil {
		return nil, err
	}
	session := helpdesk.Session{How: "password", Browser: in.Browser}
	switch {
	case agent.Second != nil:
		session.Step = helpdesk.StepCode
	case role.SecondFactor:
		session.Step = helpdesk.StepSetUp
		if session.Secret, err = d.newSecret(account, agent.ID); err != nil {
			return nil, err
		}
	}
	return d.begin(ctx, account, agent, session)
}

// begin starts a session of an agent: a new cookie each time, so that none that
// somebody else could know from before is ever worth more than it was. A sign-in that
// is done is in the audit log first.
func (d *Desk) begin(ctx context.Context, account string, agent *helpdesk.Agent, session helpdesk.Session) (*AgentEntered, error) {
	now := d.now()
	session.ID, session.Agent, session.Count, session.Created = helpdesk.NewID(), agent.ID, agent.Sessions, now
	session.Expires = now.Add(SessionLifetime)
	if session.Step != helpdesk.StepNone {
		session.Expires = now.Add(StepLifetime)
	} else {
		by := Actor{Account: account, Agent: agent}
		audit := d.audit(by, "agent.signin", agentSubject(agent), "how", session.How, "second", yesNo(session.Second))
		change := &helpdesk.Change{Account: account, Audit: []helpdesk.AuditRecord{audit}, Unchanged: []helpdesk.Revision{{Agent: agent.ID, Rev: agent.Rev}}}
		if err := d.store.Commit(ctx, change); helpdesk.KindOf(err) == helpdesk.Conflict {
			return nil, helpdesk.Errorf(helpdesk.Unavailable, "your account was changed at this moment; please try again")
		} else if err != nil {
			return nil, fmt.Errorf("sign in: %w", err)
		}
	}
	cookie := rand.Text() + rand.Text() // 260 bits
	if err := d.store.PutSession(ctx, account, sessionHash(cookie), session); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if session.Step == helpdesk.StepNone {
		d.log.InfoContext(ctx, "agent signed in", "account", account, "agent", agent.ID, "how", session.How)
	}
	return &AgentEntered{Cookie: cookie, Expires: session.Expires, Step: session.Step}, nil
}

// Refused sign-ins of one agent that the audit log tells of.
const (
	refusalBurst = 5
	refusalEvery = 12 * time.Minute
)

// refusedSignIn notes that somebody was not let in as an agent that there is; what is
// tried for addresses that nobody has is nobody's business but the log's. Guesses must
// not fill the store, so a few of an hour are in the audit log, and all in the log.
func (d *Desk) refusedSignIn(ctx context.Context, account string, agent *helpdesk.Agent, what string) {
	if agent == nil {
		d.log.InfoContext(ctx, "sign-in of unknown agent refused", "account", account)
		return
	}
	d.log.WarnContext(ctx, "sign-in of agent refused", "account", account, "agent", agent.ID, "wrong", what)
	if !d.refusals.allowKey(account+"\x00"+string(agent.ID), d.now()) {
		return
	}
	by := Actor{Account: account} // nobody: that it was the agent is what was not shown
	audit := d.audit(by, "agent.signin.refused", agentSubject(agent), "wrong", what)
	audit.By.System = true
	if err := d.store.Commit(ctx, &helpdesk.Change{Account: account, Audit: []helpdesk.AuditRecord{audit}}); err != nil {
		d.log.ErrorContext(ctx, "refused sign-in not in the audit log", "account", account, "error", err)
	}
}

// AgentSession is a browser in which an agent is signed in, or on the way to be.
type AgentSession struct {
	Actor
	Session helpdesk.Session
}

// session finds who a cookie belongs to, at whatever step. Session, agent and role are
// read from the truth each time: what was ended, disabled or asked for since is so at
// once, everywhere.
func (d *Desk) session(ctx context.Context, account, cookie string) (*AgentSession, error) {
	missing := helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	session, err := d.store.Session(ctx, account, sessionHash(cookie), d.now())
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	agent, err := d.store.Agent(ctx, account, session.Agent)
	if helpdesk.KindOf(err) == helpdesk.NotFound || agent != nil && (agent.Disabled || agent.Sessions != session.Count) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	by, err := d.actor(ctx, account, agent)
	return &AgentSession{Actor: by, Session: *session}, err
}

// SignedIn finds who a cookie signed in. A session that has still to show a code signs
// in nobody, nor one that was begun with less than the role wants by now.
func (d *Desk) SignedIn(ctx context.Context, account, cookie string) (Actor, error) {
	s, err := d.SignedInSession(ctx, account, cookie)
	if err != nil {
		return Actor{}, err
	}
	return s.Actor, nil
}

// SignedInSession is SignedIn with the session itself.
func (d *Desk) SignedInSession(ctx context.Context, account, cookie string) (*AgentSession, error) {
	s, err := d.session(ctx, account, cookie)
	if err != nil {
		return nil, err
	}
	if s.Session.Step != helpdesk.StepNone || s.Role.SecondFactor && !s.Session.Second {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return s, nil
}

// SignOut ends the session of a cookie.
func (d *Desk) SignOut(ctx context.Context, account, cookie string) error {
	return d.store.EndSession(ctx, account, sessionHash(cookie))
}

func sessionHash(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}

// OwnSessions lists where the agent is signed in, the newest first.
func (d *Desk) OwnSessions(ctx context.Context, by Actor) ([]helpdesk.Session, error) {
	if err := by.mayWork(); err != nil || by.Agent == nil {
		return nil, err
	}
	all, err := d.store.Sessions(ctx, by.Account)
	now := d.now()
	all = slices.DeleteFunc(all, func(s helpdesk.Session) bool {
		return s.Agent != by.Agent.ID || s.Step != helpdesk.StepNone || s.Count != by.Agent.Sessions || !now.Before(s.Expires)
	})
	slices.SortFunc(all, func(a, b helpdesk.Session) int { return b.Created.Compare(a.Created) })
	return all, err
}

// EndOwnSessions ends one of the agent's sessions, by its id, or with "" all but that of
// the cookie.
func (d *Desk) EndOwnSessions(ctx context.Context, by Actor, id, cookie string) error {
	if err := by.mayWork(); err != nil || by.Agent == nil {
		return err
	}
	kept, err := d.store.Session(ctx, by.Account, sessionHash(cookie), d.now())
	if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
		return err
	}
	found := false
	err = d.store.EndSessions(ctx, by.Account, func(s helpdesk.Session) bool {
		ends := s.Agent == by.Agent.ID && (id != "" && string(s.ID) == id || id == "" && (kept == nil || s.ID != kept.ID))
		found = found || ends
		return ends
	})
	if err == nil && !found && id != "" {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return err
}

// SetOwnMail says which mail the agent gets about requests.
func (d *Desk) SetOwnMail(ctx context.Context, by Actor, mail helpdesk.AgentMail) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if _, err := helpdesk.ParseAgentMail(string(mail)); err != nil || by.Agent == nil {
		return helpdesk.Errorf(helpdesk.Invalid, "choose which mail you get")
	}
	return helpdesk.Retry(ctx, func(int) error {
		agent, err := d.store.Agent(ctx, by.Account, by.Agent.ID)
		if err != nil {
			return err
		}
		if agent.Disabled {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		}
		agent.Mail = mail
		return d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Agent: agent})
	})
}
