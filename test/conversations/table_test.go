package conversations

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is allowed.
const (
	maxSplits  = 0.02 // of the replies that a careful human would join
	maxLoop    = 4    // mails of both sides
	mailsAtDay = 1    // to one address that never asked
)

// measure is one row of the table.
type measure struct {
	name   string
	wanted string // "" where nothing is
	found  string
	broken []finding // what breaks it; empty when it holds
}

func (c *tally) measures() []measure {
	return []measure{
		{name: fmt.Sprintf("conversations, and attacks of %d kinds between them", len(attacks)+1), found: fmt.Sprintf("%d, %d", c.conversations, c.attacks+1)},
		{name: "mails that were brought, and mails that were sent", found: fmt.Sprintf("%d, %d", c.mailsIn, c.mailsOut)},
		none("mails that were taken in and are nowhere", c.lost, ""),
		none("mails that are in two places", c.doubled, ""),
		none("wrong merges: mails on the ticket of another conversation", c.merges, ""),
		c.splitMeasure(),
		{name: "replies held for an agent to decide", found: fmt.Sprint(c.kept)},
		{name: "replies on their ticket for agents alone", found: fmt.Sprint(c.hidden)},
		none("leaks to non-participants", c.leaks, fmt.Sprintf("of %d canaries, in %d mails and %d pages", c.canaries, c.mailsOut, c.pages)),
		none("mails in another's name that were believed", c.believed, fmt.Sprintf("of %d", c.pretended)),
		none("mails in an agent's name that reached a customer", c.relayed, ""),
		none("mails to somebody who never wrote", c.backscatter, ""),
		none("absence notes that customers were shown", c.woken, fmt.Sprintf("of %d", c.notes)),
		none("bounces that did not mark their mail, or marks without one", c.unmarked, fmt.Sprintf("of %d", c.bounced)),
		none("guessed reply addresses that were taken", c.guessed, fmt.Sprintf("of %d", c.guesses)),
		c.loopMeasure(),
		{name: fmt.Sprintf("mails to %d victims from %d submissions", c.victims, c.submissions), wanted: fmt.Sprintf("≤ %d", c.victims*mailsAtDay),
			found: fmt.Sprint(c.victimMailsAll), broken: c.victimMails},
		none("of these, with words of the sender", c.victimCanaries, ""),
		{name: "pages that show their reader what somebody asked in their name", found: fmt.Sprint(c.inTheirName)},
	}
}

func none(name string, broken []finding, of string) measure {
	return measure{name: name, wanted: "0", found: strings.TrimSpace(fmt.Sprint(len(broken), " ", of)), broken: broken}
}

func (c *tally) splitMeasure() measure {
	m := measure{name: "wrong splits: replies that a careful human would join, and that made a ticket", wanted: fmt.Sprintf("≤ %.0f %%", 100*maxSplits)}
	if c.joinable == 0 {
		m.found = "none was tried"
		return m
	}
	part := float64(len(c.splits)) / float64(c.joinable)
	m.found = fmt.Sprintf("%d of %d, %.1f %%", len(c.splits), c.joinable, 100*part)
	if part > maxSplits {
		m.broken = c.splits
	}
	return m
}

func (c *tally) loopMeasure() measure {
	m := measure{name: "mails of the longest loop, of both sides", wanted: fmt.Sprintf("≤ %d", maxLoop), found: "none was tried"}
	worst := -1
	for _, l := range c.loops {
		n := l.ours + l.them
		if n > worst {
			worst, m.found = n, fmt.Sprintf("%d, %s", n, l.name)
		}
		if n > maxLoop {
			m.broken = append(m.broken, finding{fmt.Sprintf("%s: %d mails of ours and %d of theirs", l.name, l.ours, l.them), l.mails})
		}
	}
	return m
}

// table prints the measures for people.
func (c *tally) table() string {
	var b strings.Builder
	b.WriteString("| what is counted | wanted | found |\n|---|---|---|\n")
	for _, m := range c.measures() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.name, m.wanted, m.found)
	}
	return b.String()
}

// report is all tables.
func (c *tally) report() string {
	return c.table() + "\nReplies, by what makes it hard to find their ticket:\n\n" + c.quirks() +
		"\nPrograms that answer each mail, and desks that answer each other:\n\n" + c.robots()
}

// quirks prints how replies fared, by what the mail program did. What is rare and
// went well is counted together.
func (c *tally) quirks() string {
	var b strings.Builder
	b.WriteString("| what makes the reply hard | replies | wrong splits |\n|---|---|---|\n")
	names := slices.SortedFunc(maps.Keys(c.joinableBy), func(x, y string) int {
		return cmp.Or(c.joinableBy[y]-c.joinableBy[x], strings.Compare(x, y))
	})
	others := 0
	for _, name := range names {
		if c.splitsBy[name] == 0 && c.joinableBy[name] < c.joinable/200 {
			others += c.joinableBy[name]
			continue
		}
		fmt.Fprintf(&b, "| %s | %d | %d |\n", name, c.joinableBy[name], c.splitsBy[name])
	}
	if others > 0 {
		fmt.Fprintf(&b, "| rarer combinations of these | %d | 0 |\n", others)
	}
	return b.String()
}

// Findings of each measure that are named, and mails that are kept of each; the
// rest is counted.
const (
	maxShown = 20
	maxKept  = 6
)

// robots prints how each loop went.
func (c *tally) robots() string {
	var b strings.Builder
	b.WriteString("| who answers | mails of ours | mails of theirs |\n|---|---|---|\n")
	for _, l := range c.loops {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", l.name, l.ours, l.them)
	}
	return b.String()
}

// check fails the test for each measure that does not hold, and keeps the mails
// that show it.
func (c *tally) check(t *testing.T) {
	dir := ""
	for i, m := range c.measures() {
		if len(m.broken) == 0 {
			continue
		}
		if dir == "" {
			dir = findingsDir(t)
		}
		t.Errorf("%s: found %s, wanted %s", m.name, m.found, m.wanted)
		for j, f := range m.broken[:min(len(m.broken), maxShown)] {
			t.Logf("  %s%s", f.words, keepMails(t, filepath.Join(dir, fmt.Sprintf("%02d-%03d", i, j)), f.mails))
		}
		if more := len(m.broken) - maxShown; more > 0 {
			t.Logf("  and %d more", more)
		}
	}
}

// findingsDir outlives the test: with -artifacts it is where go test puts them.
func findingsDir(t *testing.T) string {
	t.Helper()
	if f := flag.Lookup("test.artifacts"); f != nil && f.Value.String() == "true" {
		return t.ArtifactDir()
	}
	dir, err := os.MkdirTemp("", "conversations-")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func keepMails(t *testing.T, path string, mails [][]byte) string {
	var paths []string
	for i, raw := range mails[:min(len(mails), maxKept)] {
		name := fmt.Sprintf("%s-%d.eml", path, i)
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Error(err)
		}
		paths = append(paths, name)
	}
	if len(paths) == 0 {
		return ""
	}
	return "\n    " + strings.Join(paths, "\n    ")
}

// Marks that the tables are written between.
var beginMark, endMark = []byte("<!-- talk:begin -->\n"), []byte("<!-- talk:end -->")

// writeTables puts the tables between the marks of a file.
func (c *tally) writeTables(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, beginMark)
	_, after, closed := bytes.Cut(rest, endMark)
	if !ok || !closed {
		return fmt.Errorf("%s has no marks to write between", path)
	}
	made := fmt.Sprintf("Seed %d.\n\n%s", *seed, c.report())
	return os.WriteFile(path, slices.Concat(before, beginMark, []byte(made), endMark, after), 0o644)
}
