package gallery

import (
	"context"
	"encoding/json"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// repairsRole sees the requests of its teams alone.
var repairsRole = helpdesk.DeskRole{
	ID: "repairsrolerepai", Name: "Repairs only", Sees: helpdesk.SeesTeams, SecondFactor: true, Rev: 4,
	Permissions: []helpdesk.Permission{helpdesk.DecideHeld, helpdesk.EditContacts},
}

// Roles implements [console.People].
func (d *agentDesk) Roles(context.Context, actions.Actor) ([]helpdesk.DeskRole, error) {
	return append(append([]helpdesk.DeskRole{}, helpdesk.BuiltIn...), repairsRole), nil
}

// signedIn is the agent of the pictures, with or without a second factor.
func (d *agentDesk) signedIn() helpdesk.Agent {
	agent := robinAgent
	agent.Created = ago(900 * day)
	if d.scene.codes {
		agent.Second = &helpdesk.SecondFactor{Secret: "sealed", Since: ago(90 * day), Recovery: make([]string, 7)}
	}
	return agent
}

// SignedInSession implements [console.Own].
func (d *agentDesk) SignedInSession(_ context.Context, account, _ string) (*actions.AgentSession, error) {
	agent := d.signedIn()
	return &actions.AgentSession{
		Actor: actions.Actor{Account: account, Agent: &agent, Role: helpdesk.BuiltIn[0]}, Session: helpdesk.Session{ID: "bbbbbbbbbbbbbbbb", Agent: agent.ID},
	}, nil
}

// OwnSessions implements [console.Own].
func (d *agentDesk) OwnSessions(context.Context, actions.Actor) ([]helpdesk.Session, error) {
	return []helpdesk.Session{
		{ID: "bbbbbbbbbbbbbbbb", Agent: robinAgent.ID, Created: ago(2 * time.Hour), Expires: now.Add(10 * time.Hour), How: actions.ByPassword, Browser: "Firefox, Linux", Second: d.scene.codes},
		{ID: "eeeeeeeeeeeeeeee", Agent: robinAgent.ID, Created: ago(3 * day), Expires: now.Add(4 * day), How: "acme-id", Browser: "Safari, iPhone"},
	}, nil
}

// SetUpOf implements [console.SigningIn].
func (d *agentDesk) SetUpOf(context.Context, helpdesk.HelpCenter, string) (*actions.SecondSetUp, error) {
	if d.scene.codes {
		return &actions.SecondSetUp{Step: helpdesk.StepCode}, nil
	}
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	return &actions.SecondSetUp{Step: helpdesk.StepSetUp, Secret: secret, Link: "otpauth://totp/Acme:robin@acme.example?secret=" + secret + "&issuer=Acme"}, nil
}

// FinishSecond implements [console.SigningIn].
func (d *agentDesk) FinishSecond(_ context.Context, _, _, code string) (*actions.AgentEntered, []string, error) {
	if code == "" {
		return nil, nil, helpdesk.Errorf(helpdesk.Invalid, "that code is not right; it changes every 30 seconds")
	}
	return &actions.AgentEntered{Cookie: "made-up", Expires: now}, []string{
		"k7w2-m5ep-q4na", "b3xd-9rtu-h6zc", "p8vj-2mke-w5ya", "n4cs-7ghq-d9rx", "t6uz-3bfa-e2kp", "y5mw-8xvj-c7nh", "r2qd-4gte-s6ub", "z9ka-5pcx-m3wv",
	}, nil
}

// Joining implements [console.SigningIn].
func (d *agentDesk) Joining(context.Context, helpdesk.HelpCenter, string) (*helpdesk.Agent, error) {
	if d.scene.empty {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no such link")
	}
	return &samAgent, nil
}

// SignIn implements [console.SigningIn].
func (d *agentDesk) SignIn(context.Context, string, actions.AgentTry) (*actions.AgentEntered, error) {
	return nil, helpdesk.Errorf(helpdesk.Invalid, "address or password is not right")
}

// SaveTeam implements [console.People].
func (d *agentDesk) SaveTeam(context.Context, actions.Actor, helpdesk.Team) (*helpdesk.Team, error) {
	return nil, helpdesk.Errorf(helpdesk.Invalid, "a team needs a name")
}

// AuditLog implements [console.People].
func (d *agentDesk) AuditLog(context.Context, actions.Actor, actions.AuditQuery) (*actions.AuditPage, error) {
	const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	if d.scene.empty {
		return &actions.AuditPage{}, nil
	}
	record := func(seq int64, by helpdesk.AuditBy, act, subject string, details map[string]string, since time.Duration) helpdesk.AuditRecord {
		return helpdesk.AuditRecord{Seq: seq, At: ago(since), By: by, Act: act, Subject: subject, Details: details, Hash: hash}
	}
	robin, sam := helpdesk.AuditBy{Agent: robinAgent.ID}, helpdesk.AuditBy{Agent: samAgent.ID}
	const gone helpdesk.ID = "carolcarolcarolc"
	return &actions.AuditPage{Older: 1995, Head: helpdesk.AuditHead{Seq: 2000, Hash: hash}, Erased: map[helpdesk.ID]bool{gone: true}, Records: []helpdesk.AuditRecord{
		record(2000, robin, "contact.block", "contact/"+string(bobContact), nil, 4*time.Minute),
		record(1999, sam, "held.decide", "held/strangerstranger", map[string]string{"verdict": "AcceptOnce", "ticket": "1036"}, time.Hour),
		record(1998, helpdesk.AuditBy{Agent: robinAgent.ID, Token: "tokentokentokent"}, "ticket.merge", "ticket/1038", map[string]string{"into": "1042"}, 20*time.Hour),
		record(1997, helpdesk.AuditBy{System: true}, "contact.erased", "contact/"+string(gone), map[string]string{"requests": "12"}, 2*day),
		record(1996, helpdesk.AuditBy{Operator: true}, "agent.add", "agent/"+string(samAgent.ID), map[string]string{"role": "agent"}, 30*day),
	}}, nil
}

var (
	deployHook = helpdesk.Hook{
		ID: "hookhookhookhook", Name: "Chat of the desk", URL: "https://chat.acme.example/hooks/a-long-address-that-nobody-can-guess-0123456789", By: robinAgent.ID, Created: ago(40 * day), Secret: 1, Rev: 3,
		Events: []helpdesk.EventType{helpdesk.TicketCreated, helpdesk.EntryCreated},
	}
	stoppedHook = helpdesk.Hook{
		ID: "stoppedstoppedst", Name: "Old billing", URL: "https://billing.acme.example/in", By: samAgent.ID, Created: ago(400 * day), Secret: 2, Rev: 8,
		Events: []helpdesk.EventType{helpdesk.ContactUpdated}, Failing: ago(9 * day), Disabled: ago(4 * day), Why: "nothing was taken for 5 days",
	}
)

// Tokens implements [console.Access].
func (d *agentDesk) Tokens(context.Context, actions.Actor) ([]helpdesk.AccessToken, error) {
	if d.scene.empty {
		return nil, nil
	}
	return []helpdesk.AccessToken{
		{ID: "tokentokentokent", Agent: robinAgent.ID, Name: "Nightly report", Scopes: []helpdesk.Scope{helpdesk.ReadTickets, helpdesk.ReadContacts}, Hint: "x7Qa", Created: ago(40 * day), Expires: now.Add(50 * day), Used: ago(8 * time.Hour)},
		{ID: "overoveroverover", Agent: samAgent.ID, Name: "Import of last year", Scopes: helpdesk.Scopes, Hint: "9pLm", Created: ago(400 * day), Expires: ago(35 * day)},
	}, nil
}

// AddToken implements [console.Access].
func (d *agentDesk) AddToken(_ context.Context, _ actions.Actor, in actions.NewToken) (*helpdesk.AccessToken, string, error) {
	if in.Name == "" {
		return nil, "", helpdesk.Errorf(helpdesk.Invalid, "a token needs a name, so that somebody knows later what it is for")
	}
	return &helpdesk.AccessToken{ID: "tokentokentokent", Agent: robinAgent.ID, Name: in.Name, Scopes: in.Scopes, Hint: "x7Qa", Created: now}, "made-up-token-of-the-gallery-that-lets-nobody-in", nil
}

// Hooks implements [console.Access].
func (d *agentDesk) Hooks(context.Context, actions.Actor) ([]helpdesk.Hook, error) {
	if d.scene.empty {
		return nil, nil
	}
	return []helpdesk.Hook{deployHook, stoppedHook}, nil
}

// Hook implements [console.Access].
func (d *agentDesk) Hook(_ context.Context, _ actions.Actor, id helpdesk.ID) (*helpdesk.Hook, error) {
	h := deployHook
	if id == stoppedHook.ID {
		h = stoppedHook
	}
	return &h, nil
}

// Posts implements [console.Access].
func (d *agentDesk) Posts(_ context.Context, _ actions.Actor, hook, _ helpdesk.ID) ([]helpdesk.Post, error) {
	post := func(id helpdesk.ID, about helpdesk.EventType, state helpdesk.PostState, tries int, last *helpdesk.PostAnswer, since time.Duration) helpdesk.Post {
		return helpdesk.Post{ID: id, Hook: hook, Type: about, Number: 1042, Body: json.RawMessage(`{"type":"entry.created","data":{"number":1042}}`), At: ago(since), Since: ago(since), State: state, Tries: tries, Last: last, Until: now.Add(day)}
	}
	return []helpdesk.Post{
		post("postwaitspostwai", helpdesk.EntryCreated, helpdesk.PostWaits, 2, &helpdesk.PostAnswer{At: ago(time.Minute), Words: "connection refused", Millis: 3}, 4*time.Minute),
		post("posttakenposttak", helpdesk.TicketCreated, helpdesk.PostTaken, 1, &helpdesk.PostAnswer{At: ago(time.Hour), Status: 204, Millis: 41}, time.Hour),
		post("postgivenpostgiv", helpdesk.EntryCreated, helpdesk.PostGiven, 11, &helpdesk.PostAnswer{At: ago(day), Status: 503, Millis: 15_000}, 4*day),
	}, nil
}
