package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func runHeld(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("held", "list | show ID | decide ID accept|collaborator|new-ticket|spam|drop [FLAGS]", errs)
	q.flags(fs)
	all := fs.Bool("all", false, "list what was decided too")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "list":
		return q.listHeld(ctx, *all)
	case len(rest) == 2 && rest[0] == "show":
		return q.showHeld(ctx, rest[1])
	case len(rest) == 3 && rest[0] == "decide":
		verdict, err := helpdesk.ParseVerdict(rest[2])
		if err != nil {
			return fmt.Errorf("%s: %w", helpdesk.Public(err), errUsage)
		}
		var made helpdesk.Decision
		if err := q.post(ctx, admin.Verdict{Verdict: verdict}, &made, "held", rest[1]); err != nil {
			return err
		}
		return q.print(made, func(w io.Writer) { fmt.Fprintln(w, decided(&made)) })
	}
	return fmt.Errorf("say list, show and an id, or decide, an id and an answer: %w", errUsage)
}

func (q *question) listHeld(ctx context.Context, all bool) error {
	path, err := q.path(ctx, "held")
	if err != nil {
		return err
	}
	if all {
		path += "?all=yes"
	}
	items := []helpdesk.HeldItem{}
	if err := admin.NewClient(q.dir).Get(ctx, path, &items); err != nil {
		return err
	}
	return q.print(items, func(w io.Writer) {
		for _, h := range items {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", h.ID, h.Cause, h.From, h.Subject, decided(h.Decision))
		}
	})
}

func (q *question) showHeld(ctx context.Context, id string) error {
	var h helpdesk.HeldItem
	if err := q.get(ctx, &h, "held", id); err != nil {
		return err
	}
	return q.print(h, func(w io.Writer) {
		fmt.Fprintf(w, "%s %s\nfrom %s, %s\n%s\n", h.ID, h.Cause, h.From, h.At.Local().Format(time.DateTime), h.Subject)
		if h.Number != 0 {
			fmt.Fprintf(w, "names #%d\n", h.Number)
		}
		if h.Decision != nil {
			fmt.Fprintln(w, decided(h.Decision))
		} else {
			fmt.Fprintf(w, "can be answered with %v\n", h.Offers())
		}
		fmt.Fprintf(w, "\n%s\n", h.Text)
	})
}

// decided tells a decision in a few words; nothing of a mail that waits.
func decided(d *helpdesk.Decision) string {
	switch {
	case d == nil:
		return ""
	case d.Number != 0:
		return fmt.Sprintf("%s: #%d, by %s", d.Verdict, d.Number, d.By.DisplayName())
	}
	return fmt.Sprintf("%s, by %s", d.Verdict, d.By.DisplayName())
}

// release shows a hidden message of a ticket to its customers.
func (q *question) release(ctx context.Context, number, entry string) error {
	if err := q.post(ctx, struct{}{}, &struct{}{}, "tickets", number, "entries", entry, "release"); err != nil {
		return err
	}
	return q.print(struct{}{}, func(w io.Writer) { fmt.Fprintf(w, "entry %s of #%s is shown to customers\n", entry, number) })
}

// participants changes who takes part in a ticket, if it is told to, and prints
// who does.
func (q *question) participants(ctx context.Context, number string, change []string, person admin.Person) error {
	parts := []string{"tickets", number}
	var in any = struct{}{}
	switch {
	case len(change) == 0:
	case len(change) == 2 && change[0] == "add":
		person.Address = change[1]
		in, parts = person, append(parts, "participants")
	case len(change) == 2 && change[0] == "remove":
		parts = append(parts, "participants", change[1], "remove")
	case len(change) == 2 && change[0] == "dismiss":
		in, parts = admin.Person{Address: change[1]}, append(parts, "suggestions", "dismiss")
	default:
		return fmt.Errorf("say add and an address, remove and a number, or dismiss and an address: %w", errUsage)
	}
	if len(change) > 0 {
		if err := q.post(ctx, in, &struct{}{}, parts...); err != nil {
			return err
		}
	}
	var t admin.Ticket
	if err := q.get(ctx, &t, "tickets", number); err != nil {
		return err
	}
	return q.print(t.Participants, func(w io.Writer) {
		for _, p := range t.Participants {
			role := string(p.Role)
			if p.Left != nil {
				role = "left"
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", p.Number, role, p.Address, p.Name)
		}
		for _, address := range t.Suggested {
			fmt.Fprintf(w, "-\tsuggested\t%s\n", address)
		}
	})
}
