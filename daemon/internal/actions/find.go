package actions

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/search"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Words finds tickets by words. What it says gives no right.
type Words interface {
	Find(ctx context.Context, account string, q search.Query) (*search.Found, error)
	Progress(account string) (built bool, left int)
	State(ctx context.Context, account string) (search.State, error)
	Rebuild(account string)
}

const (
	// FoundOnPage is how many requests a page of a search lists, with what was said
	// in them: what is read of them fits into a few ms.
	FoundOnPage = 25
	// MostCountedFound is where counting ends: each of them costs a step in the index
	// and a question to the lists, and whoever finds so many types another word.
	MostCountedFound = 200
	// findTime is how long a search may take: whoever waits longer types other words.
	findTime = 5 * time.Second
	// findRounds is how often more is read for one page, when what was found is not
	// what is wanted: an index cannot know what somebody has not read.
	findRounds = 8
)

// FindQuery is a search of an agent.
type FindQuery struct {
	Typed  string
	Best   bool   // what has the words in its subject comes first
	Before string // a place that an earlier answer named; "" is the beginning
}

// FoundRow is a request that was found.
type FoundRow struct {
	Row
	// Subject with what was looked for marked.
	Subject []Piece
	// Snippet is where the words stand in the newest entry that has one of them; nil
	// if they stand elsewhere. By is who wrote it, in Kind.
	Snippet []Piece
	By      string
	Kind    helpdesk.EntryKind
	Seq     int
}

// Finding is a page of what was found.
type Finding struct {
	Rows    []FoundRow
	Filters []FindFilter // that were understood, in the order in which they were typed
	Older   string       // a place to go on from; "" if there is nothing more
	Total   int          // at most MostCountedFound
	// Partly: there is more than could be looked through.
	Partly bool
	// Missing requests are not in the index yet, of which there are In.
	Building    bool
	Missing, In int
	At          time.Time
}

// Find looks for requests by words and filters, among those that who asks may see:
// the index leaves out others, and so does what is read then. Invalid tells what
// of the search is wrong.
func (d *Desk) Find(ctx context.Context, by Actor, q FindQuery) (*Finding, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	f, err := d.finder(ctx, by, q)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	built, left := d.words.Progress(by.Account)
	f.out.Missing = left
	if !built {
		state, err := d.words.State(ctx, by.Account)
		if err != nil {
			return nil, err
		}
		f.out.Building, f.out.In = true, state.Tickets
	}
	if f.empty {
		return &f.out, nil
	}
	if err := f.page(ctx, q); err != nil {
		return nil, err
	}
	if f.unread != nil { // the index has counted others too
		f.out.Total = -1
		if q.Before == "" && f.out.Older == "" {
			f.out.Total = len(f.out.Rows)
		}
	}
	return &f.out, nil
}

// finder is a search in the making.
type finder struct {
	desk   *Desk
	by     Actor
	choice index.Choice
	not    []helpdesk.Filter
	unread *bool // only those that are, or that are not
	match  search.Match
	marker *search.Marker
	names  map[helpdesk.ID]string
	empty  bool // nothing is looked for
	out    Finding
}

func (d *Desk) finder(ctx context.Context, by Actor, q FindQuery) (*finder, error) {
	terms, err := search.Parse(q.Typed)
	if err != nil {
		return nil, err
	}
	f := &finder{desk: d, by: by, empty: len(terms) == 0, out: Finding{At: d.now()}}
	if err := d.ready(ctx, by.Account); err != nil {
		return nil, err
	}
	if f.names, err = d.names(ctx, by.Account); err != nil {
		return nil, err
	}
	r := &termReader{finder: f, terms: terms}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	if f.match, err = search.NewMatch(terms); err != nil {
		return nil, err
	}
	f.marker = search.NewMarker(terms)
	choice, err := d.choose(ctx, by, r.filter)
	if err != nil {
		return nil, err
	}
	f.choice, f.not = *choice, r.not
	return f, nil
}

// page fills a page with what was found, and reads more while too much of it is not
// what is wanted.
func (f *finder) page(ctx context.Context, q FindQuery) error {
	keep, few := f.sieve()
	before := q.Before
	for round := range findRounds {
		found, err := f.desk.words.Find(ctx, f.by.Account, search.Query{
			Match: f.match, Best: q.Best, Keep: keep, Few: few, Before: before, Limit: FoundOnPage, Count: MostCountedFound,
		})
		if err != nil {
			return err
		}
		if round == 0 {
			f.out.Total = found.Total
		}
		f.out.Partly = found.Partly
		f.out.Older = ""
		full, err := f.take(ctx, found.Hits)
		if err != nil {
			return err
		}
		if full < len(found.Hits) || found.Older {
			f.out.Older = found.Hits[full-1].Place
		}
		if full < len(found.Hits) || !found.Older {
			return nil
		}
		before = f.out.Older
		if len(f.out.Rows) == FoundOnPage || f.unread == nil && len(f.out.Rows) > 0 {
			return nil
		}
	}
	f.out.Partly = true
	return nil
}

