package console

import (
	"fmt"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// stretch is a piece of a history: one entry, or several events in a row.
type stretch struct {
	entry
	Events []entry // folded; the entry is empty then
	Words  string  // that stand for them
}

const (
	// fewEvents are not worth a click.
	fewEvents = 3
	// shownHistory and up to earlierStep more stand open; what is older is folded. The
	// border moves in steps, so that it stays where it is while something is added.
	shownHistory = 24
	earlierStep  = 12
)

// foldEvents puts events that follow each other into one stretch.
func foldEvents(all []entry) []stretch {
	var out []stretch
	for i := 0; i < len(all); {
		end := i
		for end < len(all) && all[end].Look == "event" && len(all[end].Why.Flags) == 0 {
			end++
		}
		if end-i > fewEvents {
			folded := stretch{Events: all[i:end], Words: fmt.Sprintf("%d changes", end-i)}
			folded.Anchor = "from-" + all[i].Anchor
			out = append(out, folded)
			i = end
			continue
		}
		for end = max(end, i+1); i < end; i++ {
			out = append(out, stretch{entry: all[i]})
		}
	}
	return out
}

// foldEarlier parts a long history.
func foldEarlier(all []stretch) (earlier, rest []stretch) {
	n := (len(all) - shownHistory) / earlierStep * earlierStep
	if n <= 0 {
		return nil, all
	}
	return all[:n], all[n:]
}

// thread shows the history, with what was merged into it.
func thread(detail *actions.Detail, path string) []entry {
	messages := 0
	for i := range detail.Entries {
		if detail.Entries[i].FromCustomer() {
			messages++
		}
	}
	copies := copiesOf(detail, path)
	var shown []entry
	for _, item := range detail.Thread() {
		own := draft{Number: item.Ticket.Number}.path()
		e := newEntry(own, item.Entry)
		e.Sent = newSent(item.Ticket, copies[copyKey{item.Ticket.ID, item.Entry.Seq}])
		switch {
		case item.Ticket.ID != detail.Ticket.ID:
			e.From, e.Anchor = item.Ticket.Number, anchor(item.Ticket.Number, item.Entry.Seq)
		case detail.Ticket.Merged == nil && item.Entry.FromCustomer() && messages > 1:
			e.Split = own + "/entries/" + strconv.Itoa(item.Entry.Seq) + "/" + splitAct
		}
		if own := item.Ticket.ID == detail.Ticket.ID; own && detail.Ticket.Merged == nil && item.Entry.Kind == helpdesk.Message && item.Entry.MovedTo == nil {
			e.Forward = path + "/" + forwardAct + "?entry=" + strconv.Itoa(item.Entry.Seq)
		}
		shown = append(shown, e)
	}
	return shown
}

// anchor of an entry; from is the merged request that it is one of, 0 for none.
func anchor(from int64, seq int) string {
	if from == 0 {
		return "entry-" + strconv.Itoa(seq)
	}
	return fmt.Sprintf("entry-%d-%d", from, seq)
}

// copyKey is the entry that a copy tells about.
type copyKey struct {
	ticket helpdesk.TicketID
	entry  int
}

// copiesOf finds the mails that carried each answer.
func copiesOf(detail *actions.Detail, path string) map[copyKey][]delivery {
	all := map[copyKey][]delivery{}
	for i := range detail.Deliveries {
		collect(all, detail.Ticket.ID, &detail.Deliveries[i], path)
	}
	for i := range detail.Merged {
		part := &detail.Merged[i]
		for j := range part.Deliveries {
			collect(all, part.Ticket.ID, &part.Deliveries[j], path)
		}
	}
	return all
}

func collect(all map[copyKey][]delivery, ticket helpdesk.TicketID, d *helpdesk.Delivery, path string) {
	if d.Purpose != helpdesk.AgentReply {
		return
	}
	key := copyKey{ticket, d.Entry}
	one := newDelivery(d)
	one.offerRetry(path)
	all[key] = append(all[key], one)
}

// sent tells what became of the mails that carried an answer.
type sent struct {
	Words   string
	State   string // sent, queued or failed: how it looks
	Copies  []delivery
	Trouble bool // somebody has not got it
}

// newSent is nil for what no mail carried.
func newSent(t *helpdesk.Ticket, copies []delivery) *sent {
	if len(copies) == 0 {
		return nil
	}
	s := &sent{Copies: copies}
	var failed, waiting, arrived []string
	for i := range copies {
		d := &copies[i]
		d.Name = d.To.String()
		for j := range t.Participants {
			if p := &t.Participants[j]; p.Number == d.Participant && p.Name != "" {
				d.Name = p.Name
			}
		}
		switch d.State {
		case helpdesk.Failed, helpdesk.Bounced:
			failed = append(failed, d.Name)
		case helpdesk.Queued:
			waiting = append(waiting, d.Name)
		case helpdesk.Sent:
			arrived = append(arrived, d.Name)
		}
	}
	switch {
	case len(failed) > 0:
		s.Words, s.State, s.Trouble = "Did not reach "+someNames(failed), "failed", true
	case len(waiting) > 0:
		s.Words, s.State = "On its way to "+someNames(waiting), "queued"
	case len(arrived) > 0:
		s.Words, s.State = "Sent to "+someNames(arrived), "sent"
	default:
		s.Words, s.State = "Withdrawn", "withdrawn"
	}
	return s
}

// someNames names the first, and counts the others where they are many.
func someNames(names []string) string {
	switch len(names) {
	case 1:
		return names[0]
	case 2:
		return names[0] + " and " + names[1]
	}
	return fmt.Sprintf("%s and %d others", names[0], len(names)-1)
}
