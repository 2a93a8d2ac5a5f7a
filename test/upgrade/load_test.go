package upgrade

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// load brings mail all the time, as mail servers do: what is not answered with 250
// is brought again, to whichever desk serves then.
type load struct {
	servers []atomic.Value // addresses, one for each desk
	ended   atomic.Bool
	taken   atomic.Int64
	all     sync.WaitGroup

	mu      sync.Mutex
	senders []string // of mails that were answered with 250
}

const (
	// connections bring mail side by side.
	connections = 4
	// between is how long one waits after a mail: a desk takes many more, and each is
	// acknowledged, of which a mailbox sends a thousand an hour.
	between = 60 * time.Millisecond
)

// startLoad brings mail to so many desks, in turn. They are told by goTo.
func startLoad(t *testing.T, desks int) *load {
	t.Helper()
	l := &load{servers: make([]atomic.Value, desks)}
	for c := range connections {
		l.all.Go(func() {
			for n := 0; !l.ended.Load(); n++ {
				l.bring(t, fmt.Sprintf("load%d.%d", c, n), n)
				time.Sleep(between)
			}
		})
	}
	t.Cleanup(func() { l.ended.Store(true); l.all.Wait() })
	return l
}

// goTo tells where a desk serves now.
func (l *load) goTo(desk int, d *daemon) { l.servers[desk].Store(d.smtp) }

// bring sends one mail until it is taken.
func (l *load) bring(t *testing.T, name string, turn int) {
	from := name + "@customer.example"
	for deadline := time.Now().Add(4 * peers.Patience); time.Now().Before(deadline); turn++ {
		server, _ := l.servers[turn%len(l.servers)].Load().(string)
		err := fmt.Errorf("no desk serves yet")
		if server != "" {
			err = send(server, from, support, "Under load "+name, "It is dark.")
		}
		if err == nil {
			l.taken.Add(1)
			l.mu.Lock()
			l.senders = append(l.senders, from)
			l.mu.Unlock()
			return
		}
		if strings.HasPrefix(err.Error(), "5") && !strings.HasPrefix(err.Error(), "554 5.3.2") {
			t.Errorf("%s was refused for good: %v", name, err)
			return
		}
		time.Sleep(20 * time.Millisecond) // the desk is down: a mail server would wait longer
	}
	t.Errorf("%s was never taken", name)
}

// more waits until so many more mails are taken.
func (l *load) more(t *testing.T, n int64) {
	t.Helper()
	until := l.taken.Load() + n
	peers.Eventually(t, 2*peers.Patience, func() error {
		if got := l.taken.Load(); got < until {
			return fmt.Errorf("%d mails were taken of %d", got, until)
		}
		return nil
	})
}

// counted ends it, and wants one request and one acknowledgement for each mail.
func (l *load) counted(t *testing.T, d *daemon, token string, s *sink) {
	t.Helper()
	subjects, numbers := d.requests(t, token)
	for number, times := range numbers {
		if times != 1 {
			t.Errorf("number %d was given %d times", number, times)
		}
	}
	mails := map[string]int{}
	for _, m := range s.all() {
		mails[m.to]++
	}
	for _, from := range l.senders {
		name, _, _ := strings.Cut(from, "@")
		if n := subjects["Under load "+name]; n != 1 {
			t.Errorf("the mail of %s is in %d requests", from, n)
		}
		if n := mails[from]; n != 1 {
			t.Errorf("%s was mailed %d times", from, n)
		}
	}
	s.noneTwice(t)
	t.Logf("%d mails were taken, and %d were sent", len(l.senders), len(s.all()))
}

func (l *load) end() {
	l.ended.Store(true)
	l.all.Wait()
}

// requests counts all of them by subject and by number.
func (d *daemon) requests(t *testing.T, token string) (subjects map[string]int, numbers map[int64]int) {
	t.Helper()
	subjects, numbers = map[string]int{}, map[int64]int{}
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Number  int64
				Subject string
			}
			Next string
		}
		d.api(token).do(t, http.MethodGet, "/tickets?limit=60&cursor="+cursor, nil, &page)
		for _, one := range page.Items {
			subjects[one.Subject]++
			numbers[one.Number]++
		}
		if cursor = page.Next; cursor == "" {
			return subjects, numbers
		}
	}
}

// The release before this one serves with full queues while mail comes in; it ends,
// in order or without a warning, and this one goes on; once it is rolled back, and
// once more this one is put in its place. All the while mail comes in. None is lost,
// none is sent twice, and each is one request.
//
// covers: P04, P05, P11, M05
func TestUpgradeUnderLoad(t *testing.T) {
	t.Parallel()
	old, now := earlier(t), current(t)
	for _, test := range []struct {
		name   string
		signal syscall.Signal
		sends  bool // mail goes out while releases change
	}{
		// In order, mail may be on its way. Without a warning, what is on its way may go
		// out twice (operations.md), so the relay takes nothing then.
		{"ended in order", syscall.SIGTERM, true},
		{"killed", syscall.SIGKILL, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := startSink(t)
			d := newDesk(t, s)
			d.start(t, old)
			st := tell(t, d, s, before(t))
			l := startLoad(t, 1)
			l.goTo(0, d)
			l.more(t, 60)
			if n := len(d.outbox(t, "waiting")); n < 60 {
				t.Fatalf("the outbox is not full: %d mails wait", n)
			}
			for i, program := range []string{now, old, now} {
				d.end(t, test.signal)
				d.start(t, program)
				l.goTo(0, d)
				st.holds(t, d, i+1)
				st.goesOn(t, d, fmt.Sprintf("after change %d", i+1))
				if i == 0 && test.sends {
					s.refusing.Store(false)
					d.command(t, "outbox", "retry", "--relay", "127.0.0.1")
				}
				l.more(t, 40)
			}
			l.end()
			s.refusing.Store(false)
			d.drain(t)
			st.holds(t, d, 4)
			st.sent(t, s)
			l.counted(t, d, st.Token, s)
		})
	}
}
