// Package conversations plays customers, agents, robots and attackers against
// the real program and counts what goes wrong: mails on the wrong ticket, words
// that reach somebody they are not for, loops, and mail to strangers.
//
// It knows who wrote what, so it needs nobody's opinion to tell. A run is decided
// by its seed. docs/trust.md has the table of a large one, which make talk
// writes.
package conversations

import (
	"flag"
	"testing"
)

var (
	seed   = flag.Uint64("seed", 1, "decides what everybody does")
	number = flag.Int("conversations", 300, "how many are played")
	write  = flag.String("write", "", "file with marks that the tables are written between")
)

// atOnce is how many conversations go on at the same time.
const atOnce = 8

// TestConversations plays everything at once and looks at what came of it.
//
// covers: P02, P04, P05, P06, M02, M04
func TestConversations(t *testing.T) {
	w := newWorld(t, *seed)
	c := &tally{conversations: *number}
	people := w.people(max(1, *number*4/5))
	each(*number, atOnce, func(n int) { w.newTalk(n, people).play() })

	f, err := w.findTruth()
	if err != nil {
		t.Fatal(err)
	}
	w.count(c, f)
	w.sweep(c)
	for _, fault := range w.faults {
		t.Error(fault)
	}
	t.Logf("\n%s\n%s", c.table(), c.quirks())
	c.check(t)
	if *write != "" {
		if err := c.writeTables(*write); err != nil {
			t.Error(err)
		}
	}
}