// sieve lets through what who asks may see and wants to see, as far as lists know;
// few are these, and maybe others, if they are few, as in [index.Sieve].
func (f *finder) sieve() (keep func(helpdesk.TicketID) bool, few []helpdesk.TicketID) {
	lists := f.desk.lists
	sieve := lists.Sift(f.by.Account, f.choice)
	var not []func(helpdesk.TicketID) bool
	for _, filter := range f.not {
		choice := f.choice
		choice.Filter = filter
		not = append(not, lists.Sift(f.by.Account, choice).Keep)
	}
	return func(id helpdesk.TicketID) bool {
		return sieve.Keep(id) && !slices.ContainsFunc(not, func(fits func(helpdesk.TicketID) bool) bool { return fits(id) })
	}, sieve.Few
}

// take reads what was found and adds rows of what is wanted, until the page is full.
// It tells how many of the hits were used up.
func (f *finder) take(ctx context.Context, hits []search.Hit) (int, error) {
	ids := make([]helpdesk.TicketID, len(hits))
	for i := range hits {
		ids[i] = hits[i].ID
	}
	var viewer helpdesk.ID
	if f.by.Agent != nil {
		viewer = f.by.Agent.ID
	}
	read, err := f.desk.store.DeskRows(ctx, f.by.Account, viewer, ids)
	if err != nil {
		return 0, err
	}
	rows := map[helpdesk.TicketID]*FoundRow{}
	var order []helpdesk.TicketID
	used := 0
	for i := range hits {
		if len(f.out.Rows)+len(order) == FoundOnPage {
			break
		}
		used = i + 1
		at := slices.IndexFunc(read, func(r store.DeskRow) bool { return r.ID == hits[i].ID })
		if at < 0 {
			continue
		}
		t := &read[at].Ticket
		isUnread := unread(t, read[at].Seen, f.choice.Viewer.Now)
		if !f.by.sees(t) || !f.fits(t) || f.unread != nil && *f.unread != isUnread {
			continue
		}
		rows[t.ID] = &FoundRow{Row: Row{Ticket: *t, AssigneeName: f.names[t.Assignee], TeamName: f.names[t.Team], Place: hits[i].Place, Unread: isUnread}}
		order = append(order, t.ID)
	}
	if err := f.snippets(ctx, rows, order); err != nil {
		return 0, err
	}
	for _, id := range order {
		f.out.Rows = append(f.out.Rows, *rows[id])
	}
	return used, nil
}

// fits holds a request against the filters once more, as it is now.
func (f *finder) fits(t *helpdesk.Ticket) bool {
	return wide(&f.choice.Filter, t, f.choice.Viewer) && !slices.ContainsFunc(f.not, func(not helpdesk.Filter) bool { return wide(&not, t, f.choice.Viewer) })
}

// wide is as lists match, but for what they leave out because it stands elsewhere:
// a search finds what sleeps, and what goes on in another request.
func wide(f *helpdesk.Filter, t *helpdesk.Ticket, v helpdesk.Viewer) bool {
	seen := *t
	seen.Merged = nil
	if !f.Snoozed {
		seen.Snoozed = nil
	}
	return f.Matches(&seen, v)
}

// snippetEntries is how many entries of a request are looked through for the words,
// the newest: a row is no reason to read a whole history.
const snippetEntries = 12

// snippets marks the words in what was said.
func (f *finder) snippets(ctx context.Context, rows map[helpdesk.TicketID]*FoundRow, ids []helpdesk.TicketID) error {
	for _, row := range rows {
		row.Subject = pieces(f.marker.Line(cmp.Or(row.Ticket.Subject, "No subject")))
	}
	if f.marker.IsZero() {
		return nil
	}
	listed, err := f.desk.store.Listed(ctx, f.by.Account, ids, snippetEntries)
	if err != nil {
		return err
	}
	for i := range listed {
		row := rows[listed[i].ID]
		for e, err := range listed[i].Newest() {
			if err != nil {
				return err
			}
			if e.Kind == helpdesk.Event || e.MovedTo != nil {
				continue
			}
			if marked := f.marker.Snippet(e.Text); marked != nil {
				row.Snippet, row.By, row.Kind, row.Seq = pieces(marked), e.Author.DisplayName(), e.Kind, e.Seq
				break
			}
		}
	}
	return nil
}

// Piece is a piece of a text, plain as it was written.
type Piece struct {
	Text string
	Hit  bool // it was looked for
}

func pieces(marked []search.Piece) []Piece {
	out := make([]Piece, len(marked))
	for i, p := range marked {
		out[i] = Piece(p)
	}
	return out
}

// SearchState is how far the index of searches is.
type SearchState = search.State

// SearchState tells how far the index of searches is.
func (d *Desk) SearchState(ctx context.Context, by Actor) (*SearchState, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	state, err := d.words.State(ctx, by.Account)
	return &state, err
}

// RebuildSearch throws the index away and has it built again. It is the operator's.
func (d *Desk) RebuildSearch(_ context.Context, by Actor) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if !by.Operator {
		return helpdesk.Errorf(helpdesk.Forbidden, "only the operator does this, on the machine")
	}
	d.words.Rebuild(by.Account)
	return nil
}
