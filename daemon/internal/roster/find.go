package roster

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Query asks for contacts in the order of their names.
type Query struct {
	// Words of which each begins a word of the name, an address or a part of one.
	Words string
	// Blocked and Deleted ask for those alone. Deleted ones are in no other list, unless
	// words are looked for.
	Blocked, Deleted bool
	// Before and After name contacts of the list: at most one, and Limit contacts that
	// are next to it on its far side are found. From one that is gone, the list begins
	// anew.
	Before, After helpdesk.ID
	Limit         int
}

// Page is a part of the list.
type Page struct {
	IDs          []helpdesk.ID
	Newer, Older bool // there are more before, and behind
	Total        int  // in the whole list
}

// Find answers a query from what the roster knows.
func (r *Roster) Find(account string, q Query) Page {
	t := r.table(account)
	t.mu.RLock()
	defer t.mu.RUnlock()
	m, from, to := newMatcher(&q), t.place(q.Before), t.place(q.After)
	var page Page
	passed := 0 // of the list, before the page
	for i := range t.rows {
		if !m.matches(&t.rows[i]) {
			continue
		}
		page.Total++
		switch {
		case to >= 0: // the last ones before it
			if i < to {
				passed++
				page.IDs = append(page.IDs, t.rows[i].id)
			}
			if len(page.IDs) > max(2*q.Limit, 64) {
				page.IDs = append(page.IDs[:0], page.IDs[len(page.IDs)-q.Limit:]...)
			}
		case i <= from:
			passed++
		case len(page.IDs) < q.Limit:
			page.IDs = append(page.IDs, t.rows[i].id)
		}
	}
	if to >= 0 {
		page.IDs = page.IDs[max(len(page.IDs)-q.Limit, 0):]
		passed -= len(page.IDs)
	}
	page.Newer, page.Older = passed > 0, passed+len(page.IDs) < page.Total
	return page
}

// place is where a contact stands; -1 if it is not there.
func (t *table) place(id helpdesk.ID) int {
	key, known := t.keys[id]
	if !known {
		return -1
	}
	at, _ := slices.BinarySearchFunc(t.rows, row{id: id, key: key}, byKey)
	return at
}

// DeletedBefore are contacts that were taken away before a time.
func (r *Roster) DeletedBefore(account string, at time.Time) []helpdesk.ID {
	t := r.table(account)
	t.mu.RLock()
	defer t.mu.RUnlock()
	var ids []helpdesk.ID
	for i := range t.rows {
		if one := &t.rows[i]; !one.deleted.IsZero() && one.deleted.Before(at) {
			ids = append(ids, one.id)
		}
	}
	return ids
}

type matcher struct {
	*Query
	words []word
}

type word struct {
	text string
	// anywhere: scripts without blanks between words are looked through.
	anywhere bool
}

// mostWords of a query count; nobody types more.
const mostWords = 8

func newMatcher(q *Query) *matcher {
	m := &matcher{Query: q}
	for _, text := range strings.Fields(fold(q.Words)) {
		if len(m.words) == mostWords {
			break
		}
		m.words = append(m.words, word{text, strings.ContainsFunc(text, unspaced)})
	}
	return m
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

func (m *matcher) matches(r *row) bool {
	switch {
	case m.Blocked && !r.blocked, m.Deleted && r.deleted.IsZero():
		return false
	case !m.Deleted && !r.deleted.IsZero() && len(m.words) == 0:
		return false
	}
	for _, w := range m.words {
		if !w.begins(r.text) {
			return false
		}
	}
	return true
}

// begins reports whether a word of text, or a part of an address, begins so.
func (w word) begins(text string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], w.text)
		if at < 0 {
			return false
		}
		at += from
		if w.anywhere || at == 0 || isBreak(text[at-1]) || isBreak(text[at]) {
			return true
		}
		from = at + 1
	}
}

func isBreak(b byte) bool { return strings.IndexByte(" \n\t.,;:@-_+'\"()/&", b) >= 0 }
