package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// FailedMail is a delivery that was given up, with the request that it is about.
type FailedMail struct {
	Delivery helpdesk.Delivery
	Number   int64 // 0: it is about no request, or that is gone
	Subject  string
	Relay    string // host and port that its mailbox sends over now; "" if it has none
}

// FailedMail lists deliveries that were given up and are of requests that who asks
// may see, at most [MaxOutbox]. Those of no request are about sign-ins, and only for
// who sees everything. next is what to give as after for those that follow.
func (d *Desk) FailedMail(ctx context.Context, by Actor, after helpdesk.ID) (list []FailedMail, next helpdesk.ID, err error) {
	if err := by.mayWork(); err != nil {
		return nil, "", err
	}
	found, next, err := d.store.Outbox(ctx, by.Account, true, after, MaxOutbox)
	if err != nil {
		return nil, "", err
	}
	known := map[helpdesk.TicketID]*helpdesk.Ticket{}
	for _, x := range found {
		t, asked := known[x.Ticket]
		if !asked && x.Ticket != 0 {
			if t, err = d.store.Ticket(ctx, by.Account, x.Ticket); err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
				return nil, "", err
			}
			known[x.Ticket] = t
		}
		one := FailedMail{Delivery: x, Relay: d.relayOf(by.Account, x.Mailbox)}
		switch {
		case t == nil && !by.seesAll(), t != nil && !by.sees(t):
			continue
		case t != nil:
			one.Number, one.Subject = t.Number, t.Subject
		}
		list = append(list, one)
	}
	return list, next, nil
}
