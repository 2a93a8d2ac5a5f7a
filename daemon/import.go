package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/archive"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// runImport brings the mail of an archive into a mailbox of a running daemon.
func runImport(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("import", "FILE|FOLDER… --mailbox NAME [FLAGS]", errs)
	q.flags(fs)
	job := &importJob{}
	job.flags(fs)
	since := fs.String("since", "", "`date`, such as 2020-12-31: leave out mail that was written before")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 || job.template.Mailbox == "" {
		return fmt.Errorf("name files or folders, and the mailbox with --mailbox: %w", errUsage)
	}
	options := archive.Options{Now: time.Now()}
	if *since != "" {
		if options.Since, err = time.ParseInLocation(time.DateOnly, *since, time.Local); err != nil {
			return fmt.Errorf("%q is not a date such as 2020-12-31: %w", *since, errUsage)
		}
	}
	if _, err := q.path(ctx); err != nil { // finds the account
		return err
	}
	job.template.Account, job.client = q.account, admin.NewClient(q.dir)
	if err := job.knock(ctx); err != nil {
		return err
	}
	job.summary = newImportSummary(job.template.Look)
	progress := newProgress(errs)
	options.Progress = progress.reading
	found, err := archive.Read(ctx, rest, options)
	if err != nil {
		return err
	}
	err = job.run(ctx, found, progress)
	if printErr := q.print(job.summary, job.summary.print); err == nil {
		err = printErr
	}
	if err == nil && job.summary.NotTaken.Total() > 0 {
		return errSilent
	}
	return err
}

// importJob takes the mails of an archive to the daemon.
type importJob struct {
	client   *admin.Client
	template helpdesk.Archived // without the mail
	found    *archive.Archive
	summary  *importSummary
}

func (j *importJob) flags(fs *flag.FlagSet) {
	fs.StringVar(&j.template.Mailbox, "mailbox", "", "`name` of the mailbox whose mail it is")
	fs.BoolVar(&j.template.Look, "dry-run", false, "only tell what would become of it")
	j.template.History.Status = helpdesk.Closed
	fs.Func("status", "`status` of the tickets that are made: Open, Pending, Resolved or Closed (default: Closed)", func(v string) error {
		status, err := helpdesk.ParseStatus(v)
		j.template.History.Status = status
		return err
	})
	fs.Func("ours", "`address` whose mails are ours too, besides those of mailboxes, aliases and agents; may be repeated", func(v string) error {
		a, err := helpdesk.ParseAddress(v)
		j.template.History.Ours = append(j.template.History.Ours, a)
		return err
	})
}

// knock asks about no mail at all: a name that is mistyped shows before a large
// archive is read.
func (j *importJob) knock(ctx context.Context) error {
	a := j.template
	a.Look, a.Raw, a.History.At = true, strings.NewReader(""), time.Now()
	_, err := j.client.Import(ctx, a)
	return err
}

// run takes them in, a few at once.
func (j *importJob) run(ctx context.Context, found *archive.Archive, progress *progress) error {
	j.found = found
	j.summary.begin(found)
	defer j.summary.end()
	done := progress.start(len(found.Mails))
	defer done()
	err := found.Feed(ctx, admin.ImportsAtOnce, func(ctx context.Context, m *archive.Mail) error {
		got, err := j.take(ctx, m)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", printable(found.Place(m)), err)
		case got.Refused != "" && m.Report && j.template.Look:
			j.summary.unsure() // what it is about may be in the archive
		case got.Refused != "":
			j.summary.notTaken(got.Refused, found.Place(m))
		default:
			j.summary.taken(m, &got.Outcome)
		}
		progress.step()
		return nil
	})
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		return fmt.Errorf("%w (%d of %d mails are done; the same command again goes on from there)", err, progress.steps(), len(found.Mails))
	}
	return nil
}

// How long a daemon that is away is waited for, and how often it is asked.
const (
	importPatience = time.Minute
	importPause    = 500 * time.Millisecond
)

// take takes in one mail. While the daemon is away, or cannot keep it, it is tried
// again: what may have been done already is known by then.
func (j *importJob) take(ctx context.Context, m *archive.Mail) (admin.Imported, error) {
	for until := time.Now().Add(importPatience); ; {
		got, err := j.try(ctx, m)
		if !admin.IsTemporary(err) || ctx.Err() != nil || time.Now().After(until) {
			return got, err
		}
		select {
		case <-time.After(importPause):
		case <-ctx.Done():
			return got, err
		}
	}
}

func (j *importJob) try(ctx context.Context, m *archive.Mail) (admin.Imported, error) {
	in, err := j.found.Open(m)
	if err != nil {
		return admin.Imported{Refused: "it can't be read: " + reason(err)}, nil
	}
	defer in.Close()
	a, raw := j.template, &remembering{from: in}
	a.Raw, a.History.At, a.History.Sent = raw, m.At(), m.Sent
	a.History.OwnFile = j.found.HasFile(m)
	got, err := j.client.Import(ctx, a)
	if raw.err != nil {
		return admin.Imported{Refused: "it can't be read: " + reason(raw.err)}, nil
	}
	return got, err
}

// reason is an error without the path, which is told beside it.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// remembering keeps the error of what it reads from: it must not be taken for one
// of the daemon.
type remembering struct {
	from io.Reader
	err  error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
