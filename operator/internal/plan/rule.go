package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// set is all that takes part, sorted as sets are.
func (p *Plan) set() *config.Set {
	s := &config.Set{
		HelpCenters: slices.Clone(p.rivals.HelpCenters), Mailboxes: slices.Clone(p.rivals.Mailboxes),
		Established: p.snapshot.established(),
	}
	for _, h := range p.helpCenters {
		if h.stands {
			s.HelpCenters = append(s.HelpCenters, h.HelpCenter)
		}
	}
	for _, f := range p.forms {
		if f.stands {
			s.Forms = append(s.Forms, f.TicketForm)
		}
	}
	for _, m := range p.mailboxes {
		if m.stands {
			s.Mailboxes = append(s.Mailboxes, m.Mailbox)
		}
	}
	// A rival that is not valid may hold several hosts, and so stand there twice.
	slices.SortFunc(s.HelpCenters, func(a, b config.HelpCenter) int {
		return cmp.Or(a.Metadata.Key().Compare(b.Metadata.Key()), cmp.Compare(a.Spec.Host, b.Spec.Host))
	})
	slices.SortFunc(s.Mailboxes, func(a, b config.Mailbox) int {
		return cmp.Or(a.Metadata.Key().Compare(b.Metadata.Key()), cmp.Compare(a.Spec.Address, b.Spec.Address))
	})
	return s
}

// rule takes out who did not get the name it claims, and then the forms that no
// help center offers.
func (p *Plan) rule() {
	helpCenters := map[string]*config.ResolvedHelpCenter{}
	for i := range p.resolved.HelpCenters {
		if r := &p.resolved.HelpCenters[i]; r.HelpCenter.Metadata.Namespace == p.snapshot.Account {
			helpCenters[r.HelpCenter.Metadata.Name] = r
		}
	}
	for _, h := range p.helpCenters {
		if h.comesTo = helpCenters[h.ref.Name]; h.comesTo != nil && !h.comesTo.Host.OK {
			h.refuse(no(v1alpha1.ReasonHostConflicted, "%s", h.comesTo.Host.Message))
		}
	}
	mailboxes := map[string]*config.ResolvedMailbox{}
	for i := range p.resolved.Mailboxes {
		if r := &p.resolved.Mailboxes[i]; r.Mailbox.Metadata.Namespace == p.snapshot.Account {
			mailboxes[r.Mailbox.Metadata.Name] = r
		}
	}
	for _, m := range p.mailboxes {
		if m.comesTo = mailboxes[m.ref.Name]; m.comesTo != nil && !m.comesTo.Address.OK {
			m.refuse(no(v1alpha1.ReasonAddressConflicted, "%s", m.comesTo.Address.Message))
		}
	}
	for _, f := range p.forms {
		if !f.stands || f.Spec.Publication != config.Published || !slices.ContainsFunc(f.Spec.HelpCenterRefs, p.offers) {
			f.document = nil
		}
	}
}

// offers reports whether a help center is served.
func (p *Plan) offers(ref config.LocalReference) bool {
	h := p.helpCenter(ref.Name)
	return h != nil && h.document != nil
}

// helpCenter is the one of that name, nil if there is none.
func (p *Plan) helpCenter(name string) *helpCenter {
	i, found := slices.BinarySearchFunc(p.helpCenters, name, func(h *helpCenter, name string) int { return strings.Compare(h.ref.Name, name) })
	if !found {
		return nil
	}
	return p.helpCenters[i]
}

func (p *Plan) hasMailbox(name string) bool {
	_, found := slices.BinarySearchFunc(p.mailboxes, name, func(m *mailbox, name string) int { return strings.Compare(m.ref.Name, name) })
	return found
}

// refuseBeyond takes out what is too much for one account: what is served stays,
// then the older goes before the younger. It reports whether there was any, for
// what others come to may change by that.
func (p *Plan) refuseBeyond(most limits) (refused bool) {
	var objects []*object
	for _, o := range p.objects() {
		if o.document != nil {
			objects = append(objects, o)
		}
	}
	slices.SortFunc(objects, p.inLine)
	listed, bytes, secrets := 0, 0, map[string]bool{}
	for _, o := range objects {
		if !refused {
			add := []wire.Ref{o.ref}
			for _, ref := range o.secrets {
				if !secrets[ref.Name] {
					secrets[ref.Name] = true
					add = append(add, wire.Ref{Kind: wire.Secrets, Name: ref.Name})
				}
			}
			for _, ref := range add {
				listed++
				bytes += len(ref.String()) + len(`"":"",`) + hashLength
			}
		}
		if refused = refused || listed > most.objects || bytes > most.listing; refused {
			o.refuse(no(v1alpha1.ReasonTooLarge,
				"the account has more than %d objects and secrets, or too long names of them; what is the youngest is not served", most.objects))
		}
	}
	return refused
}

// hashLength is that of "sha256:" and 32 bytes in hexadecimal.
const hashLength = 7 + 64

// inLine orders objects by who is refused last.
func (p *Plan) inLine(a, b *object) int {
	if x, y := p.isServed(a), p.isServed(b); x != y {
		if x {
			return -1
		}
		return 1
	}
	return cmp.Or(a.meta.CreationTimestamp.Compare(b.meta.CreationTimestamp), a.ref.Compare(b.ref))
}

func (p *Plan) isServed(o *object) bool {
	d, ok := p.snapshot.Stored.Documents[o.ref]
	return ok && d.UID == o.meta.UID
}
