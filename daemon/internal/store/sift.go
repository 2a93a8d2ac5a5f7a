package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Sieve decides what becomes of each record while somebody is erased. What it changes
// in what it is given is written if it says so.
type Sieve interface {
	// Needles are in lower case; what holds none of them names them nowhere.
	Needles() []string
	// Asked reports whether all of a request goes.
	Asked(t *helpdesk.Ticket) bool
	Ticket(t *helpdesk.Ticket) helpdesk.Fate
	// Entry decides about entries of requests that stay, in their order in each. Those
	// that hold no needle it is told of where Repeats is true.
	Entry(ctx context.Context, e *helpdesk.Entry) (helpdesk.Fate, error)
	Repeats(ticket helpdesk.TicketID) bool
	Delivery(d *helpdesk.Delivery) helpdesk.Fate
	Receipt(r *helpdesk.Receipt) helpdesk.Fate
	Held(h *helpdesk.HeldItem) helpdesk.Fate
	Pass(p *helpdesk.Pass) helpdesk.Fate
	// Free notes blobs that a record named which goes.
	Free(blobs ...string)
	// Freed are those noted since it was asked last.
	Freed() []string
}

// Sift goes through all records of an account for the erasing of a contact and does
// what the sieve decides. Each record is guarded; the blobs that it named are noted
// with the job in the same transaction. It may break off and run again: what was
// done is found done. It returns how many requests became tombstones, and how many
// records were written at all: 0 says that nothing of them was left.
func (s *Store) Sift(ctx context.Context, account string, job helpdesk.ID, sieve Sieve, tomb helpdesk.Tomb) (tickets, written int, err error) {
	x := &sifting{store: s, tenant: s.keys.account(account), account: account, job: job, sieve: sieve, tomb: tomb, gone: map[helpdesk.TicketID]bool{}}
	for _, needle := range sieve.Needles() {
		x.needles = append(x.needles, []byte(needle))
	}
	for _, step := range []func(context.Context) error{
		x.tombs, x.askedFor, x.heads, x.entries, x.deliveries, x.messages, x.receipts, x.held, x.passes, x.drafts, x.records,
	} {
		if err := step(ctx); err != nil {
			return len(x.gone), x.written, fmt.Errorf("erase contact: %w", err)
		}
	}
	return len(x.gone), x.written, nil
}

type sifting struct {
	store   *Store
	tenant  tenant
	account string
	job     helpdesk.ID
	sieve   Sieve
	tomb    helpdesk.Tomb
	needles [][]byte
	gone    map[helpdesk.TicketID]bool // requests of which nothing stays
	written int
}

func (x *sifting) named(value []byte) bool {
	low := bytes.ToLower(value)
	for _, needle := range x.needles {
		if bytes.Contains(low, needle) {
			return true
		}
	}
	return false
}

// aboutGone reports a record that names a request of which nothing stays.
func (x *sifting) aboutGone(value []byte) bool {
	for id := range x.gone {
		if bytes.Contains(value, []byte(id.String())) {
			return true
		}
	}
	return false
}

// each tells of all records below a prefix, page by page.
func (x *sifting) each(ctx context.Context, prefix string, see func(kv *mvccpb.KeyValue) error) error {
	end, from := clientv3.GetPrefixRangeEnd(prefix), prefix
	for {
		resp, err := x.store.get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(sweepPage))
		if err != nil {
			return err
		}
		for _, kv := range resp.Kvs {
			if err := see(kv); err != nil {
				return err
			}
		}
		if !resp.More {
			return nil
		}
		from = string(resp.Kvs[len(resp.Kvs)-1].Key) + "\x00"
	}
}

