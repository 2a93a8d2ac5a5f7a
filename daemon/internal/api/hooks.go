package api

import (
	"encoding/json"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// hook is a program elsewhere that is told what happens.
type hook struct {
	ID       helpdesk.ID          `json:"id"`
	Name     string               `json:"name"`
	URL      string               `json:"url"`
	Events   []helpdesk.EventType `json:"events"`
	On       bool                 `json:"on" doc:"It is told."`
	Why      string               `json:"why,omitempty" doc:"Why it was stopped, if nobody did."`
	Failing  *time.Time           `json:"failing,omitempty" doc:"Since when it has taken nothing."`
	Disabled *time.Time           `json:"disabled,omitempty" doc:"When it was stopped."`
	Created  time.Time            `json:"created"`
	Rev      string               `json:"rev"`
}

func (x hook) etag() string { return `"` + x.Rev + `"` }

func hookOf(x *helpdesk.Hook) hook {
	out := hook{ID: x.ID, Name: x.Name, URL: x.URL, Events: x.Events, On: x.Disabled.IsZero(), Why: x.Why, Created: x.Created, Rev: revOf(x.Rev)}
	if !x.Failing.IsZero() {
		out.Failing = &x.Failing
	}
	if !x.Disabled.IsZero() {
		out.Disabled = &x.Disabled
	}
	return out
}

func (h *Handler) listHooks(c *call) (out page[hook], err error) {
	found, err := h.desk.Hooks(c.ctx, c.by)
	out.Items = []hook{}
	for i := range found {
		out.Items = append(out.Items, hookOf(&found[i]))
	}
	return out, err
}

func (c *call) hook() helpdesk.ID { return helpdesk.ID(c.r.PathValue("hook")) }

func (h *Handler) getHook(c *call) (out hook, err error) {
	x, err := h.desk.Hook(c.ctx, c.by, c.hook())
	if err != nil {
		return out, err
	}
	return hookOf(x), nil
}

type newHook struct {
	Name   string               `json:"name"`
	URL    string               `json:"url" doc:"https, at a public address."`
	Events []helpdesk.EventType `json:"events"`
}

func (h *Handler) addHook(c *call, in newHook) error {
	_, secret, err := h.desk.AddHook(c.ctx, c.by, actions.NewHook{Name: in.Name, URL: in.URL, Events: in.Events})
	c.secret = secret
	return err
}

type hookChanges struct {
	Name   string               `json:"name"`
	URL    string               `json:"url"`
	Events []helpdesk.EventType `json:"events"`
	On     bool                 `json:"on"`
}

func (h *Handler) putHook(c *call, in hookChanges) (out hook, err error) {
	rev, err := c.ifMatch()
	if err != nil {
		return out, err
	}
	x, err := h.desk.SetHook(c.ctx, c.by, c.hook(), rev, actions.NewHook{Name: in.Name, URL: in.URL, Events: in.Events, On: in.On})
	if err != nil {
		return out, err
	}
	return hookOf(x), nil
}

func (h *Handler) removeHook(c *call) error { return h.desk.RemoveHook(c.ctx, c.by, c.hook()) }

type newSecret struct {
	Secret string `json:"secret" doc:"The one before counts too, for a day."`
}

func (h *Handler) rollHook(c *call) (out newSecret, err error) {
	out.Secret, err = h.desk.RollHook(c.ctx, c.by, c.hook())
	return out, err
}

func (h *Handler) pingHook(c *call) error { return h.desk.Ping(c.ctx, c.by, c.hook()) }

// post is one thing that a hook is told.
type post struct {
	ID     helpdesk.ID        `json:"id"`
	Type   helpdesk.EventType `json:"type"`
	Body   json.RawMessage    `json:"body"`
	At     time.Time          `json:"at" doc:"When it happened."`
	State  helpdesk.PostState `json:"state"`
	Tries  int                `json:"tries"`
	Next   *time.Time         `json:"next,omitempty"`
	Last   *postAnswer        `json:"last,omitempty"`
	Number int64              `json:"number,omitempty" doc:"Of the request that it is about."`
}

type postAnswer struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty" doc:"Of HTTP; none if no answer came."`
	Words  string    `json:"words,omitempty" doc:"Why no answer came."`
	Millis int64     `json:"millis"`
}

func (h *Handler) listPosts(c *call) (out page[post], err error) {
	before, err := c.place()
	if err != nil {
		return out, err
	}
	found, err := h.desk.Posts(c.ctx, c.by, c.hook(), helpdesk.ID(before))
	out.Items = []post{}
	for i := range found {
		p := &found[i]
		one := post{ID: p.ID, Type: p.Type, Body: p.Body, At: p.At, State: p.State, Tries: p.Tries, Number: p.Number}
		if !p.Next.IsZero() {
			one.Next = &p.Next
		}
		if p.Last != nil {
			a := postAnswer(*p.Last)
			one.Last = &a
		}
		out.Items = append(out.Items, one)
	}
	if len(found) == actions.MostPosts {
		out.Next = cursorOf(string(found[len(found)-1].ID))
	}
	return out, err
}

func (h *Handler) redeliver(c *call) error {
	return h.desk.Redeliver(c.ctx, c.by, c.hook(), helpdesk.ID(c.r.PathValue("post")))
}
