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
	"fmt"
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
	c := &tally{splitsBy: map[string]int{}, joinableBy: map[string]int{}}
	for left, n := *number, uint64(0); left > 0; left, n = left-perWorld, n+1 {
		t.Run(fmt.Sprintf("world %d", n), func(t *testing.T) {
			w := newWorld(t, *seed+n<<32, c)
			if n == 0 {
				w.loops(c)
				w.relayAbuse()
			}
			w.playAll(min(left, perWorld))
			w.judge(c, n == 0)
			for _, fault := range w.faults {
				t.Error(fault)
			}
		})
	}
	t.Logf("\n%s", c.report())
	c.check(t)
	if *write != "" {
		if err := c.writeTables(*write); err != nil {
			t.Error(err)
		}
	}
}

// perWorld is how many conversations are played with one installation. It sends
// 1,000 automatic mails an hour for a mailbox; a larger run is of several.
const perWorld = 500

// judge looks at what came of it.
func (w *world) judge(c *tally, abused bool) {
	f, err := w.findTruth()
	if err != nil {
		w.fault("%v", err)
		return
	}
	w.count(c, f)
	if abused {
		w.countAbuse(c)
	}
	w.sweep(c)
}

// playAll plays conversations, and attacks between them.
func (w *world) playAll(n int) {
	people := w.people(max(1, n*4/5))
	var plays []func()
	for i, kind := range deal(w.random("deal", 0), n) {
		plays = append(plays, w.newTalk(i, kind, people).play)
	}
	w.tally.conversations += len(plays)
	for i := range len(attacks) * max(1, n/perAttack) {
		plays = append(plays, w.newAttack(i).play)
	}
	w.random("order", 0).Shuffle(len(plays), func(i, j int) { plays[i], plays[j] = plays[j], plays[i] })
	each(len(plays), atOnce, func(i int) { plays[i]() })
}

// perAttack is how many conversations there are for each attack of a kind.
const perAttack = 300
