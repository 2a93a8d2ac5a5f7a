package archive

import (
	"context"
	"sync"
)

// ahead is how many mails may wait for one of their thread while others go on.
// More would bring requests out of the order in which they were opened.
const ahead = 64

// Feed calls take for each mail in order, up to most at once, but for mails of one
// thread one after the other, and a report when all before it are done. It ends
// when take returns an error, which it returns, or when ctx ends.
func (a *Archive) Feed(ctx context.Context, most int, take func(context.Context, *Mail) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f := &feed{most: most, busy: map[int32][]*Mail{}}
	f.changed = sync.NewCond(&f.mu)
	stop := context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.changed.Broadcast()
	})
	defer stop()
	var working sync.WaitGroup
	for i := range a.Mails {
		m := &a.Mails[i]
		if !f.start(ctx, m) {
			continue
		}
		working.Go(func() {
			for m := m; m != nil; m = f.done(ctx, m) {
				if err := take(ctx, m); err != nil {
					cancel(err)
				}
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}

// feed knows what is under way.
type feed struct {
	mu      sync.Mutex
	changed *sync.Cond
	most    int
	running int
	waiting int
	busy    map[int32][]*Mail // threads of which one is under way, with those that wait
}

// start waits until the mail may begin, and reports whether the caller is to do it:
// else somebody else will, or nobody, as all of it ended.
func (f *feed) start(ctx context.Context, m *Mail) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ctx.Err() == nil && (f.waiting >= ahead || m.Report && f.running > 0) {
		f.changed.Wait()
	}
	if queue, busy := f.busy[m.Thread]; busy {
		f.busy[m.Thread] = append(queue, m)
		f.waiting++
		return false
	}
	for ctx.Err() == nil && f.running >= f.most {
		f.changed.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	f.busy[m.Thread] = nil
	f.running++
	return true
}

// done returns the next mail of the thread, nil if none waits.
func (f *feed) done(ctx context.Context, m *Mail) *Mail {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.changed.Broadcast()
	if queue := f.busy[m.Thread]; len(queue) > 0 && ctx.Err() == nil {
		f.busy[m.Thread] = queue[1:]
		f.waiting--
		return queue[0]
	}
	delete(f.busy, m.Thread)
	f.running--
	return nil
}
