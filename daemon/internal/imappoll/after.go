package imappoll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// afterAtOnce is how many mails are marked or moved in one command.
const afterAtOnce = 200

// after is how it goes to do at the server what is to be done about a mail that
// was taken in. All of it may be done twice.
type after struct {
	failures int
	next     time.Time // after a failure
	made     bool      // the folder was made, or could not be: once is enough
}

// undone is how many mails that holds for.
func (s *session) undone() int {
	n := 0
	for _, waits := range s.marks {
		if waits {
			n++
		}
	}
	return n
}

// afterwards does it for all mails that were taken in. What the server refuses is
// tried again later and stops nothing.
func (s *session) afterwards(ctx context.Context) error {
	var todo []uint32
	for uid, waits := range s.marks {
		if waits {
			todo = append(todo, uid)
		}
	}
	slices.Sort(todo)
	if over := len(todo) - maxMarks; over > 0 {
		s.log.WarnContext(ctx, "too many mails wait to be marked or moved at the server: the oldest are left as they are", "mails", over)
		s.done(todo[:over])
		todo = todo[over:]
	}
	if len(todo) == 0 || s.Now().Before(s.after.next) {
		return nil
	}
	for chunk := range slices.Chunk(todo, afterAtOnce) {
		if err := s.afterChunk(ctx, chunk); err != nil {
			answer, refused := errors.AsType[*imap.Error](err)
			if !refused || asksForPatience(answer) {
				return failed(StepAfter, err)
			}
			s.after.failures++
			s.after.next = s.Now().Add(backoff(s.after.failures+4, jitter)) // a person may have to mend it
			s.status.fails(failed(StepAfter, err), s.after.next)
			s.log.WarnContext(ctx, "mails are not marked or moved at the server", "mails", len(todo), "error", tame(err.Error()))
			return nil
		}
		s.done(chunk)
	}
	s.after.failures = 0
	s.status.mended(StepAfter)
	return nil
}

func (s *session) done(uids []uint32) {
	for _, uid := range uids {
		s.marks[uid] = false
	}
}

func (s *session) afterChunk(ctx context.Context, uids []uint32) error {
	switch s.box.IMAP.Afterwards {
	case helpdesk.LeaveThere:
		return nil
	case helpdesk.MoveAway:
		err := s.move(ctx, uids)
		if answer, ok := errors.AsType[*imap.Error](err); ok && answer.Type == imap.StatusResponseTypeNo && !s.after.made {
			s.after.made = true // RFC 9051 section 6.4.7: most often the folder is missing
			if s.client.create(ctx, s.box.IMAP.Processed) == nil {
				err = s.move(ctx, uids)
			}
		}
		return err
	case helpdesk.DeleteIt:
		return s.remove(ctx, uids)
	default:
		return s.markSeen(ctx, uids)
	}
}

func (s *session) markSeen(ctx context.Context, uids []uint32) error {
	if flags := s.folder.flags; len(flags) > 0 && !slices.Contains(flags, imap.FlagSeen) && !slices.Contains(flags, imap.FlagWildcard) {
		s.status.note("the server keeps no mark that a mail was seen: mails stay as they are")
		return nil
	}
	return s.client.flag(ctx, uids, imap.FlagSeen)
}

// move never uses what go-imap does in place of MOVE: that deletes the mails even
// if they could not be copied.
func (s *session) move(ctx context.Context, uids []uint32) error {
	if s.client.has(imap.CapMove) {
		return s.client.move(ctx, uids, s.box.IMAP.Processed)
	}
	if err := s.client.copy(ctx, uids, s.box.IMAP.Processed); err != nil {
		return err
	}
	return s.remove(ctx, uids)
}

// remove flags mails as deleted, and removes just these where the server can: a
// plain EXPUNGE would remove what somebody else has flagged too.
func (s *session) remove(ctx context.Context, uids []uint32) error {
	if err := s.client.flag(ctx, uids, imap.FlagDeleted); err != nil {
		return err
	}
	if !s.client.has(imap.CapUIDPlus) {
		s.status.note("the server cannot remove single mails (it has no UIDPLUS): they stay, flagged as deleted")
		return nil
	}
	return s.client.expunge(ctx, uids)
}

func (c *client) flag(ctx context.Context, uids []uint32, flag imap.Flag) error {
	return c.doing(ctx, "mark mails", func() error {
		return c.imap.Store(uidSet(uids), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	})
}

func (c *client) move(ctx context.Context, uids []uint32, folder string) error {
	return c.doing(ctx, "move mails", func() error {
		_, err := c.imap.Move(uidSet(uids), folder).Wait()
		return err
	})
}

func (c *client) copy(ctx context.Context, uids []uint32, folder string) error {
	return c.doing(ctx, "copy mails", func() error {
		_, err := c.imap.Copy(uidSet(uids), folder).Wait()
		return err
	})
}

func (c *client) expunge(ctx context.Context, uids []uint32) error {
	return c.doing(ctx, "remove mails", func() error { return c.imap.UIDExpunge(uidSet(uids)).Close() })
}

func (c *client) create(ctx context.Context, folder string) error {
	return c.doing(ctx, "make folder", func() error { return c.imap.Create(folder, nil).Wait() })
}

func (c *client) doing(ctx context.Context, what string, act func() error) error {
	if err := c.within(ctx, listTimeout, act); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
