package imappoll

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// window is how many UIDs are listed at a time: at 100 bytes each, half a
	// megabyte. Where there are holes, windows grow.
	window = 5000

	// widest is how wide windows grow: eight of them are all UIDs that can be, and
	// what is added to them stays a UID.
	widest = 1 << 29

	// maxListed bounds a list whatever the server sends.
	maxListed = 2 * window

	// A batch is what is fetched in one command, while the one before is taken in:
	// enough that neither waits for the other, and little enough for memory.
	batchMails = 200
	batchBytes = 8 << 20

	// forgetAtOnce stays below the 128 operations of a transaction.
	forgetAtOnce = 100
)

// round takes in all mail that is there.
func (s *session) round(ctx context.Context) error {
	span := uint32(window)
	s.behind = backlog{}
	for from := s.cursor.Done + 1; ; {
		to := uint32(0) // to the end
		if from <= s.top && s.top-from >= span {
			to = from + span - 1
		}
		found, left, err := s.client.list(ctx, from, to, maxListed)
		if err != nil {
			return err
		}
		slices.SortFunc(found, func(a, b listed) int { return cmp.Compare(a.uid, b.uid) })
		found = slices.CompactFunc(found, func(a, b listed) bool { return a.uid == b.uid })
		if span = window; len(found) == 0 && to != 0 {
			span = 4 * min(to-from+1, widest/4)
		}
		horizon := to // up to which all is listed
		switch {
		case left != 0:
			horizon = left - 1
		case to == 0 && len(found) > 0:
			horizon = found[len(found)-1].uid
			s.top = max(s.top, horizon)
		case to == 0: // what the server announced it may still have to show
			horizon = s.cursor.Done
		}
		s.forgetGone(found, from, horizon)
		if err := s.take(ctx, found, horizon); err != nil {
			return err
		}
		if left == 0 && to == 0 {
			s.status.looked(s.behind)
			s.cursor.CaughtUp = s.cursor.CaughtUp || len(s.sick) == 0
			return s.fold(ctx, s.cursor.Done, true)
		}
		from = horizon + 1
	}
}

// forgetGone drops sick mails that are not listed any more.
func (s *session) forgetGone(found []listed, from, horizon uint32) {
	for uid := range s.sick {
		_, there := slices.BinarySearchFunc(found, uid, func(l listed, uid uint32) int { return cmp.Compare(l.uid, uid) })
		if uid >= from && uid <= horizon && !there {
			delete(s.sick, uid)
		}
	}
}

// take fetches what is wanted of a list, and takes it in: while one batch is taken
// in, the next one is fetched.
func (s *session) take(ctx context.Context, found []listed, horizon uint32) error {
	wanted := slices.DeleteFunc(found, func(l listed) bool {
		_, marked := s.marks[l.uid]
		return marked || !s.cursor.Wants(l.uid, l.at)
	})
	open, known, now := map[uint32]time.Time{}, s.status.known(), s.Now() // open are not settled yet
	for _, l := range wanted {
		open[l.uid] = waitsSince(l.at, known, now)
	}
	before := s.behind // of what stands before it in the folder
	counts := func() {
		s.behind = before.with(open)
		s.status.counts(s.behind, s.undone())
	}
	counts()
	done := func(results []result) error {
		err := s.note(ctx, results, open)
		counts()
		return cmp.Or(err, s.afterwards(ctx), s.fold(ctx, s.foldable(open, horizon), false))
	}
	settler := s.newSettler(ctx)
	for _, batch := range s.batches(wanted) {
		mails, results, err := s.fetchBatch(ctx, batch)
		settler.put(mails) // what came is good, whatever became of the rest
		if failed := done(append(results, settler.take()...)); failed != nil || err != nil {
			return cmp.Or(err, failed, s.note(ctx, settler.wait(), open))
		}
	}
	return done(settler.wait())
}

// batches parts what is wanted. A mail that made trouble goes alone, so that it
// takes no other with it.
func (s *session) batches(wanted []listed) [][]listed {
	var all [][]listed
	var batch []listed
	var bytes int64
	flush := func() {
		if len(batch) > 0 {
			all, batch, bytes = append(all, batch), nil, 0
		}
	}
	for _, l := range wanted {
		ill := s.sick[l.uid]
		switch {
		case ill != nil && s.Now().Before(ill.next):
			continue // not yet
		case ill != nil, l.size > s.box.MaxBytes:
			flush()
			all = append(all, []listed{l})
			continue
		case len(batch) == batchMails, bytes+l.size > batchBytes:
			flush()
		}
		batch, bytes = append(batch, l), bytes+max(l.size, 0)
	}
	flush()
	return all
}

// foldable is the UID up to which all is settled.
func (s *session) foldable(open map[uint32]time.Time, horizon uint32) uint32 {
	for uid := range open {
		horizon = min(horizon, uid-1)
	}
	for uid := range s.sick {
		horizon = min(horizon, uid-1)
	}
	return max(horizon, s.cursor.Done)
}

// fold moves the cursor on and removes the marks that it makes needless: the mail
// is settled, and the server knows. Without last it may leave that for later.
func (s *session) fold(ctx context.Context, to uint32, last bool) error {
	moved := to > s.cursor.Done || s.cursor.Rev == 0 || last && s.cursor.CaughtUp != s.caughtUp
	s.cursor.Done = max(s.cursor.Done, to)
	var forget []helpdesk.Mark
	for uid, waits := range s.marks {
		if !waits && uid <= s.cursor.Done {
			forget = append(forget, helpdesk.Mark{Mailbox: s.box.Name, Numbering: s.cursor.Numbering, UID: uid})
		}
	}
	for moved || len(forget) > 0 {
		n := min(len(forget), forgetAtOnce)
		if err := s.Store.SaveCursor(ctx, s.box.Account, s.cursor, forget[:n]...); err != nil {
			return failed(StepKeep, err)
		}
		for _, m := range forget[:n] {
			delete(s.marks, m.UID)
		}
		forget, moved = forget[n:], false
	}
	s.caughtUp = s.cursor.CaughtUp
	return nil
}
