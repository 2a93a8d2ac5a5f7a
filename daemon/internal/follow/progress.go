package follow

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// patience of a page that waits for what was just written. It is there within
	// milliseconds; when the store is slow, a list that is a little late is better
	// than none.
	patience = 300 * time.Millisecond
	// askEvery: the store leaves out to answer while it catches up itself.
	askEvery = 20 * time.Millisecond
	// building is how long a page waits for what is being built.
	building = 3 * time.Second
)

// ErrBuilding is the cause of an Unavailable: nothing can be found yet.
var ErrBuilding = errors.New("the list is being put together")

// Clock tells how far the store is, and has watches tell how far they are.
type Clock interface {
	Revision(ctx context.Context) (int64, error)
	HurryWatches(ctx context.Context) error
}

// Progress is how far somebody has followed the store. It is safe for concurrent use.
type Progress struct {
	mu    sync.Mutex
	rev   int64
	moved chan struct{} // closed when rev moves
}

// NewProgress begins before the first listing, at 0.
func NewProgress() *Progress { return &Progress{moved: make(chan struct{})} }

// Reach notes that everything up to rev is in.
func (p *Progress) Reach(rev int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rev > p.rev {
		p.rev = rev
		close(p.moved)
		p.moved = make(chan struct{})
	}
}

// Reached is up to where everything is in; 0 before the first listing.
func (p *Progress) Reached() int64 {
	reached, _ := p.now()
	return reached
}

func (p *Progress) now() (int64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rev, p.moved
}

// Await waits until everything is in that was written before now, whoever wrote it. If
// that takes long, what is there is good enough; Unavailable and ErrBuilding while
// there is nothing yet.
func (p *Progress) Await(ctx context.Context, clock Clock) error {
	if !p.wait(ctx, 1, building) {
		return helpdesk.Wrap(helpdesk.Unavailable, ErrBuilding)
	}
	rev, err := clock.Revision(ctx)
	if err != nil {
		return err
	}
	for began := time.Now(); p.Reached() < rev && time.Since(began) < patience; {
		// Writes of other kinds move the store on too: only the watch itself can
		// tell that it has missed nothing.
		if err := clock.HurryWatches(ctx); err != nil {
			return nil // what is there is good enough
		}
		p.wait(ctx, rev, askEvery)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// wait waits until everything up to rev is in; it reports false if that took longer
// than most.
func (p *Progress) wait(ctx context.Context, rev int64, most time.Duration) bool {
	reached, moved := p.now()
	if reached >= rev {
		return true
	}
	late := time.NewTimer(most)
	defer late.Stop()
	for reached < rev {
		select {
		case <-moved:
			reached, moved = p.now()
		case <-late.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}
