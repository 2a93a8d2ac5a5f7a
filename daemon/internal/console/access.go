package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Access is what the pages about programs ask of the desk.
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

// accessPages registers them.
func (c *Handler) accessPages() {
	c.handle("GET /agent/access", func(v *visit) error { return c.writeAccess(v, http.StatusOK, accessPage{}) })
	c.handle("POST /agent/access/tokens", c.addToken)
	c.handle("POST /agent/access/tokens/{token}/end", c.endToken)
	c.handle("POST /agent/access/hooks", c.addHook)
	c.handle("GET /agent/access/hooks/{hook}", func(v *visit) error { return c.writeHook(v, http.StatusOK, hookPage{}) })
	c.handle("POST /agent/access/hooks/{hook}", c.saveHook)
	c.handle("POST /agent/access/hooks/{hook}/{act}", c.actOnHook) // secret, ping, start, remove
	c.handle("POST /agent/access/hooks/{hook}/posts/{post}/again", c.redeliver)
}

// accessPage lists tokens and hooks, with forms for new ones.
type accessPage struct {
	Done, Error string
	Secret      string // shown once
	SecretOf    string // the name of what it is of
	Tokens      []tokenRow
	Agents      []oneOf // for whom a token can act
	Scopes      []oneOf
	Lifetimes   []oneOf
	Name        string // as typed
	Hooks       []helpdesk.Hook
	MayHooks    bool
	Hook        hookForm
}

type tokenRow struct {
	helpdesk.AccessToken
	AgentName string
	Over      bool
}

// hookForm is what stands in the fields of a hook.
type hookForm struct {
	Name, URL string
	Events    []oneOf
}

var accessDone = map[string]string{
	"ended": "The token has ended. It lets nobody in any more.", "removed": "The hook is removed.", "saved": "Saved.", "started": "The hook is told again what happens.", "ping": "A ping is on its way.", "again": "It is being sent again.",
}

// scopeWords say what programs may do with each scope.
var scopeWords = map[helpdesk.Scope]string{
	helpdesk.ReadTickets: "read requests, lists and settings", helpdesk.WriteTickets: "answer requests, and change them",
	helpdesk.ReadContacts: "read contacts", helpdesk.WriteContacts: "change contacts, block, merge and import them",
	helpdesk.ScopeRemove: "delete contacts, and erase them for good",
	helpdesk.ReadHeld:    "read held mail", helpdesk.WriteHeld: "decide about held mail",
	helpdesk.ScopePeople: "change agents, teams and roles", helpdesk.ScopeDesk: "change fields, names of statuses, shared views and replies",
	helpdesk.ScopeAccess: "make and end tokens and hooks", helpdesk.ScopeAudit: "read the audit log", helpdesk.ScopeExport: "take data of many away",
}

var eventWords = map[helpdesk.EventType]string{
	helpdesk.TicketCreated: "a request begins", helpdesk.TicketUpdated: "a request changes", helpdesk.EntryCreated: "somebody answers or writes a note",
	helpdesk.ContactCreated: "somebody new writes", helpdesk.ContactUpdated: "a contact changes", helpdesk.HeldCreated: "mail is held back", helpdesk.HeldDecided: "somebody decides about it",
}

// lifetimes of tokens, in days; 0 has no end.
var lifetimes = []struct {
	days  int
	label string
}{{30, "30 days"}, {90, "90 days"}, {365, "1 year"}, {0, "No end"}}

func (c *Handler) writeAccess(v *visit, status int, page accessPage) error {
	if page.Done == "" {
		page.Done = accessDone[v.r.URL.Query().Get("done")]
	}
	agents, err := c.desk.Agents(v.context(), v.by)
	if err != nil {
		return err
	}
	names := map[helpdesk.ID]string{}
	for _, a := range agents {
		names[a.ID] = a.Name
		own := v.by.Agent != nil && v.by.Agent.ID == a.ID
		if own || v.by.May(helpdesk.ManageAccess) && !a.Disabled {
			page.Agents = append(page.Agents, oneOf{string(a.ID), a.Name, "", own})
		}
	}
	tokens, err := c.desk.Tokens(v.context(), v.by)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		page.Tokens = append(page.Tokens, tokenRow{t, names[t.Agent], !t.Live(c.site.Now())})
	}
	post := v.r.PostForm
	for _, s := range helpdesk.Scopes {
		page.Scopes = append(page.Scopes, oneOf{string(s), string(s), scopeWords[s], page.Error != "" && slices.Contains(post["scope"], string(s))})
	}
	for _, l := range lifetimes {
		page.Lifetimes = append(page.Lifetimes, oneOf{strconv.Itoa(l.days), l.label, "", l.days == 90})
	}
	if page.MayHooks = v.by.MayTell(); page.MayHooks {
		if page.Hooks, err = c.desk.Hooks(v.context(), v.by); err != nil {
			return err
		}
	}
	page.Hook.Events = eventChoices(eventsOf(post["event"]))
	c.write(v, status, "access", "Access", c.frame(v, "access"), page)
	return nil
}

func eventChoices(chosen []helpdesk.EventType) []oneOf {
	var all []oneOf
	for _, e := range helpdesk.EventTypes {
		all = append(all, oneOf{string(e), string(e), eventWords[e], slices.Contains(chosen, e)})
	}
	return all
}

func eventsOf(values []string) []helpdesk.EventType {
	var all []helpdesk.EventType
	for _, s := range values {
		all = append(all, helpdesk.EventType(s))
	}
	return all
}

