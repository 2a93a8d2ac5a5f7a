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

// CannedReplies are everybody's and the agent's own, by name.
func (d *Desk) CannedReplies(ctx context.Context, by Actor) ([]helpdesk.Canned, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	all, err := d.allCanned(ctx, by.Account)
	mine := slices.DeleteFunc(all, func(c helpdesk.Canned) bool { return !owns(by, c.Owner) })
	slices.SortFunc(mine, func(a, b helpdesk.Canned) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return mine, err
}

func (d *Desk) allCanned(ctx context.Context, account string) ([]helpdesk.Canned, error) {
	var all []helpdesk.Canned
	for after := ""; ; {
		page, next, err := d.store.Records(ctx, account, helpdesk.CannedRecord, "", after, recordPage)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			c := helpdesk.Canned{Rev: r.Rev}
			if err := json.Unmarshal(r.Raw, &c); err != nil {
				return nil, fmt.Errorf("read canned reply %s: %w", r.ID, err)
			}
			all = append(all, c)
		}
		if after = next; after == "" {
			return all, nil
		}
	}
}

// owns reports what is everybody's, or the agent's own.
func owns(by Actor, owner helpdesk.ID) bool {
	return owner == "" || by.Agent != nil && by.Agent.ID == owner
}

// CannedReply reads one that the agent may use.
func (d *Desk) CannedReply(ctx context.Context, by Actor, id helpdesk.ID) (*helpdesk.Canned, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	c, rev, err := record[helpdesk.Canned](ctx, d, by.Account, helpdesk.CannedRecord, string(id))
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound, err == nil && !owns(by, c.Owner):
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such canned reply")
	case err != nil:
		return nil, err
	}
	c.Rev = rev
	return c, nil
}

// SaveCanned makes a canned reply, or changes the one whose id it has. Rev is that at
// which it was read: Conflict says that somebody else has changed it since. Owner ""
// makes it everybody's, which takes [helpdesk.ShareThings]; anything else the agent's own.
func (d *Desk) SaveCanned(ctx context.Context, by Actor, in helpdesk.Canned) (*helpdesk.Canned, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if in.Owner != "" {
		if by.Agent == nil {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "only agents have canned replies of their own")
		}
		in.Owner = by.Agent.ID
	}
	if err := in.Check(); err != nil {
		return nil, err
	}
	act, shared := "canned.make", in.Owner == ""
	if in.ID == "" {
		all, err := d.allCanned(ctx, by.Account)
		if err != nil {
			return nil, err
		}
		if len(all) >= helpdesk.MaxCanned {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "there are %d canned replies already, which is the most", helpdesk.MaxCanned)
		}
		in.ID, in.Rev = helpdesk.NewID(), 0
	} else {
		had, err := d.CannedReply(ctx, by, in.ID)
		if err != nil {
			return nil, err
		}
		act, shared = "canned.change", shared || had.Owner == ""
	}
	in.Changed = d.now()
	return &in, d.writeCanned(ctx, by, act, shared, helpdesk.Record{Kind: helpdesk.CannedRecord, ID: string(in.ID), Value: in, Rev: in.Rev})
}

// RemoveCanned removes one, as it was read at the revision.
func (d *Desk) RemoveCanned(ctx context.Context, by Actor, id helpdesk.ID, rev int64) error {
	c, err := d.CannedReply(ctx, by, id)
	if err != nil {
		return err
	}
	return d.writeCanned(ctx, by, "canned.remove", c.Owner == "", helpdesk.Record{Kind: helpdesk.CannedRecord, ID: string(id), Rev: rev, Gone: true})
}

func (d *Desk) writeCanned(ctx context.Context, by Actor, act string, shared bool, r helpdesk.Record) error {
	change := &helpdesk.Change{Account: by.Account, Records: []helpdesk.Record{r}}
	if shared {
		if err := by.may(helpdesk.ShareThings); err != nil {
			return err
		}
		change.Audit = append(change.Audit, d.audit(by, act, "canned/"+r.ID))
	}
	err := d.store.Commit(ctx, change)
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed this canned reply since you read it")
	}
	return err
}

// FillCanned is the text of a canned reply for a request.
func (d *Desk) FillCanned(ctx context.Context, by Actor, id helpdesk.ID, number int64) (string, error) {
	c, err := d.CannedReply(ctx, by, id)
	if err != nil {
		return "", err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return "", err
	}
	return c.Fill(d.fillings(by, t)), nil
}

// fillings are what placeholders stand for in a request: nothing that somebody who
// takes part may not know.
func (d *Desk) fillings(by Actor, t *helpdesk.Ticket) map[string]string {
	values := map[string]string{"ticket.number": fmt.Sprintf("#%d", t.Number), "ticket.subject": oneLine(t.Subject)}
	if r := t.Requester(); r != nil {
		name := oneLine(r.Name)
		values["customer.name"] = name
		values["customer.first_name"], _, _ = strings.Cut(name, " ")
	}
	values["agent.name"] = oneLine(by.author().DisplayName())
	if h, ok := d.directory.HelpCenter(by.Account, t.HelpCenter); ok {
		values["helpcenter.name"], values["agent.name"] = h.DisplayName, h.AgentName(by.author())
	} else if box, ok := d.directory.Mailbox(by.Account, t.Mailbox); ok {
		values["helpcenter.name"] = or(box.DisplayName, box.Address.String())
	}
	return values
}

// or is the first of two words that is one.
func or(a, b string) string { return cmp.Or(a, b) }
