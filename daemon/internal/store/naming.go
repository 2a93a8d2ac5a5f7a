package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Naming lists the requests of an account whose heads or entries hold one of some
// needles, which are in lower case: what is about somebody is among them.
func (s *Store) Naming(ctx context.Context, account string, needles []string) ([]helpdesk.TicketID, error) {
	x := &sifting{store: s, tenant: s.keys.account(account), account: account}
	for _, needle := range needles {
		x.needles = append(x.needles, []byte(needle))
	}
	found := map[helpdesk.TicketID]bool{}
	for _, prefix := range []string{x.tenant.tickets(), x.tenant.entriesAll()} {
		err := x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
			if id, ok := ticketIn(string(kv.Key), prefix); ok && x.named(kv.Value) {
				found[id] = true
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for what names a contact: %w", err)
		}
	}
	var ids []helpdesk.TicketID
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// HeldNaming lists held items, waiting or decided, that hold one of some needles.
func (s *Store) HeldNaming(ctx context.Context, account string, needles []string) ([]helpdesk.HeldItem, error) {
	x := &sifting{store: s, tenant: s.keys.account(account), account: account}
	for _, needle := range needles {
		x.needles = append(x.needles, []byte(needle))
	}
	var found []helpdesk.HeldItem
	for _, prefix := range []string{x.tenant.heldAll(), x.tenant.decidedAll()} {
		err := x.each(ctx, prefix, func(kv *mvccpb.KeyValue) error {
			if !x.named(kv.Value) {
				return nil
			}
			var h helpdesk.HeldItem
			if err := json.Unmarshal(kv.Value, &h); err != nil {
				return fmt.Errorf("read record %s: %w", kv.Key, err)
			}
			found = append(found, h)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for held mail: %w", err)
		}
	}
	return found, nil
}

// MoveContact puts a contact in the place of another one in all requests in which
// that takes part. It may break off and run again.
func (s *Store) MoveContact(ctx context.Context, account string, from, into helpdesk.ID) error {
	x := &sifting{store: s, tenant: s.keys.account(account), account: account, sieve: nothingFreed{}}
	needle := []byte(`"` + string(from) + `"`)
	err := x.each(ctx, x.tenant.tickets(), func(kv *mvccpb.KeyValue) error {
		if !bytes.Contains(kv.Value, needle) {
			return nil
		}
		return fate(ctx, x, kv, func(t *helpdesk.Ticket) helpdesk.Fate {
			fate := helpdesk.Keeps
			for i := range t.Participants {
				if p := &t.Participants[i]; p.Contact == from {
					p.Contact, fate = into, helpdesk.Changes
				}
			}
			return fate
		})
	})
	if err != nil {
		return fmt.Errorf("move requests of a contact: %w", err)
	}
	return nil
}

// nothingFreed is for changes that remove nothing.
type nothingFreed struct{ Sieve }

func (nothingFreed) Freed() []string { return nil }
