package actions

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Held mail joins its request where that goes on.
//
// covers: P04, P10
func TestAcceptAfterMerge(t *testing.T) {
	for _, verdict := range []helpdesk.Verdict{helpdesk.AcceptOnce, helpdesk.AddCollaborator} {
		t.Run(string(verdict), func(t *testing.T) {
			b := newBench(t)
			ada, from, into := b.agent("ada@acme.example"), b.ticket("n1"), b.ticket("n2")
			item := b.hold(from, nil)
			if err := b.Merge(t.Context(), ada, from, into); err != nil {
				t.Fatal(err)
			}
			before := b.detail(from)
			got := b.verdict(ada, item, verdict)
			d := b.detail(into)
			if got.Number != into || d.Entries[got.Entry-1].Text != "me too" || !d.Entries[got.Entry-1].Public() {
				t.Errorf("decision = %+v, entries %+v", got, d.Entries)
			}
			if p := d.Ticket.ParticipantByAddress(carol); (p != nil) != (verdict == helpdesk.AddCollaborator) {
				t.Errorf("she takes part as %+v", p)
			}
			if diff := cmp.Diff(before, b.detail(from), addresses); diff != "" {
				t.Errorf("the merged request changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPeopleAndReleaseAfterMerge(t *testing.T) {
	b := newBench(t)
	ada, from, into := b.agent("ada@acme.example"), b.ticket("n1"), b.ticket("n2")
	b.hide(from, helpdesk.ClassMessage)
	if err := b.AddParticipant(t.Context(), ada, from, carol.String(), "Carol", false); err != nil {
		t.Fatal(err)
	}
	if err := b.Merge(t.Context(), ada, from, into); err != nil {
		t.Fatal(err)
	}
	err := b.AddParticipant(t.Context(), ada, from, "dave@elsewhere.example", "", false)
	if helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), "goes on as #2") {
		t.Errorf("adding to what was merged: %v, want Invalid", err)
	}
	// What is gone is gone everywhere it was: old links must be killed, too.
	if err := b.RemoveParticipant(t.Context(), ada, from, 2); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(t.Context(), ada, from, 2); err != nil {
		t.Fatal(err)
	}
	if d := b.detail(from); !d.Entries[1].Public() || d.Ticket.Status != helpdesk.Closed || d.Ticket.Merged == nil {
		t.Errorf("ticket %+v, entry %+v", d.Ticket, d.Entries[1])
	}
}

func TestReleaseWhatWasMoved(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	b.hide(number, helpdesk.ClassMessage)
	if _, err := b.Split(t.Context(), ada, number, 2, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Release(t.Context(), ada, number, 2); helpdesk.KindOf(err) != helpdesk.Invalid || err == nil {
		t.Errorf("error = %v, want Invalid", err)
	}
}