// decide runs until the record that it is about was written as it had been read. It
// is handed nil when the record is gone.
func (x *sifting) decide(ctx context.Context, kv *mvccpb.KeyValue, how func(kv *mvccpb.KeyValue) (*batch, error)) error {
	return helpdesk.Retry(ctx, func(try int) error {
		if try > 0 {
			resp, err := x.store.get(ctx, string(kv.Key))
			if err != nil {
				return err
			}
			if len(resp.Kvs) == 0 {
				return nil
			}
			kv = resp.Kvs[0]
		}
		b, err := how(kv)
		if b == nil || err != nil {
			x.sieve.Freed() // of what is not written
			return err
		}
		b.cmps = append(b.cmps, unchanged(string(kv.Key), kv.ModRevision))
		if freed := x.sieve.Freed(); len(freed) > 0 {
			b.put(b.tenant.record(helpdesk.EraseRecord, string(x.job)+"/"+string(helpdesk.NewID())), helpdesk.Freed{Blobs: freed})
		}
		if err := b.commit(ctx, x.store); err != nil {
			return err
		}
		x.written++
		return nil
	})
}

func (x *sifting) batch() *batch { return x.store.batch(x.account) }

// fate of one record of a kind that needs nothing but itself.
func fate[T any](ctx context.Context, x *sifting, kv *mvccpb.KeyValue, judge func(*T) helpdesk.Fate) error {
	return x.decide(ctx, kv, func(kv *mvccpb.KeyValue) (*batch, error) {
		record := new(T)
		if err := json.Unmarshal(kv.Value, record); err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		b := x.batch()
		switch judge(record) {
		case helpdesk.Changes:
			b.put(string(kv.Key), record)
		case helpdesk.Goes:
			b.ops = append(b.ops, clientv3.OpDelete(string(kv.Key)))
		default:
			return nil, nil
		}
		return b, nil
	})
}

// tombs finds the requests that an earlier run of the same erasing took away.
func (x *sifting) tombs(ctx context.Context) error {
	prefix := x.tenant.records(helpdesk.TombRecord)
	return x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
		var tomb helpdesk.Tomb
		var id helpdesk.TicketID
		if json.Unmarshal(kv.Value, &tomb) == nil && tomb.By == x.job && id.UnmarshalText(kv.Key[len(prefix):]) == nil {
			x.gone[id] = true
		}
		return nil
	})
}

// askedFor takes the heads of requests away that were theirs. What belongs to them is
// found by that from then on.
func (x *sifting) askedFor(ctx context.Context) error {
	return x.each(ctx, x.tenant.tickets(), func(kv *mvccpb.KeyValue) error {
		if !x.named(kv.Value) {
			return nil
		}
		return x.decide(ctx, kv, func(kv *mvccpb.KeyValue) (*batch, error) {
			t, err := readTicket(kv)
			if err != nil || !x.sieve.Asked(t) {
				return nil, err
			}
			tomb := x.tomb
			tomb.Number, tomb.By = t.Number, x.job
			b := x.batch()
			b.ops = append(b.ops, clientv3.OpDelete(string(kv.Key)))
			b.put(x.tenant.record(helpdesk.TombRecord, t.ID.String()), tomb)
			x.gone[t.ID] = true
			return b, nil
		})
	})
}

func readTicket(kv *mvccpb.KeyValue) (*helpdesk.Ticket, error) {
	t := &helpdesk.Ticket{}
	if err := json.Unmarshal(kv.Value, t); err != nil {
		return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
	}
	t.Rev = kv.ModRevision
	return t, nil
}

// heads takes them out of the requests of others, and what was merged with theirs
// stands alone again.
func (x *sifting) heads(ctx context.Context) error {
	return x.each(ctx, x.tenant.tickets(), func(kv *mvccpb.KeyValue) error {
		if !x.named(kv.Value) && !x.aboutGone(kv.Value) {
			return nil
		}
		return fate(ctx, x, kv, func(t *helpdesk.Ticket) helpdesk.Fate {
			if t.Merged != nil && x.gone[t.Merged.Into] {
				t.Merged = nil
				x.sieve.Ticket(t)
				return helpdesk.Changes
			}
			return x.sieve.Ticket(t)
		})
	})
}

