package helpdesk

import "slices"

// ParseVerdict reads one of [Verdicts].
func ParseVerdict(s string) (Verdict, error) {
	if !slices.Contains(Verdicts, Verdict(s)) {
		return "", Errorf(Invalid, "%q is no answer; use accept, collaborator, new-ticket, spam or drop", clip(s))
	}
	return Verdict(s), nil
}

// Offers are the verdicts that may be decided about the item, in the order of
// [Verdicts]; none if it is decided.
func (h *HeldItem) Offers() []Verdict {
	var offered []Verdict
	for _, v := range Verdicts {
		if h.Decision == nil && h.Refusal(v) == "" {
			offered = append(offered, v)
		}
	}
	return offered
}

// Refusal says in plain words why a verdict cannot be decided about the item; ""
// if it can.
func (h *HeldItem) Refusal(v Verdict) string {
	switch {
	case v == Drop:
		return ""
	case v == Spam:
		return h.spamRefusal()
	case h.Entry == nil:
		return "an older version held this mail and kept no more than its source: read that, and ask the writer to send it again"
	case h.Cause == UnmatchedReport && v != AcceptOnce:
		return "a report about mail is nobody's words"
	case v != NewTicket && h.Ticket == 0:
		return "it names no request that it could join"
	case v != AcceptOnce && h.From.IsZero():
		return "it does not say who wrote it"
	case v != NewTicket && h.Cause == AgentUnproven:
		return "it claims to come from an agent, and nothing proves that: in a request it would pass for our own words"
	case v != NewTicket && h.Recognised.Sender == SenderAgent:
		return "its writer is an agent: agents answer in the request itself"
	case v == AddCollaborator && h.Recognised.Sender == SenderParticipant:
		return "its writer takes part already"
	}
	return ""
}

// spamRefusal: to call a mail spam holds whatever comes from its address, so it
// must be the address of who wrote it, and of nobody whom we wait for.
func (h *HeldItem) spamRefusal() string {
	proven := h.Recognised.Trust.Proof == ProofPass
	switch {
	case h.From.IsZero():
		return "it does not say who wrote it, so there is no address to hold mail of"
	case h.Cause == AgentUnproven || h.Recognised.Sender == SenderAgent:
		return "the address is an agent's, and must go on working"
	case h.Cause == UnmatchedReport:
		return "a report comes from a mail system, and the next one may be wanted"
	case h.Cause == FromBlocked:
		return "whose address it is, is blocked already"
	case h.Cause == CalledSpam:
		return "mail of this address is held as spam already"
	case h.Recognised.Sender == SenderParticipant && !proven:
		return "the address is a participant's, and nothing proves that they wrote this"
	}
	return ""
}
