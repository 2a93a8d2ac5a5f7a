package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/plan"
)

// snapshot is all that an account depends on, as it is known now, and the plan that
// is to be decided on. An error means that it is not known, never that something is
// not there. next is when Secrets have to be read again, 0 for never.
func (c *Controller) snapshot(ctx context.Context, a account) (s *plan.Snapshot, p *plan.Plan, next time.Duration, err error) {
	s = &plan.Snapshot{Account: string(a), Writer: c.options.Version, Watched: c.options.Namespaces}
	var helpCenters v1alpha1.HelpCenterList
	var forms v1alpha1.TicketFormList
	var mailboxes v1alpha1.MailboxList
	for _, list := range []client.ObjectList{&helpCenters, &forms, &mailboxes} {
		if err := c.cache.List(ctx, list, client.InNamespace(a)); err != nil {
			return nil, nil, 0, fmt.Errorf("list what is declared: %w", err)
		}
	}
	s.HelpCenters, s.Forms, s.Mailboxes = helpCenters.Items, forms.Items, mailboxes.Items
	hosts, addresses := plan.Names(s.HelpCenters, s.Mailboxes)
	s.Stored = c.store.Stored(string(a), hosts, addresses)
	for _, host := range hosts {
		if err := c.rivalHelpCenters(ctx, s, host); err != nil {
			return nil, nil, 0, err
		}
	}
	for _, address := range addresses {
		if err := c.rivalMailboxes(ctx, s, address); err != nil {
			return nil, nil, 0, err
		}
	}
	p = plan.Read(s)
	s.Secrets, next, err = c.secrets.read(ctx, a, p.Secrets())
	return s, p, next, err
}

// rivalHelpCenters adds those of other accounts that claim a host, and the one
// that holds it, whatever that one claims by now.
func (c *Controller) rivalHelpCenters(ctx context.Context, s *plan.Snapshot, host string) error {
	var rivals v1alpha1.HelpCenterList
	if err := c.cache.List(ctx, &rivals, client.MatchingFields{byHost: host}); err != nil {
		return fmt.Errorf("list who claims a host: %w", err)
	}
	var holder v1alpha1.HelpCenter
	if found, err := c.holder(ctx, s.Stored.Hosts[host], &holder); err != nil {
		return err
	} else if found && config.HostKey(holder.Spec.Host) != host {
		rivals.Items = append(rivals.Items, holder)
	}
	for _, h := range rivals.Items {
		if h.Namespace != s.Account {
			s.RivalHelpCenters = append(s.RivalHelpCenters, h)
		}
	}
	return nil
}

func (c *Controller) rivalMailboxes(ctx context.Context, s *plan.Snapshot, address string) error {
	var rivals v1alpha1.MailboxList
	if err := c.cache.List(ctx, &rivals, client.MatchingFields{byAddress: address}); err != nil {
		return fmt.Errorf("list who claims an address: %w", err)
	}
	var holder v1alpha1.Mailbox
	if found, err := c.holder(ctx, s.Stored.Addresses[address], &holder); err != nil {
		return err
	} else if found && config.AddressKey(holder.Spec.Address) != address {
		rivals.Items = append(rivals.Items, holder)
	}
	for _, m := range rivals.Items {
		if m.Namespace != s.Account {
			s.RivalMailboxes = append(s.RivalMailboxes, m)
		}
	}
	return nil
}

// holder looks up the object that holds a name, unless nobody does.
func (c *Controller) holder(ctx context.Context, claim wire.Claim, into client.Object) (found bool, err error) {
	if claim.Name == "" || !c.mine(account(claim.Namespace)) {
		return false, nil
	}
	err = c.cache.Get(ctx, client.ObjectKey{Namespace: claim.Namespace, Name: claim.Name}, into)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up who holds a name: %w", err)
	}
	return true, nil
}

// gone makes sure that nothing is declared in an account, before all of it is
// taken from the daemon: a cache can be behind, or be of the wrong cluster.
func (c *Controller) gone(ctx context.Context, a account) error {
	for _, list := range []client.ObjectList{&v1alpha1.HelpCenterList{}, &v1alpha1.TicketFormList{}, &v1alpha1.MailboxList{}} {
		if err := c.direct.List(ctx, list, client.InNamespace(a), client.Limit(1)); err != nil {
			return fmt.Errorf("make sure that nothing is declared any more: %w", err)
		}
		if lengthOf(list) > 0 {
			return errors.New("the cache does not have yet what is declared")
		}
	}
	return nil
}

func lengthOf(list client.ObjectList) int {
	switch l := list.(type) {
	case *v1alpha1.HelpCenterList:
		return len(l.Items)
	case *v1alpha1.TicketFormList:
		return len(l.Items)
	case *v1alpha1.MailboxList:
		return len(l.Items)
	default:
		return 0
	}
}

// declaresNothing says whether an account has no objects.
func declaresNothing(s *plan.Snapshot) bool {
	return len(s.HelpCenters)+len(s.Forms)+len(s.Mailboxes) == 0
}
