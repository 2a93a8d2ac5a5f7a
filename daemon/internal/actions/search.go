package actions

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/search"
)

// Limits of a search. It reads what it looks through, so it costs what is read.
const (
	// MaxSearch is how many bytes of a search are heeded, and maxSearchWords how many
	// words of it.
	MaxSearch      = 200
	maxSearchWords = 8
	// MostSearched is how many requests are looked through, the newest: more than
	// nearly anybody has.
	MostSearched = 300
	// searchedEntries of each are read, the newest.
	searchedEntries = 60
	// searchedBytes of text end a search: a tenth of a second of work.
	searchedBytes = 8 << 20
	// MostFound is how many are shown. Whoever gets more takes better words.
	MostFound = 50
	// searchBatch is how many are read at once.
	searchBatch = 30
	// searches at once: each may hold some MiB for a moment.
	searches = 4
)

// searchWords are the words of a search, as texts are compared: without case or
// accents. Nothing in them has a meaning but itself.
func searchWords(typed string) []string {
	typed = typed[:min(len(typed), MaxSearch)]
	for !utf8.ValidString(typed) && len(typed) > 0 {
		typed = typed[:len(typed)-1] // a letter was cut, or nothing of it is text
	}
	words := strings.Fields(search.Fold(typed))
	return words[:min(len(words), maxSearchWords)]
}

// search lists the requests that have all of the words, each anywhere in number,
// subject or what was said.
func (l *listing) search(ctx context.Context, find index.Query, words []string) (*Requests, error) {
	if err := l.desk.searches.Acquire(ctx, 1); err != nil {
		return nil, helpdesk.Wrap(helpdesk.Unavailable, err)
	}
	defer l.desk.searches.Release(1)
	find.Limit = MostSearched
	found := l.desk.lists.Find(l.center.Account, find)
	out := l.requests(found)
	out.Partly = found.Older
	room := searchedBytes
	for batch := range slices.Chunk(found.Tickets, searchBatch) {
		tickets, err := l.read(ctx, batch, searchedEntries)
		if err != nil {
			return nil, err
		}
		for i := range tickets {
			t := &tickets[i]
			said, err := t.said(l.center, searchedEntries)
			if err != nil {
				return nil, err
			}
			room -= size(said)
			if room < 0 || len(out.Rows) == MostFound {
				out.Partly = true
				return out, nil
			}
			if t.has(words, said) {
				out.Rows = append(out.Rows, row(t, said))
			}
			// What came before is not looked at, which the page has to say.
			out.Partly = out.Partly || t.Read == searchedEntries && t.Entries > searchedEntries
		}
	}
	return out, nil
}

// has reports whether each word is somewhere in the request.
func (t *part) has(words []string, said []helpdesk.PublicMessage) bool {
	left := slices.Clone(words)
	strike := func(text string) {
		if len(left) > 0 {
			text = search.Fold(text)
			left = slices.DeleteFunc(left, func(w string) bool { return strings.Contains(text, w) })
		}
	}
	number := strconv.FormatInt(t.Number, 10)
	left = slices.DeleteFunc(left, func(w string) bool { return strings.TrimPrefix(w, "#") == number })
	strike(t.Subject)
	for i := range said {
		strike(said[i].Text)
	}
	return len(left) == 0
}

func size(said []helpdesk.PublicMessage) int {
	n := 0
	for i := range said {
		n += len(said[i].Text)
	}
	return n
}
