package actions

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// BlockContact shuts a contact out: what comes from any of their addresses is held as
// spam from then on, whatever proves it, and nothing answers by itself. Their
// requests stay as they are, and they are not told. Who is blocked already stays so.
func (d *Desk) BlockContact(ctx context.Context, by Actor, id helpdesk.ID) error {
	return d.changeContact(ctx, by, helpdesk.EditContacts, id, "contact blocked", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		if c.Blocked != nil {
			return errUnchanged
		}
		if err := d.noAgents(ctx, by.Account, c); err != nil {
			return err
		}
		c.Blocked = &helpdesk.Called{By: by.author(), At: d.now()}
		change.Audit = append(change.Audit, d.audit(by, "contact.block", contactSubject(c.ID)))
		return nil
	})
}

// UnblockContact lets a contact be heard again, also one of whom an agent called mail
// spam. What was held meanwhile stays held, for an agent to decide.
func (d *Desk) UnblockContact(ctx context.Context, by Actor, id helpdesk.ID) error {
	return d.changeContact(ctx, by, helpdesk.EditContacts, id, "contact unblocked", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		if !c.Unheard() {
			return errUnchanged
		}
		d.hear(by, c, change)
		return nil
	})
}

// unblock commits that a contact is heard again.
func (d *Desk) unblock(ctx context.Context, by Actor, c *helpdesk.Contact) error {
	change := &helpdesk.Change{Account: by.Account, Contact: c}
	d.hear(by, c, change)
	return d.store.Commit(ctx, change)
}

func (d *Desk) hear(by Actor, c *helpdesk.Contact, change *helpdesk.Change) {
	c.Blocked, c.Spam, c.SpamProven = nil, nil, false
	change.Audit = append(change.Audit, d.audit(by, "contact.unblock", contactSubject(c.ID)))
}

// noAgents refuses to shut out who works here: their address must go on working.
func (d *Desk) noAgents(ctx context.Context, account string, c *helpdesk.Contact) error {
	for _, a := range c.Addresses {
		agent, err := d.store.AgentByAddress(ctx, account, a.Address)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound:
		case err != nil:
			return err
		case !agent.Disabled:
			return helpdesk.Errorf(helpdesk.Invalid, "%s is the address of an agent, and must go on working", a.Address)
		}
	}
	return nil
}

// contactSubject names a contact in the audit log.
func contactSubject(id helpdesk.ID) string { return "contact/" + string(id) }

// changeContact commits one change of a contact by an agent who may. how answers
// errUnchanged where there is nothing to do.
func (d *Desk) changeContact(ctx context.Context, by Actor, may helpdesk.Permission, id helpdesk.ID, what string, how func(*helpdesk.Contact, *helpdesk.Change) error) error {
	if err := by.may(may); err != nil {
		return err
	}
	err := helpdesk.Retry(ctx, func(int) error {
		c, err := d.liveContact(ctx, by.Account, id)
		if err != nil {
			return err
		}
		change := &helpdesk.Change{Account: by.Account, Contact: c}
		if err := how(c, change); err != nil {
			return err
		}
		return d.store.Commit(ctx, change)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		d.log.InfoContext(ctx, what, "account", by.Account, "contact", id, "by", by.author().ID)
	}
	return err
}

// liveContact reads a contact that can be changed: one that was merged is found where
// it went, one that is being erased is not there.
func (d *Desk) liveContact(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no contact %s", id)
	for range helpdesk.MaxChain {
		if !isID(string(id)) {
			return nil, missing
		}
		c, err := d.store.Contact(ctx, account, id)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound, err == nil && c.Erasing != nil:
			return nil, missing
		case err != nil:
			return nil, err
		case c.MergedInto == "":
			return c, nil
		}
		id = c.MergedInto
	}
	return nil, missing
}
