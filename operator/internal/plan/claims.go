package plan

import (
	"slices"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// Names returns the host names and the addresses that objects claim, sorted and
// each once, as the store and [config.Established] name them.
func Names(helpCenters []v1alpha1.HelpCenter, mailboxes []v1alpha1.Mailbox) (hosts, addresses []string) {
	for i := range helpCenters {
		if host := helpCenters[i].Spec.Host; host != "" {
			hosts = append(hosts, config.HostKey(host))
		}
	}
	for i := range mailboxes {
		if address := mailboxes[i].Spec.Address; address != "" {
			addresses = append(addresses, config.AddressKey(address))
		}
	}
	slices.Sort(hosts)
	slices.Sort(addresses)
	return slices.Compact(hosts), slices.Compact(addresses)
}

// readRivals takes in what other accounts claim. A rival that is not valid claims
// nothing by what it says, but is still served as it was, and so holds what it held.
func (p *Plan) readRivals() {
	s := p.snapshot
	for i := range s.RivalHelpCenters {
		h := helpCenterOf(&s.RivalHelpCenters[i])
		names := held(s.Stored.Hosts, h.Metadata.Key())
		if len(h.Validate()) == 0 {
			names = []string{h.Spec.Host}
		}
		for _, host := range names {
			if h.Metadata.Namespace != s.Account {
				p.rivals.HelpCenters = append(p.rivals.HelpCenters, config.HelpCenter{Metadata: h.Metadata, Spec: config.HelpCenterSpec{Host: host}})
			}
		}
	}
	for i := range s.RivalMailboxes {
		m := mailboxOf(&s.RivalMailboxes[i])
		names := held(s.Stored.Addresses, m.Metadata.Key())
		if len(m.Validate()) == 0 {
			names = []string{m.Spec.Address}
		}
		for _, address := range names {
			if m.Metadata.Namespace != s.Account {
				p.rivals.Mailboxes = append(p.rivals.Mailboxes, config.Mailbox{Metadata: m.Metadata, Spec: config.MailboxSpec{Address: address}})
			}
		}
	}
}

// held returns the names that an object holds.
func held(claims map[string]wire.Claim, by config.Key) []string {
	var names []string
	for name, c := range claims {
		if c.Key() == by {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// awaitHandover takes out who claims a name that nobody wants any more and that
// lies in the store for another account still: until that account is looked at,
// replicas serve it there, and a transaction that takes it would be refused with
// all else that is in it. One that is not looked after keeps what it has.
func (p *Plan) awaitHandover() {
	s, wanted := p.snapshot, map[string]config.Key{}
	for _, h := range p.rivals.HelpCenters {
		if key := config.HostKey(h.Spec.Host); s.Stored.Hosts[key].Key() == h.Metadata.Key() {
			wanted[key] = h.Metadata.Key()
		}
	}
	for _, h := range p.helpCenters {
		key := config.HostKey(h.Spec.Host)
		if c, ok := s.Stored.Hosts[key]; h.stands && ok && c.Namespace != s.Account && wanted[key] != c.Key() {
			h.refuse(p.notYet(c, v1alpha1.ReasonHostConflicted, "host "+h.Spec.Host))
		}
	}
	clear(wanted)
	for _, m := range p.rivals.Mailboxes {
		if key := config.AddressKey(m.Spec.Address); s.Stored.Addresses[key].Key() == m.Metadata.Key() {
			wanted[key] = m.Metadata.Key()
		}
	}
	for _, m := range p.mailboxes {
		key := config.AddressKey(m.Spec.Address)
		if c, ok := s.Stored.Addresses[key]; m.stands && ok && c.Namespace != s.Account && wanted[key] != c.Key() {
			m.refuse(p.notYet(c, v1alpha1.ReasonAddressConflicted, "address "+m.Spec.Address))
		}
	}
}

// notYet is why a name cannot be had that lies in the store for another account and
// that nobody is known to want there. An account that is not looked after gives
// nothing back.
func (p *Plan) notYet(holder wire.Claim, conflicted, name string) ruling {
	if watched := p.snapshot.Watched; len(watched) > 0 && !slices.Contains(watched, holder.Namespace) {
		return no(conflicted, "%s is held by an object of another account, which this operator does not look after", name)
	}
	return unknown(v1alpha1.ReasonPending, "%s is about to be given back by who held it before", name)
}

// established is what the store says was settled before.
func (s *Snapshot) established() config.Established {
	e := config.Established{
		Hosts: map[string]config.Key{}, Addresses: map[string]config.Key{}, SignUps: map[string]config.EstablishedSignUp{},
	}
	for host, c := range s.Stored.Hosts {
		e.Hosts[host] = c.Key()
	}
	for address, c := range s.Stored.Addresses {
		e.Addresses[address] = c.Key()
	}
	if a := s.Stored.Account; a != nil && a.SignUp != nil {
		e.SignUps[s.Account] = *a.SignUp
	}
	return e
}
