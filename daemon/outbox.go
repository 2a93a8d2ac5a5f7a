package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func runOutbox(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("outbox", "list | show ID | retry ID… | retry --relay HOST | drop ID [FLAGS]", errs)
	q.flags(fs)
	state := fs.String("state", "", "list only what is in this `state`: waiting or failed (default: both)")
	relay := fs.String("relay", "", "retry all that waits for this `relay`, a host or host:port, and what was given up without a refusal")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "list" && (*state == "" || *state == "waiting" || *state == "failed"):
		return q.listOutbox(ctx, *state)
	case len(rest) == 2 && rest[0] == "show":
		return q.showOutgoing(ctx, rest[1])
	case len(rest) == 1 && rest[0] == "retry" && *relay != "":
		return q.retryRelay(ctx, *relay)
	case len(rest) >= 2 && rest[0] == "retry" && *relay == "":
		return q.changeOutgoing(ctx, "retry", rest[1:])
	case len(rest) == 2 && rest[0] == "drop":
		return q.changeOutgoing(ctx, "drop", rest[1:])
	}
	return fmt.Errorf("say list (--state waiting or failed), show and an id, retry and ids or --relay, or drop and an id: %w", errUsage)
}

func (q *question) listOutbox(ctx context.Context, state string) error {
	all := admin.Outbox{Deliveries: []admin.Outgoing{}}
	for _, s := range []string{"waiting", "failed"} {
		if state != "" && state != s {
			continue
		}
		for after := helpdesk.ID(""); ; {
			path, err := q.path(ctx, "outbox")
			if err != nil {
				return err
			}
			var page admin.Outbox
			query := url.Values{"state": {s}, "after": {string(after)}}
			if err := admin.NewClient(q.dir).Get(ctx, path+"?"+query.Encode(), &page); err != nil {
				return err
			}
			all.Relays, all.Deliveries = page.Relays, append(all.Deliveries, page.Deliveries...)
			if after = page.Next; after == "" {
				break
			}
		}
	}
	return q.print(all, func(w io.Writer) {
		for _, r := range all.Relays {
			if r.Open {
				fmt.Fprintf(w, "relay %s is left alone until %s: %s\n", r.Relay, r.Probe.Local().Format(time.TimeOnly), r.Words)
			}
		}
		for _, d := range all.Deliveries {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, request(&d), d.To, d.Purpose, waits(d), d.Last.Answer())
		}
	})
}

// request is the number of a delivery's ticket; "-" without one.
func request(d *admin.Outgoing) string {
	if d.Number == 0 {
		return "-"
	}
	return fmt.Sprintf("#%d", d.Number)
}

// waits tells in a few words what is to become of a delivery.
func waits(d admin.Outgoing) string {
	tried := fmt.Sprintf("tried %d times", d.Attempts)
	if d.Attempts == 1 {
		tried = "tried once"
	}
	switch {
	case d.State != helpdesk.Queued:
		return string(d.State) + ", " + tried
	case d.Sending:
		return "on its way now"
	case d.Attempts == 0:
		return "waiting"
	}
	return fmt.Sprintf("%s, next %s", tried, d.Next.Local().Format(time.DateTime))
}

func (q *question) showOutgoing(ctx context.Context, id string) error {
	var d admin.Outgoing
	if err := q.get(ctx, &d, "outbox", id); err != nil {
		return err
	}
	return q.print(d, func(w io.Writer) {
		about := "about their sign-in"
		if !d.Purpose.OfAccount() {
			about = fmt.Sprintf("about entry %d of %s", d.Entry, request(&d))
		}
		fmt.Fprintf(w, "%s %s\n%s to %s, %s\n", d.ID, waits(d), d.Purpose, d.To, about)
		fmt.Fprintf(w, "made %s, %s\n", d.Created.Local().Format(time.DateTime), d.MessageID)
		fmt.Fprintf(w, "from mailbox %s over %s\n", d.Mailbox, d.Relay)
		if d.Last != nil {
			fmt.Fprintf(w, "%s: %s\n", d.Last.At.Local().Format(time.DateTime), d.Last.Answer())
		}
	})
}

func (q *question) retryRelay(ctx context.Context, relay string) error {
	in := admin.Retrying{Relay: relay}
	if err := q.post(ctx, in, &in, "outbox"); err != nil {
		return err
	}
	return q.print(in, func(w io.Writer) {
		if in.Tried == 1 {
			fmt.Fprintln(w, "1 mail is tried again")
			return
		}
		fmt.Fprintf(w, "%d mails are tried again\n", in.Tried)
	})
}

// changeOutgoing does the same to each of the ids, and ends at the first that it
// can't be done to.
func (q *question) changeOutgoing(ctx context.Context, act string, ids []string) error {
	sum := admin.Retrying{}
	for _, id := range ids {
		var one admin.Retrying
		if err := q.post(ctx, struct{}{}, &one, "outbox", id, act); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		sum.Tried += one.Tried
	}
	return q.print(sum, func(w io.Writer) {
		for _, id := range ids {
			if act == "drop" {
				fmt.Fprintf(w, "%s is dropped\n", id)
			} else {
				fmt.Fprintf(w, "%s is tried again\n", id)
			}
		}
	})
}
