package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// question is a command that asks a running daemon over its socket.
type question struct {
	dir, account string
	json         bool
	out          io.Writer
}

func (q *question) flags(fs *flag.FlagSet) {
	fs.StringVar(&q.dir, "dir", defaultDir(), dirHelp+" of the running daemon")
	fs.StringVar(&q.account, "account", "", "`name` of the account, where several are declared")
	fs.BoolVar(&q.json, "json", false, "print JSON")
}

// path names something of the account.
func (q *question) path(ctx context.Context, parts ...string) (string, error) {
	if q.account == "" {
		var accounts []string
		if err := admin.NewClient(q.dir).Get(ctx, "/accounts", &accounts); err != nil {
			return "", err
		}
		switch len(accounts) {
		case 0:
			return "", errors.New("no account is declared")
		case 1:
			q.account = accounts[0]
		default:
			return "", fmt.Errorf("several accounts are declared (%s): choose one with --account", strings.Join(accounts, ", "))
		}
	}
	path := "/accounts/" + url.PathEscape(q.account)
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path, nil
}

func (q *question) get(ctx context.Context, value any, parts ...string) error {
	path, err := q.path(ctx, parts...)
	if err != nil {
		return err
	}
	return admin.NewClient(q.dir).Get(ctx, path, value)
}

func (q *question) post(ctx context.Context, in, out any, parts ...string) error {
	path, err := q.path(ctx, parts...)
	if err != nil {
		return err
	}
	return admin.NewClient(q.dir).Post(ctx, path, in, out)
}

// print writes value as JSON, or as what words writes for people.
func (q *question) print(value any, words func(w io.Writer)) error {
	if q.json {
		enc := json.NewEncoder(q.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(value)
	}
	tw := tabwriter.NewWriter(q.out, 0, 0, 2, ' ', 0)
	words(tw)
	return tw.Flush()
}

func runTicket(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("ticket", "list | show N | participants N [add ADDRESS | remove P | dismiss ADDRESS] | release N ENTRY |\n"+
		"  merge N INTO | unmerge N | split N ENTRY | unsplit N [FLAGS]", errs)
	q.flags(fs)
	limit := fs.Int("limit", 0, "list at most this `number`, newest first; 0 lists all")
	before := fs.Int64("before", 0, "list only tickets with a lower `number`")
	subject := fs.String("subject", "", "`subject` of what is split off (default: that of the mail)")
	person := admin.Person{}
	fs.StringVar(&person.Name, "name", "", "`name` of who is added")
	fs.BoolVar(&person.History, "history", false, "let who is added read what was written before")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "list":
		return q.listTickets(ctx, *limit, *before)
	case len(rest) == 2 && rest[0] == "show":
		return q.showTicket(ctx, strings.TrimPrefix(rest[1], "#"))
	case len(rest) >= 2 && rest[0] == "participants":
		return q.participants(ctx, strings.TrimPrefix(rest[1], "#"), rest[2:], person)
	case len(rest) == 3 && rest[0] == "release":
		return q.release(ctx, strings.TrimPrefix(rest[1], "#"), rest[2])
	case len(rest) == 3 && (rest[0] == "merge" || rest[0] == "split"), len(rest) == 2 && (rest[0] == "unmerge" || rest[0] == "unsplit"):
		return q.mergeTicket(ctx, *subject, rest...)
	}
	return fmt.Errorf("say list, or what to do and the number of a ticket: %w", errUsage)
}

func (q *question) listTickets(ctx context.Context, limit int, before int64) error {
	path, err := q.path(ctx, "tickets")
	if err != nil {
		return err
	}
	tickets := []admin.Ticket{}
	for limit == 0 || len(tickets) < limit {
		var page []admin.Ticket
		query := url.Values{"before": {strconv.FormatInt(before, 10)}}
		if limit > 0 {
			query.Set("limit", strconv.Itoa(limit-len(tickets)))
		}
		if err := admin.NewClient(q.dir).Get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		tickets = append(tickets, page...)
		before = page[len(page)-1].Number
	}
	return q.print(tickets, func(w io.Writer) {
		for _, t := range tickets {
			fmt.Fprintf(w, "#%d\t%s\t%s\t%s\n", t.Number, t.Status, t.Requester, t.Subject)
		}
	})
}

func (q *question) showTicket(ctx context.Context, number string) error {
	if _, err := strconv.ParseInt(number, 10, 64); err != nil {
		return fmt.Errorf("%q is not a ticket number: %w", number, errUsage)
	}
	var t admin.Ticket
	if err := q.get(ctx, &t, "tickets", number); err != nil {
		return err
	}
	return q.print(t, func(w io.Writer) {
		fmt.Fprintf(w, "#%d %s\n%s, %s, from %s by %s\n", t.Number, t.Subject, t.Status, t.Mailbox, t.Requester, t.Channel)
		if t.MergedInto != 0 {
			fmt.Fprintf(w, "merged into #%d\n", t.MergedInto)
		}
		for _, e := range t.Entries {
			fmt.Fprintf(w, "\n%s %s by %s, %s\n%s\n", e.Place(), e.Kind, e.Author, e.At.Local().Format(time.DateTime), e.Text)
			for _, f := range e.Attachments {
				fmt.Fprintf(w, "   (file: %s, %s, %s)\n", f.Name, f.MediaType, helpdesk.SizeWords(f.Size))
			}
			if r := e.Recognised; r != nil {
				fmt.Fprintf(w, "   (%s: %s)\n", r.Rule, strings.Join(append(r.Evidence, r.Trust.Reasons...), " "))
			}
		}
	})
}
