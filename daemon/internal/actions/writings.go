package actions

import (
	"context"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Writing is what the agent has begun to write in a request; nil for nothing.
func (d *Desk) Writing(ctx context.Context, by Actor, number int64) (*helpdesk.Writing, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil || by.Agent == nil {
		return nil, err
	}
	w, err := d.writing(ctx, by, t)
	if err != nil || w == nil || w.Text == "" {
		return nil, err
	}
	return w, nil
}

// writing reads the record, also that of what was sent; nil if there is none.
func (d *Desk) writing(ctx context.Context, by Actor, t *helpdesk.Ticket) (*helpdesk.Writing, error) {
	w, rev, err := record[helpdesk.Writing](ctx, d, by.Account, helpdesk.WritingRecord, writingID(by, t))
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case !w.Until.After(d.now()):
		*w = helpdesk.Writing{}
	}
	w.Rev = rev
	return w, nil
}

func writingID(by Actor, t *helpdesk.Ticket) string {
	return string(by.Agent.ID) + "/" + t.ID.String()
}

// KeepWriting keeps what the agent has begun to write; no text forgets it. Rev is that
// of what the page read or kept last, 0 for nothing: Conflict says that the agent wrote
// in another window since. nonce is that of the page, with which it will be sent: what
// was sent with it is not kept again. It returns what is kept now, nil for nothing.
func (d *Desk) KeepWriting(ctx context.Context, by Actor, number int64, nonce string, in helpdesk.Writing) (*helpdesk.Writing, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return nil, err
	}
	switch {
	case by.Agent == nil:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "only agents write")
	case in.Kind != helpdesk.Message && in.Kind != helpdesk.Note:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "an agent writes a reply or a note")
	case len(in.Text) > MaxText:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "that is too long: the limit is %d KiB", MaxText>>10)
	case in.Status != "":
		if _, err := helpdesk.ParseStatus(string(in.Status)); err != nil {
			return nil, err
		}
	}
	was, err := d.writing(ctx, by, t)
	if err != nil {
		return nil, err
	}
	r := helpdesk.Record{Kind: helpdesk.WritingRecord, ID: writingID(by, t), Gone: strings.TrimSpace(in.Text) == ""}
	switch {
	case was != nil && was.Sent != "" && was.Sent == sentMark(nonce):
		return nil, nil // it came after the sending
	case was == nil && r.Gone:
		return nil, nil
	case was != nil && was.Text != "" && was.Rev != in.Rev:
		return nil, helpdesk.Errorf(helpdesk.Conflict, "you wrote in this request in another window too")
	case was != nil:
		r.Rev = was.Rev
	}
	in.At, in.Sent = d.now(), ""
	in.Until = in.At.Add(helpdesk.WritingLifetime)
	in.Text = strings.ToValidUTF8(in.Text, "")
	r.Value = in
	err = d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Records: []helpdesk.Record{r}})
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return nil, helpdesk.Errorf(helpdesk.Conflict, "you wrote in this request in another window too")
	}
	if err != nil || r.Gone {
		return nil, err
	}
	return d.writing(ctx, by, t)
}

// sentLifetime is longer than a page waits for an answer to what it saves.
const sentLifetime = 10 * time.Minute

// sentMark names what was sent with a nonce; "" without one.
func sentMark(nonce string) string { return nonce[:min(len(nonce), MaxNonce)] }

// sentWriting forgets what the agent had begun to write, in the change that sends it.
func (d *Desk) sentWriting(ctx context.Context, by Actor, change *helpdesk.Change, t *helpdesk.Ticket, nonce string) error {
	if by.Agent == nil {
		return nil
	}
	was, err := d.writing(ctx, by, t)
	if err != nil || was == nil && nonce == "" {
		return err
	}
	r := helpdesk.Record{Kind: helpdesk.WritingRecord, ID: writingID(by, t)}
	if was != nil {
		r.Rev = was.Rev
	}
	if nonce == "" {
		r.Gone = true
	} else {
		now := d.now()
		r.Value = helpdesk.Writing{At: now, Until: now.Add(sentLifetime), Sent: sentMark(nonce)}
	}
	change.Records = append(change.Records, r)
	return nil
}
