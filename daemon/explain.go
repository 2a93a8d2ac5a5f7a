package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// runExplain asks a running daemon what would become of a mail, and why.
func runExplain(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("explain", "FILE [FLAGS]", errs)
	q.flags(fs)
	var path helpdesk.Path
	sender := pathFlags(fs, &path)
	manifests := fs.String("manifests", "", "`folder` or file with a proposed configuration: tell what would become of the mail under that one (default: the one that is served)")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return fmt.Errorf("name the file to explain, or - for standard input: %w", errUsage)
	}
	proposal, err := readProposal(out, *manifests)
	if err != nil {
		return err
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
	if err := admin.NewClient(q.dir).Post(ctx, "/explain", admin.Mail{Path: path, Raw: raw, Proposal: proposal}, &expected); err != nil {
		return err
	}
	var loaded admin.Configuration
	if err := admin.NewClient(q.dir).Get(ctx, "/configuration", &loaded); err != nil {
		return err
	}
	return q.print(expected, func(w io.Writer) {
		if proposal != nil {
			fmt.Fprintf(w, "Under the proposed configuration of %s, which is not served:\n\n", *manifests)
		} else {
			tellRefused(w, loaded, "")
		}
		for _, o := range expected {
			printExpected(w, o)
		}
	})
}

// pathFlags are those about the way of a mail; it returns the reverse-path as it
// is written.
func pathFlags(fs *flag.FlagSet, path *helpdesk.Path) *string {
	fs.Func("from-ip", "`address` of the client that would bring it (default: none, as of mail that is polled; SPF proves nothing then)", func(v string) error {
		ip, err := netip.ParseAddr(v)
		path.Peer = ip.String()
		return err
	})
	fs.StringVar(&path.Helo, "helo", "", "`name` that the client would say")
	fs.Func("rcpt", "`address` of a recipient; may be repeated (default: those of Delivered-To, To and Cc that are ours)", func(v string) error {
		path.To = append(path.To, strings.Trim(v, "<>"))
		return nil
	})
	return fs.String("mail-from", "", "`address` in MAIL FROM; <> for the null sender (default: that of Return-Path, else the address of From)")
}

// readProposal reads and checks a proposed configuration; nil if none is named.
func readProposal(out io.Writer, path string) (*admin.Proposal, error) {
	if path == "" {
		return nil, nil
	}
	files, err := readManifests(out, path)
	if err != nil {
		return nil, err
	}
	proposal := &admin.Proposal{Files: []admin.File{}}
	for _, f := range files {
		proposal.Files = append(proposal.Files, admin.File(f))
	}
	if proposal.Size() > admin.MaxProposal {
		return nil, fmt.Errorf("the manifests of %s have more than %d MiB", path, admin.MaxProposal>>20)
	}
	return proposal, nil
}

// explain asks the pipeline as the SMTP edge would.
func (d *daemon) explain(p *inbound.Pipeline) admin.Explain {
	return func(ctx context.Context, m admin.Mail) ([]helpdesk.Expectation, error) {
		q := inbound.Inquiry{Path: m.Path, Relay: d.settings.relays.Find(m.Path.Peer), Raw: m.Raw}
		if m.Proposal != nil {
			var files []config.Source
			for _, f := range m.Proposal.Files {
				files = append(files, config.Source(f))
			}
			proposed, err := d.live.Propose(files)
			if err != nil {
				return nil, helpdesk.Wrap(helpdesk.Invalid, err)
			}
			q.Proposed = proposed
		}
		return p.Explain(ctx, q)
	}
}

func reversePath(flag string, raw []byte) (helpdesk.Address, error) {
	switch flag {
	case "<>":
		return helpdesk.Address{}, nil
	case "":
		return inbound.ReversePath(eml.Read(raw)), nil
	}
	return helpdesk.ParseAddress(strings.Trim(flag, "<>"))
}

func printExpected(w io.Writer, o helpdesk.Expectation) {
	if o.Result == helpdesk.TurnedAway && o.Recipient != "" {
		fmt.Fprintf(w, "Recipient\t%s\nOutcome\trefused: it is no address of ours\n", o.Recipient)
		return
	}
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
	case helpdesk.TurnedAway:
		words = "refused: the writer's domain asks for that"
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
