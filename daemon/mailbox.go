package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/imappoll"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// openPollers makes what fetches mail, with a folder for large ones that are on
// their way.
func (d *daemon) openPollers(pipeline *inbound.Pipeline) error {
	dir := filepath.Join(d.settings.dir, "fetching")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder for mail that is fetched: %w", err)
	}
	d.pollers = &imappoll.Pollers{
		Store: d.db, Inbox: pipeline, Directory: d.live, Logins: d.logins, Meter: d.metrics, Log: d.log, Now: time.Now,
		Dir: dir, Replica: d.settings.replica, Exclusive: d.db.inside != nil,
		Tell: d.tellPoll,
	}
	return nil
}

// mailboxes tells about those of an account, whichever replica polls them.
func (d *daemon) mailboxes(ctx context.Context, account string) ([]admin.Mailbox, error) {
	var all []admin.Mailbox
	for _, box := range d.live.Mailboxes() {
		if box.Account != account {
			continue
		}
		told := admin.Mailbox{Account: account, Name: box.Name, Address: box.Address.String(), Inbound: "SMTP"}
		if imap := box.IMAP; imap != nil {
			poll, err := d.db.Poll(ctx, account, box.Name)
			if err != nil {
				return nil, err
			}
			told.Inbound, told.Server, told.Poll, told.Polled = "IMAP", fmt.Sprintf("%s:%d", imap.Host, imap.Port), poll, poll.Held(time.Now())
		}
		all = append(all, told)
	}
	return all, nil
}

func runMailbox(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("mailbox", "list [FLAGS]", errs)
	q.flags(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "list" {
		return fmt.Errorf("say list: %w", errUsage)
	}
	boxes := []admin.Mailbox{}
	if err := q.get(ctx, &boxes, "mailboxes"); err != nil {
		return err
	}
	return q.print(boxes, func(w io.Writer) {
		for _, b := range boxes {
			fmt.Fprintln(w, strings.TrimRight(strings.Join([]string{b.Name, b.Address, b.Inbound, polled(b)}, "\t"), "\t"))
			if b.Poll != nil && b.Poll.Note != "" {
				fmt.Fprintf(w, "\t\t\t%s: %s\n", b.Poll.Noted.Local().Format(time.DateTime), b.Poll.Note)
			}
		}
	})
}

// polled tells in a line how the polling of a mailbox goes; nothing of one that is
// not polled.
func polled(b admin.Mailbox) string {
	p := b.Poll
	switch {
	case p == nil:
		return ""
	case p.Step != "":
		words := fmt.Sprintf("%s fails since %s: %s", p.Step, p.Since.Local().Format(time.DateTime), p.Words)
		if !p.Next.IsZero() {
			words += ", tried again at " + p.Next.Local().Format(time.TimeOnly)
		}
		return words
	case !b.Polled:
		return "no replica polls it now"
	case p.Waiting == 1:
		return "1 mail waits"
	case p.Waiting > 0:
		return fmt.Sprintf("%d mails wait", p.Waiting)
	case p.Success.IsZero():
		return "not looked at yet"
	}
	words := "all taken in at " + p.Success.Local().Format(time.DateTime)
	if p.Undone > 0 {
		words += fmt.Sprintf(", %d not marked or moved at the server yet", p.Undone)
	}
	return words
}
