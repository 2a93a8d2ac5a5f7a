package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// MaxDraft is the most bytes of an answer that waits for a sign-in: whoever has
	// a link can leave one, and each is a record of the store.
	MaxDraft = helpdesk.MaxInlineText

	// draftsADay of one request: a person who begins anew leaves a few.
	draftsADay = 20
)

// Drafted is an answer that waits until its writer has signed in.
type Drafted struct {
	Number int64
	Draft  helpdesk.ID
}

// KeepDraft keeps what the holder of a link wrote, so that it survives signing in
// or up (row S23). It shows nobody anything: who takes part finds it in their own
// composer. NotFound whatever is wrong with the link.
func (d *Desk) KeepDraft(ctx context.Context, h helpdesk.HelpCenter, token, text string) (Drafted, error) {
	var kept Drafted
	err := helpdesk.Retry(ctx, func(int) error {
		t, holder, err := d.linked(ctx, h, token)
		if err != nil {
			return err
		}
		if !h.SignUp.Any() {
			return helpdesk.Errorf(helpdesk.Invalid, "nobody can sign in here: reply to the mail that the link was in")
		}
		words, err := checkText(text)
		switch {
		case err != nil:
			return err
		case len(words) > MaxDraft:
			return helpdesk.Errorf(helpdesk.TooLarge, "more than %d KiB can't be kept here: sign in first, or reply by mail", MaxDraft>>10)
		}
		now := d.now()
		spent, err := d.planner.Budgets.Budget(ctx, h.Account, "draft/"+t.ID.String())
		if err != nil {
			return err
		}
		if now.After(spent.Until) {
			spent.Used, spent.Until = 0, now.Add(24*time.Hour)
		}
		if spent.Used >= draftsADay {
			return helpdesk.Errorf(helpdesk.Invalid, "too many answers wait here for a sign-in: sign in first, or reply by mail")
		}
		spent.Used++
		draft := helpdesk.Draft{ID: helpdesk.NewID(), Ticket: t.ID, Contact: holder.Contact, Text: words, Created: now, Expires: now.Add(helpdesk.DraftLifetime)}
		kept = Drafted{Number: t.Number, Draft: draft.ID}
		return d.store.Commit(ctx, &helpdesk.Change{Account: h.Account, Drafts: []helpdesk.Draft{draft}, Budgets: []helpdesk.Budget{spent}})
	})
	return kept, err
}

// StrayDraft is what somebody wrote by a link before they signed in as a person who
// takes no part in the request, so that their words are not lost. The id is told to
// nobody but who wrote them. NotFound for everything else; it changes nothing.
func (d *Desk) StrayDraft(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, id string) (string, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	if by == nil || by.Account != h.Account || !h.PortalOn || !isID(id) {
		return "", missing
	}
	draft, err := d.store.Draft(ctx, h.Account, helpdesk.ID(id), d.now())
	if err != nil {
		return "", err
	}
	t, err := d.store.Ticket(ctx, h.Account, draft.Ticket)
	switch {
	case err != nil:
		return "", err
	case t.Number != number || t.HelpCenter != h.Name:
		return "", missing
	}
	return draft.Text, nil
}

// draft reads an answer that was begun for the request; nil if there is none.
func (d *Desk) draft(ctx context.Context, r *request, id string) (*helpdesk.Draft, error) {
	if !isID(id) {
		return nil, nil
	}
	draft, err := d.store.Draft(ctx, r.center.Account, helpdesk.ID(id), d.now())
	if helpdesk.KindOf(err) == helpdesk.NotFound || err == nil && draft.Ticket != r.ticket.ID {
		return nil, nil
	}
	return draft, err
}
