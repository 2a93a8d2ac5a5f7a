package index

import (
	"hash/maphash"
	"math"
	"sync"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Kinds of marks.
const (
	tagMark     = 't'
	watchMark   = 'w'
	mentionMark = 'm'
	valueMark   = 'v'
)

// seed of marks: whoever writes tickets cannot know which texts have one hash.
var seed = maphash.MakeSeed()

// mark is a text that lists choose by, hashed: some are long, and most are nowhere
// else. Whoever shows a request looks at its record, so that two texts with one hash
// do no harm.
func mark(kind byte, text string) uint64 {
	return maphash.Comparable(seed, struct {
		kind byte
		text string
	}{kind, text})
}

// marks of a ticket: its tags, who watches it and was named in it, and answers.
func marks(read *store.TicketHead) []uint64 {
	keys := helpdesk.ValueKeys(read.Form, read.Fields)
	n := len(read.Tags) + len(read.Watchers) + len(read.Mentioned) + len(keys)
	if n == 0 {
		return nil
	}
	all := make([]uint64, 0, n)
	for _, tag := range read.Tags {
		all = append(all, mark(tagMark, tag))
	}
	for _, agent := range read.Watchers {
		all = append(all, mark(watchMark, string(agent)))
	}
	for _, agent := range read.Mentioned {
		all = append(all, mark(mentionMark, string(agent)))
	}
	for _, key := range keys {
		all = append(all, mark(valueMark, key))
	}
	return all
}

// sieve has one bit of each mark: who lacks a bit lacks the mark.
func sieve(marks []uint64) uint64 {
	var bits uint64
	for _, m := range marks {
		bits |= 1 << (m % 64)
	}
	return bits
}

// symbol stands for one of the few words that many tickets have: names of what is
// declared, ids of agents and teams. 0 is none.
type symbol uint32

// unknown stands for a word that no ticket has.
const unknown symbol = math.MaxUint32

// symbols are those of the process. They are never forgotten: there are as many as
// agents, teams and declarations ever were.
var symbols = struct {
	sync.RWMutex
	known map[string]symbol
	words []string
}{known: map[string]symbol{"": 0}, words: []string{""}}

// symbolOf finds the symbol of a word of a ticket, or makes it.
func symbolOf[T ~string](word T) symbol {
	if s := find(word); s != unknown {
		return s
	}
	symbols.Lock()
	defer symbols.Unlock()
	if s, ok := symbols.known[string(word)]; ok {
		return s
	}
	s := symbol(len(symbols.words))
	symbols.known[string(word)] = s
	symbols.words = append(symbols.words, string(word))
	return s
}

// find is the symbol of a word that somebody asks for.
func find[T ~string](word T) symbol {
	symbols.RLock()
	defer symbols.RUnlock()
	if s, ok := symbols.known[string(word)]; ok {
		return s
	}
	return unknown
}

func findAll[T ~string](words []T) []symbol {
	var all []symbol
	for _, w := range words {
		all = append(all, find(w))
	}
	return all
}

func (s symbol) word() string {
	symbols.RLock()
	defer symbols.RUnlock()
	return symbols.words[s]
}
