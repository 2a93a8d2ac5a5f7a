package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// runExplain asks a running daemon what would become of a mail, and why.
func runExplain(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("explain", "FILE [FLAGS]", errs)
	q.flags(fs)
	var path helpdesk.Path
	fs.Func("from-ip", "`address` of the client that would bring it; without one SPF can prove nothing", func(v string) error {
		ip, err := netip.ParseAddr(v)
		path.Peer = ip.String()
		return err
	})
	fs.StringVar(&path.Helo, "helo", "", "`name` that the client would say")
	sender := fs.String("mail-from", "", "reverse-path; <> for the null sender (default: the address of From)")
	fs.Func("rcpt", "recipient; may be repeated (default: those of To and Cc that are ours)", func(v string) error {
		path.To = append(path.To, strings.Trim(v, "<>"))
		return nil
	})
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("name the file to explain, or - for standard input: %w", errUsage)
	}
	raw, err := readBounded(rest[0])
	if err != nil {
		return err
	}
	if path.From, err = reversePath(*sender, raw); err != nil {
		return err
	}
	path.Transfer = "explain"
	var expected []helpdesk.Expectation
	if err := admin.NewClient(q.dir).Post(ctx, "/explain", admin.Mail{Path: path, Raw: raw}, &expected); err != nil {
		return err
	}
	return q.print(expected, func(w io.Writer) {
		for _, o := range expected {
			printExpected(w, o)
		}
	})
}

func reversePath(flag string, raw []byte) (helpdesk.Address, error) {
	switch flag {
	case "<>":
		return helpdesk.Address{}, nil
	case "":
		from, _ := eml.Read(raw).OneFrom()
		return from.Address, nil
	}
	return helpdesk.ParseAddress(strings.Trim(flag, "<>"))
}

func printExpected(w io.Writer, o helpdesk.Expectation) {
	fmt.Fprintf(w, "Mailbox\t%s of %s\n", o.Mailbox, o.Account)
	fmt.Fprintf(w, "Outcome\t%s\n", outcomeWords(o))
	r := o.Recognised
	if r == nil {
		return
	}
	fmt.Fprintf(w, "Row\t%s\n", r.Rule)
	fmt.Fprintf(w, "Writer\t%s, proof %s\n", r.Sender, r.Trust.Proof)
	for _, reason := range r.Trust.Reasons {
		fmt.Fprintf(w, "\t%s\n", reason)
	}
	fmt.Fprintf(w, "Mail\t%s, names a ticket by: %s\n", r.Class, r.Token)
	for _, e := range r.Evidence {
		fmt.Fprintf(w, "\t%s\n", e)
	}
	for _, f := range r.Faults {
		fmt.Fprintf(w, "Repaired\t%s\n", f)
	}
}

// outcomeWords say what would happen.
func outcomeWords(o helpdesk.Expectation) string {
	ticket := fmt.Sprintf("#%d", o.Number)
	var words string
	switch o.Result {
	case helpdesk.Created:
		words = "a new ticket"
		if o.Number != 0 {
			words += " that goes on from " + ticket
		}
	case helpdesk.Appended:
		words = "an entry of " + ticket
	case helpdesk.HeldBack:
		words = "held for an agent: " + string(o.Cause)
	case helpdesk.Duplicate:
		words = "nothing: it was taken in before"
		if o.Number != 0 {
			words += ", see " + ticket
		}
	default:
		words = string(o.Result)
	}
	if o.Answer != "" {
		words += "; the writer gets: " + string(o.Answer)
	}
	return words
}
