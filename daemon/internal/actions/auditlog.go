package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// AuditQuery chooses records of the audit log; what is empty lets everything through.
type AuditQuery struct {
	Agent   helpdesk.ID // who did it
	Act     string      // beginning of it, such as "agent" or "agent.add"
	Subject string      // to what: all of it, or its kind, such as "ticket/7" or "ticket"
	Before  int64       // records with smaller numbers; 0 from the end
	Limit   int
}

// AuditPage is a page of it, the newest record first.
type AuditPage struct {
	Records []helpdesk.AuditRecord
	Older   int64 // to ask for as Before; 0 where there is nothing
	Head    helpdesk.AuditHead
	// Erased are the contacts among what the records are about of whom nothing is left.
	Erased map[helpdesk.ID]bool
}

const (
	// MostAudited is the most records of one page.
	MostAudited = 200
	// auditScan is how many records one page looks through for those that are wanted:
	// a search that finds little goes on with the next page.
	auditScan = 5000
)

// AuditLog reads who did what, the newest first. What is about requests or held mail is
// only for who sees all of them.
func (d *Desk) AuditLog(ctx context.Context, by Actor, q AuditQuery) (*AuditPage, error) {
	if err := by.may(helpdesk.ReadAudit); err != nil {
		return nil, err
	}
	page, err := d.auditPage(ctx, by, q)
	if err == nil {
		page.Erased, err = d.erasedOf(ctx, by.Account, page.Records)
	}
	return page, err
}

func (d *Desk) auditPage(ctx context.Context, by Actor, q AuditQuery) (*AuditPage, error) {
	head, err := d.store.AuditHead(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	page, limit := &AuditPage{Head: head}, min(max(q.Limit, 1), MostAudited)
	for before, looked := q.Before, 0; looked < auditScan; {
		found, err := d.store.Audit(ctx, by.Account, before, true, recordPage)
		if err != nil || len(found) == 0 {
			return page, err
		}
		for i := range found {
			before = found[i].Seq
			if !q.takes(&found[i]) || !by.seesAll() && aboutRequests(&found[i]) {
				continue
			}
			if page.Records = append(page.Records, found[i]); len(page.Records) == limit {
				page.Older = past(before)
				return page, nil
			}
		}
		if looked += len(found); len(found) < recordPage {
			return page, nil
		}
		page.Older = past(before)
	}
	return page, nil
}

// erasedOf are the contacts that records are about and that are not there any more:
// the log tells for ever that something was done to them, and not to whom.
func (d *Desk) erasedOf(ctx context.Context, account string, records []helpdesk.AuditRecord) (map[helpdesk.ID]bool, error) {
	erased := map[helpdesk.ID]bool{}
	var ids []helpdesk.ID
	for i := range records {
		kind, id, _ := strings.Cut(records[i].Subject, "/")
		if id := helpdesk.ID(id); kind == "contact" && isID(string(id)) && !erased[id] {
			erased[id] = true
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(ids, store.MaxOps) {
		found, err := d.store.ContactsByID(ctx, account, some)
		if err != nil {
			return nil, err
		}
		for i := range found {
			there := found[i].Erasing == nil
			if found[i].MergedInto != "" {
				_, err := d.liveContact(ctx, account, found[i].MergedInto)
				if there = err == nil; helpdesk.KindOf(err) != helpdesk.NotFound && err != nil {
					return nil, err
				}
			}
			if there {
				delete(erased, found[i].ID)
			}
		}
	}
	return erased, nil
}

// past is where older records than one go on; there is none before the first.
func past(seq int64) int64 {
	if seq <= 1 {
		return 0
	}
	return seq
}

func (q *AuditQuery) takes(r *helpdesk.AuditRecord) bool {
	return (q.Agent == "" || r.By.Agent == q.Agent) && within(q.Act, r.Act, ".") && within(q.Subject, r.Subject, "/")
}

// aboutRequests reports a record that tells that there is a request, or how many.
func aboutRequests(r *helpdesk.AuditRecord) bool {
	kind, _, _ := strings.Cut(r.Subject, "/")
	return kind == "ticket" || kind == "held" || r.Details["requests"] != ""
}

// within reports that whole is part, or begins with it and a sign.
func within(part, whole, sign string) bool {
	return part == "" || whole == part || strings.HasPrefix(whole, part+sign)
}

// AuditCheck is what came of checking the audit log of an account.
type AuditCheck struct {
	Account string             `json:"account"`
	Records int64              `json:"records"`
	Head    helpdesk.AuditHead `json:"head"` // to be kept elsewhere
	Wrong   string             `json:"wrong,omitempty"`
}

// CheckAudit walks the whole chain of an account and says what is wrong with it, if
// anything is. kept is a head that was noted down before; zero for none: without it,
// records that were taken off the end, with the head set back, are not missed.
func (d *Desk) CheckAudit(ctx context.Context, by Actor, kept helpdesk.AuditHead) (*AuditCheck, error) {
	if err := by.may(helpdesk.ReadAudit); err != nil {
		return nil, err
	}
	out := &AuditCheck{Account: by.Account}
	stored, err := d.store.AuditHead(ctx, by.Account) // first: what is added meanwhile is longer
	if err != nil {
		return nil, err
	}
	var atStored, atKept string
	walked := helpdesk.AuditHead{}
	for {
		found, err := d.store.Audit(ctx, by.Account, walked.Seq+1, false, recordPage)
		if err != nil {
			out.Wrong = "a record can't be read: " + err.Error()
			return out, nil
		}
		for i := range found {
			if err := walked.Follows(&found[i]); err != nil {
				out.Wrong = err.Error()
				return out, nil
			}
			walked = helpdesk.AuditHead{Seq: found[i].Seq, Hash: found[i].Hash}
			out.Records++
			if walked.Seq == stored.Seq {
				atStored = walked.Hash
			}
			if walked.Seq == kept.Seq {
				atKept = walked.Hash
			}
		}
		if len(found) < recordPage {
			break
		}
	}
	out.Head = walked
	switch {
	case walked.Seq < stored.Seq:
		out.Wrong = "records are missing at the end: the last is " + numeral(walked.Seq) + ", and there were " + numeral(stored.Seq)
	case atStored != stored.Hash:
		out.Wrong = "record " + numeral(stored.Seq) + " is not the one that was written last"
	case walked.Seq < kept.Seq:
		out.Wrong = "records are missing at the end: the last is " + numeral(walked.Seq) + ", and you noted down " + numeral(kept.Seq)
	case atKept != kept.Hash:
		out.Wrong = "record " + numeral(kept.Seq) + " is not the one that you noted down"
	}
	return out, nil
}
