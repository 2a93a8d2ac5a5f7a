package console

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// heldAnswer is a button that says what it does.
type heldAnswer struct {
	Verdict helpdesk.Verdict
	Label   string
	Icon    string
	Does    string
	Away    bool // it lets nothing in
}

// answers are the buttons of a held mail.
func answers(h *helpdesk.HeldItem) []heldAnswer {
	var offered []heldAnswer
	for _, v := range h.Offers() {
		a := verdictLooks[v]
		a.Verdict, a.Does = v, does(h, v)
		offered = append(offered, a)
	}
	return offered
}

var verdictLooks = map[helpdesk.Verdict]heldAnswer{
	helpdesk.AcceptOnce:      {Label: "Accept once", Icon: "check"},
	helpdesk.AddCollaborator: {Label: "Add as collaborator", Icon: "person"},
	helpdesk.NewTicket:       {Label: "New request", Icon: "inbox"},
	helpdesk.Spam:            {Label: "Spam", Icon: "alert", Away: true},
	helpdesk.Drop:            {Label: "Drop", Icon: "hidden", Away: true},
}

// does says what becomes of the mail and of its writer.
func does(h *helpdesk.HeldItem, v helpdesk.Verdict) string {
	written := h.Recognised.Class == helpdesk.ClassMessage
	switch v {
	case helpdesk.AcceptOnce:
		return acceptDoes(h, written)
	case helpdesk.AddCollaborator:
		return fmt.Sprintf("Shown in request #%d. %s gets its mails from now on, and reads what is written from now on.", h.Number, h.From) + heard(h)
	case helpdesk.NewTicket:
		return "A request of its own, asked by " + h.From.String() + ". " + answerDoes(h, written) + heard(h)
	case helpdesk.Spam:
		return fmt.Sprintf("Shown nowhere. What comes from %s is held from now on.", h.From)
	}
	return "Shown nowhere, and nobody is told. It stays among the decided mails until it goes."
}

func acceptDoes(h *helpdesk.HeldItem, written bool) string {
	switch {
	case h.Cause == helpdesk.UnmatchedReport:
		return fmt.Sprintf("An event in the history of request #%d. Customers do not see it.", h.Number)
	case !written:
		return fmt.Sprintf("Shown in request #%d. Nobody gets a mail about it.", h.Number)
	case h.Recognised.Sender == helpdesk.SenderParticipant:
		return fmt.Sprintf("Shown in request #%d as an answer of %s. The others get it by mail.", h.Number, h.From)
	}
	return fmt.Sprintf("Shown in request #%d, and who takes part gets it by mail. The writer does not take part.", h.Number)
}

func answerDoes(h *helpdesk.HeldItem, written bool) string {
	switch {
	case !written:
		return "They get no answer: no person wrote it."
	case h.Cause == helpdesk.FromBlocked:
		return "They get no answer while they are blocked."
	case h.Recognised.Trust.Proof == helpdesk.ProofPass:
		return "They get its number by mail."
	}
	return "They get a short confirmation, at most one a day."
}

// heard is what else becomes of a writer whose mail was called spam.
func heard(h *helpdesk.HeldItem) string {
	if h.Cause == helpdesk.CalledSpam {
		return " Their mail counts as spam no longer."
	}
	return ""
}

// decideHeld settles the mail of the address, and goes where it went.
func (c *Handler) decideHeld(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	verdict, err := helpdesk.ParseVerdict(v.r.PostForm.Get("verdict"))
	var made *helpdesk.Decision
	if err == nil {
		made, err = c.desk.DecideHeld(v.context(), v.by, v.r.PathValue("id"), verdict)
	}
	switch kind := helpdesk.KindOf(err); {
	case err != nil && (kind == helpdesk.SignIn || kind == helpdesk.NotFound):
		return err
	case err != nil:
		return c.writeHeld(v, err)
	}
	next := "/agent/held?done=" + string(verdict)
	if made.Number != 0 {
		next = draft{Number: made.Number}.path() + "?done=" + string(verdict) + "#entry-" + strconv.Itoa(made.Entry)
	}
	http.Redirect(v.w, v.r, next, http.StatusSeeOther)
	return nil
}

// liftSpam lets mail in again of the address that a held mail came from.
func (c *Handler) liftSpam(v *visit) error {
	item, err := c.desk.HeldItem(v.context(), v.by, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	err = c.desk.LiftSpam(v.context(), v.by, item.From.String())
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		http.Redirect(v.w, v.r, "/agent/held?show="+showDecided+"&done=lift", http.StatusSeeOther)
		return nil
	case kind == helpdesk.SignIn:
		return err
	case kind == helpdesk.NotFound: // it was lifted before
		err = helpdesk.Errorf(helpdesk.Invalid, "%s", helpdesk.Public(err))
	}
	return c.writeHeld(v, err)
}

func (c *Handler) heldFile(v *visit) error {
	index, err := strconv.Atoi(v.r.PathValue("file"))
	if err != nil {
		return missing()
	}
	f, err := c.desk.HeldFile(v.context(), v.by, v.r.PathValue("id"), index)
	if err != nil {
		return err
	}
	return send(v, f)
}

// heldSource sends a held mail as it came.
func (c *Handler) heldSource(v *visit) error {
	f, err := c.desk.HeldSource(v.context(), v.by, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return send(v, f)
}

// release shows a hidden message to customers.
func (c *Handler) release(v *visit) error {
	number, seq, err := entryNumber(v)
	if err != nil {
		return err
	}
	d := draft{Number: number}
	err = c.desk.Release(v.context(), v.by, number, seq)
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		http.Redirect(v.w, v.r, d.path()+"?done=release#entry-"+strconv.Itoa(seq), http.StatusSeeOther)
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound:
		return err
	}
	return c.writeTicket(v, d, err)
}
