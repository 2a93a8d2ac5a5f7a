package imappoll

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// claimFor is how long a replica that died keeps a mailbox from the others. Mail
	// may wait so long; a renewal may fail three times.
	claimFor = time.Minute

	renewEvery = 15 * time.Second

	// claimEvery is how often a replica looks whether a mailbox has become free.
	claimEvery = 5 * time.Second

	// statusEvery keeps a busy poller from writing its state with each mail.
	statusEvery = time.Second

	// releaseTimeout bounds the last write at the end.
	releaseTimeout = 5 * time.Second
)

// poller fetches the mail of one mailbox while it holds the claim on it. Receipts
// make it harmless if two do; the claim saves the work.
type poller struct {
	*Pollers
	box       helpdesk.Mailbox
	log       *slog.Logger
	status    *status
	sick      map[uint32]*sickness // of mails that do not come; see sick.go
	numbering int64                // that sick is about
}

func newPoller(p *Pollers, box helpdesk.Mailbox) *poller {
	return &poller{Pollers: p, box: box, log: p.Log.With("account", box.Account, "mailbox", box.Name), sick: map[uint32]*sickness{}}
}

// run holds the claim whenever it can, until ctx ends.
func (p *poller) run(ctx context.Context) {
	for ctx.Err() == nil {
		claim, wait := p.claim(ctx)
		if claim != nil {
			p.hold(ctx, claim)
			continue
		}
		pause(ctx, wait)
	}
}

// claim takes the mailbox, or says when to look again.
func (p *poller) claim(ctx context.Context) (*helpdesk.Poll, time.Duration) {
	record, err := p.Store.Poll(ctx, p.box.Account, p.box.Name)
	if err != nil {
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "mailbox cannot be claimed", "error", err)
		}
		return nil, claimEvery/2 + rand.N(claimEvery)
	}
	if now := p.Now(); record.Held(now) && record.Holder != p.Replica && !p.Exclusive {
		return nil, min(record.Until.Sub(now), claimEvery) + rand.N(time.Second)
	}
	record.Holder, record.Until = p.Replica, p.Now().Add(claimFor)
	if err := p.Store.SavePoll(ctx, p.box.Account, record); err != nil {
		return nil, rand.N(time.Second) // somebody else was first, or the store is away
	}
	return record, 0
}

func (p *poller) measure(state *helpdesk.Poll) {
	p.Meter.Polling(p.box.Account, p.box.Name, state.Step == "")
	p.Meter.Unfetched(p.box.Account, p.box.Name, state.Oldest)
}

func (p *poller) tell(state *helpdesk.Poll) {
	if p.Tell != nil {
		p.Tell(p.box.Account, p.box.Name, state)
	}
}

// hold fetches while the claim is kept up, and gives it back at the end.
func (p *poller) hold(ctx context.Context, record *helpdesk.Poll) {
	meter := func(state helpdesk.Poll) {
		p.measure(&state)
		p.tell(&state)
	}
	if record.Step != "" || !record.Success.IsZero() {
		p.measure(record) // what another process has seen, until we know better
	}
	defer p.Meter.PollingEnded(p.box.Account, p.box.Name)
	defer p.tell(nil)
	p.status = newStatus(p.Now, meter, *record)
	p.log.InfoContext(ctx, "mailbox claimed", "replica", p.Replica)
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() {
		defer cancel() // without the claim there is nothing to do
		p.renew(work, record)
	})
	p.fetchLoop(work)
	cancel()
	group.Wait()
	p.release(record)
}

// renew keeps the claim and the state in the store, until ctx ends or the claim is
// lost.
func (p *poller) renew(ctx context.Context, record *helpdesk.Poll) {
	for {
		next := *record
		p.status.put(&next)
		next.Until = p.Now().Add(claimFor)
		err := p.Store.SavePoll(ctx, p.box.Account, &next)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			*record = next
		case helpdesk.KindOf(err) == helpdesk.Conflict && !p.stillOurs(ctx, record):
			p.log.WarnContext(ctx, "another replica has the mailbox now")
			return
		case p.Now().Add(renewEvery).After(record.Until):
			p.log.WarnContext(ctx, "the claim on the mailbox cannot be renewed", "error", err)
			return
		}
		pause(ctx, statusEvery)
		select {
		case <-ctx.Done():
			return
		case <-p.status.news:
		case <-time.After(renewEvery - statusEvery):
		}
	}
}

// stillOurs looks at who has the claim after a write that was not as expected: an
// answer may have been lost.
func (p *poller) stillOurs(ctx context.Context, record *helpdesk.Poll) bool {
	now, err := p.Store.Poll(ctx, p.box.Account, p.box.Name)
	if err != nil || now.Holder != p.Replica {
		return false
	}
	record.Rev = now.Rev
	return true
}

func (p *poller) release(record *helpdesk.Poll) {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	if current, err := p.Store.Poll(ctx, p.box.Account, p.box.Name); err == nil && current.Holder == p.Replica {
		record.Rev = current.Rev
		p.status.put(record)
		record.Holder, record.Until = "", time.Time{}
		if err := p.Store.SavePoll(ctx, p.box.Account, record); err != nil {
			p.log.Warn("the claim on the mailbox is not given back, it lapses", "error", err)
		}
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
