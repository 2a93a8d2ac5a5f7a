package imappoll

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// Store is what pollers ask of the database.
type Store interface {
	Poll(ctx context.Context, account, mailbox string) (*helpdesk.Poll, error)
	// SavePoll answers Conflict when another replica changed it first.
	SavePoll(ctx context.Context, account string, p *helpdesk.Poll) error
	Cursor(ctx context.Context, account, mailbox string) (*helpdesk.Cursor, error)
	SaveCursor(ctx context.Context, account string, c *helpdesk.Cursor, forget ...helpdesk.Mark) error
	Marks(ctx context.Context, account, mailbox string, numbering int64, most int) ([]helpdesk.Mark, error)
	ForgetMarks(ctx context.Context, account, mailbox string, before int64) error
}

// Inbox takes mail in; *[inbound.Pipeline] is one.
type Inbox interface {
	AcceptFetched(ctx context.Context, f inbound.Fetched) (helpdesk.Outcome, error)
}

// Directory knows the mailboxes that are declared now.
type Directory interface {
	Mailboxes() []helpdesk.Mailbox
}

// Meter counts what comes in.
type Meter interface {
	MailIn(result string)
	// Polling tells whether a mailbox works; gone that this process fetches it no
	// more.
	Polling(account, mailbox string, works bool)
	// Unfetched is since when mail waits there that is not taken in; the zero time if
	// none does.
	Unfetched(account, mailbox string, since time.Time)
	PollingEnded(account, mailbox string)
}

// Pollers fetch the mail of all mailboxes that are declared so. All fields must be
// set but Dialer, Exclusive and Tell.
type Pollers struct {
	Store     Store
	Inbox     Inbox
	Directory Directory
	Logins    Logins
	Dialer    Dialer
	Meter     Meter
	Log       *slog.Logger
	Now       func() time.Time
	Dir       string // for mails that are too large for memory while they are read
	Replica   string // names this process, unlike every other one before and beside it
	// Exclusive says that no other process can use this store now, so that claims of
	// an earlier process are void at once.
	Exclusive bool

	// Tell is told how the polling of a mailbox goes when that changes, nil when this
	// process does not poll it any more. It must not wait.
	Tell func(account, mailbox string, p *helpdesk.Poll)

	illFor time.Duration // instead of the constant; 0 for that
}

// lookEvery is how often the declared mailboxes are looked at: a change is live
// within seconds, like every other.
const lookEvery = 2 * time.Second

// Run polls until ctx ends, then waits for what is under way.
func (p *Pollers) Run(ctx context.Context) {
	running := map[string]*running{}
	defer func() {
		for _, r := range running {
			r.cancel()
		}
		for _, r := range running {
			<-r.done
		}
	}()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		p.adjust(ctx, running)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// running is the poller of one mailbox.
type running struct {
	box    helpdesk.Mailbox
	cancel context.CancelFunc
	done   chan struct{}
}

// adjust starts and ends pollers until they are those of the declared mailboxes.
// One whose mailbox changed ends first, and begins anew at the next look: what
// was wrong with it may be mended.
func (p *Pollers) adjust(ctx context.Context, all map[string]*running) {
	declared := map[string]helpdesk.Mailbox{}
	for _, box := range p.Directory.Mailboxes() {
		if box.IMAP != nil {
			declared[box.Account+"/"+box.Name] = box
		}
	}
	for name, r := range all {
		if box, ok := declared[name]; !ok || !reflect.DeepEqual(box, r.box) {
			r.cancel()
		}
		select {
		case <-r.done:
			delete(all, name)
		default:
		}
	}
	for name, box := range declared {
		if all[name] == nil {
			all[name] = p.start(ctx, box)
		}
	}
}

func (p *Pollers) start(ctx context.Context, box helpdesk.Mailbox) *running {
	ctx, cancel := context.WithCancel(ctx)
	r := &running{box: box, cancel: cancel, done: make(chan struct{})}
	var group sync.WaitGroup
	group.Go(func() { newPoller(p, box).run(ctx) })
	go func() {
		group.Wait()
		cancel()
		close(r.done)
	}()
	return r
}
