package inbound

import (
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/ages"
)

// Unsettled are mails whose bytes are here and of which nothing has come yet, by the
// mailbox that they are for. There are as many as are taken in at once: whoever brings
// a mail has it until something has come of it. It is safe for concurrent use.
type Unsettled struct {
	mu    sync.Mutex
	last  uint64
	boxes map[mailboxName]*ages.Waiting[uint64] // none is empty
}

type mailboxName struct{ account, name string }

// NewUnsettled makes one.
func NewUnsettled() *Unsettled {
	return &Unsettled{boxes: map[mailboxName]*ages.Waiting[uint64]{}}
}

// Since is since when the mail is here that has been longest, of one mailbox; the zero
// time if there is none.
func (u *Unsettled) Since(account, mailbox string) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if w := u.boxes[mailboxName{account, mailbox}]; w != nil {
		return w.Oldest()
	}
	return time.Time{}
}

// begin counts a mail to some mailboxes, until end is called.
func (u *Unsettled) begin(boxes [][]Recipient, now time.Time) (end func()) {
	if u == nil {
		return func() {}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last++
	id, names := u.last, make([]mailboxName, len(boxes))
	for i, to := range boxes {
		names[i] = mailboxName{to[0].Mailbox.Account, to[0].Mailbox.Name}
		w := u.boxes[names[i]]
		if w == nil {
			w = &ages.Waiting[uint64]{}
			u.boxes[names[i]] = w
		}
		w.Add(id, now)
	}
	return func() { u.end(id, names) }
}

func (u *Unsettled) end(id uint64, names []mailboxName) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, name := range names {
		if w := u.boxes[name]; w != nil {
			if w.Remove(id); w.Len() == 0 {
				delete(u.boxes, name)
			}
		}
	}
}
