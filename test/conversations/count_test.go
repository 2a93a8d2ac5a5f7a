package conversations

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// finding is something that is not as it should be, with the mails that show it.
type finding struct {
	words string
	mails [][]byte
}

// tally is what is counted.
type tally struct {
	conversations, attacks int
	mailsIn, mailsOut      int

	lost, doubled   []finding
	merges          []finding
	splits          []finding
	joinable        int            // replies that a careful human would join
	kept            int            // of these, held for an agent to decide
	hidden          int            // of these, on their ticket for agents alone
	splitsBy        map[string]int // by what the program did
	joinableBy      map[string]int
	believed        []finding // mails in a name that was not the writer's, taken for proven or shown to customers
	pretended       int
	leaks           []finding
	canaries, pages int
	inTheirName     int // pages that show a request which somebody made in the reader's name
	relayed         []finding
	woken           []finding // what programs wrote, shown to customers
	notes           int
	unmarked        []finding // bounces that did not mark their mail, and marks without a bounce
	bounced         int
	backscatter     []finding

	loops          []loop
	victims        int // of relay abuse
	submissions    int
	victimMails    []finding // above one for each victim
	victimMailsAll int
	victimCanaries []finding
	guesses        int
	guessed        []finding
}

// loop is what a robot and a desk sent each other.
type loop struct {
	name       string
	ours, them int
	mails      [][]byte
}

// count compares what became of the mails with what is true about them.
func (w *world) count(c *tally, f *truth) {
	c.mailsIn += w.ledger.carried
	c.mailsOut += len(w.sink.all())
	bounced := c.bounced
	stories := map[string]*sent{} // by mailbox and hash
	for _, s := range w.ledger.all() {
		for _, h := range s.hashes {
			stories[boxName(s.box)+h] = s
		}
		if s.err == nil {
			c.inOnePlace(f, s)
			c.joined(f, s)
			c.believes(f, s)
			c.programs(f, s)
		}
	}
	c.marks(f, c.bounced-bounced)
	for _, number := range slices.Sorted(maps.Keys(f.tickets)) {
		c.merged(f.tickets[number], number, stories, w.ledger.portal)
	}
}

// inOnePlace wants every mail that was answered with 250 in one place.
func (c *tally) inOnePlace(f *truth, s *sent) {
	switch places := f.places(s); {
	case len(places) == 0:
		c.lost = append(c.lost, s.finding("was answered with 250 and is nowhere"))
	case len(places) > 1:
		c.doubled = append(c.doubled, s.finding(fmt.Sprintf("is in %d places", len(places))))
	}
}

func (s *sent) finding(words string) finding {
	who := s.story + ": a mail of the " + s.who
	if s.quirk != "" {
		who += " (" + s.quirk + ")"
	}
	return finding{who + " to " + s.box + " " + words, [][]byte{s.raw}}
}

// joined wants a reply on the ticket of what it answers.
func (c *tally) joined(f *truth, s *sent) {
	places, want := f.places(s), f.wanted(s)
	if want == 0 || len(places) == 0 {
		return
	}
	quirk := s.quirk
	if quirk == "" {
		quirk = "nothing special"
	}
	c.joinable++
	c.joinableBy[quirk]++
	switch at := places[0]; {
	case at.entry != nil && s.wants != 0 && at.ticket != want:
		c.merges = append(c.merges, s.finding(fmt.Sprintf("is in #%d and belongs to #%d; %s", at.ticket, want, at.entry.why())))
	case at.held != nil:
		c.kept++
		if at.held.Number != 0 && !f.goesOn(at.held.Number, want) {
			c.merges = append(c.merges, s.finding(fmt.Sprintf("is held for #%d and belongs to #%d", at.held.Number, want)))
		}
	case !f.goesOn(at.ticket, want):
		c.splitsBy[quirk]++
		c.splits = append(c.splits, s.finding(fmt.Sprintf("made #%d and belongs to #%d; %s", at.ticket, want, at.entry.why())))
	case at.entry.Hidden:
		c.hidden++
	}
}

// why is the row of the decision table with its evidence.
func (e *entry) why() string {
	if e.Recognised == nil {
		return "not recognised"
	}
	return fmt.Sprintf("row %s, token %s: %s", e.Recognised.Rule, e.Recognised.Token, strings.Join(e.Recognised.Evidence, " "))
}

// believes wants that no mail in another's name counts as theirs.
func (c *tally) believes(f *truth, s *sent) {
	if s.pretends == "" {
		return
	}
	c.pretended++
	for _, p := range f.places(s) {
		switch {
		case p.entry == nil || p.entry.Recognised == nil:
		case p.entry.Recognised.Trust.Proof == "pass" && strings.EqualFold(p.entry.Author, s.pretends):
			c.believed = append(c.believed, s.finding(fmt.Sprintf("counts as proven mail of %s on #%d; %s", s.pretends, p.ticket, p.entry.why())))
		case s.claims != "" && !p.entry.Hidden && p.entry.Seq > 1:
			c.believed = append(c.believed, s.finding(fmt.Sprintf("is shown on #%d as written by %s; %s", p.ticket, p.entry.Author, p.entry.why())))
		}
	}
}

// merged wants all of a ticket from one story.
func (c *tally) merged(t *ticket, number int64, stories map[string]*sent, portal map[int64]string) {
	owner := portal[number]
	for i := range t.Entries {
		e := &t.Entries[i]
		s := stories[t.Mailbox+e.Raw]
		switch {
		case !e.stands():
		case s == nil:
			c.merges = append(c.merges, finding{words: fmt.Sprintf("entry %d of #%d is a mail that nobody sent", e.Seq, number)})
		case owner == "" && e.Seq == 1:
			owner = s.story
		case s.story == owner, s.claims == owner && e.Hidden:
		default:
			c.merges = append(c.merges, s.finding(fmt.Sprintf("is entry %d of #%d, which is about %s; %s", e.Seq, number, owner, e.why())))
		}
	}
}

// programs wants what no person wrote to be seen by agents alone, and bounces to
// mark the mail that came back.
func (c *tally) programs(f *truth, s *sent) {
	switch s.who {
	case absent:
		c.notes++
		for _, p := range f.places(s) {
			if p.entry != nil && !p.entry.Hidden {
				c.woken = append(c.woken, s.finding(fmt.Sprintf("is shown to customers on #%d; %s", p.ticket, p.entry.why())))
			}
		}
	case mailServer:
		c.bounced++
		if id := s.answers.reading().messageID; f.state[id] != "bounced" {
			c.unmarked = append(c.unmarked, s.finding(fmt.Sprintf("left the mail that it returns as %s", f.state[id])))
		}
	}
}

// marks wants no mail to be taken for returned that did not come back.
func (c *tally) marks(f *truth, bounced int) {
	marked := 0
	for _, state := range f.state {
		if state == "bounced" {
			marked++
		}
	}
	if marked > bounced {
		c.unmarked = append(c.unmarked, finding{words: fmt.Sprintf("%d mails are marked as returned, and %d were", marked, bounced)})
	}
}
