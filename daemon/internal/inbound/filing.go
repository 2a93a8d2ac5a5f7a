package inbound

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// setting is one field that a mail fills in.
type setting struct{ name, value string }

// maxSettings is as many fields as an account can have.
const maxSettings = helpdesk.MaxFields

func (o *orders) readTeam(args string) error {
	switch {
	case o.team != "":
		return errTwice
	case args == "":
		return helpdesk.Errorf(helpdesk.Invalid, "wants the name of a team, or none")
	}
	if o.team = oneLine(args); strings.EqualFold(o.team, "nobody") {
		o.team = "none"
	}
	return nil
}

func (o *orders) readSnooze(args string) error {
	if o.snooze != "" {
		return errTwice
	}
	if _, err := helpdesk.ParseSnooze(args, time.Time{}); err != nil {
		return err
	}
	o.snooze = oneLine(args)
	return nil
}

func (o *orders) readField(args string) error {
	name, value, ok := strings.Cut(args, "=")
	name, value = oneLine(name), oneLine(value)
	switch {
	case !ok || name == "":
		return helpdesk.Errorf(helpdesk.Invalid, "wants the name of a field, = and what it becomes")
	case len(o.fields) == maxSettings:
		return helpdesk.Errorf(helpdesk.Invalid, "is one field too many")
	case slices.ContainsFunc(o.fields, func(s setting) bool { return strings.EqualFold(s.name, name) }):
		return errTwice
	}
	o.fields = append(o.fields, setting{name, value})
	return nil
}

// file does the commands about team, fields and snooze, and says of each what it did.
func (p *Pipeline) file(ctx context.Context, c *incoming, change *helpdesk.Change, agent *helpdesk.Agent) ([]string, error) {
	o, t := c.said.orders, c.ticket
	var done []string
	if o.team != "" {
		words, err := p.giveTeam(ctx, c)
		if err != nil {
			return nil, err
		}
		done = append(done, words)
	}
	if len(o.fields) > 0 {
		words, err := p.fillIn(ctx, c)
		if err != nil {
			return nil, err
		}
		done = append(done, words...)
	}
	if t.Status == helpdesk.Resolved || t.Status == helpdesk.Closed {
		t.Snoozed = nil // there is nothing to come back to
	}
	if o.snooze != "" {
		done = append(done, putAway(c, change, agent))
	}
	return done, nil
}

// giveTeam makes the ticket the work of the team that the mail names, if there is one.
func (p *Pipeline) giveTeam(ctx context.Context, c *incoming) (string, error) {
	name := c.said.orders.team
	if strings.EqualFold(name, "none") {
		c.ticket.Team = ""
		return "team set to none", nil
	}
	teams, err := p.Store.Teams(ctx, c.box.Account)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(teams, func(t helpdesk.Team) bool { return strings.EqualFold(t.Name, name) })
	if i < 0 {
		return fmt.Sprintf("refused: #team %s: there is no such team", cut(name, maxToldCommand)), nil
	}
	c.ticket.Team = teams[i].ID
	return "team set to " + oneLine(teams[i].Name), nil
}

// fillIn fills in fields of the account, each by its name or its label.
func (p *Pipeline) fillIn(ctx context.Context, c *incoming) ([]string, error) {
	var settings helpdesk.DeskSettings
	_, err := p.Store.Record(ctx, c.box.Account, helpdesk.SettingsRecord, helpdesk.DeskRecord, &settings)
	if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
		return nil, err
	}
	var done []string
	for _, s := range c.said.orders.fields {
		told := "refused: #field " + cut(s.name+"="+s.value, maxToldCommand) + ": "
		f := helpdesk.FieldNamed(settings.TicketFields, s.name)
		if f == nil {
			done = append(done, told+"there is no such field")
			continue
		}
		value, err := f.Read(s.value)
		switch {
		case err != nil:
			done = append(done, told+helpdesk.Public(err))
			continue
		case value == "":
			done = append(done, f.Label+" emptied")
		default:
			done = append(done, f.Label+" set to "+value)
		}
		c.ticket.Fields = helpdesk.WithFields(c.ticket.Fields, map[string]string{f.Name: value})
	}
	return done, nil
}

// putAway puts the ticket out of sight as the mail says, or brings it back.
func putAway(c *incoming, change *helpdesk.Change, agent *helpdesk.Agent) string {
	words := c.said.orders.snooze
	until, err := helpdesk.ParseSnooze(words, c.now)
	if err == nil && until.IsZero() {
		c.ticket.Snoozed = nil
		return "brought back"
	}
	var wake helpdesk.Record
	if err == nil {
		wake, err = c.ticket.PutAway(until, agent.ID, c.now)
	}
	if err != nil {
		return "refused: #snooze " + cut(words, maxToldCommand) + ": " + helpdesk.Public(err)
	}
	change.Records = append(change.Records, wake)
	return "snoozed until " + helpdesk.SnoozeWords(c.ticket.Snoozed.Until)
}
