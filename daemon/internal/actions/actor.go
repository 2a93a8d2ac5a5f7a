package actions

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Actor is on whose authority something is done: an agent of the account, or
// the operator of the machine, who holds the admin socket.
type Actor struct {
	Account  string
	Agent    *helpdesk.Agent
	Operator bool

	// Role of the agent, and the ids of their teams.
	Role  helpdesk.DeskRole
	Teams []helpdesk.ID
	// Token is that of the program that acts for the agent; nil: they do it themselves.
	Token *helpdesk.AccessToken
}

// ActFor is an agent with their role and teams as they are now: for edges that know an
// agent otherwise than by a session. It does not ask whether the agent is disabled;
// every act does.
func (d *Desk) ActFor(ctx context.Context, account string, agent *helpdesk.Agent) (Actor, error) {
	return d.actor(ctx, account, agent)
}

func (d *Desk) actor(ctx context.Context, account string, agent *helpdesk.Agent) (Actor, error) {
	by := Actor{Account: account, Agent: agent}
	role, err := d.roleOf(ctx, account, agent)
	if err != nil {
		return by, err
	}
	by.Role = *role
	if role.Sees == helpdesk.SeesTeams {
		by.Teams, err = d.teamsOf(ctx, account, agent.ID)
	}
	return by, err
}

// roleOf reads the role of an agent. A role that is gone makes an agent of them.
func (d *Desk) roleOf(ctx context.Context, account string, agent *helpdesk.Agent) (*helpdesk.DeskRole, error) {
	return d.store.Role(ctx, account, agent.Role)
}

func (d *Desk) teamsOf(ctx context.Context, account string, agent helpdesk.ID) ([]helpdesk.ID, error) {
	teams, err := d.store.Teams(ctx, account)
	return helpdesk.TeamsOf(teams, agent), err
}

// mayWork is asked by everything that agents do and see.
func (a Actor) mayWork() error {
	if a.Operator || a.Agent != nil && !a.Agent.Disabled {
		return nil
	}
	return helpdesk.Errorf(helpdesk.SignIn, "sign in as an agent first")
}

// may is asked by what not every agent may do. Who may not is told so: agents know
// that there is such a page.
func (a Actor) may(p helpdesk.Permission) error {
	if err := a.mayWork(); err != nil {
		return err
	}
	if a.Token != nil && !a.Token.Grants(p.Scope()) {
		return helpdesk.Errorf(helpdesk.Forbidden, "this token does not have the scope %s", p.Scope())
	}
	if a.Operator || a.Role.May(p) {
		return nil
	}
	return helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this")
}

// still is may for who goes on with something long: agent, role and teams are read again,
// and are what goes on.
func (d *Desk) still(ctx context.Context, by Actor, p helpdesk.Permission) (Actor, error) {
	if by.Agent == nil {
		return by, by.may(p)
	}
	agent, err := d.store.Agent(ctx, by.Account, by.Agent.ID)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return by, helpdesk.Errorf(helpdesk.SignIn, "sign in as an agent first")
	}
	if err != nil {
		return by, err
	}
	now, err := d.actor(ctx, by.Account, agent)
	if now.Token = by.Token; err != nil {
		return by, err
	}
	return now, now.may(p)
}

// May reports what pages need not offer otherwise.
func (a Actor) May(p helpdesk.Permission) bool { return a.may(p) == nil }

// sees reports whether the request is one of those that the actor may know of.
func (a Actor) sees(t *helpdesk.Ticket) bool {
	return a.Operator || a.Agent != nil && a.Role.Shows(a.Agent, a.Teams, t)
}

// seesAll reports that nothing of the account is kept from them.
func (a Actor) seesAll() bool { return a.Operator || a.Role.Sees == helpdesk.SeesAll }

// IsAdmin reports the operator, and agents whose role is [helpdesk.AdminRole].
func (a Actor) IsAdmin() bool { return a.Operator || a.Role.ID == helpdesk.AdminRole }

// ticket reads a request that the actor may know of. What they may not is not there.
func (d *Desk) ticket(ctx context.Context, by Actor, number int64) (*helpdesk.Ticket, error) {
	t, err := d.store.TicketByNumber(ctx, by.Account, number)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, d.whyMissing(ctx, by, number, err)
	}
	if err != nil {
		return nil, err
	}
	if !by.sees(t) {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no request #%d", number)
	}
	return t, nil
}

// ErrErased marks a request that is not there because it was erased.
var ErrErased = errors.New("the request was erased")

// whyMissing tells who sees all requests that this one was erased. Who sees those of
// some teams alone is not told: nobody knows any more whose it was.
func (d *Desk) whyMissing(ctx context.Context, by Actor, number int64, missing error) error {
	if by.Role.Sees != helpdesk.SeesAll {
		return missing
	}
	id, err := d.store.TicketNumbered(ctx, by.Account, number)
	if err != nil {
		return missing
	}
	tomb, _, err := record[helpdesk.Tomb](ctx, d, by.Account, helpdesk.TombRecord, id.String())
	if err != nil {
		return missing
	}
	const words = "request #%d was erased on %s"
	args := []any{number, tomb.At.UTC().Format("2 January 2006")}
	return &helpdesk.Error{Kind: helpdesk.NotFound, Public: fmt.Sprintf(words, args...), Format: words, Args: args, Err: ErrErased}
}

func (a Actor) author() helpdesk.Author {
	if a.Agent != nil {
		return a.Agent.Author()
	}
	return helpdesk.Author{Role: helpdesk.System, Name: "Operator"}
}

// audit is the record of an act, for [helpdesk.Change.Audit]. details are pairs of name
// and value: ids, numbers and names of choices, nobody's words.
func (d *Desk) audit(by Actor, act, subject string, details ...string) helpdesk.AuditRecord {
	r := helpdesk.AuditRecord{At: d.now().UTC(), Act: act, Subject: subject, By: helpdesk.AuditBy{Operator: by.Operator}}
	if by.Agent != nil {
		r.By.Agent = by.Agent.ID
	}
	if by.Token != nil {
		r.By.Token = string(by.Token.ID)
	}
	for i := 0; i+1 < len(details); i += 2 {
		if r.Details == nil {
			r.Details = map[string]string{}
		}
		r.Details[details[i]] = details[i+1]
	}
	return r
}

// ticketSubject names a ticket in the audit log.
func ticketSubject(t *helpdesk.Ticket) string { return "ticket/" + numeral(t.Number) }

func numeral(n int64) string { return strconv.FormatInt(n, 10) }
