package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// TicketHead is what lists keep of a ticket: whose it is, and where it belongs
// among others. It is a part of [helpdesk.Ticket].
type TicketHead struct {
	ID           helpdesk.TicketID `json:"id"`
	Status       helpdesk.Status   `json:"status"`
	HelpCenter   string            `json:"helpCenter"`
	Mailbox      string            `json:"mailbox"`
	Priority     string            `json:"priority"`
	Tags         []string          `json:"tags"`
	Participants []struct {
		Address helpdesk.Address `json:"address"`
		Left    *time.Time       `json:"left"`
	} `json:"participants"`
	Assignee  helpdesk.ID          `json:"assignee"`
	Team      helpdesk.ID          `json:"team"`
	Watchers  []helpdesk.ID        `json:"watchers"`
	Mentioned []helpdesk.ID        `json:"mentioned"`
	Snoozed   *helpdesk.Snooze     `json:"snoozed"`
	Spam      *struct{}            `json:"spam"`
	Merged    *struct{}            `json:"merged"`
	Form      *helpdesk.FormAnswer `json:"form"`
	Fields    map[string]string    `json:"fields"`
	Updated   time.Time            `json:"updated"`
	Said      time.Time            `json:"said"`
	Back      time.Time            `json:"back"`
}

// TicketNews is a ticket as a listing or a watch tells of it. What is in it is
// read on demand: most of what a listing tells is known already.
type TicketNews struct {
	ID   helpdesk.TicketID
	Rev  int64 // at which it became so
	Gone bool
	raw  []byte
}

// Head reads the ticket's record.
func (n TicketNews) Head() (TicketHead, error) {
	var head TicketHead
	if err := json.Unmarshal(n.raw, &head); err != nil {
		return head, fmt.Errorf("read ticket %s: %w", n.ID, err)
	}
	return head, nil
}

// ErrCompacted says that what a watch should tell of is no longer kept: only a
// listing of everything helps.
var ErrCompacted = errors.New("the store has forgotten what a watch should tell")

// scanPage is how many tickets one round trip of a listing reads: some hundred
// KiB, which never holds up the commits of mail.
const scanPage = 500

// ScanTickets tells see of all tickets of an account as they were at one revision,
// which it returns. ErrCompacted says that it took too long for that.
func (s *Store) ScanTickets(ctx context.Context, account string, see func(TicketNews)) (int64, error) {
	prefix := s.keys.account(account).tickets()
	rev, err := s.scan(ctx, prefix, func(kv *mvccpb.KeyValue) { tell(prefix, kv, false, see) })
	if err != nil {
		return 0, fmt.Errorf("list tickets: %w", err)
	}
	return rev, nil
}

// scan tells see of all records below a prefix as they were at one revision.
func (s *Store) scan(ctx context.Context, prefix string, see func(*mvccpb.KeyValue)) (int64, error) {
	return s.scanBy(ctx, scanPage, prefix, see)
}

// scanBy is scan for records of which so many fit into one round trip.
func (s *Store) scanBy(ctx context.Context, page int64, prefix string, see func(*mvccpb.KeyValue)) (int64, error) {
	end, from := clientv3.GetPrefixRangeEnd(prefix), prefix
	var at int64
	for {
		opts := []clientv3.OpOption{clientv3.WithRange(end), clientv3.WithLimit(page)}
		if at > 0 {
			opts = append(opts, clientv3.WithRev(at))
		}
		resp, err := s.get(ctx, from, opts...)
		if err != nil {
			return 0, compacted(err)
		}
		if at == 0 {
			at = resp.Header.Revision
		}
		for _, kv := range resp.Kvs {
			see(kv)
		}
		if !resp.More {
			return at, nil
		}
		from = string(resp.Kvs[len(resp.Kvs)-1].Key) + "\x00"
	}
}

// WatchTickets tells see of each change of a ticket of the account after a
// revision, and reached how far that is, until ctx ends or the watch breaks.
// Whoever calls again goes on from there; after ErrCompacted that is too late.
func (s *Store) WatchTickets(ctx context.Context, account string, after int64, see func(TicketNews), reached func(rev int64)) error {
	prefix := s.keys.account(account).tickets()
	if err := s.watch(ctx, prefix, after, func(kv *mvccpb.KeyValue, gone bool) { tell(prefix, kv, gone, see) }, reached); err != nil {
		return fmt.Errorf("watch tickets: %w", err)
	}
	return nil
}

// watch tells see of each change below a prefix after a revision.
func (s *Store) watch(ctx context.Context, prefix string, after int64, see func(kv *mvccpb.KeyValue, gone bool), reached func(rev int64)) error {
	watch, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	news := s.etcd.Watch(watch, prefix, clientv3.WithPrefix(), clientv3.WithRev(after+1), clientv3.WithProgressNotify())
	for resp := range news {
		if err := resp.Err(); err != nil {
			return compacted(translate(err))
		}
		for _, ev := range resp.Events {
			see(ev.Kv, ev.Type == clientv3.EventTypeDelete)
		}
		switch n := len(resp.Events); {
		case n > 0: // the header may be ahead of what is still to come
			reached(resp.Events[n-1].Kv.ModRevision)
		case resp.IsProgressNotify():
			reached(resp.Header.Revision)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return helpdesk.Errorf(helpdesk.Unavailable, "the watch ended")
}

// HurryWatches asks for word of how far the watches of tickets are, which they
// give when they have told everything up to there.
func (s *Store) HurryWatches(ctx context.Context) error {
	return translate(s.etcd.RequestProgress(clientv3.WithRequireLeader(ctx)))
}

// Revision is that of the newest write that was acknowledged.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	resp, err := s.get(ctx, s.keys.ring(), clientv3.WithKeysOnly())
	if err != nil {
		return 0, fmt.Errorf("read revision: %w", err)
	}
	return resp.Header.Revision, nil
}

func tell(prefix string, kv *mvccpb.KeyValue, gone bool, see func(TicketNews)) {
	var id helpdesk.TicketID
	if id.UnmarshalText(kv.Key[len(prefix):]) == nil {
		see(TicketNews{ID: id, Rev: kv.ModRevision, Gone: gone, raw: kv.Value})
	}
}

func compacted(err error) error {
	if errors.Is(err, rpctypes.ErrCompacted) {
		return fmt.Errorf("%w: %w", ErrCompacted, err)
	}
	return err
}
