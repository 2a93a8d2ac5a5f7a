package plan

import (
	"cmp"
	"maps"
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
			continue
		}
		s.Withheld = append(s.Withheld, h.HelpCenter)
		if h.crowded {
			s.HelpCenters = append(s.HelpCenters, config.HelpCenter{Metadata: h.Metadata, Spec: config.HelpCenterSpec{Host: h.Spec.Host}})
		}
	}
	for _, f := range p.forms {
		if f.stands {
			s.Forms = append(s.Forms, f.TicketForm)
		}
	}
	for _, m := range p.mailboxes {
		switch {
		case m.stands:
			s.Mailboxes = append(s.Mailboxes, m.Mailbox)
		case m.crowded:
			s.Mailboxes = append(s.Mailboxes, config.Mailbox{Metadata: m.Metadata, Spec: config.MailboxSpec{Address: m.Spec.Address}})
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
		f.offeredBy = nil
		if f.stands && !f.draft() {
			f.offeredBy = p.offering(f)
		}
		if len(f.offeredBy) == 0 {
			f.document = nil
			if f.kept != nil { // nor is it kept for later
				f.kept, f.stands = nil, false
			}
		}
	}
}

// offering are the help centers that are served of those a form names.
func (p *Plan) offering(f *form) []wire.Ref {
	var refs []wire.Ref
	for _, ref := range f.Spec.HelpCenterRefs {
		if h := p.helpCenter(ref.Name); h != nil && h.document != nil {
			refs = append(refs, h.ref)
		}
	}
	return refs
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
	var line []*object
	for _, o := range p.objects() {
		if o.document != nil {
			line = append(line, o)
		}
	}
	p.order(line)
	room := room{most: most, listed: map[wire.Ref]bool{}}
	for _, o := range line {
		switch {
		case o.offeredBy != nil && !slices.ContainsFunc(o.offeredBy, func(h wire.Ref) bool { return room.listed[h] }):
			// Its help centers are refused: it takes no room, and falls with them.
		case !room.take(o):
			refused = true
			if o.kept != nil {
				o.refuse(o.accepted) // what is only kept is not accepted already
				continue
			}
			o.refuse(no(v1alpha1.ReasonTooLarge, "the account has more than %d objects and secrets, or too long names of them; "+
				"what is served stays, and of the others the older go first", most.objects))
			o.crowded = true
		}
	}
	return refused
}

// room is what an account's list of documents has taken up.
type room struct {
	most   limits
	listed map[wire.Ref]bool
	bytes  int
}

// take lists an object and its secrets, if there is room for all of that.
func (r *room) take(o *object) bool {
	add, bytes := map[wire.Ref]bool{o.ref: true}, 0
	for _, s := range o.secrets {
		if ref := (wire.Ref{Kind: wire.Secrets, Name: s.Name}); !r.listed[ref] {
			add[ref] = true
		}
	}
	for ref := range add {
		bytes += len(ref.String()) + len(`"":"",`) + hashLength
	}
	if len(r.listed)+len(add) > r.most.objects || r.bytes+bytes > r.most.listing {
		return false
	}
	maps.Copy(r.listed, add)
	r.bytes += bytes
	return true
}

// hashLength is that of "sha256:" and 32 bytes in hexadecimal.
const hashLength = 7 + 64

// order puts first who is refused last: what is served as it is to be, which has room
// already, then what has changed since, then all else. Within each, forms come after
// what they hang on, so that a form never takes the room of its own help center; a form
// counts no more than the help centers that offer it.
func (p *Plan) order(line []*object) {
	of := map[*object]rank{}
	for _, o := range line {
		of[o] = p.rank(o)
		if o.offeredBy != nil {
			offered := unserved
			for _, h := range o.offeredBy {
				offered = max(offered, p.rank(&p.helpCenter(h.Name).object))
			}
			of[o] = min(of[o], offered)
		}
	}
	slices.SortFunc(line, func(a, b *object) int {
		return cmp.Or(
			cmp.Compare(of[b], of[a]), cmp.Compare(len(a.offeredBy), 0)-cmp.Compare(len(b.offeredBy), 0),
			a.meta.CreationTimestamp.Compare(b.meta.CreationTimestamp), a.ref.Compare(b.ref))
	})
}

// rank is how far an object that is to be served is so already.
type rank int

const (
	unserved  rank = iota
	changed        // another document of it is served
	unchanged      // this document of it is
)

func (p *Plan) rank(o *object) rank {
	d, ok := p.snapshot.Stored.Documents[o.ref]
	switch {
	case !ok || d.UID != o.meta.UID:
		return unserved
	case o.document == nil || d.Hash != o.document.Hash:
		return changed
	default:
		return unchanged
	}
}