// ticketIn reads the ticket of a key below prefix.
func ticketIn(key, prefix string) (id helpdesk.TicketID, ok bool) {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
	return id, id.UnmarshalText([]byte(name)) == nil
}

func (x *sifting) entries(ctx context.Context) error {
	prefix := x.tenant.entriesAll()
	return x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
		id, ok := ticketIn(string(kv.Key), prefix)
		before := bytes.Contains(kv.Value, []byte(helpdesk.ErasedName)) // by a run that broke off, perhaps
		if !ok || !x.gone[id] && !x.named(kv.Value) && !before && !x.sieve.Repeats(id) {
			return nil
		}
		return x.decide(ctx, kv, func(kv *mvccpb.KeyValue) (*batch, error) {
			e := &helpdesk.Entry{}
			if err := json.Unmarshal(kv.Value, e); err != nil {
				return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
			}
			b := x.batch()
			if x.gone[id] {
				x.sieve.Free(e.Blobs()...)
				b.ops = append(b.ops, clientv3.OpDelete(string(kv.Key)))
				b.hashed(e.MessageID, id, e.Seq)
				return b, nil
			}
			return x.entry(ctx, kv, e)
		})
	})
}

// entry changes one of a request that stays, and its head: whoever shows the request
// or looks for its words learns of it by that.
func (x *sifting) entry(ctx context.Context, kv *mvccpb.KeyValue, e *helpdesk.Entry) (*batch, error) {
	named := e.MessageID
	fate, err := x.sieve.Entry(ctx, e)
	if err != nil || fate == helpdesk.Keeps {
		return nil, err
	}
	b := x.batch()
	b.put(string(kv.Key), e)
	t, err := x.store.Ticket(ctx, x.account, e.Ticket)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return b, nil
	case err != nil:
		return nil, err
	}
	if named != "" && e.MessageID == "" {
		b.hashed(named, e.Ticket, e.Seq)
		t.Unthread(named)
	}
	if t.Last != nil && t.Last.Seq == e.Seq {
		t.Last = nil
	}
	b.ticket(t)
	return b, nil
}

// hashed leaves of a Message-ID only what tells that it was there.
func (b *batch) hashed(id string, ticket helpdesk.TicketID, seq int) {
	if id == "" {
		return
	}
	key := b.tenant.message(helpdesk.MessageRef{MessageID: id, Ticket: ticket})
	b.put(key, helpdesk.MessageRef{Ticket: ticket, Entry: seq})
}

func (x *sifting) deliveries(ctx context.Context) error {
	prefix := x.tenant.deliveriesAll()
	return x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
		id, ok := ticketIn(string(kv.Key), prefix)
		if !ok || !x.gone[id] && !x.named(kv.Value) && !x.sieve.Repeats(id) {
			return nil
		}
		return x.decide(ctx, kv, func(kv *mvccpb.KeyValue) (*batch, error) {
			d := &helpdesk.Delivery{}
			if err := json.Unmarshal(kv.Value, d); err != nil {
				return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
			}
			fate := helpdesk.Goes
			if x.gone[id] {
				x.sieve.Free(d.Forget()...)
			} else {
				fate = x.sieve.Delivery(d)
			}
			b := x.batch()
			switch fate {
			case helpdesk.Changes:
				d.Rev = kv.ModRevision
				b.delivery(d)
			case helpdesk.Goes:
				b.ops = append(b.ops, clientv3.OpDelete(string(kv.Key)),
					clientv3.OpDelete(b.keys.outbox(b.account, d.ID)), clientv3.OpDelete(x.tenant.failed(d.ID)))
			default:
				return nil, nil
			}
			return b, nil
		})
	})
}

