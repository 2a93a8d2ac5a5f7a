package search

import (
	"context"
	"errors"
	"time"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// gather is how long news are collected: an answer changes a ticket and often
	// another, and is found soon enough.
	gather = 50 * time.Millisecond
	// batchTickets is how many tickets one transaction brings in: half a MiB of words
	// of most of them, and none of them may cost more than mostText.
	batchTickets = 256
	// readTickets is how many are read at once with readEntries of each, at most
	// some ten MiB; the few that are longer are read again, by themselves.
	readTickets = 16
	readEntries = 24
	// noteEvery is how often it is written down that nothing happened: a restart has
	// to be told of what came later, and the store does not keep that for ever.
	noteEvery = time.Minute
)

// bring brings in what waits, until ctx ends or the file is of no use.
func (s *shelf) bring(ctx context.Context, f *file, feed *feed) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-feed.wake:
		}
		timer := time.NewTimer(gather)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		ids, rev := feed.round()
		if err := s.bringRound(ctx, f, feed, ids, rev); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// bringRound brings in tickets. What changes meanwhile comes first.
func (s *shelf) bringRound(ctx context.Context, f *file, feed *feed, ids []helpdesk.TicketID, rev int64) error {
	began, many := time.Now(), len(ids) > batchTickets
	all := len(ids)
	if all == 0 && began.Sub(s.noted) > noteEvery {
		s.noted = began
		if err := f.setMeta(ctx, metaRev, rev); err != nil {
			return err
		}
	}
	for len(ids) > 0 {
		n := min(len(ids), batchTickets)
		feed.progress(len(ids))
		b := &batch{}
		if n == len(ids) {
			b.rev = rev
		}
		if err := s.bringBatch(ctx, f, ids[:n], b); err != nil {
			return err
		}
		if ids = ids[n:]; len(ids) > 0 {
			news, _ := feed.round()
			for from := 0; from < len(news); from += batchTickets {
				if err := s.bringBatch(ctx, f, news[from:min(from+batchTickets, len(news))], &batch{}); err != nil {
					return err
				}
			}
		}
	}
	feed.finish(rev)
	if many {
		s.log.InfoContext(ctx, "index of searches is up to date", "read", all, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// bringBatch reads tickets as they are now and writes what is found of them. While
// the store is away it tries again.
func (s *shelf) bringBatch(ctx context.Context, f *file, ids []helpdesk.TicketID, b *batch) error {
	for try := 0; ; try++ {
		b.docs, b.gone = nil, nil
		err := s.readBatch(ctx, ids, b)
		if err == nil {
			err = f.put(ctx, b, s.now())
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, errUnusable) {
			return err
		}
		s.log.WarnContext(ctx, "index of searches waits", "error", err)
		follow.Pause(ctx, try)
	}
}

func (s *shelf) readBatch(ctx context.Context, ids []helpdesk.TicketID, b *batch) error {
	for from := 0; from < len(ids); from += readTickets {
		some := ids[from:min(from+readTickets, len(ids))]
		there := map[helpdesk.TicketID]bool{}
		read, err := s.source.Listed(ctx, s.account, some, readEntries)
		if err != nil {
			return err
		}
		for i := range read {
			t := &read[i]
			there[t.ID] = true
			var newest []helpdesk.Entry
			if t.Entries > t.Read && t.Read == readEntries {
				newest, err = s.source.LastEntries(ctx, s.account, t.ID, mostEntries)
			} else {
				for e, bad := range t.Newest() {
					if err = bad; err != nil {
						break
					}
					newest = append(newest, *e)
				}
			}
			if err != nil {
				return err
			}
			b.docs = append(b.docs, newDocument(&t.Ticket, newest))
		}
		for _, id := range some {
			if !there[id] {
				b.gone = append(b.gone, id)
			}
		}
	}
	return nil
}
