package search

import (
	"context"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Query asks for tickets, what was last heard of first.
type Query struct {
	Match Match
	// Best begins with those that have the words in their subject.
	Best bool
	// Keep tells which tickets are wanted. It is asked of many and must be quick.
	Keep func(helpdesk.TicketID) bool
	// Few are all that Keep lets through, and maybe others; nil if these are not
	// known or too many. They are looked up by themselves when that is less work.
	Few []helpdesk.TicketID
	// Before is a place that an earlier answer named; "" is the beginning.
	Before string
	Limit  int // tickets
	Count  int // where counting ends
}

// Hit is a ticket that was found.
type Hit struct {
	ID    helpdesk.TicketID
	Place string // to go on behind it
}

// Found is the answer to a query. It gives no right to see anything.
type Found struct {
	Hits  []Hit
	Older bool // there are more
	Total int  // in all, at most what was to be counted
	// Partly: looking ended before everything was looked at.
	Partly bool
}

// mostLooked is how many rows one answer looks at: a tenth of a second of work. Only
// who looks for what nearly every request has, among those with a rare mark, meets it.
const mostLooked = 100_000

// Find answers a query from what the index knows; NotFound if there is no such place.
func (x *Index) Find(ctx context.Context, account string, q Query) (*Found, error) {
	part, before, err := parsePlace(q.Before)
	if err != nil {
		return nil, err
	}
	s := x.shelf(account)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.file == nil {
		return &Found{}, nil // it was thrown away a moment ago, which its state tells
	}
	found, err := s.file.find(ctx, q, part, before)
	if err != nil {
		s.suspect(err)
		return nil, helpdesk.Wrap(helpdesk.Unavailable, err)
	}
	return found, nil
}

// parts of an answer: the best first.
const (
	inSubject = 's'
	anywhere  = 'a'
)

func (f *file) find(ctx context.Context, q Query, part rune, before int64) (*Found, error) {
	l := &looking{Query: q, left: mostLooked, walked: f.walked * len(q.Few)}
	if !q.Best || q.Match.subject == "" {
		return &l.Found, l.look(ctx, f, q.Match.all, anywhere, before)
	}
	if part == inSubject || q.Before == "" {
		if err := l.look(ctx, f, q.Match.subject, inSubject, before); err != nil {
			return nil, err
		}
		before = math.MaxInt64
	}
	return &l.Found, l.look(ctx, f, "("+q.Match.all+") NOT ("+q.Match.subject+")", anywhere, before)
}

// looking is an answer in the making.
type looking struct {
	Query
	Found
	left   int // rows to be looked at yet
	walked int // at most so many, or one, are gone along before tickets are looked up by themselves
}

const (
	lookAll = `SELECT row, ticket FROM doc WHERE row < ? ORDER BY row DESC`
	// The same for tickets that are named: only these are looked up.
	lookFew      = `SELECT row, ticket FROM doc WHERE ticket IN (SELECT value FROM json_each(?)) AND row < ? ORDER BY row DESC`
	lookFewWords = `SELECT doc.row, doc.ticket FROM doc CROSS JOIN words ON words.rowid = doc.row
		WHERE doc.ticket IN (SELECT value FROM json_each(?)) AND words MATCH ? AND doc.row < ? ORDER BY doc.row DESC`
	// The same, but all that have the words are gone along, in the engine: the plus keeps
	// it from looking up one ticket after the other.
	lookAmongWords = `SELECT words.rowid, doc.ticket FROM words CROSS JOIN doc ON doc.row = words.rowid
		WHERE +words.rowid IN (SELECT row FROM doc WHERE ticket IN (SELECT value FROM json_each(?))) AND words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC`
	lookWords = `SELECT words.rowid, doc.ticket FROM words CROSS JOIN doc ON doc.row = words.rowid WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC`
)

const (
	// walkedForEach is how many rows are gone along for each of few tickets before
	// these are looked up by themselves instead: a row costs some 3 µs, a lookup some
	// 80 µs a word. So it costs twice as much as the better way at most.
	walkedForEach = 25
	// mostSeeked is how many few may be.
	mostSeeked = 500
)

// look goes through the rows of one part: along all that have the words at first,
// and when there are many of these and few tickets are wanted, from one of the
// wanted to the next.
func (l *looking) look(ctx context.Context, f *file, match string, part rune, before int64) error {
	if l.Total >= l.Count || l.Partly {
		return nil
	}
	if l.Few != nil && match == "" {
		_, _, err := l.along(ctx, f, part, l.left, lookFew, named(l.Few), before)
		return err
	}
	if match == "" {
		_, _, err := l.along(ctx, f, part, l.left, lookAll, before)
		return err
	}
	most := l.left
	if l.Few != nil && len(l.Few) <= mostSeeked {
		if assembles(match) {
			_, _, err := l.along(ctx, f, part, l.left, lookAmongWords, named(l.Few), match, before)
			return err
		}
		most = min(most, max(l.walked, 1))
	}
	last, more, err := l.along(ctx, f, part, most, lookWords, match, before)
	if err == nil && more && l.left > 0 {
		_, _, err = l.along(ctx, f, part, l.left, lookFewWords, named(l.Few), match, last)
	}
	return err
}

// assembles reports a search for the beginning of a word that has no list of its own:
// each lookup would put together those of its words again.
func assembles(match string) bool {
	for {
		before, rest, found := strings.Cut(match, `" *`)
		if !found {
			return false
		}
		letters := utf8.RuneCountInString(before[strings.LastIndexAny(before, `" `)+1:])
		if letters < shortestListed || letters > longestListed {
			return true
		}
		match = rest
	}
}

// along takes what is wanted of at most so many rows. It tells the last of these,
// and whether there are more to look at.
func (l *looking) along(ctx context.Context, f *file, part rune, most int, query string, args ...any) (last int64, more bool, err error) {
	rows, err := f.read.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, false, broken(err)
	}
	defer rows.Close()
	for rows.Next() {
		if most == 0 {
			l.Partly = l.left == 0
			return last, true, nil
		}
		most, l.left = most-1, l.left-1
		var id int64
		if err := rows.Scan(&last, &id); err != nil {
			return 0, false, broken(err)
		}
		if !l.Keep(helpdesk.TicketID(id)) {
			continue
		}
		l.Total++
		if len(l.Hits) < l.Limit {
			l.Hits = append(l.Hits, Hit{ID: helpdesk.TicketID(id), Place: string(part) + strconv.FormatInt(last, 36)})
		} else {
			l.Older = true
		}
		if l.Total >= l.Count {
			return last, false, nil
		}
	}
	return last, false, broken(rows.Err())
}

// named writes tickets as a list of JSON.
func named(ids []helpdesk.TicketID) string {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return string(append(b, ']'))
}

// parsePlace reads the place of a Hit.
func parsePlace(s string) (part rune, row int64, err error) {
	if s == "" {
		return anywhere, math.MaxInt64, nil
	}
	part = rune(s[0])
	row, err = strconv.ParseInt(s[1:], 36, 64)
	if err != nil || part != inSubject && part != anywhere {
		return 0, 0, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return part, row, nil
}
