package actions

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// AgentLeave begins a sign-in of an agent at an issuer; with a cookie of who is signed
// in, they want to sign in with it from now on, which takes their password if they have
// one: who only found the browser open would be them from then on. NotFound if the issuer is not declared
// for agents here; Unavailable if it does not answer.
func (d *Desk) AgentLeave(ctx context.Context, h helpdesk.HelpCenter, name, next, cookie, password string) (*Left, error) {
	issuer := h.AgentIssuer(name)
	if issuer == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	now := d.now()
	a := away{Agents: true, Issuer: name, At: issuer.Issuer, Client: issuer.ClientID, Secret: rand.Text() + rand.Text(), Begun: now.Unix()}
	if len(next) <= maxNext {
		a.Next = next
	}
	if cookie != "" {
		s, err := d.SignedInSession(ctx, h.Account, cookie)
		if err != nil {
			return nil, err
		}
		if s.Actor.Agent.Password != "" {
			if err := d.ownPassword(ctx, s.Actor, password); err != nil {
				return nil, err
			}
		}
		a.Agent = s.Actor.Agent.ID
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	kept := base64.RawURLEncoding.EncodeToString(raw)
	address, err := d.issuers.Begin(ctx, issuer.OIDC, a.begun(h, d.signer.State(links.Audience(h.Audience), kept)))
	if err != nil {
		return nil, silent(&issuer.OIDC, err)
	}
	return &Left{Address: address, Label: issuer.Label, Cookie: kept, Expires: now.Add(AwayLifetime)}, nil
}

// AgentBack looks at what a browser brings back. It changes nothing. Invalid says that
// the sign-in was not begun in this browser, or too long ago.
func (d *Desk) AgentBack(h helpdesk.HelpCenter, name, cookie, state string) (*Way, error) {
	issuer, a, err := d.agentBack(h, name, cookie, state)
	if err != nil {
		return nil, err
	}
	return &Way{Label: issuer.Label, Next: a.Next}, nil
}

func (d *Desk) agentBack(h helpdesk.HelpCenter, name, cookie, state string) (*helpdesk.AgentIssuer, *away, error) {
	issuer := h.AgentIssuer(name)
	if issuer == nil {
		return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	lost := helpdesk.Errorf(helpdesk.Invalid, "this sign-in was begun in another browser, or too long ago")
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if len(cookie) > maxAway || err != nil || !d.signer.IsState(links.Audience(h.Audience), cookie, state) {
		return nil, nil, lost
	}
	var a away
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, nil, lost
	}
	took := d.now().Sub(time.Unix(a.Begun, 0))
	if !a.Agents || a.Issuer != name || a.At != issuer.Issuer || a.Client != issuer.ClientID || took < -time.Minute || took > AwayLifetime {
		return nil, nil, lost
	}
	return issuer, &a, nil
}

// AgentArriving is what a browser brings back from an issuer to the console.
type AgentArriving struct {
	Cookie   string // of [Left]
	State    string
	Returned helpdesk.Returned
	Session  string // the cookie of who is signed in there already
	Browser  string
}

// AgentArrived is what became of it: somebody is signed in, or Refused says why not.
type AgentArrived struct {
	Entered *AgentEntered
	Next    string
	Refused string
}

// AgentArrive ends a sign-in of an agent at an issuer. Who somebody is, is issuer and
// subject. Whoever is in none of the groups that are allowed now does not come in,
// whoever they were before; who is new becomes an agent. The issuer asks for what it
// wants beside a password, so nothing more is asked here.
func (d *Desk) AgentArrive(ctx context.Context, h helpdesk.HelpCenter, name string, in AgentArriving) (*AgentArrived, error) {
	issuer, a, err := d.agentBack(h, name, in.Cookie, in.State)
	if err != nil {
		return nil, err
	}
	who, err := d.issuers.Finish(ctx, h.Account, issuer.OIDC, a.begun(h, in.State), in.Returned)
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		d.log.WarnContext(ctx, "agent's sign-in at issuer does not hold", "account", h.Account, "issuer", name, "error", err)
		return &AgentArrived{Refused: "What " + issuer.Label + " said does not hold. Try again."}, nil
	}
	if err != nil {
		return nil, silent(&issuer.OIDC, err)
	}
	got, agent := &AgentArrived{Next: a.Next}, (*helpdesk.Agent)(nil)
	err = helpdesk.Retry(ctx, func(int) (err error) {
		agent, got.Refused, err = d.agentOf(ctx, h, issuer, a, who, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	if got.Refused != "" {
		d.refusedSignIn(ctx, h.Account, agent, "issuer "+issuer.Name)
		return got, nil
	}
	if agent, err = d.store.Agent(ctx, h.Account, agent.ID); err != nil {
		return nil, err
	}
	got.Entered, err = d.begin(ctx, h.Account, agent, helpdesk.Session{How: issuer.Name, Browser: in.Browser, Second: true})
	return got, err
}

// agentOf finds or makes the agent whom the issuer vouches for, as the groups say now;
// or says why nobody comes in. It runs again when a race was lost.
func (d *Desk) agentOf(ctx context.Context, h helpdesk.HelpCenter, issuer *helpdesk.AgentIssuer, a *away, who helpdesk.Identity, in AgentArriving) (*helpdesk.Agent, string, error) {
	crew, err := d.crew(ctx, h.Account)
	if err != nil {
		return nil, "", err
	}
	var known *helpdesk.Agent
	if i := slices.IndexFunc(crew.Agents, func(x helpdesk.Agent) bool { return x.Subject != nil && x.Subject.Same(who.Subject) }); i >= 0 {
		agent := crew.Agents[i]
		known = &agent
	}
	wanted := issuer.RoleOf(who.Groups)
	role := helpdesk.RoleByName(crew.Roles, wanted)
	switch {
	case known != nil && known.Disabled:
		return known, "Your account is disabled.", nil
	case wanted == "":
		return known, "You are in none of the groups at " + issuer.Label + " that work here.", nil
	case role == nil:
		d.log.ErrorContext(ctx, "a group of an issuer has a role that there is not", "account", h.Account, "issuer", issuer.Name, "role", wanted)
		return known, "Your group has the role " + wanted + ", which is not there. An admin has to make it.", nil
	case a.Agent != "":
		return d.connectAgent(ctx, h, a, known, who, in)
	case known != nil:
		return known, "", d.regroup(ctx, h.Account, known, role)
	}
	return d.agentByGroup(ctx, h, issuer, who, role, &crew)
}

// regroup gives an agent whom groups made the role that they say now.
func (d *Desk) regroup(ctx context.Context, account string, agent *helpdesk.Agent, role *helpdesk.DeskRole) error {
	if !agent.ByGroups || agent.Role == role.ID {
		return nil
	}
	agent.Role = role.ID
	audit := d.audit(Actor{Account: account}, "agent.change", agentSubject(agent), "role", string(role.ID), "by", "groups")
	audit.By.System = true
	return d.store.Commit(ctx, &helpdesk.Change{Account: account, Agent: agent, Audit: []helpdesk.AuditRecord{audit}})
}

// connectAgent lets the identity sign in who began this signed in, and still is.
func (d *Desk) connectAgent(ctx context.Context, h helpdesk.HelpCenter, a *away, known *helpdesk.Agent, who helpdesk.Identity, in AgentArriving) (*helpdesk.Agent, string, error) {
	s, err := d.SignedInSession(ctx, h.Account, in.Session)
	if err != nil {
		return nil, "", err
	}
	agent := s.Actor.Agent
	switch {
	case agent.ID != a.Agent:
		return nil, "", helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	case known != nil && known.ID == agent.ID:
		return agent, "", nil
	case known != nil:
		return nil, "Another agent signs in with this already.", nil
	}
	subject := who.Subject
	agent.Subject = &subject
	agent.Sessions++
	return agent, "", d.store.Commit(ctx, &helpdesk.Change{
		Account: h.Account, Agent: agent, Audit: []helpdesk.AuditRecord{d.audit(s.Actor, "agent.connect", agentSubject(agent), "issuer", subject.Name)},
	})
}

// agentByGroup makes an agent. What the issuer says about the address must prove it: by
// mail from it they answer customers. One that an agent has is never taken over.
func (d *Desk) agentByGroup(ctx context.Context, h helpdesk.HelpCenter, issuer *helpdesk.AgentIssuer, who helpdesk.Identity, role *helpdesk.DeskRole, crew *helpdesk.Crew) (*helpdesk.Agent, string, error) {
	switch {
	case !who.Proves(issuer.OIDC):
		return nil, issuer.Label + " does not say that a mail address is yours, and agents need one.", nil
	case slices.ContainsFunc(crew.Agents, func(x helpdesk.Agent) bool { return x.Address.Same(who.Address) }):
		return nil, "There is an agent with your address already. Sign in with your password, and connect " + issuer.Label + " on your own page.", nil
	case d.isOurs(h.Account, who.Address):
		return nil, "Your address is one of ours, and no agent can have it.", nil
	}
	name, err := agentName(who.Name)
	if err != nil {
		name = who.Address.String()
	}
	subject := who.Subject
	agent := &helpdesk.Agent{
		ID: helpdesk.NewID(), Name: name, Address: who.Address, Role: role.ID, Subject: &subject, ByGroups: true, Created: d.now(),
	}
	audit := d.audit(Actor{Account: h.Account}, "agent.add", agentSubject(agent), "role", string(role.ID), "by", "groups", "issuer", issuer.Name)
	audit.By.System = true
	return agent, "", d.store.Commit(ctx, &helpdesk.Change{Account: h.Account, Agent: agent, Audit: []helpdesk.AuditRecord{audit}})
}
