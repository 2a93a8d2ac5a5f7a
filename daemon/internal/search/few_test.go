package search

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Few tickets that are looked up by themselves are those that a walk along all rows
// finds, in its order, on each page, wherever it changes over to them.
func TestFewAreFoundAlike(t *testing.T) {
	f, err := openFile(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	r := rand.New(rand.NewPCG(3, 4))
	in := &batch{}
	const many = 300
	for n := range many {
		text := ""
		for _, word := range []string{"apple", "pear", "plum"} {
			if r.IntN(3) > 0 {
				text += word + " "
			}
		}
		row := int64(r.IntN(many)) - 10 // some at the same moment
		in.docs = append(in.docs, &document{id: helpdesk.TicketID(uint64(n+1) << (n % 58)), row: row, columns: columns{subject: text[:min(len(text), r.IntN(2)*5)], text: text}})
	}
	if err := f.put(t.Context(), in, noon); err != nil {
		t.Fatal(err)
	}
	found := 0
	for n := range 300 {
		wanted, asked := map[helpdesk.TicketID]bool{}, []helpdesk.TicketID{12345678} // which there is not
		for range r.IntN(40) {
			id := in.docs[r.IntN(many)].id
			wanted[id] = r.IntN(4) > 0
			asked = append(asked, id)
		}
		typed := []string{"", "apple ", "apple pear ", `"pear plum" `, "appl", "apple", "apple -plum ", "plum subject:app", "fig "}[r.IntN(9)]
		terms, _ := Parse(typed)
		match, err := NewMatch(terms)
		if err != nil {
			t.Fatal(err)
		}
		q := Query{Match: match, Best: r.IntN(2) == 0, Keep: func(id helpdesk.TicketID) bool { return wanted[id] }, Limit: 1 + r.IntN(9), Count: 1 + r.IntN(40)}
		walk := allPages(t, f, q)
		q.Few = asked
		f.walked = r.IntN(4)
		if diff := cmp.Diff(walk, allPages(t, f, q)); diff != "" {
			t.Fatalf("%d: %q, best %t, after %d rows for each: found (-walk +few):\n%s", n, typed, q.Best, f.walked, diff)
		}
		found += min(len(walk[0].Hits), 1)
	}
	if found < 100 {
		t.Errorf("only %d searches found something", found)
	}
}

func allPages(t *testing.T, f *file, q Query) (all []Found) {
	t.Helper()
	part, before := anywhere, int64(math.MaxInt64)
	for range 100 {
		page, err := f.find(t.Context(), q, part, before)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *page)
		if !page.Older {
			return all
		}
		q.Before = page.Hits[len(page.Hits)-1].Place
		if part, before, err = parsePlace(q.Before); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%+v has no last page", q)
	return nil
}
