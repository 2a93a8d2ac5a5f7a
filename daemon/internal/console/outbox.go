package console

import (
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// newDeliveries are the copies that went out of a request, the newest first, then
// those of what was merged into it. What waits or was given up can be had tried at
// once.
func newDeliveries(detail *actions.Detail, path string) []delivery {
	var all []delivery
	for i := range slices.Backward(detail.Deliveries) {
		all = append(all, newDelivery(&detail.Deliveries[i]))
	}
	all = append(all, mergedDeliveries(detail)...)
	for i := range all {
		all[i].offerRetry(path)
	}
	return all
}

// offerRetry offers to have it tried at once, from the request at that address.
func (d *delivery) offerRetry(path string) {
	waits := d.State == helpdesk.Queued && d.Claim == "" && (d.Attempts > 0 || d.Warned > 0) // not what was just made
	if waits || d.State == helpdesk.Failed {
		d.Retry = path + "/deliveries/" + string(d.ID) + "/retry"
	}
}

// shownDeliveries are those of the last answer or two; the others are folded.
const shownDeliveries = 4

// foldDeliveries leaves in sight the newest copies to customers, and all that
// went wrong. Mail to agents is the least of what an agent looks for here.
func foldDeliveries(all []delivery) (shown, folded []delivery) {
	for _, d := range all {
		toAgent := d.Delivery.Agent != ""
		wrong := d.State == helpdesk.Failed || d.State == helpdesk.Bounced || d.Tried != ""
		if wrong || !toAgent && len(shown) < shownDeliveries {
			shown = append(shown, d)
		} else {
			folded = append(folded, d)
		}
	}
	return shown, folded
}

// delivery is one outbound copy in words.
type delivery struct {
	*helpdesk.Delivery
	Name    string // of who gets it, on the answer itself
	Words   string
	Purpose string
	Tried   string // how often, while it waits
	Answer  string // what the other server said
	Anchor  string // of the entry that it tells about
	Retry   string // where it can be had tried at once; "" if it can't
}

func newDelivery(d *helpdesk.Delivery) delivery {
	out := delivery{Delivery: d, Words: stateWords[d.State], Purpose: purposeWords[d.Purpose], Anchor: anchor(0, d.Entry)}
	if d.State == helpdesk.Queued && d.Attempts > 0 && d.Claim == "" {
		out.Words, out.Tried = "Will be tried again", "tried once"
		if d.Attempts > 1 {
			out.Tried = fmt.Sprintf("tried %d times", d.Attempts)
		}
	}
	if d.State == helpdesk.Queued && d.Claim != "" {
		out.Words = "On its way now"
	}
	switch {
	case d.Report != nil:
		out.Answer = helpdesk.AnswerWords(d.Report.Code, d.Report.Status, d.Report.Words)
		if d.State == helpdesk.Sent {
			out.Words = or(reportWords[d.Report.Class], out.Words)
		}
	case d.Last != nil:
		out.Answer = d.Last.Answer()
	}
	return out
}

// tryAgain has a delivery tried at once and goes back to the request.
func (c *Handler) tryAgain(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	d := draft{Number: number}
	err = c.desk.TryAgain(v.context(), v.by, v.r.PathValue("delivery"))
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		c.backTo(v, number, "retry")
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound:
		return err
	}
	return c.writeTicket(v, d, err)
}
