package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// merger lets agents merge by mail what they may merge in the console.
type merger struct{ desk *actions.Desk }

// Merge implements [inbound.Merger].
func (m merger) Merge(ctx context.Context, account string, by *helpdesk.Agent, from, into int64) error {
	actor, err := m.desk.ActFor(ctx, account, by)
	if err != nil {
		return err
	}
	return m.desk.Merge(ctx, actor, from, into)
}

// mergeTicket asks the daemon to merge or split a ticket, or to undo that:
// args are the act and its numbers.
func (q *question) mergeTicket(ctx context.Context, subject string, args ...string) error {
	numbers := make([]int64, len(args)-1)
	for i, a := range args[1:] {
		n, err := strconv.ParseInt(strings.TrimPrefix(a, "#"), 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number: %w", a, errUsage)
		}
		numbers[i] = n
	}
	var in, out admin.Merging
	var words string
	switch args[0] {
	case "merge":
		in.Into, words = numbers[1], "#%d goes on as #%d\n"
	case "unmerge":
		words = "#%[1]d is on its own again\n"
	case "split":
		in.Entry, in.Subject, words = int(numbers[1]), subject, "of #%d a message was split off as #%d\n"
	case "unsplit":
		words = "#%d went back into #%d\n"
	}
	path, err := q.path(ctx, "tickets", strconv.FormatInt(numbers[0], 10), args[0])
	if err != nil {
		return err
	}
	if err := admin.NewClient(q.dir).Post(ctx, path, in, &out); err != nil {
		return err
	}
	return q.print(out, func(w io.Writer) { fmt.Fprintf(w, words, numbers[0], out.Number) })
}
