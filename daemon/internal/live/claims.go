package live

import (
	"cmp"
	"slices"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// claimant is an object that wants a host or an address.
type claimant struct {
	key     config.Key
	created time.Time
	// stale says that it is not served because it is declared: in place of a document
	// that was refused, or of an account that etcd does not have. Then it yields to
	// others, as it may have given the name away since.
	stale bool
}

// claims are who wants which name, over all accounts. In etcd a name has one
// holder; only what is served though it was refused can want one besides.
type claims struct {
	hosts, addresses map[string][]claimant
	names            map[string]wanted // by account
}

type wanted struct{ hosts, addresses []string }

func newClaims() claims {
	return claims{hosts: map[string][]claimant{}, addresses: map[string][]claimant{}, names: map[string]wanted{}}
}

// replace takes in what an account wants now, and returns who else wants some of
// that, or of what it wanted before.
func (c *claims) replace(account string, now map[wire.Ref]*object, isStale func(wire.Ref) bool) []string {
	old := c.names[account]
	drop := func(all map[string][]claimant, names []string) {
		for _, name := range names {
			all[name] = slices.DeleteFunc(all[name], func(x claimant) bool { return x.key.Namespace == account })
			if len(all[name]) == 0 {
				delete(all, name)
			}
		}
	}
	drop(c.hosts, old.hosts)
	drop(c.addresses, old.addresses)
	var next wanted
	for ref, o := range now {
		x := claimant{key: config.Key{Namespace: account, Name: ref.Name}, created: o.doc.Created, stale: isStale(ref)}
		switch {
		case o.center != nil:
			host := config.HostKey(o.center.Spec.Host)
			next.hosts = append(next.hosts, host)
			c.hosts[host] = append(c.hosts[host], x)
		case o.box != nil:
			address := config.AddressKey(o.box.Spec.Address)
			next.addresses = append(next.addresses, address)
			c.addresses[address] = append(c.addresses[address], x)
		}
	}
	if c.names[account] = next; len(now) == 0 {
		delete(c.names, account)
	}
	return c.others(account, old, next)
}

// others are the accounts that share a name with one.
func (c *claims) others(account string, shares ...wanted) []string {
	var all []string
	gather := func(claims map[string][]claimant, names []string) {
		for _, name := range names {
			for _, x := range claims[name] {
				if x.key.Namespace != account {
					all = append(all, x.key.Namespace)
				}
			}
		}
	}
	for _, s := range shares {
		gather(c.hosts, s.hosts)
		gather(c.addresses, s.addresses)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// established are the holders of what an account wants.
func (c *claims) established(account string, settled *config.Established) config.Established {
	e := config.Established{Hosts: map[string]config.Key{}, Addresses: map[string]config.Key{}}
	for _, host := range c.names[account].hosts {
		e.Hosts[host] = holder(c.hosts[host], settled.Hosts[host])
	}
	for _, address := range c.names[account].addresses {
		e.Addresses[address] = holder(c.addresses[address], settled.Addresses[address])
	}
	return e
}

// holder is who holds a name: of those that are served as they are declared whoever
// has held it, else the oldest.
func holder(claimants []claimant, last config.Key) config.Key {
	best := slices.MinFunc(claimants, func(a, b claimant) int {
		return cmp.Or(first(b.stale, a.stale), first(a.key == last, b.key == last), a.created.Compare(b.created), a.key.Compare(b.key))
	})
	return best.key
}

// first orders what a condition holds for before the rest.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// rivalCenters are help centers of other accounts that want a host which this one
// wants, with nothing else in them.
func (c *claims) rivalCenters(account string) []config.HelpCenter {
	var all []config.HelpCenter
	for _, host := range c.names[account].hosts {
		for _, x := range c.hosts[host] {
			if x.key.Namespace != account {
				all = append(all, config.HelpCenter{Metadata: x.metadata(), Spec: config.HelpCenterSpec{Host: host}})
			}
		}
	}
	return all
}

// rivalBoxes are mailboxes of other accounts that want an address of this one.
func (c *claims) rivalBoxes(account string) []config.Mailbox {
	var all []config.Mailbox
	for _, address := range c.names[account].addresses {
		for _, x := range c.addresses[address] {
			if x.key.Namespace != account {
				all = append(all, config.Mailbox{Metadata: x.metadata(), Spec: config.MailboxSpec{Address: address}})
			}
		}
	}
	return all
}

func (x claimant) metadata() config.Metadata {
	return config.Metadata{Namespace: x.key.Namespace, Name: x.key.Name, CreationTimestamp: x.created}
}
