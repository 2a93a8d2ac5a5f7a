package actions

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// SavedView is a view as it was read. Rev is given back when it is changed, so that
// nobody overwrites what they have not seen.
type SavedView struct {
	helpdesk.View
	Rev int64
}

// Limits of views: each stands in the list of queues and is counted there.
const (
	MaxViews       = 30 // of one agent
	MaxSharedViews = 60
	MaxViewName    = 60
)

// ViewColumns can stand in a row besides what is always there.
var ViewColumns = []string{"priority", "tags", "assignee", "team", "mailbox", "helpCenter", "form", "opened", "status"}

// maxViewColumns of those and of fields ("field:NAME") fit a row.
const maxViewColumns = 6

// sharedViews stands in ids where the owner does: no id of an agent is like it.
const sharedViews = "all"

func viewID(v *helpdesk.View) string {
	return cmp.Or(string(v.Owner), sharedViews) + "/" + string(v.ID)
}

// ViewQueue names a view among the queues.
func ViewQueue(id helpdesk.ID) string { return "view:" + string(id) }

// Views are those of who asks and those of everybody, each by name.
func (d *Desk) Views(ctx context.Context, by Actor) ([]SavedView, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	var all []SavedView
	if by.Agent != nil {
		own, err := d.viewsUnder(ctx, by.Account, string(by.Agent.ID))
		if err != nil {
			return nil, err
		}
		all = own
	}
	shared, err := d.viewsUnder(ctx, by.Account, sharedViews)
	return append(all, shared...), err
}

func (d *Desk) viewsUnder(ctx context.Context, account, owner string) ([]SavedView, error) {
	found, _, err := d.store.Records(ctx, account, helpdesk.ViewRecord, owner+"/", "", recordPage)
	if err != nil {
		return nil, err
	}
	var all []SavedView
	for _, r := range found {
		v := SavedView{Rev: r.Rev}
		if err := json.Unmarshal(r.Raw, &v.View); err != nil {
			return nil, fmt.Errorf("read view %s: %w", r.ID, err)
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b SavedView) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return all, nil
}

// View reads a view of who asks, or one of everybody; NotFound if there is none:
// those of others are nobody else's.
func (d *Desk) View(ctx context.Context, by Actor, id helpdesk.ID) (*SavedView, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if _, err := helpdesk.ParseID(string(id)); err != nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such view")
	}
	owners := []helpdesk.ID{""}
	if by.Agent != nil {
		owners = []helpdesk.ID{by.Agent.ID, ""}
	}
	var err error
	for _, owner := range owners {
		var v *helpdesk.View
		var rev int64
		v, rev, err = record[helpdesk.View](ctx, d, by.Account, helpdesk.ViewRecord, viewID(&helpdesk.View{ID: id, Owner: owner}))
		if err == nil {
			return &SavedView{View: *v, Rev: rev}, nil
		}
		if helpdesk.KindOf(err) != helpdesk.NotFound {
			break
		}
	}
	return nil, err
}

// SaveView makes a view (without an ID) or changes one, which has to be as it was
// read at Rev: Conflict says that it is not. Owner is set to who asks unless
// everybody's is asked for with shared, which takes a permission, before and after.
func (d *Desk) SaveView(ctx context.Context, by Actor, in SavedView, shared bool) (*SavedView, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if by.Agent == nil && !shared {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "views of their own have only agents")
	}
	if err := checkView(&in.View); err != nil {
		return nil, err
	}
	in.Owner = ""
	if !shared {
		in.Owner = by.Agent.ID
	}
	was := (*SavedView)(nil)
	if in.ID != "" {
		var err error
		if was, err = d.View(ctx, by, in.ID); err != nil {
			return nil, err
		}
		if was.Rev != in.Rev {
			return nil, helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed this view since: look at it first")
		}
	} else {
		in.ID = helpdesk.NewID()
	}
	if shared || was != nil && was.Owner == "" {
		if err := by.may(helpdesk.ShareThings); err != nil {
			return nil, err
		}
	}
	if err := d.roomForView(ctx, by, &in, was); err != nil {
		return nil, err
	}
	if err := d.store.Commit(ctx, d.viewChange(by, &in, was)); err != nil {
		return nil, err
	}
	return d.View(ctx, by, in.ID)
}

// viewChange writes a view in the place of what it was.
func (d *Desk) viewChange(by Actor, in, was *SavedView) *helpdesk.Change {
	change := &helpdesk.Change{Account: by.Account}
	made := helpdesk.Record{Kind: helpdesk.ViewRecord, ID: viewID(&in.View), Value: in.View}
	act := "view.share"
	switch {
	case was == nil:
	case viewID(&was.View) == made.ID:
		made.Rev = was.Rev
		act = "view.change"
	default: // it has another owner now
		change.Records = append(change.Records, helpdesk.Record{Kind: helpdesk.ViewRecord, ID: viewID(&was.View), Rev: was.Rev, Gone: true})
		if in.Owner != "" {
			act = "view.unshare"
		}
	}
	change.Records = append(change.Records, made)
	if in.Owner == "" || was != nil && was.Owner == "" {
		change.Audit = append(change.Audit, d.audit(by, act, "view/"+string(in.ID)))
	}
	return change
}

func (d *Desk) roomForView(ctx context.Context, by Actor, in, was *SavedView) error {
	if was != nil && was.Owner == in.Owner {
		return nil
	}
	owner, most := string(in.Owner), MaxViews
	if owner == "" {
		owner, most = sharedViews, MaxSharedViews
	}
	all, err := d.viewsUnder(ctx, by.Account, owner)
	if err == nil && len(all) >= most {
		return helpdesk.Errorf(helpdesk.Invalid, "there are %d such views already: remove one first", most)
	}
	return err
}

// RemoveView forgets a view. One of everybody takes a permission.
func (d *Desk) RemoveView(ctx context.Context, by Actor, id helpdesk.ID, rev int64) error {
	v, err := d.View(ctx, by, id)
	if err != nil {
		return err
	}
	change := &helpdesk.Change{Account: by.Account}
	if v.Owner == "" {
		if err := by.may(helpdesk.ShareThings); err != nil {
			return err
		}
		change.Audit = append(change.Audit, d.audit(by, "view.remove", "view/"+string(id)))
	}
	if v.Rev != rev {
		return helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed this view since: look at it first")
	}
	change.Records = []helpdesk.Record{{Kind: helpdesk.ViewRecord, ID: viewID(&v.View), Rev: v.Rev, Gone: true}}
	return d.store.Commit(ctx, change)
}

func checkView(v *helpdesk.View) error {
	if v.Name = oneLine(v.Name); v.Name == "" || len(v.Name) > MaxViewName {
		return helpdesk.Errorf(helpdesk.Invalid, "a view needs a name of at most %d characters", MaxViewName)
	}
	if err := v.Filter.Check(); err != nil {
		return err
	}
	var err error
	if v.Order, err = parseOrder(v.Order); err != nil {
		return err
	}
	if len(v.Columns) > maxViewColumns {
		return helpdesk.Errorf(helpdesk.Invalid, "a view has at most %d columns", maxViewColumns)
	}
	for i, c := range v.Columns {
		field, isField := strings.CutPrefix(c, "field:")
		if !slices.Contains(ViewColumns, c) && (!isField || field == "" || len(field) > MaxViewName) || slices.Contains(v.Columns[:i], c) {
			return helpdesk.Errorf(helpdesk.Invalid, "%q is not a column of views, or stands there twice", c)
		}
	}
	return nil
}
