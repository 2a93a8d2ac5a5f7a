package imappoll

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestWaitsSince(t *testing.T) {
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		found, err := time.Parse(time.DateTime, "2026-03-01 "+s)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, tt := range []struct{ name, at, known, now, want string }{
		{"it came meanwhile", "10:05:00", "10:00:00", "10:10:00", "10:05:00"},
		{"it bears a time before we looked last", "03:00:00", "10:00:00", "10:10:00", "10:00:00"},
		{"it bears a time to come", "23:00:00", "10:00:00", "10:10:00", "10:10:00"},
		{"it bears none", "", "10:00:00", "10:10:00", "10:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := waitsSince(at(tt.at), at(tt.known), at(tt.now)); !got.Equal(at(tt.want)) {
				t.Errorf("it waits since %v, want %s", got, tt.want)
			}
		})
	}
}

// Since when mail waits that does not come in is told, also by another process while
// the server is away, until all is in.
//
// covers: P04
func TestBacklogIsTold(t *testing.T) {
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
	began := time.Now()
	stop := o.pollers(t).run(t)
	o.has(t, []uint32{1, 3, 4, 5}, nil)
	waits := func(want bool) (last time.Time) {
		t.Helper()
		eventually(t, func() error {
			o.mu.Lock()
			defer o.mu.Unlock()
			if len(o.unfetched) == 0 {
				return fmt.Errorf("nothing is told")
			}
			if last = o.unfetched[len(o.unfetched)-1]; last.IsZero() == want {
				return fmt.Errorf("mail waits since %v, and should: %t", last, want)
			}
			return nil
		})
		return last
	}
	since := waits(true)
	if since.Before(began) || since.After(time.Now()) {
		t.Errorf("mail waits since %v, we know of it since %v at most", since, began)
	}
	eventually(t, func() error {
		if s := o.status(); !s.Oldest.Equal(since) {
			return fmt.Errorf("the record says %v, want %v", s.Oldest, since)
		}
		return nil
	})
	stop()

	// Another process, which does not reach the server.
	o.mu.Lock()
	o.unfetched = nil
	box := o.boxes[0]
	away := *box.IMAP
	away.Port = 1
	o.boxes[0].IMAP = &away
	o.mu.Unlock()
	stop = o.pollers(t).run(t)
	eventually(t, func() error {
		if s := o.status(); s.Step != string(StepTCP) {
			return fmt.Errorf("status %+v", s)
		}
		return nil
	})
	if last := waits(true); !last.Equal(since) {
		t.Errorf("mail waits since %v, another process knew of %v", last, since)
	}
	stop()

	mended.Store(true)
	o.mu.Lock()
	o.boxes[0] = box
	o.mu.Unlock()
	o.pollers(t).run(t)
	o.has(t, []uint32{1, 2, 3, 4, 5}, nil)
	waits(false)
}
