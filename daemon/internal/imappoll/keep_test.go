package imappoll

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A mail that cannot be taken in now waits, others do not; the cursor waits with
// it.
//
// covers: P04
func TestOursToMend(t *testing.T) {
	t.Parallel()
	f := startFake(t, nil, some(5)...)
	o := newOffice(f.box())
	var mended atomic.Bool
	o.fail = func(uid uint32, _ string) error {
		if uid == 2 && !mended.Load() {
			return helpdesk.Errorf(helpdesk.Unavailable, "DNS is away")
		}
		return nil
	}
	o.pollers(t).run(t)
	o.has(t, []uint32{1, 3, 4, 5}, nil)
	eventually(t, func() error {
		if s := o.status(); s.Step != "KEEP" || !strings.Contains(s.Words, "UID 2") {
			return fmt.Errorf("status %+v", s)
		}
		return nil
	})
	o.mu.Lock()
	if c := o.cursors["support"]; c.Done != 1 {
		t.Errorf("the cursor stands at %d, want 1", c.Done)
	}
	o.mu.Unlock()
	mended.Store(true)
	o.has(t, []uint32{1, 2, 3, 4, 5}, nil)
	o.settled(t, 5)
}

// covers: P04
func TestStoreAway(t *testing.T) {
	t.Parallel()
	f := startFake(t, nil, some(40)...)
	o := newOffice(f.box())
	var tries atomic.Int64
	var back atomic.Bool
	o.fail = func(uint32, string) error {
		if tries.Add(1); !back.Load() {
			return helpdesk.Errorf(helpdesk.Unavailable, "etcd is away")
		}
		return nil
	}
	o.pollers(t).run(t)
	eventually(t, func() error {
		if s := o.status(); s.Step != "KEEP" || !strings.Contains(s.Words, "etcd is away") {
			return fmt.Errorf("status %+v", s)
		}
		return nil
	})
	back.Store(true)
	var all []uint32
	for uid := uint32(1); uid <= 40; uid++ {
		all = append(all, uid)
	}
	o.has(t, all, nil)
	o.settled(t, 40)
}

// covers: P04
func TestMailThatBreaksUs(t *testing.T) {
	tests := []struct {
		name string
		fail func() error
	}{
		{"panic", func() error { panic("broken MIME") }},
		{"no record for it", func() error { return helpdesk.Errorf(helpdesk.TooLarge, "a change of 129 operations") }},
		{"unknown", func() error { return errors.New("something else") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t, nil, some(4)...)
			o := newOffice(f.box())
			o.fail = func(_ uint32, raw string) error {
				if strings.HasPrefix(raw, "From: c2@") {
					return test.fail()
				}
				return nil
			}
			o.pollers(t).run(t)
			o.has(t, []uint32{1, 3, 4}, []uint32{2})
			o.settled(t, 4)
		})
	}
}

// An answer that lies in the folder behind its question is taken in behind it.
//
// covers: P02
func TestOrderOfConversations(t *testing.T) {
	t.Parallel()
	var mails []string
	for n := range 150 {
		head := fmt.Sprintf("From: c@customer.example\r\nMessage-ID: <m%d@x>\r\n", n)
		if n >= 10 {
			head += fmt.Sprintf("In-Reply-To: <m%d@x>\r\nReferences: <m%d@x> <m%d@x>\r\n", n-10, n%10, n-10)
		}
		mails = append(mails, head+"\r\nwords\r\n")
	}
	f := startFake(t, nil, mails...)
	o := newOffice(f.box())
	o.before = func(uid uint32) { <-time.After(time.Duration(uid*7919%13) * time.Millisecond) } // in any order, if they could
	o.pollers(t).run(t)
	var all []uint32
	for uid := uint32(1); uid <= 150; uid++ {
		all = append(all, uid)
	}
	o.has(t, all, nil)
	for thread := range uint32(10) {
		var got []uint32
		for _, g := range o.got {
			if (g.UID-1)%10 == thread {
				got = append(got, g.UID)
			}
		}
		if !slices.IsSorted(got) {
			t.Errorf("a conversation came in the order %v", got)
		}
	}
}

// covers: P05
func TestOnePollerAtATime(t *testing.T) {
	t.Parallel()
	f := startFake(t, nil, some(3)...)
	o := newOffice(f.box())
	first, second := o.pollers(t), o.pollers(t)
	first.Exclusive, second.Exclusive, second.Replica = false, false, "two"
	var hours atomic.Int64
	second.Now = func() time.Time { return time.Now().Add(time.Duration(hours.Load()) * time.Hour) }
	stop := first.run(t)
	o.has(t, []uint32{1, 2, 3}, nil)
	second.run(t)
	eventually(t, func() error {
		if o.status().Holder != "one" || len(f.commands("NOOP")) < 5 {
			return fmt.Errorf("status %+v", o.status())
		}
		return nil
	})
	f.mu.Lock()
	if f.conns != 1 {
		t.Errorf("%d connections, want that of one replica", f.conns)
	}
	f.mu.Unlock()
	stop() // gives it back
	eventually(t, func() error {
		if s := o.status(); s.Holder != "two" {
			return fmt.Errorf("status %+v", s)
		}
		return nil
	})

	// One that died without a word keeps it until its claim lapses.
	third := o.pollers(t)
	third.Exclusive, third.Replica = false, "three"
	third.Now = func() time.Time { return time.Now().Add(time.Hour) } // the claim of "two" has lapsed for it
	third.run(t)
	eventually(t, func() error {
		if s := o.status(); s.Holder != "three" {
			return fmt.Errorf("status %+v", s)
		}
		return nil
	})
}

// A mailbox that is not declared any more is left alone, one that is changed is
// begun anew.
func TestDeclaredAnew(t *testing.T) {
	t.Parallel()
	f, g := startFake(t, nil, some(1)...), startFake(t, nil, some(2)...)
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{1}, nil)
	o.mu.Lock()
	o.boxes = []helpdesk.Mailbox{g.box()}
	o.mu.Unlock()
	o.has(t, []uint32{1, 1, 2}, nil) // it is another folder: receipts would know the first
	o.mu.Lock()
	o.boxes = nil
	o.mu.Unlock()
	eventually(t, func() error {
		if s := o.status(); s.Holder != "" {
			return fmt.Errorf("status %+v", s)
		}
		return nil
	})
}
