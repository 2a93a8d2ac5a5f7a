package api

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Access is what programs do about tokens and hooks.
type Access interface {
	Tokens(ctx context.Context, by actions.Actor) ([]helpdesk.AccessToken, error)
	AddToken(ctx context.Context, by actions.Actor, in actions.NewToken) (*helpdesk.AccessToken, string, error)
	EndToken(ctx context.Context, by actions.Actor, id helpdesk.ID) error

	Hooks(ctx context.Context, by actions.Actor) ([]helpdesk.Hook, error)
	Hook(ctx context.Context, by actions.Actor, id helpdesk.ID) (*helpdesk.Hook, error)
	AddHook(ctx context.Context, by actions.Actor, in actions.NewHook) (*helpdesk.Hook, string, error)
	SetHook(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64, in actions.NewHook) (*helpdesk.Hook, error)
	RollHook(ctx context.Context, by actions.Actor, id helpdesk.ID) (secret string, err error)
	RemoveHook(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	Ping(ctx context.Context, by actions.Actor, hook helpdesk.ID) error
	Posts(ctx context.Context, by actions.Actor, hook, before helpdesk.ID) ([]helpdesk.Post, error)
	Redeliver(ctx context.Context, by actions.Actor, hook, post helpdesk.ID) error
}

// me is for whom the token acts, and what it may do.
type me struct {
	Agent       helpdesk.ID           `json:"agent"`
	Name        string                `json:"name"`
	Address     string                `json:"address"`
	Role        helpdesk.ID           `json:"role"`
	Permissions []helpdesk.Permission `json:"permissions" doc:"Of the role, as far as the token has their scopes."`
	Token       token                 `json:"token"`
}

func (h *Handler) whoAmI(c *call) (me, error) {
	out := me{Agent: c.by.Agent.ID, Name: c.by.Agent.Name, Address: c.by.Agent.Address.String(), Role: c.by.Role.ID, Permissions: []helpdesk.Permission{}, Token: tokenOf(c.by.Token)}
	for _, p := range helpdesk.Permissions {
		if c.by.May(p) {
			out.Permissions = append(out.Permissions, p)
		}
	}
	return out, nil
}

// token lets a program act for an agent.
type token struct {
	ID      helpdesk.ID      `json:"id"`
	Name    string           `json:"name"`
	Agent   helpdesk.ID      `json:"agent" doc:"For whom it acts."`
	By      helpdesk.ID      `json:"by,omitempty" doc:"Who made it."`
	Scopes  []helpdesk.Scope `json:"scopes"`
	Hint    string           `json:"hint" doc:"The last letters of the secret."`
	Created time.Time        `json:"created"`
	Expires *time.Time       `json:"expires,omitempty"`
	Used    *time.Time       `json:"used,omitempty" doc:"When it was last used, to the hour."`
}

func tokenOf(t *helpdesk.AccessToken) token {
	out := token{ID: t.ID, Name: t.Name, Agent: t.Agent, By: t.By, Scopes: or(t.Scopes, []helpdesk.Scope{}), Hint: t.Hint, Created: t.Created}
	if !t.Expires.IsZero() {
		out.Expires = &t.Expires
	}
	if !t.Used.IsZero() {
		out.Used = &t.Used
	}
	return out
}

func (h *Handler) listTokens(c *call) (out page[token], err error) {
	all, err := h.desk.Tokens(c.ctx, c.by)
	out.Items = []token{}
	for i := range all {
		out.Items = append(out.Items, tokenOf(&all[i]))
	}
	return out, err
}

type newToken struct {
	Name    string           `json:"name"`
	Agent   helpdesk.ID      `json:"agent,omitempty" doc:"For whom it acts; nothing: the agent of the token that asks."`
	Scopes  []helpdesk.Scope `json:"scopes"`
	Expires *time.Time       `json:"expires,omitempty"`
}

// madeToken shows a secret once.
type madeToken struct {
	ID     string `json:"id"`
	Secret string `json:"secret,omitempty" doc:"What the program shows. It is told this once, and not when the same is asked for again."`
}

func (h *Handler) addToken(c *call, in newToken) error {
	want := actions.NewToken{Name: in.Name, Agent: in.Agent, Scopes: in.Scopes}
	if in.Expires != nil {
		want.Expires = *in.Expires
	}
	_, secret, err := h.desk.AddToken(c.ctx, c.by, want)
	c.secret = secret
	return err
}

func madeTokenOf(c *call, m helpdesk.Made) madeToken { return madeToken{m.Record, c.secret} }

func (h *Handler) endToken(c *call) error {
	return h.desk.EndToken(c.ctx, c.by, helpdesk.ID(c.r.PathValue("token")))
}
