package imappoll

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// settleAtOnce is how many mails are taken in at the same time. Each waits for the
// disk several times; one by one that is 200 a second.
const settleAtOnce = 128

// settler takes mails in, those that belong together one after the other in the
// order of the folder: an answer that came before its question would open a
// ticket of its own.
type settler struct {
	session *session
	slots   chan struct{}
	batches chan []*mail
	ended   chan struct{}

	mu      sync.Mutex
	results []result
}

// turn is a mail that is taken in: whoever belongs to it waits until done.
type turn struct {
	done chan struct{}
	err  error // that it failed for our fault, once it is done
}

// newSettler starts one. What is put into it is taken in, whatever becomes of the
// session; wait must be called.
func (s *session) newSettler(ctx context.Context) *settler {
	st := &settler{session: s, slots: make(chan struct{}, settleAtOnce), batches: make(chan []*mail, 1), ended: make(chan struct{})}
	go func() {
		defer close(st.ended)
		var group sync.WaitGroup
		last := map[string]*turn{} // by what mails name
		for batch := range st.batches {
			for _, m := range batch {
				st.slots <- struct{}{} // whom it waits for has a slot already
				before, own := follow(last, m)
				group.Go(func() {
					st.settle(ctx, m, before, own)
					<-st.slots
				})
			}
		}
		group.Wait()
	}()
	return st
}

// follow finds the turns that a mail waits for, and puts it behind them: two
// belong together if one names the other, or both name the same.
func follow(last map[string]*turn, m *mail) (before []*turn, own *turn) {
	own = &turn{done: make(chan struct{})}
	for _, id := range messageIDs(m.head) {
		if t := last[id]; t != nil && t != own { // a mail may name an id twice
			before = append(before, t)
		}
		last[id] = own
	}
	return before, own
}

func (st *settler) settle(ctx context.Context, m *mail, before []*turn, own *turn) {
	defer close(own.done)
	defer m.close()
	r := result{listed: m.listed}
	for _, t := range before {
		if <-t.done; t.err != nil {
			r.err = t.err // it waits for the one before it
		}
	}
	if r.err == nil {
		r = st.session.settleOne(ctx, m)
	}
	if r.err != nil && r.ours() {
		own.err = r.err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.results = append(st.results, r)
}

// put hands over a batch. It waits while others are ahead, so that no more is in
// memory than is needed to go on.
func (st *settler) put(mails []*mail) { st.batches <- mails }

// take returns what became of mails since the last time.
func (st *settler) take() []result {
	st.mu.Lock()
	defer st.mu.Unlock()
	results := st.results
	st.results = nil
	return results
}

// wait ends it, and returns what became of the rest.
func (st *settler) wait() []result {
	close(st.batches)
	<-st.ended
	return st.take()
}

func (s *session) settleOne(ctx context.Context, m *mail) (r result) {
	r = result{listed: m.listed, stay: m.cause != ""}
	defer func() {
		if v := recover(); v != nil {
			s.log.ErrorContext(ctx, "panic while a mail was taken in", "uid", m.uid, "panic", v, "stack", string(debug.Stack()))
			r.err = fmt.Errorf("taking it in panicked: %v", v)
		}
	}()
	r.outcome, r.err = s.Inbox.AcceptFetched(ctx, inbound.Fetched{
		ID:      fmt.Sprintf("%s/%d/%d", s.box.IMAP.Folder, s.folder.validity, m.uid),
		Mailbox: s.box, Mark: helpdesk.Mark{Numbering: s.cursor.Numbering, UID: m.uid, Stay: r.stay},
		Raw: m.reader(), Cause: m.cause, Words: m.words, Size: max(m.size, 1),
	})
	if ctx.Err() != nil && r.err != nil {
		r.err = helpdesk.Wrap(helpdesk.Unavailable, r.err) // it was cut off
	}
	return r
}

// messageIDs are those that a mail bears and names.
func messageIDs(head []byte) []string {
	if end := bytes.Index(head, []byte("\r\n\r\n")); end >= 0 {
		head = head[:end+4]
	}
	m := eml.Read(head)
	ids := append(m.InReplyTo(), m.References()...)
	if id := m.MessageID(); id != "" {
		ids = append(ids, id)
	}
	return ids
}