func (c *Handler) addToken(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	post := v.r.PostForm
	in := actions.NewToken{Name: post.Get("name"), Agent: helpdesk.ID(post.Get("agent"))}
	for _, s := range post["scope"] {
		in.Scopes = append(in.Scopes, helpdesk.Scope(s))
	}
	if days, err := strconv.Atoi(post.Get("days")); err == nil && days > 0 && days <= 3650 {
		in.Expires = c.site.Now().Add(time.Duration(days) * 24 * time.Hour)
	}
	token, secret, err := c.desk.AddToken(v.context(), v.by, in)
	if tellable(err) {
		return c.writeAccess(v, web.Status(err), accessPage{Error: web.Sentence(helpdesk.Public(err)), Name: in.Name})
	}
	if err != nil {
		return err
	}
	v.r.PostForm = nil
	return c.writeAccess(v, http.StatusOK, accessPage{Secret: secret, SecretOf: token.Name})
}

func (c *Handler) endToken(v *visit) error {
	if err := c.desk.EndToken(v.context(), v.by, helpdesk.ID(v.r.PathValue("token"))); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/agent/access?done=ended", http.StatusSeeOther)
	return nil
}

func hookTyped(post url.Values) actions.NewHook {
	return actions.NewHook{Name: post.Get("name"), URL: post.Get("url"), Events: eventsOf(post["event"]), On: post.Get("on") != ""}
}

func (c *Handler) addHook(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	in := hookTyped(v.r.PostForm)
	h, secret, err := c.desk.AddHook(v.context(), v.by, in)
	if tellable(err) {
		return c.writeAccess(v, web.Status(err), accessPage{Error: web.Sentence(helpdesk.Public(err)), Hook: hookForm{Name: in.Name, URL: in.URL}})
	}
	if err != nil {
		return err
	}
	v.r.PostForm = nil
	return c.writeAccess(v, http.StatusOK, accessPage{Secret: secret, SecretOf: h.Name})
}

// hookPage is one hook with what it was told.
type hookPage struct {
	Done, Error string
	Secret      string // shown once
	SecretOf    string
	helpdesk.Hook
	Form  hookForm
	Path  string
	On    bool
	Posts []helpdesk.Post
	Older string
}

func (c *Handler) writeHook(v *visit, status int, page hookPage) error {
	h, err := c.desk.Hook(v.context(), v.by, helpdesk.ID(v.r.PathValue("hook")))
	if err != nil {
		return err
	}
	page.Hook, page.Path, page.On, page.SecretOf = *h, "/agent/access/hooks/"+string(h.ID), h.Disabled.IsZero(), h.Name
	page.Form = hookForm{Name: h.Name, URL: h.URL, Events: eventChoices(h.Events)}
	if page.Error != "" {
		typed := hookTyped(v.r.PostForm)
		page.Form, page.On = hookForm{Name: typed.Name, URL: typed.URL, Events: eventChoices(typed.Events)}, typed.On
	}
	if page.Done == "" {
		page.Done = accessDone[v.r.URL.Query().Get("done")]
	}
	if page.Posts, err = c.desk.Posts(v.context(), v.by, h.ID, helpdesk.ID(v.r.URL.Query().Get("before"))); err != nil {
		return err
	}
	if n := len(page.Posts); n == actions.MostPosts {
		page.Older = page.Path + "?before=" + url.QueryEscape(string(page.Posts[n-1].ID))
	}
	c.write(v, status, "hook", h.Name, c.frame(v, "access"), page)
	return nil
}

func (c *Handler) saveHook(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	rev, _ := strconv.ParseInt(v.r.PostForm.Get("rev"), 10, 64) // 0 does not ask
	_, err := c.desk.SetHook(v.context(), v.by, helpdesk.ID(v.r.PathValue("hook")), rev, hookTyped(v.r.PostForm))
	if tellable(err) {
		return c.writeHook(v, web.Status(err), hookPage{Error: web.Sentence(helpdesk.Public(err))})
	}
	return hookDone(v, "saved", err)
}

// hookDone leads back to the page of the hook.
func hookDone(v *visit, said string, err error) error {
	if err == nil {
		http.Redirect(v.w, v.r, "/agent/access/hooks/"+url.PathEscape(v.r.PathValue("hook"))+"?done="+said, http.StatusSeeOther)
	}
	return err
}

func (c *Handler) actOnHook(v *visit) error {
	id := helpdesk.ID(v.r.PathValue("hook"))
	switch v.r.PathValue("act") {
	case "secret":
		secret, err := c.desk.RollHook(v.context(), v.by, id)
		if err != nil {
			return err
		}
		return c.writeHook(v, http.StatusOK, hookPage{Secret: secret})
	case "ping":
		return hookDone(v, "ping", c.desk.Ping(v.context(), v.by, id))
	case "start":
		h, err := c.desk.Hook(v.context(), v.by, id)
		if err == nil {
			_, err = c.desk.SetHook(v.context(), v.by, id, h.Rev, actions.NewHook{Name: h.Name, URL: h.URL, Events: h.Events, On: true})
		}
		return hookDone(v, "started", err)
	case "remove":
		err := c.desk.RemoveHook(v.context(), v.by, id)
		if err == nil {
			http.Redirect(v.w, v.r, "/agent/access?done=removed", http.StatusSeeOther)
		}
		return err
	}
	return missing()
}

func (c *Handler) redeliver(v *visit) error {
	return hookDone(v, "again", c.desk.Redeliver(v.context(), v.by, helpdesk.ID(v.r.PathValue("hook")), helpdesk.ID(v.r.PathValue("post"))))
}