// messages leaves only hashes of all Message-IDs that requests named which are gone.
func (x *sifting) messages(ctx context.Context) error {
	if len(x.gone) == 0 {
		return nil
	}
	return x.each(ctx, x.tenant.messagesAll(), func(kv *mvccpb.KeyValue) error {
		_, name, _ := strings.Cut(strings.TrimPrefix(string(kv.Key), x.tenant.messagesAll()), "/")
		var id helpdesk.TicketID
		if id.UnmarshalText([]byte(name)) != nil || !x.gone[id] {
			return nil
		}
		return fate(ctx, x, kv, func(m *helpdesk.MessageRef) helpdesk.Fate {
			if m.MessageID == "" {
				return helpdesk.Keeps
			}
			m.MessageID = ""
			return helpdesk.Changes
		})
	})
}

// receipts forget from where mail came of which nothing is left: what is about
// requests that are gone, and what names the same bytes as what was removed.
func (x *sifting) receipts(ctx context.Context) error {
	freed, err := x.store.Freed(ctx, x.account, x.job)
	if err != nil {
		return err
	}
	return x.each(ctx, x.tenant.receipts(), func(kv *mvccpb.KeyValue) error {
		hash := rawOf(kv.Value)
		if !freed[hash] && !x.named(kv.Value) && !x.aboutGone(kv.Value) {
			return nil
		}
		return fate(ctx, x, kv, func(r *helpdesk.Receipt) helpdesk.Fate {
			switch {
			case r.Raw == "" && r.Path == nil && r.Outcome.Recognised == nil:
				return helpdesk.Keeps
			case freed[r.Raw], x.gone[r.Outcome.Ticket] && r.Outcome.Held == "":
				x.sieve.Free(r.Forget()...)
				return helpdesk.Changes
			}
			return x.sieve.Receipt(r)
		})
	})
}

// rawOf finds the blob that a receipt names without reading all of it.
func rawOf(value []byte) string {
	const name = `"raw":"`
	_, rest, _ := bytes.Cut(value, []byte(name))
	hash, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(hash)
}

func (x *sifting) held(ctx context.Context) error {
	for _, prefix := range []string{x.tenant.heldAll(), x.tenant.decidedAll()} {
		if err := x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
			if !x.named(kv.Value) {
				return nil
			}
			return fate(ctx, x, kv, x.sieve.Held)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (x *sifting) passes(ctx context.Context) error {
	for _, prefix := range []string{x.tenant.passes(), x.tenant.askedAll()} {
		if err := x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
			if !x.named(kv.Value) {
				return nil
			}
			return fate(ctx, x, kv, x.sieve.Pass)
		}); err != nil {
			return err
		}
	}
	return nil
}

// drafts go that were written in a request that is gone, with a link of theirs, or
// that name them.
func (x *sifting) drafts(ctx context.Context) error {
	return x.each(ctx, x.tenant.drafts(), func(kv *mvccpb.KeyValue) error {
		return fate(ctx, x, kv, func(d *helpdesk.Draft) helpdesk.Fate {
			if x.gone[d.Ticket] || x.named(kv.Value) {
				return helpdesk.Goes
			}
			return helpdesk.Keeps
		})
	})
}

// records are those that agents make and that lapse: what is about a request that is
// gone goes, and what names them.
func (x *sifting) records(ctx context.Context) error {
	for kind, k := range helpdesk.RecordKinds {
		if !k.Lapses && kind != helpdesk.WakeRecord {
			continue
		}
		if err := x.each(ctx, x.tenant.records(kind), func(kv *mvccpb.KeyValue) error {
			if !x.named(kv.Value) && !x.aboutGone(kv.Value) && !x.aboutGone(kv.Key) {
				return nil
			}
			return x.decide(ctx, kv, func(kv *mvccpb.KeyValue) (*batch, error) {
				b := x.batch()
				b.ops = append(b.ops, clientv3.OpDelete(string(kv.Key)))
				return b, nil
			})
		}); err != nil {
			return err
		}
	}
	return nil
}
