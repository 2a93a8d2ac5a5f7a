package imappoll

import (
	"context"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// sessionFor is how long a connection is used. Only a new SELECT tells a new
	// UIDVALIDITY, and servers end sessions by themselves after some hours.
	sessionFor = time.Hour

	// idleFor is below the five minutes after which some NATs forget a connection,
	// and the ten after which some servers do. Then the folder is looked at, as if
	// nothing could be trusted to be told.
	idleFor = 4 * time.Minute

	// maxMarks is how many mails may wait for being marked or moved at the server.
	// Beyond it, the oldest are left as they are.
	maxMarks = 10_000

	// clocks differ, between us and a server, by less.
	clocks = 5 * time.Minute
)

// session is one connection on which the folder is open.
type session struct {
	*poller
	client *client
	folder folder
	cursor *helpdesk.Cursor

	marks    map[uint32]bool // settled, and above the cursor or to be done at the server: true for that
	after    after           // after.go
	behind   backlog         // as far as this round came
	top      uint32          // the highest UID that is known
	caughtUp bool            // as the store knows it
}

// session fetches over one connection. It returns nil when that has been used long
// enough; worked is called whenever all was taken in.
func (p *poller) session(ctx context.Context, worked func()) error {
	c, err := p.Dialer.open(ctx, p.box.IMAP, p.Logins)
	if err != nil {
		return err
	}
	defer c.logout()
	s := &session{poller: p, client: c, marks: map[uint32]bool{}}
	if s.folder, err = c.open(ctx, p.box.IMAP.Folder, false); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return failed(StepKeep, err)
	}
	for end := p.Now().Add(sessionFor); ctx.Err() == nil; {
		if err := s.round(ctx); err != nil {
			return err
		}
		if ill := s.ailing(); ill != nil {
			p.status.fails(ill, s.nextRetry())
		} else {
			p.status.works(s.undone())
		}
		worked()
		if p.Now().After(end) {
			return nil
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// source names the folder that the UIDs belong to.
func source(box *helpdesk.IMAP) string {
	return fmt.Sprintf("%s@%s:%d/%s", box.Login.Username, box.Host, box.Port, box.Folder)
}

// begin reads how far the folder was fetched, or decides where to start.
func (s *session) begin(ctx context.Context) error {
	s.status.dropOldNote()
	account, name := s.box.Account, s.box.Name
	cursor, err := s.Store.Cursor(ctx, account, name)
	if err != nil {
		return err
	}
	if err := s.findTop(ctx); err != nil {
		return err
	}
	where := source(s.box.IMAP)
	switch {
	case cursor == nil:
		cursor = helpdesk.FirstCursor(name, s.box.IMAP, where, s.folder.validity, s.top, s.Now().Add(-clocks))
		s.log.InfoContext(ctx, "mailbox is fetched for the first time", "start", s.box.IMAP.Start, "uid", cursor.Done+1)
	case cursor.Source != where || cursor.UIDValidity != s.folder.validity || s.setBack(cursor):
		s.renumbered(ctx, cursor, where)
	}
	s.caughtUp = cursor.CaughtUp
	if s.cursor = cursor; cursor.Rev == 0 || cursor.Done == 0 {
		if err := s.Store.SaveCursor(ctx, account, cursor); err != nil {
			return err
		}
	}
	if s.numbering != cursor.Numbering {
		s.numbering, s.sick = cursor.Numbering, map[uint32]*sickness{} // of other mails
	}
	if err := s.Store.ForgetMarks(ctx, account, name, cursor.Numbering); err != nil {
		return err
	}
	return s.readMarks(ctx)
}

// findTop finds the highest UID that there is.
func (s *session) findTop(ctx context.Context) (err error) {
	if s.folder.next > 0 {
		s.top = s.folder.next - 1
		return nil
	}
	s.top, err = s.client.uid(ctx, s.folder.mails) // of the last one: the server does not say UIDNEXT
	return err
}

// setBack reports a server that gives UIDs which it has given before, as one does
// that was restored from a backup: it should change UIDVALIDITY, and may not.
func (s *session) setBack(cursor *helpdesk.Cursor) bool {
	return s.folder.next > 0 && s.folder.next <= cursor.Done
}

// renumbered begins anew: the UIDs of before mean nothing any more.
func (s *session) renumbered(ctx context.Context, cursor *helpdesk.Cursor, where string) {
	why := "the server numbers the mails of the folder anew (UIDVALIDITY changed)"
	switch {
	case cursor.Source != where:
		why = "the mailbox is another folder now"
	case cursor.UIDValidity == s.folder.validity:
		why = "the server was set back: it numbers mails as it has numbered others"
	}
	cursor.Renumber(where, s.folder.validity, s.top)
	since := "all mail"
	if !cursor.Floor.IsZero() {
		since = "mail since " + cursor.Floor.UTC().Format(time.DateOnly)
	}
	s.log.WarnContext(ctx, "folder is looked through again: "+why, "since", cursor.Floor, "uidValidity", s.folder.validity)
	s.status.note(why + ": " + since + " was looked at again, and what was known left out")
}

func (s *session) readMarks(ctx context.Context) error {
	marks, err := s.Store.Marks(ctx, s.box.Account, s.box.Name, s.cursor.Numbering, maxMarks)
	for _, m := range marks {
		s.settle(m.UID, m.Stay)
	}
	return err
}

// wait until there may be mail, or something is to be tried again.
func (s *session) wait(ctx context.Context) error {
	idles := s.client.has(imap.CapIdle)
	wait := s.box.IMAP.Poll
	if idles {
		wait = idleFor
	}
	if next := s.nextRetry(); !next.IsZero() {
		wait = min(wait, max(next.Sub(s.Now()), leastWait))
	}
	began := time.Now()
	if !idles {
		pause(ctx, wait)
	} else if err := s.client.idle(ctx, wait); err != nil {
		return err
	}
	if time.Since(began) < leastWait { // there are servers that have news whenever they are asked
		pause(ctx, leastWait)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := s.client.noop(ctx)
	select {
	case <-s.client.news: // the look that follows is later, and finds it
	default:
	}
	return err
}
