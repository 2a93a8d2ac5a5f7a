package helpdesk

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// usual is a mail as inbound holds it for the cause, naming a ticket.
func usual(cause Cause) *HeldItem {
	h := &HeldItem{
		Cause: cause, Ticket: 7, Number: 7, From: MustAddress("carol@elsewhere.example"), Entry: &Entry{Kind: Message},
		Recognised: Recognition{Class: ClassMessage, Sender: SenderStranger, Trust: Trust{Proof: ProofPass}},
	}
	switch cause {
	case NoSender:
		h.From, h.Recognised.Sender, h.Recognised.Trust.Proof = Address{}, SenderNobody, ProofNone
	case UnprovenSender:
		h.Recognised.Trust.Proof = ProofNone
	case AgentUnproven:
		h.Recognised.Sender, h.Recognised.Trust.Proof = SenderAgent, ProofFail
	case UnmatchedReport:
		h.Recognised.Class = ClassBounce
	}
	return h
}

// covers: M02
func TestOffers(t *testing.T) {
	all := []Verdict{AcceptOnce, AddCollaborator, NewTicket, Spam, Drop}
	for _, tt := range []struct {
		name  string
		cause Cause
		but   func(h *HeldItem)
		want  []Verdict
	}{
		{"no sender", NoSender, nil, []Verdict{AcceptOnce, Drop}},
		{"no sender and no ticket", NoSender, func(h *HeldItem) { h.Ticket = 0 }, []Verdict{Drop}},
		{"proven stranger", NotParticipant, nil, all},
		{"proven agent", NotParticipant, func(h *HeldItem) { h.Recognised.Sender = SenderAgent }, []Verdict{NewTicket, Drop}},
		{"unproven stranger", UnprovenSender, nil, all},
		{"unproven stranger without a ticket", UnprovenSender, func(h *HeldItem) { h.Ticket = 0 }, []Verdict{NewTicket, Spam, Drop}},
		{"unproven participant", UnprovenSender, func(h *HeldItem) { h.Recognised.Sender = SenderParticipant }, []Verdict{AcceptOnce, NewTicket, Drop}},
		{"unproven agent", AgentUnproven, nil, []Verdict{NewTicket, Drop}},
		{"report", UnmatchedReport, nil, []Verdict{AcceptOnce, Drop}},
		{"report about nothing", UnmatchedReport, func(h *HeldItem) { h.Ticket = 0 }, []Verdict{Drop}},
		{"not invited", NotInvited, func(h *HeldItem) { h.Ticket = 0 }, []Verdict{NewTicket, Spam, Drop}},
		{"two tickets", TwoTickets, nil, all},
		{"two tickets, none chosen", TwoTickets, func(h *HeldItem) { h.Ticket = 0 }, []Verdict{NewTicket, Spam, Drop}},
		{"too many", TooMany, nil, all},
		{"too many of a participant", TooMany, func(h *HeldItem) { h.Recognised.Sender = SenderParticipant }, []Verdict{AcceptOnce, NewTicket, Spam, Drop}},
		{"called spam", CalledSpam, nil, []Verdict{AcceptOnce, AddCollaborator, NewTicket, Drop}},
		{"of an older version", NotParticipant, func(h *HeldItem) { h.Entry = nil }, []Verdict{Spam, Drop}},
		{"decided", NotParticipant, func(h *HeldItem) { h.Decision = &Decision{Verdict: Drop} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := usual(tt.cause)
			if tt.but != nil {
				tt.but(h)
			}
			got := h.Offers()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("offers (-want +got):\n%s", diff)
			}
			for _, v := range Verdicts {
				if h.Decision == nil && (h.Refusal(v) == "") != slices.Contains(got, v) {
					t.Errorf("%s is offered: %t, and refused with %q", v, slices.Contains(got, v), h.Refusal(v))
				}
			}
		})
	}
	for _, cause := range Causes {
		if !slices.Contains(usual(cause).Offers(), Drop) {
			t.Errorf("%s leaves nothing to decide", cause)
		}
	}
}

func TestParseVerdict(t *testing.T) {
	for _, v := range Verdicts {
		if got, err := ParseVerdict(string(v)); got != v || err != nil {
			t.Errorf("ParseVerdict(%q) = %q, %v", v, got, err)
		}
	}
	for _, s := range []string{"", "Accept", "erase"} {
		if _, err := ParseVerdict(s); err == nil || KindOf(err) != Invalid {
			t.Errorf("ParseVerdict(%q): %v, want Invalid", s, err)
		}
	}
}
