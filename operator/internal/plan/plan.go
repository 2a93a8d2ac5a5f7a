// Package plan decides what an account comes to: of the objects that are declared,
// which documents are to lie in etcd for the daemon, and what each object's status
// says. It is pure: no clock, no network, the same answer for the same question.
//
// An object takes part as it is declared if it is valid, and else as it was
// served last, if it was. [config.Resolve] rules over all that take part, and over
// what rivals of other accounts claim. What gets through has a document. An object
// that does not get through disturbs no other.
package plan

import (
	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// Plan is what was decided about an account.
type Plan struct {
	Desired Desired

	snapshot    *Snapshot
	helpCenters []*helpCenter // by name, as the others
	forms       []*form
	mailboxes   []*mailbox
	rivals      config.Set // what other accounts claim, and nothing else of them
	resolved    *config.Resolved
	large       map[string]int // Secrets of which too much is referred to
}

// limits are how much an account may have.
type limits struct {
	objects int // documents
	listing int // bytes of the list of them
}

// An account's list of documents has to fit a value of the store, beside its
// sign-up: eight issuers with addresses of 2 KiB and their names are below 64 KiB, as are
// config.MaxOverruled names with their hashes.
var ofAccount = limits{objects: wire.MaxObjects, listing: wire.MaxDocument - 128<<10}

// Read begins a plan with what is declared in the account. It looks at all of the
// snapshot but its Secrets, which may be added until [Plan.Decide].
func Read(s *Snapshot) *Plan {
	p := &Plan{snapshot: s}
	p.read()
	return p
}

// Decide decides what is to lie in etcd. It cannot fail: what is wrong with an object
// becomes its status.
func (p *Plan) Decide() { p.within(ofAccount) }

func (p *Plan) within(most limits) {
	p.readRivals()
	p.awaitHandover()
	for {
		p.resolved = config.Resolve(p.set())
		p.rule()
		if !p.refuseBeyond(most) {
			break
		}
	}
	p.followReferences()
	p.Desired = p.desired()
}

// objects are all of them, whatever their kind.
func (p *Plan) objects() []*object {
	all := make([]*object, 0, len(p.helpCenters)+len(p.forms)+len(p.mailboxes))
	for _, h := range p.helpCenters {
		all = append(all, &h.object)
	}
	for _, f := range p.forms {
		all = append(all, &f.object)
	}
	for _, m := range p.mailboxes {
		all = append(all, &m.object)
	}
	return all
}

// desired is what follows from the documents of objects.
func (p *Plan) desired() Desired {
	d := Desired{
		Documents: map[wire.Ref]wire.Document{}, Secrets: p.sealed(),
		Hosts: map[string]wire.Claim{}, Addresses: map[string]wire.Claim{},
	}
	objects := p.objects()
	if len(objects) == 0 {
		return d
	}
	account := &wire.Account{Namespace: p.snapshot.Account, Documents: map[wire.Ref]string{}, Writer: p.snapshot.Writer}
	for _, o := range objects {
		if o.document != nil {
			d.Documents[o.ref] = *o.document
			account.Documents[o.ref] = o.document.Hash
		}
	}
	for name, s := range d.Secrets {
		account.Documents[wire.Ref{Kind: wire.Secrets, Name: name}] = s.Hash
	}
	for _, h := range p.helpCenters {
		if name := config.HostKey(h.Spec.Host); h.holds(p.snapshot.Stored.Hosts[name]) {
			d.Hosts[name] = h.claim()
		}
	}
	for _, m := range p.mailboxes {
		if name := config.AddressKey(m.Spec.Address); m.holds(p.snapshot.Stored.Addresses[name]) {
			d.Addresses[name] = m.claim()
		}
	}
	if settled, ok := p.resolved.Established.SignUps[p.snapshot.Account]; ok {
		account.SignUp = &settled
	}
	account.Seal()
	d.Account = account
	return d
}
