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
const settleAtOnce = 64

// settleAll takes mails in, those that belong together one after the other in the
// order of the folder: an answer that came before its question would open a ticket
// of its own.
func (s *session) settleAll(ctx context.Context, mails []*mail) []result {
	var mu sync.Mutex
	var results []result
	slots := make(chan struct{}, settleAtOnce)
	var group sync.WaitGroup
	for _, lane := range lanes(mails) {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			var before *result
			for _, m := range lane {
				var r result
				if before != nil && before.err != nil && before.ours() {
					r = result{listed: m.listed, err: before.err} // it waits for the one before it
				} else {
					r = s.settleOne(ctx, m)
				}
				before = &r
				mu.Lock()
				results = append(results, r)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, m := range mails {
		m.close()
	}
	return results
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

// lanes parts mails by what they name: two are in one lane if one names the other,
// or both name the same.
func lanes(mails []*mail) [][]*mail {
	root := make([]int, len(mails)) // of a forest; roots are their own
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	named := map[string]int{}
	for i, m := range mails {
		root[i] = i
		for _, id := range messageIDs(m.head) {
			if first, ok := named[id]; ok {
				root[find(i)] = find(first)
			} else {
				named[id] = i
			}
		}
	}
	index := map[int]int{}
	var all [][]*mail
	for i, m := range mails {
		r := find(i)
		at, ok := index[r]
		if !ok {
			at = len(all)
			index[r], all = at, append(all, nil)
		}
		all[at] = append(all[at], m)
	}
	return all
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
