package api

import (
	"context"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Settings is what the agents of an account agreed on.
type Settings interface {
	DeskSettings(ctx context.Context, by actions.Actor) (*helpdesk.DeskSettings, error)
	SaveDeskSettings(ctx context.Context, by actions.Actor, in helpdesk.DeskSettings) (*helpdesk.DeskSettings, error)
	CannedReplies(ctx context.Context, by actions.Actor) ([]helpdesk.Canned, error)
	CannedReply(ctx context.Context, by actions.Actor, id helpdesk.ID) (*helpdesk.Canned, error)
	FillCanned(ctx context.Context, by actions.Actor, id helpdesk.ID, number int64) (string, error)
	SaveCanned(ctx context.Context, by actions.Actor, in helpdesk.Canned) (*helpdesk.Canned, error)
	RemoveCanned(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error
}

// settings of the account.
type settings struct {
	StatusLabels  map[string]string `json:"statusLabels" doc:"The account's own names of statuses, by status."`
	TicketFields  []field           `json:"ticketFields"`
	ContactFields []field           `json:"contactFields"`
	Rev           string            `json:"rev"`
}

func (s settings) etag() string { return `"` + s.Rev + `"` }

type field struct {
	Name    string             `json:"name"`
	Label   string             `json:"label"`
	Type    helpdesk.FieldType `json:"type"`
	Options []string           `json:"options,omitempty"`
}

func fieldsOf(all []helpdesk.FieldSpec) []field {
	out := []field{}
	for _, f := range all {
		out = append(out, field(f))
	}
	return out
}

func settingsOf(s *helpdesk.DeskSettings) settings {
	out := settings{StatusLabels: map[string]string{}, TicketFields: fieldsOf(s.TicketFields), ContactFields: fieldsOf(s.ContactFields), Rev: revOf(s.Rev)}
	for status, label := range s.StatusLabels {
		out.StatusLabels[string(status)] = label
	}
	return out
}

func (h *Handler) getSettings(c *call) (out settings, err error) {
	s, err := h.desk.DeskSettings(c.ctx, c.by)
	if err != nil {
		return out, err
	}
	return settingsOf(s), nil
}

type newSettings struct {
	StatusLabels  map[string]string `json:"statusLabels,omitempty"`
	TicketFields  []field           `json:"ticketFields,omitempty"`
	ContactFields []field           `json:"contactFields,omitempty"`
}

func (h *Handler) putSettings(c *call, in newSettings) (out settings, err error) {
	rev, err := c.ifMatchOrNew()
	if err != nil {
		return out, err
	}
	want := helpdesk.DeskSettings{Rev: rev}
	for status, label := range in.StatusLabels {
		if want.StatusLabels == nil {
			want.StatusLabels = map[helpdesk.Status]string{}
		}
		want.StatusLabels[helpdesk.Status(status)] = label
	}
	for _, f := range in.TicketFields {
		want.TicketFields = append(want.TicketFields, helpdesk.FieldSpec(f))
	}
	for _, f := range in.ContactFields {
		want.ContactFields = append(want.ContactFields, helpdesk.FieldSpec(f))
	}
	if _, err := h.desk.SaveDeskSettings(c.ctx, c.by, want); err != nil {
		return out, err
	}
	return h.getSettings(c)
}

// canned is a reply that is written once and used often.
type canned struct {
	ID      helpdesk.ID `json:"id"`
	Name    string      `json:"name"`
	Text    string      `json:"text" doc:"With placeholders."`
	Shared  bool        `json:"shared" doc:"It is everybody's."`
	Changed *time.Time  `json:"changed,omitempty"`
	Rev     string      `json:"rev"`
}

func (x canned) etag() string { return `"` + x.Rev + `"` }

func cannedOf(x *helpdesk.Canned) canned {
	out := canned{ID: x.ID, Name: x.Name, Text: x.Text, Shared: x.Owner == "", Rev: revOf(x.Rev)}
	if !x.Changed.IsZero() {
		out.Changed = &x.Changed
	}
	return out
}

func (h *Handler) listCanned(c *call) (out page[canned], err error) {
	found, err := h.desk.CannedReplies(c.ctx, c.by)
	out.Items = []canned{}
	for i := range found {
		out.Items = append(out.Items, cannedOf(&found[i]))
	}
	return out, err
}

func (h *Handler) getCanned(c *call) (out canned, err error) {
	x, err := h.desk.CannedReply(c.ctx, c.by, helpdesk.ID(c.r.PathValue("reply")))
	if err != nil {
		return out, err
	}
	return cannedOf(x), nil
}

type filledCanned struct {
	Text string `json:"text"`
}

func (h *Handler) fillCanned(c *call) (out filledCanned, err error) {
	number, err := c.number()
	if err != nil {
		return out, err
	}
	out.Text, err = h.desk.FillCanned(c.ctx, c.by, helpdesk.ID(c.r.PathValue("reply")), number)
	return out, err
}

type newCanned struct {
	Name   string `json:"name"`
	Text   string `json:"text"`
	Shared bool   `json:"shared,omitempty"`
}

func (h *Handler) saveCanned(c *call, in newCanned, id helpdesk.ID, rev int64) error {
	want := helpdesk.Canned{ID: id, Name: in.Name, Text: in.Text, Rev: rev}
	if !in.Shared {
		want.Owner = c.by.Agent.ID
	}
	_, err := h.desk.SaveCanned(c.ctx, c.by, want)
	return err
}

func (h *Handler) addCanned(c *call, in newCanned) error { return h.saveCanned(c, in, "", 0) }

func (h *Handler) putCanned(c *call, in newCanned) (out canned, err error) {
	rev, err := c.ifMatch()
	if err != nil {
		return out, err
	}
	if err := h.saveCanned(c, in, helpdesk.ID(c.r.PathValue("reply")), rev); err != nil {
		return out, err
	}
	return h.getCanned(c)
}

func (h *Handler) removeCanned(c *call) error {
	rev, err := c.ifMatch()
	if err != nil {
		return err
	}
	return h.desk.RemoveCanned(c.ctx, c.by, helpdesk.ID(c.r.PathValue("reply")), rev)
}

// madeThing tells of something small that was made.
type madeThing struct {
	ID string `json:"id"`
}

// madeThingOf takes the end of the id of its record: before it may stand whose it is.
func madeThingOf(_ *call, m helpdesk.Made) madeThing {
	return madeThing{m.Record[strings.LastIndexByte(m.Record, '/')+1:]}
}

// ifMatchOrNew is ifMatch for what need not have been saved before: its tag is "0".
func (c *call) ifMatchOrNew() (int64, error) {
	if c.r.Header.Get("If-Match") == `"0"` {
		return 0, nil
	}
	return c.ifMatch()
}
