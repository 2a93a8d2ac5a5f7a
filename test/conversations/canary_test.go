package conversations

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
)

// canary is a word that stands in one place of one mail, and what is known about
// who may come to read it. Wherever else it turns up, something leaks.
type canary struct {
	word   string
	place  string // where it was put: "subject", "text", "name"…
	writer string // who put it there, for the report
	// readers may find it in their mail, and on their pages.
	readers *readers
}

// readers are addresses in lower case. Those of pages may besides open a page
// that shows it: a request that somebody made in their name.
type readers struct {
	mu    sync.Mutex
	mail  map[string]bool
	pages map[string]bool
	beta  bool // the agents of the other account read it, and those under test must not
}

func newReaders(addresses ...string) *readers {
	r := &readers{mail: map[string]bool{}, pages: map[string]bool{}}
	r.add(addresses...)
	return r
}

func (r *readers) add(addresses ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range addresses {
		r.mail[strings.ToLower(a)] = true
	}
}

// addPages is for those whom a mail claims to come from.
func (r *readers) addPages(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages[strings.ToLower(address)] = true
}

// ofBeta says that it was written to the other account.
func (r *readers) ofBeta() *readers {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beta = true
	return r
}

// inAccount reports whether the agents of a domain may read it.
func (r *readers) inAccount(domain string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.beta == (domain == "beta.test")
}

func (r *readers) mayRead(address string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mail[strings.ToLower(address)]
}

func (r *readers) mayOpen(address string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mail[strings.ToLower(address)] || r.pages[strings.ToLower(address)]
}

// book knows every canary.
type book struct {
	mu       sync.Mutex
	canaries map[string]*canary
}

func newBook() *book { return &book{canaries: map[string]*canary{}} }

// letters of a canary survive base32, upper case, and every charset.
const letters = "abcdefghijklmnopqrstuvwxyz234567"

var canaryWord = regexp.MustCompile(`(?i)canary-[a-z2-7]{14}`)

// canary makes a new one.
func (b *book) canary(r *rand.Rand, place, writer string, readers *readers) string {
	word := []byte("CANARY-")
	for range 14 {
		word = append(word, letters[r.IntN(len(letters))])
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.ToLower(string(word))
	if b.canaries[key] != nil {
		panic(fmt.Sprintf("the canary %s was made twice", word))
	}
	b.canaries[key] = &canary{word: string(word), place: place, writer: writer, readers: readers}
	return string(word)
}

func (b *book) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.canaries)
}

// in lists the canaries that a text holds, each once.
func (b *book) in(text string) []*canary {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*canary
	seen := map[string]bool{}
	for _, word := range canaryWord.FindAllString(text, -1) {
		key := strings.ToLower(word)
		if c := b.canaries[key]; c != nil && !seen[key] {
			found, seen[key] = append(found, c), true
		}
	}
	return found
}
