package controller

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/store"
)

// firstLook knows which accounts were looked at, until all were once.
type firstLook struct {
	mu     sync.Mutex
	looked map[account]bool
	over   bool             // nobody asks any more
	wanted map[account]bool // nil while it is not known which there are
	all    chan struct{}    // closed once those were looked at
}

func newFirstLook() *firstLook {
	return &firstLook{looked: map[account]bool{}, all: make(chan struct{})}
}

// add notes that an account was looked at, and that etcd has what follows.
func (f *firstLook) add(a account) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return
	}
	f.looked[a] = true
	f.judge()
}

// want says which accounts there are.
func (f *firstLook) want(accounts map[account]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wanted = accounts
	f.judge()
}

// forget ends that anything is noted.
func (f *firstLook) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked, f.wanted, f.over = nil, nil, true
}

func (f *firstLook) judge() {
	if f.wanted == nil {
		return
	}
	for a := range f.wanted {
		if !f.looked[a] {
			return
		}
	}
	f.looked, f.wanted, f.over = nil, nil, true
	close(f.all)
}

// tellFirstLook tells in etcd once that all accounts were looked at, if that does not
// lie there: a replica that knows nothing yet does not begin before.
func (c *Controller) tellFirstLook(ctx context.Context) error {
	if c.leading(ctx) != nil {
		return nil
	}
	if c.store.AllLooked() {
		c.first.forget()
		return nil
	}
	accounts, err := c.everyone(ctx)
	if ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	c.first.want(accounts)
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		select {
		case <-ctx.Done():
			return nil
		case <-c.first.all:
		}
		err := c.store.TellAllLooked(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, store.ErrFenced) {
			c.fence(err)
			return nil
		}
		c.log.Warn("it cannot be told in etcd that all accounts were looked at", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// everyone are all accounts: those in which something is declared, and those that lie
// in etcd.
func (c *Controller) everyone(ctx context.Context) (map[account]bool, error) {
	var helpCenters v1alpha1.HelpCenterList
	var forms v1alpha1.TicketFormList
	var mailboxes v1alpha1.MailboxList
	for _, list := range []client.ObjectList{&helpCenters, &forms, &mailboxes} {
		if err := c.cache.List(ctx, list); err != nil {
			return nil, fmt.Errorf("list all accounts: %w", err)
		}
	}
	accounts := map[account]bool{}
	for _, a := range c.store.Accounts() {
		accounts[account(a)] = true
	}
	for i := range helpCenters.Items {
		accounts[account(helpCenters.Items[i].Namespace)] = true
	}
	for i := range forms.Items {
		accounts[account(forms.Items[i].Namespace)] = true
	}
	for i := range mailboxes.Items {
		accounts[account(mailboxes.Items[i].Namespace)] = true
	}
	for _, a := range slices.Collect(maps.Keys(accounts)) {
		if !c.mine(a) {
			delete(accounts, a)
		}
	}
	return accounts, nil
}
