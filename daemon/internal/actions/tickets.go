package actions

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
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
	return d.store.Tickets(ctx, by.Account, before, min(max(limit, 1), 100))
}

// Detail is a ticket as agents see it. Texts of entries are whole.
type Detail struct {
	Ticket     helpdesk.Ticket
	Entries    []helpdesk.Entry
	Deliveries []helpdesk.Delivery
}

// Ticket reads one ticket with its history.
func (d *Desk) Ticket(ctx context.Context, by Actor, number int64) (*Detail, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	t, err := d.store.TicketByNumber(ctx, by.Account, number)
	if err != nil {
		return nil, err
	}
	entries, err := d.entries(ctx, by.Account, t.ID)
	if err != nil {
		return nil, err
	}
	deliveries, err := d.store.Deliveries(ctx, by.Account, t.ID)
	if err != nil {
		return nil, err
	}
	return &Detail{Ticket: *t, Entries: entries, Deliveries: deliveries}, nil
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

// Reply is an agent's public answer.
type Reply struct {
	Text   string
	Status helpdesk.Status // what the ticket becomes; "" leaves it
}

// Reply answers the customer: an entry, and one mail for each participant.
func (d *Desk) Reply(ctx context.Context, by Actor, number int64, in Reply) error {
	return d.write(ctx, by, number, helpdesk.Message, in.Text, func(t *helpdesk.Ticket, change *helpdesk.Change, seq int) error {
		if in.Status != "" {
			t.Status = in.Status
		}
		box, ok := d.directory.Mailbox(by.Account, t.Mailbox)
		if !ok {
			return helpdesk.Errorf(helpdesk.Invalid, "mailbox %q is not declared any more, so there is nowhere to answer from", t.Mailbox)
		}
		d.planner.Reply(change, outbound.Occasion{Mailbox: box, Ticket: t, Entry: seq, Purpose: helpdesk.AgentReply, Now: d.now()})
		return nil
	})
}

// Note writes something that only agents see.
func (d *Desk) Note(ctx context.Context, by Actor, number int64, text string) error {
	return d.write(ctx, by, number, helpdesk.Note, text, nil)
}

// SetStatus changes the status and records who did.
func (d *Desk) SetStatus(ctx context.Context, by Actor, number int64, status helpdesk.Status) error {
	if _, err := helpdesk.ParseStatus(string(status)); err != nil {
		return err
	}
	text := "Status set to " + string(status) + "."
	return d.write(ctx, by, number, helpdesk.Event, text, func(t *helpdesk.Ticket, _ *helpdesk.Change, _ int) error {
		t.Status = status
		return nil
	})
}

// write adds an entry of an agent to a ticket, with what else it changes.
func (d *Desk) write(ctx context.Context, by Actor, number int64, kind helpdesk.EntryKind, text string, also func(*helpdesk.Ticket, *helpdesk.Change, int) error) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	text, err := checkText(text)
	if err != nil {
		return err
	}
	return retry(func() error {
		t, err := d.store.TicketByNumber(ctx, by.Account, number)
		if err != nil {
			return err
		}
		e := helpdesk.Entry{Kind: kind, Channel: helpdesk.ByConsole, At: d.now(), Author: by.author()}
		change := &helpdesk.Change{Account: by.Account, Ticket: t}
		if e.Text, e.TextBlob, err = d.fit(ctx, by.Account, text); err != nil {
			return err
		}
		t.Append(&e)
		if also != nil {
			if err := also(t, change, e.Seq); err != nil {
				return err
			}
		}
		change.Entries = []helpdesk.Entry{e}
		if err := d.store.Commit(ctx, change); err != nil {
			return err
		}
		d.log.InfoContext(ctx, "entry written", "account", by.Account, "ticket", number, "kind", kind, "by", by.author().ID)
		return nil
	})
}

// checkText wants words, in UTF-8, with LF at the end of lines.
func checkText(text string) (string, error) {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
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

// Held lists the mails that wait for a decision.
func (d *Desk) Held(ctx context.Context, by Actor) ([]helpdesk.HeldItem, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	return d.store.Held(ctx, by.Account)
}

// HeldItem reads one of them.
func (d *Desk) HeldItem(ctx context.Context, by Actor, id string) (*helpdesk.HeldItem, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	parsed, err := helpdesk.ParseID(id)
	if err != nil {
		return nil, err
	}
	return d.store.HeldItem(ctx, by.Account, parsed)
}
