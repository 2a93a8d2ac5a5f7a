package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// publish builds accounts, swaps what is served as a whole, and acknowledges.
func (d *Declared) publish(ctx context.Context, build map[string]bool) {
	changed := map[string]bool{}
	for len(build) > 0 { // building may refuse something, and so concern others
		name := anyOf(build)
		delete(build, name)
		changed[name] = true
		if a := d.accounts[name]; a != nil && a.adopted != nil {
			d.build(ctx, a, build)
		}
	}
	names := slices.Sorted(maps.Keys(changed))
	next := d.join()
	d.live.now.Store(next)
	for _, name := range names {
		a := d.accounts[name]
		if a == nil || a.adopted == nil {
			d.replica.drop(name)
			d.disk.drop(name)
			continue
		}
		d.replica.serve(name, a.loaded(d.replica.boot, d.revision))
		d.disk.keep(a)
		for ref, r := range a.refused {
			d.options.Log.ErrorContext(ctx, "a document is refused", "account", name, "object", ref.String(), "hash", r.Hash, "error", r.Error, "lastGood", a.served[ref] != nil)
		}
	}
	d.options.Log.InfoContext(ctx, "configuration loaded", "source", "etcd", "revision", d.revision, "changed", len(names),
		"accounts", len(next.accounts), "helpCenters", len(next.centers), "mailboxes", len(next.boxes), "refused", len(next.refused))
}

func anyOf(names map[string]bool) string {
	for name := range names {
		return name
	}
	return ""
}

func (d *Declared) isLoaded() bool {
	select {
	case <-d.loaded:
		return true
	default:
		return false
	}
}

// build makes the part of an account. What cannot be built is refused, and the rest
// is tried without it.
func (d *Declared) build(ctx context.Context, a *account, build map[string]bool) {
	for {
		set, compiled, secrets := assemble(a.served)
		r := d.resolve(a, &set)
		b := &builder{options: d.live.options, compiled: compiled}
		part, f := b.build(r)
		if f == nil {
			part.set, part.secrets = set, secrets
			a.part, a.lost, a.good, a.fresh = part, losers(r), a.served, map[wire.Ref]bool{}
			for ref := range a.served {
				a.fresh[ref] = true
			}
			return
		}
		d.replaceFaulty(ctx, a, f, build)
	}
}

// replaceFaulty takes an object out that could not be built, and puts the last good
// one in its place if that is another one.
func (d *Declared) replaceFaulty(ctx context.Context, a *account, f *fault, build map[string]bool) {
	doc := wire.Document{Kind: f.kind, Name: f.key.Name}
	ref := doc.Ref()
	faulty := a.served[ref]
	objects, refused := maps.Clone(a.served), maps.Clone(a.refused)
	delete(objects, ref)
	if _, before := refused[ref]; !before {
		refused[ref] = wire.Refusal{Hash: faulty.doc.Hash, Error: cut(f.err.Error(), wire.MaxError)}
		if last := d.lastGood(ctx, a, ref); last != nil && last.doc.Hash != faulty.doc.Hash {
			objects[ref] = last
		}
	}
	a.refused = refused
	d.take(a, objects, build)
}

// resolve computes what follows for one account. Those of other accounts that claim
// the same take part, and are taken out of the answer.
func (d *Declared) resolve(a *account, set *config.Set) *config.Resolved {
	all := *set
	all.Established = d.claims.established(a.name, &d.live.now.Load().settled)
	all.Established.SignUps = map[string]config.EstablishedSignUp{a.name: settledSignUp(a)}
	all.HelpCenters = append(slices.Clip(all.HelpCenters), d.claims.rivalCenters(a.name)...)
	all.Mailboxes = append(slices.Clip(all.Mailboxes), d.claims.rivalBoxes(a.name)...)
	r := config.Resolve(&all)
	r.HelpCenters = slices.DeleteFunc(r.HelpCenters, func(h config.ResolvedHelpCenter) bool { return h.HelpCenter.Metadata.Namespace != a.name })
	r.Mailboxes = slices.DeleteFunc(r.Mailboxes, func(m config.ResolvedMailbox) bool { return m.Mailbox.Metadata.Namespace != a.name })
	r.Accounts = slices.DeleteFunc(r.Accounts, func(x config.ResolvedAccount) bool { return x.Namespace != a.name })
	return r
}

// losers are the documents whose names somebody else has, with the words for that.
func losers(r *config.Resolved) map[wire.Ref]string {
	lost := map[wire.Ref]string{}
	for i := range r.HelpCenters {
		if h := &r.HelpCenters[i]; !h.Host.OK {
			lost[wire.Ref{Kind: wire.HelpCenters, Name: h.HelpCenter.Metadata.Name}] = h.Host.Message
		}
	}
	for i := range r.Mailboxes {
		if m := &r.Mailboxes[i]; !m.Address.OK {
			lost[wire.Ref{Kind: wire.Mailboxes, Name: m.Mailbox.Metadata.Name}] = m.Address.Message
		}
	}
	return lost
}

// settledSignUp is what holds for an account by its list. What is served in place of
// a refused document, and declares something else, cannot change it.
func settledSignUp(a *account) config.EstablishedSignUp {
	if a.adopted.SignUp == nil || a.adopted.SignUp.Holder == "" {
		return config.EstablishedSignUp{Applied: config.SignUp{Mode: config.SignUpInviteOnly}, AllOverruled: true} // nobody gets more
	}
	settled := *a.adopted.SignUp
	if o := a.served[wire.Ref{Kind: wire.HelpCenters, Name: settled.Holder}]; o != nil && o.center.Spec.SignUp != nil {
		settled.Declared = config.Hash(*o.center.Spec.SignUp)
	}
	return settled
}

// join puts the parts of all accounts together, in the order of their names.
func (d *Declared) join() *snapshot {
	s := &snapshot{loaded: time.Now(), secrets: map[config.Key]*wire.Secret{}, settled: config.Established{
		Hosts: map[string]config.Key{}, Addresses: map[string]config.Key{}, SignUps: map[string]config.EstablishedSignUp{},
	}}
	for _, name := range slices.Sorted(maps.Keys(d.accounts)) {
		a := d.accounts[name]
		if a.part == nil {
			if a.broken != nil {
				s.refused = append(s.refused, a.refusals()...)
			}
			continue
		}
		p := a.part
		s.accounts = append(s.accounts, p.accounts...)
		s.centers, s.hosts = append(s.centers, p.centers...), append(s.hosts, p.hosts...)
		s.boxes, s.statuses = append(s.boxes, p.boxes...), append(s.statuses, p.statuses...)
		s.set.HelpCenters = append(s.set.HelpCenters, p.set.HelpCenters...)
		s.set.Forms, s.set.Mailboxes = append(s.set.Forms, p.set.Forms...), append(s.set.Mailboxes, p.set.Mailboxes...)
		s.refused = append(s.refused, a.refusals()...)
		maps.Copy(s.secrets, p.secrets)
		maps.Copy(s.settled.Hosts, p.settled.Hosts)
		maps.Copy(s.settled.Addresses, p.settled.Addresses)
		maps.Copy(s.settled.SignUps, p.settled.SignUps)
	}
	return s
}
