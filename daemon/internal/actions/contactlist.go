package actions

import (
	"context"
	"errors"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/roster"
)

// Roster knows who the contacts are, a moment late.
type Roster interface {
	Await(ctx context.Context, account string) error
	Find(account string, q roster.Query) roster.Page
	DeletedBefore(account string, at time.Time) []helpdesk.ID
}

// ContactsOnPage is how many contacts one page lists.
const ContactsOnPage = 50

// ContactsQuery asks for a page of the contacts, in the order of their names.
type ContactsQuery struct {
	Words            string // beginnings of names, addresses, domains
	Blocked, Deleted bool   // those alone
	// Before and After are the ids of the last and the first contact of the page before
	// and the page behind.
	Before, After helpdesk.ID
	Limit         int // at most [ContactsOnPage], which 0 is
}

// ContactsPage is a part of the list.
type ContactsPage struct {
	Contacts     []helpdesk.Contact
	Newer, Older helpdesk.ID // to ask for with After and Before; "" where there is nothing
	Total        int
	Building     bool // the list is being put together
}

// Contacts lists contacts. Those that were deleted are found by words, or listed
// apart.
func (d *Desk) Contacts(ctx context.Context, by Actor, q ContactsQuery) (*ContactsPage, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if err := d.roster.Await(ctx, by.Account); errors.Is(err, roster.ErrBuilding) {
		return &ContactsPage{Building: true}, nil
	} else if err != nil {
		return nil, err
	}
	if q.Limit <= 0 || q.Limit > ContactsOnPage {
		q.Limit = ContactsOnPage
	}
	found := d.roster.Find(by.Account, roster.Query{
		Words: q.Words, Blocked: q.Blocked, Deleted: q.Deleted, Before: q.Before, After: q.After, Limit: q.Limit,
	})
	contacts, err := d.store.ContactsByID(ctx, by.Account, found.IDs)
	if err != nil {
		return nil, err
	}
	page := &ContactsPage{Contacts: contacts, Total: found.Total}
	if n := len(found.IDs); n > 0 {
		if found.Newer {
			page.Newer = found.IDs[0]
		}
		if found.Older {
			page.Older = found.IDs[n-1]
		}
	}
	return page, nil
}
