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
	m := newMatcher(&q)
	var found []*row
	for i := range t.rows {
		if m.matches(&t.rows[i]) {
			found = append(found, &t.rows[i])
		}
	}
	from, to := q.window(t, found)
	page := Page{Total: len(found), Newer: from > 0, Older: to < len(found)}
	for _, one := range found[from:to] {
		page.IDs = append(page.IDs, one.id)
	}
	return page
}

func (q *Query) window(t *table, found []*row) (from, to int) {
	search := func(id helpdesk.ID) (int, bool) {
		return slices.BinarySearchFunc(found, row{key: t.keys[id], id: id}, func(a *row, b row) int { return byKey(*a, b) })
	}
	_, before := t.keys[q.Before]
	_, after := t.keys[q.After]
	switch {
	case after: // what stands before it
		to, _ = search(q.After)
		return max(to-q.Limit, 0), to
	case before:
		at, same := search(q.Before)
		if same {
			at++
		}
		from = at
	}
	return from, min(from+q.Limit, len(found))
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
	words []string
}

// mostWords of a query count; nobody types more.
const mostWords = 8

func newMatcher(q *Query) *matcher {
	words := strings.Fields(fold(q.Words))
	return &matcher{Query: q, words: words[:min(len(words), mostWords)]}
}

func (m *matcher) matches(r *row) bool {
	switch {
	case m.Blocked && !r.blocked, m.Deleted && r.deleted.IsZero():
		return false
	case !m.Deleted && !r.deleted.IsZero() && len(m.words) == 0:
		return false
	}
	for _, w := range m.words {
		if !begins(r.text, w) {
			return false
		}
	}
	return true
}

// begins reports whether a word of text, or a part of an address, begins so. Scripts
// without blanks between words are looked through.
func begins(text, word string) bool {
	anywhere := strings.ContainsFunc(word, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) })
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		if anywhere || at == 0 || isBreak(text[at-1]) || isBreak(text[at]) {
			return true
		}
		from = at + 1
	}
}

func isBreak(b byte) bool { return strings.IndexByte(" \n\t.,;:@-_+'\"()/&", b) >= 0 }
