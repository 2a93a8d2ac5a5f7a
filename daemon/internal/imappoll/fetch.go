package imappoll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"
)

const (
	// sizesDiffer is how much larger a mail may be than the server said: some count
	// line ends as one byte, some guess.
	sizesDiffer = 64 << 10

	// maxHeader is what is read of the header of a mail that is not fetched whole,
	// and all that is looked at of any.
	maxHeader = 256 << 10
)

var (
	errOversized = errors.New("it is larger than the mailbox takes")
	errNotSent   = errors.New("the server lists the mail and does not send it")
)

// fetchBatch reads mails whole. Those that it returns are good even if there is an
// error, which ends the session; results tell of those that did not come.
func (s *session) fetchBatch(ctx context.Context, batch []listed) (mails []*mail, results []result, err error) {
	if len(batch) == 1 {
		if m, err := s.stub(ctx, batch[0]); err != nil {
			return nil, nil, s.blame(ctx, batch, err)
		} else if m != nil {
			return []*mail{m}, nil, nil
		}
	}
	missing := map[uint32]listed{}
	var largest, total int64
	for _, l := range batch {
		missing[l.uid] = l
		largest, total = max(largest, l.size), total+l.size
	}
	spool := spool{dir: s.Dir}
	err = s.client.fetch(ctx, slices.Collect(maps.Keys(missing)), imap.FetchItemBodySection{}, largest*2+sizesDiffer, total, func(uid uint32, body io.Reader) error {
		l, asked := missing[uid]
		if !asked {
			return nil
		}
		m, err := spool.read(l, body, s.box.MaxBytes)
		switch {
		case errors.Is(err, errOversized):
			results = append(results, result{listed: l, err: err})
		case err != nil:
			return err
		case m == nil, len(m.head) == 0 && l.size > 0:
			return nil // it broke off, or the server has nothing to send
		default:
			mails = append(mails, m)
		}
		delete(missing, uid)
		return nil
	})
	late := slices.Collect(maps.Values(missing))
	answer, refused := errors.AsType[*imap.Error](err)
	refused = refused && !asksForPatience(answer)
	if err != nil && !refused {
		return mails, results, s.blame(ctx, late, err)
	}
	rest, err := s.lookFor(ctx, late, len(batch) == 1)
	if refused {
		because(answer, rest)
	}
	return mails, append(results, rest...), err
}

// because gives mails that did not come the reason that the server told.
func because(answer *imap.Error, rest []result) {
	for i := range rest {
		if errors.Is(rest[i].err, errNotSent) {
			rest[i].err = answer
		}
	}
}

// asksForPatience reports an answer that is about us, not about a mail.
func asksForPatience(answer *imap.Error) bool {
	_, throttled := suggestedWait(answer.Text)
	return throttled || answer.Type == imap.StatusResponseTypeBye || slices.Contains(passing, answer.Code)
}

// blame finds out, over some sessions, which mail breaks the connection: what did
// not come is asked for one by one, and one that breaks it alone is sick.
func (s *session) blame(ctx context.Context, missing []listed, err error) error {
	f, _ := errors.AsType[*Failure](err)
	if ctx.Err() != nil || f != nil && f.Step != StepFetch {
		return err
	}
	for _, l := range missing {
		if len(missing) == 1 {
			s.ail(l.uid, err, true)
		} else {
			s.suspect(l.uid, err)
		}
	}
	return err
}

// lookFor tells mails that are gone from those that the server lists and does not
// send.
func (s *session) lookFor(ctx context.Context, missing []listed, alone bool) ([]result, error) {
	var results []result
	for _, l := range missing {
		found, _, err := s.client.list(ctx, l.uid, l.uid, 1)
		switch {
		case err != nil:
			return results, err
		case len(found) == 0:
			s.log.InfoContext(ctx, "a mail went before it was fetched", "uid", l.uid)
			results = append(results, result{listed: l, gone: true})
		case alone:
			results = append(results, result{listed: l, err: errNotSent})
		default:
			s.suspect(l.uid, errNotSent)
		}
	}
	return results, nil
}

// header reads the header of a mail alone.
func (s *session) header(ctx context.Context, uid uint32) ([]byte, error) {
	var header []byte
	section := imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Partial: &imap.SectionPartial{Size: maxHeader}}
	err := s.client.fetch(ctx, []uint32{uid}, section, maxHeader, maxHeader, func(got uint32, body io.Reader) (err error) {
		if got == uid && header == nil {
			header, err = io.ReadAll(io.LimitReader(body, maxHeader))
		}
		return err
	})
	if err == nil && len(header) == 0 {
		err = failed(StepFetch, fmt.Errorf("header: %w", errNotSent))
	}
	return header, err
}
