package outbound

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

const (
	// noticesPerHour is more than an agent reads and less than a flood brings.
	noticesPerHour = 300

	// noticeShards parts the count of an agent's notices. Each mail that comes in
	// counts one for every agent who is mailed all; on one record, all of them
	// would wait for each other.
	noticeShards = 30

	// noticeDraws is how many parts of the count are looked at for room. When the
	// limit is near, some notices are left out early.
	noticeDraws = 3

	// receiptsPerHour is more commands than a person sends; a loop of two robots
	// dies out within minutes.
	receiptsPerHour = 60

	// mentionsPerHour is more notes than anybody is named in who is not teased.
	mentionsPerHour = 60

	// outreachPerHour is more requests than a person begins by writing to somebody;
	// whoever got hold of an agent's sign-in sends no more than that to strangers.
	outreachPerHour = 60

	// maxCopies bounds the copies of one change. Each costs three of the 128
	// operations of a transaction, and what else is written about a dozen.
	maxCopies = 30
)

// Notify adds a notice for every one of the agents who is mailed what customers
// write in the ticket; who follows it comes first. It returns how many were left
// out, as a limit was reached.
func (p *Planner) Notify(ctx context.Context, change *helpdesk.Change, o Occasion, agents []helpdesk.Agent) (left int, err error) {
	mailed := slices.DeleteFunc(slices.Clone(agents), func(a helpdesk.Agent) bool {
		return !a.IsMailed(o.Ticket) && (o.Parent == nil || !a.Follows(o.Parent) || !a.IsMailed(o.Parent))
	})
	slices.SortStableFunc(mailed, func(a, b helpdesk.Agent) int {
		return rank(a.Follows(o.Ticket)) - rank(b.Follows(o.Ticket))
	})
	most := min(len(mailed), maxCopies) // each may cost reads: in a flood none of them has room
	mailed, left = mailed[:most], len(mailed)-most
	o.Purpose, o.To = helpdesk.AgentNotice, nil
	for i := range mailed {
		before := len(change.Deliveries)
		if o.Agent = &mailed[i]; before < maxCopies {
			if err := p.Automatic(ctx, change, o); err != nil {
				return 0, err
			}
		}
		if len(change.Deliveries) == before {
			left++
		}
	}
	return left, nil
}

// Mention adds a mail for every one of the agents whom the note of o names. They
// follow the ticket from then on, and have not looked at it.
func (p *Planner) Mention(ctx context.Context, change *helpdesk.Change, o Occasion, agents []helpdesk.Agent) error {
	o.Purpose, o.To = helpdesk.MentionMail, nil
	for i := range agents {
		a := &agents[i]
		o.Ticket.Call([]helpdesk.ID{a.ID})
		o.Ticket.Watch(a.ID)
		if a.Disabled || a.Mail == helpdesk.MailNone || len(change.Deliveries) >= maxCopies {
			continue
		}
		o.Agent = a
		if err := p.Automatic(ctx, change, o); err != nil {
			return err
		}
	}
	return nil
}

func rank(follows bool) int {
	if follows {
		return 0
	}
	return 1
}

// allowAgent finds room in the budget of an agent; nil says that there is none.
func (p *Planner) allowAgent(ctx context.Context, change *helpdesk.Change, o Occasion) ([]helpdesk.Budget, error) {
	switch o.Purpose {
	case helpdesk.CommandReceipt:
		return p.allow(ctx, change, o, []limit{{kind: "receipt", most: receiptsPerHour, window: time.Hour}})
	case helpdesk.MentionMail:
		return p.allow(ctx, change, o, []limit{{kind: "mention", most: mentionsPerHour, window: time.Hour}})
	}
	for range noticeDraws {
		part := limit{kind: "agent", part: 1 + rand.N(noticeShards), most: noticesPerHour / noticeShards, window: time.Hour}
		if spent, err := p.allow(ctx, change, o, []limit{part}); err != nil || spent != nil {
			return spent, err
		}
	}
	return nil, nil
}

// Outreach counts that an agent, or the operator with "", writes to somebody who asked
// for nothing. Invalid says that it was done too often.
func (p *Planner) Outreach(ctx context.Context, change *helpdesk.Change, agent helpdesk.ID, now time.Time) error {
	most := limit{kind: "outreach", most: outreachPerHour, window: time.Hour}
	spent, err := p.allow(ctx, change, Occasion{Agent: &helpdesk.Agent{ID: agent}, Now: now}, []limit{most})
	switch {
	case err != nil:
		return fmt.Errorf("read budget of an agent: %w", err)
	case spent == nil:
		return helpdesk.Errorf(helpdesk.Invalid, "you have begun %d requests within an hour, which is the most: please wait", outreachPerHour)
	}
	change.Budgets = withSpent(change.Budgets, spent)
	return nil
}

// agentToken makes the addresses by which an agent answers and notes.
type agentToken func(links.Audience, links.Reply) string

// seatLocator is what the addresses and Message-IDs of an agent carry.
func seatLocator(t *helpdesk.Ticket, seat helpdesk.Seat) links.Reply {
	return links.Reply{Ticket: uint64(t.ID), Participant: seat.Number, Gen: uint8(seat.Gen)}
}

// agentOccasion reads what a delivery to an agent is about; nil if the agent may
// not read it any more. Who sees a ticket sees all of it.
func (q *Queue) agentOccasion(ctx context.Context, account string, o *occasion) (*occasion, error) {
	agent, err := q.Store.Agent(ctx, account, o.delivery.Agent)
	if helpdesk.KindOf(err) == helpdesk.NotFound || agent != nil && agent.Disabled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sees, err := q.Store.Sees(ctx, account, agent, o.ticket); err != nil || !sees {
		return nil, err
	}
	seat := o.ticket.SeatOf(agent.ID)
	if seat == nil {
		return nil, errors.New("the agent has no seat in the ticket")
	}
	o.agent, o.seat = agent, *seat
	e := o.entry
	if e.Text, err = q.whole(ctx, account, e.Text, e.TextBlob); err != nil {
		return nil, err
	}
	if e.Quoted, err = q.whole(ctx, account, e.Quoted, e.QuotedBlob); err != nil {
		return nil, err
	}
	o.assignee = "nobody"
	if id := o.ticket.Assignee; id == agent.ID {
		o.assignee = "you"
	} else if id != "" {
		assignee, err := q.Store.Agent(ctx, account, id)
		if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
			return nil, fmt.Errorf("read assignee: %w", err)
		}
		if assignee != nil {
			o.assignee = assignee.Name
		}
	}
	return o, nil
}
