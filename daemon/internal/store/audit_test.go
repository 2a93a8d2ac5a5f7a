package store

import (
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestAuditChainUnderRaces(t *testing.T) {
	db := openStore(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				err := db.Commit(t.Context(), &helpdesk.Change{
					Account: "a", Records: []helpdesk.Record{{Kind: helpdesk.ViewRecord, ID: string(helpdesk.NewID()), Value: helpdesk.View{}}},
					Audit: []helpdesk.AuditRecord{{At: time.Now(), Act: "one"}, {At: time.Now(), Act: "two"}},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all, err := db.Audit(t.Context(), "a", 1, false, 1000)
	if err != nil || len(all) != 80 {
		t.Fatalf("%d records, %v", len(all), err)
	}
	var head helpdesk.AuditHead
	for i := range all {
		if err := head.Follows(&all[i]); err != nil {
			t.Fatal(err)
		}
		head = helpdesk.AuditHead{Seq: all[i].Seq, Hash: all[i].Hash}
	}
	if end, err := db.AuditHead(t.Context(), "a"); err != nil || end != head {
		t.Errorf("the end is %v (%v), want %v", end, err, head)
	}
	newest, err := db.Audit(t.Context(), "a", 80, true, 2)
	if err != nil || len(newest) != 2 || newest[0].Seq != 79 {
		t.Errorf("before 80: %v %v", newest, err)
	}
	err = db.Commit(t.Context(), &helpdesk.Change{ // the rest of the change is what is lost
		Account: "a", Audit: []helpdesk.AuditRecord{{Act: "three"}}, Records: []helpdesk.Record{{Kind: helpdesk.ViewRecord, ID: "x", Value: 1, Rev: 7}},
	})
	if helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a change that lost: %v", err)
	}
	records, next, err := db.Records(t.Context(), "a", helpdesk.ViewRecord, "", "", 15)
	if err != nil || len(records) != 15 || next == "" {
		t.Fatalf("%d records, next %q, %v", len(records), next, err)
	}
	if records, next, err = db.Records(t.Context(), "a", helpdesk.ViewRecord, "", next, 100); err != nil || len(records) != 25 || next != "" {
		t.Errorf("the rest: %d records, next %q, %v", len(records), next, err)
	}
}
