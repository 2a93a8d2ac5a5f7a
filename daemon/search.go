package main

import (
	"context"
	"fmt"
	"io"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func runSearch(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("search", "status | rebuild [FLAGS]", errs)
	q.flags(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "status" && rest[0] != "rebuild" {
		return fmt.Errorf("say status or rebuild: %w", errUsage)
	}
	if rest[0] == "rebuild" {
		var done struct{}
		if err := q.post(ctx, done, &done, "search", "rebuild"); err != nil {
			return err
		}
		return q.print(done, func(w io.Writer) {
			fmt.Fprintln(w, "the index is thrown away and built again; searches find what is in it already")
		})
	}
	var state admin.Search
	if err := q.get(ctx, &state, "search"); err != nil {
		return err
	}
	return q.print(state, func(w io.Writer) {
		words := "up to date"
		switch {
		case !state.Built:
			words = "being built"
		case state.Left > 0:
			words = "catching up"
		}
		fmt.Fprintf(w, "Index\t%s\n", words)
		fmt.Fprintf(w, "Requests in it\t%d\n", state.Tickets)
		fmt.Fprintf(w, "To be read\t%d\n", state.Left)
		fmt.Fprintf(w, "On disk\t%s\n", helpdesk.SizeWords(state.Bytes))
	})
}
