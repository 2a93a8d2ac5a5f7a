package api

import (
	"context"
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Held is what programs do about mail that was held back.
type Held interface {
	Held(ctx context.Context, by actions.Actor) ([]helpdesk.HeldItem, error)
	HeldCount(ctx context.Context, by actions.Actor) (int, error)
	HeldDecided(ctx context.Context, by actions.Actor) ([]helpdesk.HeldItem, error)
	HeldItem(ctx context.Context, by actions.Actor, id string) (*helpdesk.HeldItem, error)
	HeldFile(ctx context.Context, by actions.Actor, id string, index int) (*actions.File, error)
	HeldSource(ctx context.Context, by actions.Actor, id string) (*actions.File, error)
	DecideHeld(ctx context.Context, by actions.Actor, id string, verdict helpdesk.Verdict) (*helpdesk.Decision, error)
}

// held is a mail that waits for a decision, or waited for one.
type held struct {
	ID          helpdesk.ID  `json:"id"`
	Cause       string       `json:"cause" doc:"Why it was held back."`
	Mailbox     string       `json:"mailbox"`
	Number      int64        `json:"number,omitempty" doc:"The request that it would have joined."`
	From        string       `json:"from,omitempty"`
	FromName    string       `json:"fromName,omitempty"`
	Subject     string       `json:"subject"`
	Text        string       `json:"text" doc:"Its beginning; the source has all."`
	Attachments []attachment `json:"attachments,omitempty"`
	At          time.Time    `json:"at"`
	Expires     *time.Time   `json:"expires,omitempty" doc:"When it goes, decided or not."`
	Recognised  *recognition `json:"recognised,omitempty"`
	Decision    *decision    `json:"decision,omitempty"`
}

type decision struct {
	Verdict helpdesk.Verdict `json:"verdict"`
	By      author           `json:"by"`
	At      time.Time        `json:"at"`
	Number  int64            `json:"number,omitempty" doc:"The request that it became part of."`
	Entry   int              `json:"entry,omitempty"`
}

func heldOf(x *helpdesk.HeldItem) held {
	out := held{
		ID: x.ID, Cause: string(x.Cause), Mailbox: x.Mailbox, Number: x.Number, From: x.From.String(), FromName: x.FromName, Subject: x.Subject,
		Text: x.Text, At: x.At, Recognised: recognitionOf(&x.Recognised), Decision: decisionOf(x.Decision),
	}
	if x.Entry != nil {
		out.Attachments = attachmentsOf(x.Entry.Attachments)
	}
	if !x.Expires.IsZero() {
		out.Expires = &x.Expires
	}
	return out
}

func decisionOf(d *helpdesk.Decision) *decision {
	if d == nil {
		return nil
	}
	return &decision{d.Verdict, authorOf(d.By), d.At, d.Number, d.Entry}
}

// heldList is the newest of them.
type heldList struct {
	Items []held `json:"items"`
	Total int    `json:"total" doc:"How many wait."`
}

func (h *Handler) listHeld(c *call) (out heldList, err error) {
	list := h.desk.Held
	if c.flag("decided") {
		list = h.desk.HeldDecided
	}
	found, err := list(c.ctx, c.by)
	if err != nil {
		return out, err
	}
	out.Items = []held{}
	for i := range found {
		out.Items = append(out.Items, heldOf(&found[i]))
	}
	out.Total, err = h.desk.HeldCount(c.ctx, c.by)
	return out, err
}

func (h *Handler) getHeld(c *call) (out held, err error) {
	x, err := h.desk.HeldItem(c.ctx, c.by, c.r.PathValue("held"))
	if err != nil {
		return out, err
	}
	return heldOf(x), nil
}

func (h *Handler) getHeldFile(c *call) (*actions.File, error) {
	index, err := strconv.Atoi(c.r.PathValue("file"))
	if err != nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such file")
	}
	return h.desk.HeldFile(c.ctx, c.by, c.r.PathValue("held"), index)
}

func (h *Handler) getHeldSource(c *call) (*actions.File, error) {
	return h.desk.HeldSource(c.ctx, c.by, c.r.PathValue("held"))
}

type verdict struct {
	Verdict helpdesk.Verdict `json:"verdict"`
}

func (h *Handler) decideHeld(c *call, in verdict) (out decision, err error) {
	d, err := h.desk.DecideHeld(c.ctx, c.by, c.r.PathValue("held"), in.Verdict)
	if err != nil {
		return out, err
	}
	return *decisionOf(d), nil
}
