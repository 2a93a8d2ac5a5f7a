package actions

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Outgoing is a delivery that waits or was given up, with where it belongs.
type Outgoing struct {
	Delivery helpdesk.Delivery
	Number   int64  // of its ticket; 0 if that is gone
	Relay    string // host and port that its mailbox sends over now; "" if it has none
}

// MaxOutbox is how many deliveries one call lists.
const MaxOutbox = 200

// Outbox lists deliveries that wait, or those that were given up, at most
// [MaxOutbox]; next is what to give as after for those that follow, "" when there
// are none.
func (d *Desk) Outbox(ctx context.Context, by Actor, failed bool, after helpdesk.ID) (list []Outgoing, next helpdesk.ID, err error) {
	if err := by.mayWork(); err != nil {
		return nil, "", err
	}
	found, next, err := d.store.Outbox(ctx, by.Account, failed, after, MaxOutbox)
	if err != nil {
		return nil, "", err
	}
	known := map[helpdesk.TicketID]*helpdesk.Ticket{}
	for _, x := range found {
		t, asked := known[x.Ticket]
		if !asked {
			if t, err = d.whither(ctx, by.Account, x.Ticket); err != nil {
				return nil, "", err
			}
			known[x.Ticket] = t
		}
		if by.seesMail(t) {
			list = append(list, Outgoing{Delivery: x, Number: numberOf(t), Relay: d.relayOf(by.Account, x.Mailbox)})
		}
	}
	return list, next, nil
}

// whither is the ticket of a delivery; nil if it has none, or that is gone.
func (d *Desk) whither(ctx context.Context, account string, id helpdesk.TicketID) (*helpdesk.Ticket, error) {
	t, err := d.store.Ticket(ctx, account, id)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	return t, err
}

// seesMail reports whether the actor may know of mail of a ticket. What is of none, as
// mail about sign-ins is, is for who sees all.
func (a Actor) seesMail(t *helpdesk.Ticket) bool { return a.seesAll() || t != nil && a.sees(t) }

func numberOf(t *helpdesk.Ticket) int64 {
	if t == nil {
		return 0
	}
	return t.Number
}

// Outgoing reads one delivery that waits or was given up.
func (d *Desk) Outgoing(ctx context.Context, by Actor, id string) (*Outgoing, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	parsed, err := helpdesk.ParseID(id)
	if err != nil {
		return nil, err
	}
	x, err := d.store.Outgoing(ctx, by.Account, parsed)
	if err != nil {
		return nil, err
	}
	t, err := d.whither(ctx, by.Account, x.Ticket)
	if err != nil {
		return nil, err
	}
	if !by.seesMail(t) {
		return nil, noDelivery()
	}
	return &Outgoing{Delivery: *x, Number: numberOf(t), Relay: d.relayOf(by.Account, x.Mailbox)}, nil
}

func noDelivery() error { return helpdesk.Errorf(helpdesk.NotFound, "there is no such delivery") }

func (d *Desk) relayOf(account, mailbox string) string {
	box, ok := d.directory.Mailbox(account, mailbox)
	if !ok || box.Relay.Host == "" {
		return ""
	}
	return net.JoinHostPort(box.Relay.Host, strconv.Itoa(box.Relay.Port))
}

// TryAgain has a delivery tried at once that waits or was given up, and records
// who wanted that. One that is about to be tried is left as it is.
func (d *Desk) TryAgain(ctx context.Context, by Actor, id string) error {
	return d.onDelivery(ctx, by, id, func(x *helpdesk.Delivery, now time.Time) (string, error) {
		if x.Hurry && x.State == helpdesk.Queued {
			return "", errUnchanged
		}
		return "Had the mail to " + x.To.String() + " tried again.", x.TryAgain(now)
	})
}

// Drop gives up for good a delivery that waits or was given up, and records who
// wanted that.
func (d *Desk) Drop(ctx context.Context, by Actor, id string) error {
	return d.onDelivery(ctx, by, id, func(x *helpdesk.Delivery, now time.Time) (string, error) {
		return "Dropped the mail to " + x.To.String() + ": it will not be sent.", x.Drop(by.author(), now)
	})
}

// onDelivery changes one delivery in one transaction with the event that tells of
// it, where its ticket goes on.
func (d *Desk) onDelivery(ctx context.Context, by Actor, id string, act func(x *helpdesk.Delivery, now time.Time) (words string, err error)) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	parsed, err := helpdesk.ParseID(id)
	if err != nil {
		return err
	}
	err = helpdesk.Retry(ctx, func(int) error {
		x, err := d.store.Outgoing(ctx, by.Account, parsed)
		if err != nil {
			return err
		}
		t, err := d.whither(ctx, by.Account, x.Ticket)
		if err != nil {
			return err
		}
		if !by.seesMail(t) {
			return noDelivery()
		}
		now := d.now()
		words, err := act(x, now)
		if err != nil {
			return err
		}
		change := &helpdesk.Change{Account: by.Account, Deliveries: []helpdesk.Delivery{*x}}
		if t != nil {
			if t, err = helpdesk.End(t, d.reading(ctx, by.Account)); err != nil {
				return err
			}
			noteEvent(change, t, by, now, words)
		}
		return d.store.Commit(ctx, change)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		d.log.InfoContext(ctx, "delivery changed by hand", "account", by.Account, "delivery", parsed, "by", by.author().ID)
	}
	return err
}

// TryRelay has everything tried at once that waits for a relay, and what was given
// up but for a refusal of the other server: that would only come again. relay is a
// host, or a host and a port. It returns how many those are.
func (d *Desk) TryRelay(ctx context.Context, by Actor, relay string) (n int, err error) {
	for _, failed := range []bool{true, false} { // in this order, as what was given up waits afterwards
		for after := helpdesk.ID(""); ; {
			list, next, err := d.Outbox(ctx, by, failed, after)
			if err != nil {
				return n, err
			}
			for i := range list {
				tried, err := d.tryFor(ctx, by, &list[i], relay)
				if err != nil {
					return n, err
				}
				if tried {
					n++
				}
			}
			if after = next; after == "" {
				break
			}
		}
	}
	return n, nil
}

func (d *Desk) tryFor(ctx context.Context, by Actor, o *Outgoing, relay string) (tried bool, err error) {
	host, _, _ := net.SplitHostPort(o.Relay)
	x := &o.Delivery
	refused := x.State == helpdesk.Failed && x.Last != nil && x.Last.Code >= 500
	if refused || x.Hurry || o.Relay == "" || !strings.EqualFold(relay, host) && !strings.EqualFold(relay, o.Relay) {
		return false, nil
	}
	err = d.TryAgain(ctx, by, string(x.ID))
	if kind := helpdesk.KindOf(err); err != nil && (kind == helpdesk.NotFound || kind == helpdesk.Invalid) {
		return false, nil // sent, or being tried, since we looked
	}
	return err == nil, err
}
