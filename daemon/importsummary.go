package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/archive"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// importSummary tells what became of an archive.
type importSummary struct {
	mu      sync.Mutex
	started time.Time
	opened  map[int32]bool // threads of which a ticket would be made

	DryRun    bool          `json:"dryRun,omitempty"`
	Mails     int           `json:"mails"`            // that were found to be taken
	Tickets   int           `json:"tickets"`          // made
	Entries   int           `json:"entries"`          // added to tickets that were there, or made before
	Known     int           `json:"known"`            // taken in before
	Ours      int           `json:"ours"`             // of tickets and entries: written by us
	Automatic int           `json:"automatic"`        // of them: by programs, and reports
	Hidden    int           `json:"hidden"`           // of them: for agents alone
	Repaired  int           `json:"repaired"`         // of them: mails that were broken and were read all the same
	LeftOut   archive.Tally `json:"leftOut"`          // no mail to take
	NotTaken  archive.Tally `json:"notTaken"`         // what was not understood, or could not be taken
	Unsure    int           `json:"unsure,omitempty"` // in a dry run: reports, which hang on what is there then
	Seconds   float64       `json:"seconds"`
}

func newImportSummary(dryRun bool) *importSummary {
	return &importSummary{DryRun: dryRun, opened: map[int32]bool{}, LeftOut: archive.Tally{}, NotTaken: archive.Tally{}, started: time.Now()}
}

// begin counts what was found.
func (s *importSummary) begin(found *archive.Archive) {
	s.Mails = len(found.Mails)
	s.LeftOut = append(s.LeftOut, found.LeftOut...)
	s.NotTaken = append(s.NotTaken, found.Unread...)
}

func (s *importSummary) end() { s.Seconds = time.Since(s.started).Seconds() }

func (s *importSummary) notTaken(why, place string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.NotTaken.Add(why, place)
}

func (s *importSummary) unsure() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Unsure++
}

// taken counts one mail. In a dry run nothing is there for a mail to join; so of
// each conversation the first mail counts as a ticket, and the others as joining it.
func (s *importSummary) taken(m *archive.Mail, o *helpdesk.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case o.Result == helpdesk.Duplicate:
		s.Known++
		s.opened[m.Thread] = true
		return
	case o.Result == helpdesk.Created && !(s.DryRun && s.opened[m.Thread]):
		s.Tickets++
	default:
		s.Entries++
	}
	s.opened[m.Thread] = true
	r := o.Recognised
	if r == nil {
		return
	}
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	count(&s.Ours, strings.HasPrefix(r.Rule, "past-ours"))
	count(&s.Automatic, r.Class != helpdesk.ClassMessage)
	count(&s.Hidden, o.Hidden)
	count(&s.Repaired, len(r.Faults) > 0)
}

func (s *importSummary) print(w io.Writer) {
	verbs := [...]string{"made", "added"}
	if s.DryRun {
		fmt.Fprintln(w, "Nothing was done. This would become of it, as far as can be told without doing it:")
		verbs = [...]string{"to be made", "to be added"}
	}
	fmt.Fprintf(w, "mails\t%d\tin %.1f s\n", s.Mails, s.Seconds)
	fmt.Fprintf(w, "tickets %s\t%d\n", verbs[0], s.Tickets)
	fmt.Fprintf(w, "entries %s to others\t%d\n", verbs[1], s.Entries)
	fmt.Fprintf(w, "known already\t%d\n", s.Known)
	fmt.Fprintf(w, "not taken\t%d\n", s.NotTaken.Total())
	if s.DryRun {
		fmt.Fprintf(w, "reports\t%d\ttaken if what they are about is there by then\n", s.Unsure)
	}
	if s.Tickets+s.Entries > 0 {
		fmt.Fprintf(w, "Of what is new: %d ours, %d automatic, %d for agents alone, %d broken and repaired.\n", s.Ours, s.Automatic, s.Hidden, s.Repaired)
	}
	printTally(w, "Left out", s.LeftOut)
	printTally(w, "Not taken", s.NotTaken)
}

// printable keeps a terminal safe from the names of files that others made.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

func printTally(w io.Writer, title string, t archive.Tally) {
	if len(t) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, c := range t {
		fmt.Fprintf(w, "%d: %s\n", c.Count, c.Why)
		for _, p := range c.Places {
			fmt.Fprintf(w, "   %s\n", printable(p))
		}
		if more := c.Count - len(c.Places); more > 0 {
			fmt.Fprintf(w, "   and %d more\n", more)
		}
	}
}
