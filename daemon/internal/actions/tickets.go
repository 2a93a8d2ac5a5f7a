package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// MaxText is the most bytes of one reply, note or message of a form: some ten
// thousand words.
const MaxText = 64 << 10

// Tickets lists up to limit tickets, newest first, below number before (0 =
// from the newest). It reads at most 100.
func (d *Desk) Tickets(ctx context.Context, by Actor, before int64, limit int) ([]helpdesk.Ticket, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	found, err := d.store.Tickets(ctx, by.Account, before, min(max(limit, 1), 100))
	return slices.DeleteFunc(found, func(t helpdesk.Ticket) bool { return !by.sees(&t) }), err
}

// entries reads a history with the texts that records could not hold.
func (d *Desk) entries(ctx context.Context, account string, id helpdesk.TicketID) ([]helpdesk.Entry, error) {
	entries, err := d.store.Entries(ctx, account, id)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		if e.Text, err = d.whole(ctx, account, e.Text, e.TextBlob); err != nil {
			return nil, err
		}
		if e.Quoted, err = d.whole(ctx, account, e.Quoted, e.QuotedBlob); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// MaxShownText is how much of one text a page shows; the raw mail has it all.
const MaxShownText = 1 << 20

func (d *Desk) whole(ctx context.Context, account, short, hash string) (string, error) {
	if hash == "" {
		return short, nil
	}
	h, err := blob.ParseHash(hash)
	if err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	r, err := d.blobs.Open(ctx, account, h)
	if err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, MaxShownText))
	if err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	return strings.ToValidUTF8(string(text), ""), nil
}

// blobs name what files hold.
func blobs(files []helpdesk.Attachment) []string {
	var names []string
	for _, f := range files {
		names = append(names, f.Blob)
	}
	return names
}

// errUnchanged ends a writing that has nothing to write.
var errUnchanged = errors.New("nothing to change")

// writing is an entry to be.
type writing struct {
	kind    helpdesk.EntryKind
	text    string
	files   []Upload
	receipt string // its identity; "" if each call is one
	nonce   string // of the page
}

// write adds an entry of an agent to a ticket, with what else it changes.
func (d *Desk) write(ctx context.Context, by Actor, number int64, w writing, also func(*helpdesk.Ticket, *helpdesk.Change, int) error) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	var err error
	if w.text, err = checkText(w.text); err != nil {
		return err
	}
	err = helpdesk.Retry(ctx, func(int) error { return d.tryWrite(ctx, by, number, w, also) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		d.log.InfoContext(ctx, "entry written", "account", by.Account, "ticket", number, "kind", w.kind, "by", by.author().ID)
	}
	return settled(err)
}

func (d *Desk) tryWrite(ctx context.Context, by Actor, number int64, w writing, also func(*helpdesk.Ticket, *helpdesk.Change, int) error) error {
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return err
	}
	e := helpdesk.Entry{Kind: w.kind, Channel: helpdesk.ByConsole, At: d.now(), Author: by.author(), Attachments: attachments(w.files)}
	change := &helpdesk.Change{Account: by.Account, Ticket: t}
	if w.receipt != "" {
		found, err := d.store.Lookup(ctx, by.Account, store.Query{Receipt: w.receipt})
		if err != nil {
			return err
		}
		if found.Receipt != nil {
			return errUnchanged
		}
		change.Receipt = &helpdesk.Receipt{Key: w.receipt, At: e.At, Channel: helpdesk.ByConsole, Outcome: helpdesk.Outcome{
			Result: helpdesk.Appended, Account: by.Account, Mailbox: t.Mailbox, Ticket: t.ID, Number: number, Entry: t.Entries + 1,
		}}
	}
	if err := d.goesOn(ctx, by.Account, t); err != nil {
		return err
	}
	if e.Text, e.TextBlob, err = d.fit(ctx, by.Account, w.text); err != nil {
		return err
	}
	t.Append(&e)
	change.Entries = []helpdesk.Entry{e}
	if by.Agent != nil && w.kind != helpdesk.Event {
		t.Watch(by.Agent.ID)
		t.Looked(by.Agent.ID)
		if err := d.sentWriting(ctx, by, change, t, w.nonce); err != nil {
			return err
		}
	}
	if also != nil {
		if err := also(t, change, e.Seq); err != nil {
			return err
		}
	}
	return d.commit(ctx, agentFiles(by, number, helpdesk.FileLimits{}), w.files, change)
}

// checkText wants words, in UTF-8, with LF at the end of lines and no control
// characters: they would reach mails, pages and the operator's terminal.
func checkText(text string) (string, error) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
	switch {
	case text == "":
		return "", helpdesk.Errorf(helpdesk.Invalid, "write something first")
	case len(text) > MaxText:
		return "", helpdesk.Errorf(helpdesk.Invalid, "that is too long: the limit is %d KiB", MaxText>>10)
	}
	return text, nil
}

// fit keeps a long text as a blob and its beginning in the record.
func (d *Desk) fit(ctx context.Context, account, text string) (short, hash string, err error) {
	if len(text) <= helpdesk.MaxInlineText {
		return text, "", nil
	}
	ref, err := blob.Put(ctx, d.blobs, account, []byte(text))
	if err != nil {
		return "", "", fmt.Errorf("keep text: %w", err)
	}
	return strings.ToValidUTF8(text[:helpdesk.MaxInlineText], ""), ref.Hash.String(), nil
}

// mailbox is where mail of a ticket is sent from.
func (d *Desk) mailbox(account, name string) (helpdesk.Mailbox, error) {
	box, ok := d.directory.Mailbox(account, name)
	if !ok {
		return box, helpdesk.Errorf(helpdesk.Invalid, "mailbox %q is not declared any more, so there is nowhere to answer from", name)
	}
	return box, nil
}
