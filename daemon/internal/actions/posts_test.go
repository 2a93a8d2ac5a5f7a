package actions

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Pages of posts have each of them once, the newest first, whether they came in a burst
// or with days between, and also one that is older than posts should be.
func TestPostsByPage(t *testing.T) {
	b := newBench(t)
	ada := b.as("ada@acme.example", "admin")
	put := func(records ...helpdesk.Record) {
		must(t, b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Records: records}))
	}
	put(helpdesk.Record{Kind: helpdesk.HookRecord, ID: "h", Value: helpdesk.Hook{ID: "h", Name: "Robot"}},
		helpdesk.Record{Kind: helpdesk.HookRecord, ID: "other", Value: helpdesk.Hook{ID: "other", Name: "Other"}})
	var ages []time.Duration
	for i := range 100 { // a burst a moment ago
		ages = append(ages, time.Duration(i)*time.Millisecond)
	}
	for i := range 40 {
		ages = append(ages, time.Hour+time.Duration(i)*5*time.Hour)
	}
	ages = append(ages, 2*helpdesk.PostLifetime)
	var want []helpdesk.ID
	for _, age := range ages {
		p := helpdesk.Post{ID: helpdesk.NewTimedID(b.time().Add(-age)), Hook: "h", State: helpdesk.PostTaken, Until: b.time().Add(time.Hour)}
		want = append(want, p.ID)
		other := p
		other.Hook = "other"
		put(helpdesk.Record{Kind: helpdesk.PostRecord, ID: p.Key(), Value: p}, helpdesk.Record{Kind: helpdesk.PostRecord, ID: other.Key(), Value: other})
	}
	var got []helpdesk.ID
	for before := helpdesk.ID(""); ; {
		page, err := b.Posts(t.Context(), ada, "h", before)
		must(t, err)
		if len(page) > MostPosts {
			t.Fatalf("a page has %d posts", len(page))
		}
		for _, p := range page {
			if p.Hook != "h" || p.Rev == 0 {
				t.Errorf("post %+v", p)
			}
			got = append(got, p.ID)
		}
		if len(page) < MostPosts {
			break
		}
		before = page[len(page)-1].ID
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if _, err := b.Posts(t.Context(), ada, "h", "../x"); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("from before what is no post: %v", err)
	}
}
