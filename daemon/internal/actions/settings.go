package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// DeskSettings are what the agents of the account agreed on.
func (d *Desk) DeskSettings(ctx context.Context, by Actor) (*helpdesk.DeskSettings, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	return d.settings(ctx, by.Account)
}

func (d *Desk) settings(ctx context.Context, account string) (*helpdesk.DeskSettings, error) {
	s, rev, err := record[helpdesk.DeskSettings](ctx, d, account, helpdesk.SettingsRecord, helpdesk.DeskRecord)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return &helpdesk.DeskSettings{}, nil
	}
	if err != nil {
		return nil, err
	}
	s.Rev = rev
	return s, nil
}

// SaveDeskSettings replaces the settings of the account, which takes
// [helpdesk.ManageDesk]. Rev is that at which they were read: Conflict says that
// somebody else has changed them since.
func (d *Desk) SaveDeskSettings(ctx context.Context, by Actor, in helpdesk.DeskSettings) (*helpdesk.DeskSettings, error) {
	if err := by.may(helpdesk.ManageDesk); err != nil {
		return nil, err
	}
	before, err := d.settings(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	if err := in.Check(before); err != nil {
		return nil, err
	}
	change := &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.SettingsRecord, ID: helpdesk.DeskRecord, Value: in, Rev: in.Rev}},
		Audit: []helpdesk.AuditRecord{d.audit(by, "desk.settings", "settings/desk",
			"ticketFields", fieldNames(in.TicketFields), "contactFields", fieldNames(in.ContactFields))},
	}
	err = d.store.Commit(ctx, change)
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return nil, helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed the settings since you read them")
	}
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "desk settings changed", "account", by.Account, "by", by.author().ID)
	return d.settings(ctx, by.Account)
}

func fieldNames(fields []helpdesk.FieldSpec) string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Name
	}
	return strings.Join(names, " ")
}

// Teams of the account, by name.
func (d *Desk) TeamList(ctx context.Context, by Actor) ([]helpdesk.Team, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	teams, err := d.store.Teams(ctx, by.Account)
	slices.SortFunc(teams, func(a, b helpdesk.Team) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return teams, err
}
