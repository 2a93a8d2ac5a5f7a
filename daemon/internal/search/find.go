package search

import (
	"context"
	"database/sql"
	"math"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Query asks for tickets, what was last heard of first.
type Query struct {
	Match Match
	// Best begins with those that have the words in their subject.
	Best bool
	// Keep tells which tickets are wanted. It is asked of many and must be quick.
	Keep func(helpdesk.TicketID) bool
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
	l := &looking{Query: q, left: mostLooked}
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
	left int // rows to be looked at yet
}

const (
	lookAll   = `SELECT row, ticket FROM doc WHERE row < ? ORDER BY row DESC`
	lookWords = `SELECT words.rowid, doc.ticket FROM words CROSS JOIN doc ON doc.row = words.rowid WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC`
)

// look goes through the rows of one part.
func (l *looking) look(ctx context.Context, f *file, match string, part rune, before int64) error {
	if l.Total >= l.Count || l.Partly {
		return nil
	}
	rows, err := l.rows(ctx, f, match, before)
	if err != nil {
		return broken(err)
	}
	defer rows.Close()
	for rows.Next() {
		var row, id int64
		if err := rows.Scan(&row, &id); err != nil {
			return broken(err)
		}
		if l.left--; l.left < 0 {
			l.Partly = true
			return nil
		}
		if !l.Keep(helpdesk.TicketID(id)) {
			continue
		}
		l.Total++
		if len(l.Hits) < l.Limit {
			l.Hits = append(l.Hits, Hit{ID: helpdesk.TicketID(id), Place: string(part) + strconv.FormatInt(row, 36)})
		} else {
			l.Older = true
		}
		if l.Total >= l.Count {
			return nil
		}
	}
	return broken(rows.Err())
}

func (l *looking) rows(ctx context.Context, f *file, match string, before int64) (*sql.Rows, error) {
	if match == "" {
		return f.read.QueryContext(ctx, lookAll, before)
	}
	return f.read.QueryContext(ctx, lookWords, match, before)
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
